// Package freeport finds ports of this machine for the servers that tests start, and keeps them while a server restarts.
//
// It is not for the product, which listens where its configuration says.
package freeport

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
)

// Port is a port that nothing listens on.
type Port struct {
	Number int
	held   net.PacketConn
}

// Take returns a port until it is released. It is below those that the system gives away, so that no connection takes it before
// it is used, or while its server is away. The same port of UDP is held: it tells other processes, which take theirs here,
// too, that the port is taken.
func Take() (*Port, error) {
	for range 200 {
		p := &Port{Number: 20_000 + rand.IntN(10_000)}
		held, err := net.ListenPacket("udp", p.Address())
		if err != nil {
			continue
		}
		if l, err := net.Listen("tcp", p.Address()); err == nil {
			p.held = held
			return p, l.Close()
		}
		_ = held.Close() // nothing was sent
	}
	return nil, errors.New("there is no free port from 20000 to 29999")
}

// Address is the port on the loopback interface.
func (p *Port) Address() string { return fmt.Sprintf("127.0.0.1:%d", p.Number) }

// Release lets others take the port. It may be released again, and nil has nothing to release.
func (p *Port) Release() error {
	if p == nil {
		return nil
	}
	if err := p.held.Close(); !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}
