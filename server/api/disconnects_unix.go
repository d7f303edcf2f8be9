//go:build unix

package api

import (
	"crypto/tls"
	"syscall"
)

// gone reports whether the client has closed the connection. It looks at what has arrived without
// taking it, and whatever deadline there is for reading: a client that has sent all of a file is not gone when that has passed.
func (c *conn) gone() bool {
	socket := c.Conn
	secure, isTLS := socket.(*tls.Conn)
	if isTLS {
		socket = secure.NetConn()
	}
	raw, ok := socket.(syscall.Conn)
	if !ok {
		return false
	}
	rc, err := raw.SyscallConn()
	if err != nil {
		return true
	}
	closed := false
	err = rc.Control(func(fd uintptr) {
		var one [1]byte
		n, _, err := syscall.Recvfrom(int(fd), one[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		closed = n == 0 && err == nil || err == syscall.ECONNRESET
		if isTLS && n > 0 { // the last word of TLS waits before the end
			closed = hungUp(int(fd))
		}
	})
	return closed || err != nil
}
