package server

import (
	"io"
	"log/slog"
	"net"
	"sync/atomic"
	"time"
)

// A refusal that is sent while the client is still sending would be lost: closing a connection with
// unread bytes resets it. Such a connection is closed in two steps, as RFC 9112, section 9.6, says.
const (
	lingerBytes = 64 << 20
	lingerTime  = 3 * time.Second
)

// lingering is a listener of connections that can be closed in two steps.
type lingering struct{ net.Listener }

// Accept implements net.Listener.
func (l lingering) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &lingeringConn{Conn: c}, nil
}

type lingeringConn struct {
	net.Conn
	linger atomic.Bool
}

// Close implements net.Conn. After an early refusal it reads what the client still sends, within
// bounds.
func (c *lingeringConn) Close() error {
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
