package server

import (
	"io"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// A refusal that is sent while the client is still sending would be lost: closing a connection with
// unread bytes resets it. Such a connection is closed in two steps, as RFC 9112, section 9.6, says.
const (
	lingerBytes = 64 << 20
	lingerTime  = 3 * time.Second
)

// connections is a listener that knows which of its connections have not said anything yet. The HTTP
// library takes those for busy ones, and would wait for them at a shutdown.
type connections struct {
	net.Listener
	mu     sync.Mutex // guards silent
	silent map[*conn]struct{}
}

func newConnections(l net.Listener) *connections {
	return &connections{Listener: l, silent: map[*conn]struct{}{}}
}

// Accept implements net.Listener.
func (l *connections) Accept() (net.Conn, error) {
	accepted, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	c := &conn{Conn: accepted, owner: l}
	l.mu.Lock()
	l.silent[c] = struct{}{}
	l.mu.Unlock()
	return c, nil
}

func (l *connections) forget(c *conn) {
	l.mu.Lock()
	delete(l.silent, c)
	l.mu.Unlock()
}

// silentTime is how long a shutdown waits for a first word on a connection.
const silentTime = 500 * time.Millisecond

// endSilent ends the connections that have not said anything.
func (l *connections) endSilent() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for c := range l.silent {
		_ = c.Conn.Close() // it fails only on a connection that is closed already
	}
}

type conn struct {
	net.Conn
	owner  *connections
	spoken atomic.Bool
	linger atomic.Bool
}

// Read implements net.Conn.
func (c *conn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if n > 0 && !c.spoken.Load() && c.spoken.CompareAndSwap(false, true) {
		c.owner.forget(c)
	}
	return n, err
}

// Close implements net.Conn. After an early refusal it reads what the client still sends, within
// bounds.
func (c *conn) Close() error {
	c.owner.forget(c)
	half, ok := c.Conn.(interface{ CloseWrite() error })
	if ok && c.linger.CompareAndSwap(true, false) && half.CloseWrite() == nil &&
		c.Conn.SetReadDeadline(time.Now().Add(lingerTime)) == nil {
		_, _ = io.CopyN(io.Discard, c.Conn, lingerBytes) // however it ends, the connection is done with
	}
	return c.Conn.Close()
}

// httpLog passes what the HTTP library says to the log: broken connections, which clients cause.
type httpLog struct{ logger *atomic.Pointer[slog.Logger] }

// Printf implements fasthttp.Logger.
func (l httpLog) Printf(_ string, args ...any) {
	if logger := l.logger.Load(); logger != nil && len(args) > 0 {
		logger.Debug("a connection ended early", "error", args[len(args)-1])
	}
}
