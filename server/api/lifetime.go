package api

import (
	"context"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// lifetime is the context of a request: it ends at the time limit, or when the client goes away. It is a part of the
// request, and never used again, since what the request has started may hold it longer.
//
// Most requests are answered before anything waits for their end. What waiting takes, a channel and a timer, would cost as
// much as a small query, and is made when it is first asked for. Until then the sweep of the connections ends it, to the
// exactness of sweepInterval.
type lifetime struct {
	conn  *conn // nil where nobody sweeps
	begun time.Time
	limit time.Time // zero for none

	over   atomic.Pointer[error]
	waited atomic.Pointer[waited]
	mu     sync.Mutex // guards what changes the two above
}

// waited is a lifetime that something waits for.
type waited struct {
	context.Context
	cancel context.CancelFunc
}

// Why a lifetime is over.
var canceled, expired = context.Canceled, context.DeadlineExceeded

// begin starts the lifetime of a request that came over a connection. A timeout of 0 is none.
func (l *lifetime) begin(on net.Conn, timeout time.Duration) {
	l.begun = time.Now()
	if timeout > 0 {
		l.limit = l.begun.Add(timeout)
	}
	if c, ok := on.(*conn); ok {
		l.conn = c
		c.serves.Store(l)
		return
	}
	l.wait()
}

// end is for when the request is answered, before its connection is used for another one.
func (l *lifetime) end() {
	if l.conn != nil {
		l.conn.serves.Store(nil)
	}
	l.finish(&canceled)
}

func (l *lifetime) finish(why *error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.over.CompareAndSwap(nil, why)
	if w := l.waited.Load(); w != nil {
		w.cancel()
	}
}

// look ends the lifetime of a request whose time or whose client is gone. Most are over before the first look.
func (l *lifetime) look(now time.Time) {
	switch {
	case !l.limit.IsZero() && now.After(l.limit):
		l.finish(&expired)
	case now.Sub(l.begun) > disconnectTime && l.conn.gone():
		l.finish(&canceled)
	}
}

// disconnectTime is after which time the server looks whether the client of a request is still there.
const disconnectTime = 250 * time.Millisecond

// wait returns a context of the library that ends with this one.
func (l *lifetime) wait() *waited {
	if w := l.waited.Load(); w != nil {
		return w
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if w := l.waited.Load(); w != nil {
		return w
	}
	w := &waited{}
	if l.limit.IsZero() {
		w.Context, w.cancel = context.WithCancel(context.Background())
	} else {
		w.Context, w.cancel = context.WithDeadline(context.Background(), l.limit)
	}
	if l.over.Load() != nil {
		w.cancel()
	}
	l.waited.Store(w)
	return w
}

// Deadline implements [context.Context].
func (l *lifetime) Deadline() (time.Time, bool) { return l.limit, !l.limit.IsZero() }

// Done implements [context.Context].
func (l *lifetime) Done() <-chan struct{} { return l.wait().Done() }

// Err implements [context.Context].
func (l *lifetime) Err() error {
	if w := l.waited.Load(); w != nil {
		return w.Err()
	}
	if why := l.over.Load(); why != nil {
		return *why
	}
	return nil
}

// Value implements [context.Context]. It lets the library find what Done belongs to, so that it needs no goroutine to
// wait for it.
func (l *lifetime) Value(key any) any {
	if w := l.waited.Load(); w != nil {
		return w.Value(key)
	}
	return nil
}
