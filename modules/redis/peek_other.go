//go:build !unix

package redis

import "net"

// peek finds nothing here: the first command on a connection that was closed fails.
func peek(net.Conn) error { return nil }
