//go:build unix

package redis

import (
	"errors"
	"io"
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// peek looks whether a connection that rests was closed, or has an answer that nobody waits for.
func peek(c net.Conn) error {
	below, ok := c.(syscall.Conn)
	if !ok {
		return nil
	}
	raw, err := below.SyscallConn()
	if err != nil {
		return err
	}
	var found error
	err = raw.Read(func(fd uintptr) bool {
		var one [1]byte
		n, _, err := unix.Recvfrom(int(fd), one[:], unix.MSG_PEEK|unix.MSG_DONTWAIT)
		switch {
		case err == nil && n == 0:
			found = io.EOF
		case err == nil:
			found = errors.New("an answer came late")
		case !errors.Is(err, unix.EAGAIN) && !errors.Is(err, unix.EINTR):
			found = err
		}
		return true
	})
	return errors.Join(err, found)
}
