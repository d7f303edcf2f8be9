package api

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/basalt-dev/basalt/modules/crud"
)

// A refusal that is sent while the client is still sending would be lost: closing a connection with
// unread bytes resets it. Such a connection is closed in two steps, as RFC 9112, section 9.6, says.
const (
	lingerBytes = 64 << 20
	lingerTime  = 3 * time.Second
)

// connections is a listener that knows its connections. It ends those that are past their deadline, and requests that are or whose
// client has gone, in one sweep: the HTTP library sets three deadlines for each request, and timers of the runtime for them
// would cost as much as a small query. And it knows which have not said anything yet, which the library
// takes for busy ones and would wait for at a shutdown.
type connections struct {
	net.Listener
	bodies func() *crud.Budget // for what requests send
	waits  func() bool         // whether requests wait for the memory of the node
	mu     sync.Mutex          // guards open, closed, and the change of Listener
	open   map[*conn]struct{}
	closed bool
}

func newConnections() *connections { return &connections{open: map[*conn]struct{}{}} }

// sweepInterval is how exact deadlines are.
const sweepInterval = 200 * time.Millisecond

// sweep ends what is past its deadline, until ctx ends.
func (l *connections) sweep(ctx context.Context) {
	ticker := time.NewTicker(sweepInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-ticker.C:
			waits := l.waits()
			l.mu.Lock()
			for c := range l.open {
				if c.pace.slow(now) && waits {
					c.hurry()
				}
				c.expire(now.UnixNano())
				if l := c.serves.Load(); l != nil {
					l.look(now)
				}
			}
			l.mu.Unlock()
		}
	}
}

// listen takes a listener, unless it was closed already.
func (l *connections) listen(listener net.Listener) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.closed {
		l.Listener = listener
	}
	return !l.closed
}

// Close implements net.Listener. It may be called again, and before there is a listener.
func (l *connections) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil
	}
	l.closed = true
	if l.Listener == nil {
		return nil
	}
	return l.Listener.Close()
}

// Accept implements net.Listener.
func (l *connections) Accept() (net.Conn, error) {
	accepted, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	c := &conn{Conn: accepted, owner: l}
	l.mu.Lock()
	l.open[c] = struct{}{}
	l.mu.Unlock()
	return c, nil
}

func (l *connections) forget(c *conn) {
	l.mu.Lock()
	delete(l.open, c)
	l.mu.Unlock()
}

// silentTime is how long a shutdown waits for a first word on a connection.
const silentTime = 500 * time.Millisecond

// endSilent ends the connections that have not said anything.
func (l *connections) endSilent() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for c := range l.open {
		if !c.spoken.Load() {
			_ = c.Conn.Close() // it fails only on a connection that is closed already
		}
	}
}

type conn struct {
	net.Conn
	owner  *connections
	spoken atomic.Bool
	linger atomic.Bool
	upload upload
	peer   string     // the address of the other end; see peerOf
	caller lastCaller // of its requests, which come one after the other
	pace   pace
	serves atomic.Pointer[lifetime] // of the request that is worked on
	head   *head                    // of an answer that waits for what follows it; nil for none
	// Deadlines in nanoseconds since 1970, 0 for none.
	reading, writing deadline
}

// deadline is one that sweep enforces.
type deadline struct {
	at      atomic.Int64
	expired atomic.Bool // the connection's own deadline is in the past
}

func (d *deadline) set(t time.Time, own func(time.Time) error) error {
	if t.IsZero() {
		d.at.Store(0)
	} else {
		d.at.Store(t.UnixNano())
	}
	if d.expired.CompareAndSwap(true, false) {
		return own(time.Time{})
	}
	return nil
}

func (d *deadline) expire(now int64, own func(time.Time) error) {
	if at := d.at.Load(); at != 0 && at < now && d.expired.CompareAndSwap(false, true) {
		_ = own(time.Unix(1, 0)) // it fails only on a connection that is closed already
	}
}

func (c *conn) expire(now int64) {
	c.reading.expire(now, c.Conn.SetReadDeadline)
	c.writing.expire(now, c.Conn.SetWriteDeadline)
}

// hurry makes both deadlines be over.
func (c *conn) hurry() {
	c.reading.at.Store(1)
	c.writing.at.Store(1)
}

// SetReadDeadline implements net.Conn, to the exactness of sweepInterval.
func (c *conn) SetReadDeadline(t time.Time) error { return c.reading.set(t, c.Conn.SetReadDeadline) }

// SetWriteDeadline implements net.Conn, to the exactness of sweepInterval.
func (c *conn) SetWriteDeadline(t time.Time) error {
	return c.writing.set(t, c.Conn.SetWriteDeadline)
}

// SetDeadline implements net.Conn, to the exactness of sweepInterval.
func (c *conn) SetDeadline(t time.Time) error {
	return errors.Join(c.SetReadDeadline(t), c.SetWriteDeadline(t))
}

// Read implements net.Conn. A connection on which nothing was said until its deadline ends, without an answer: that
// might be taken for the answer to a request that is being sent just then.
func (c *conn) Read(p []byte) (int, error) {
	counted := !c.upload.off && !c.upload.streams
	if counted {
		if err := c.upload.reserve(len(p), c.owner.bodies); err != nil {
			return 0, err
		}
	}
	n, err := c.Conn.Read(p)
	if counted {
		c.upload.received += n
	}
	c.pace.add(n)
	switch {
	case n > 0 && !c.spoken.Load():
		c.spoken.Store(true)
	case err != nil && !c.spoken.Load() && errors.Is(err, os.ErrDeadlineExceeded):
		return 0, io.EOF
	}
	return n, err
}

// Write implements net.Conn. What is written is the answer to what was received.
func (c *conn) Write(p []byte) (int, error) {
	if !c.upload.off {
		c.upload.end()
	}
	if c.head != nil {
		if c.head.keep(p) {
			return len(p), nil
		}
		return c.writeBoth(p)
	}
	return c.Conn.Write(p)
}

// ReadFrom implements io.ReaderFrom: the kernel sends a file by itself.
func (c *conn) ReadFrom(r io.Reader) (int64, error) {
	if !c.upload.off {
		c.upload.end()
	}
	if err := c.release(); err != nil {
		return 0, err
	}
	if to, ok := c.Conn.(io.ReaderFrom); ok {
		return to.ReadFrom(r)
	}
	return io.Copy(struct{ io.Writer }{c.Conn}, r)
}

// Close implements net.Conn. After an early refusal it reads what the client still sends, within
// bounds.
func (c *conn) Close() error {
	c.owner.forget(c)
	c.upload.give()
	half, ok := c.Conn.(interface{ CloseWrite() error })
	if ok && c.linger.CompareAndSwap(true, false) && half.CloseWrite() == nil &&
		c.Conn.SetReadDeadline(time.Now().Add(lingerTime)) == nil {
		_, _ = io.CopyN(io.Discard, c.Conn, lingerBytes) // however it ends, the connection is done with
	}
	return c.Conn.Close()
}
