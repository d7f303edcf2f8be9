package freeport_test

import (
	"net"
	"testing"

	"github.com/basalt-dev/basalt/modules/freeport"
)

// TestTake_KeepsThePort takes a hundred ports: none comes twice, though nothing listens on them, until it is released.
func TestTake_KeepsThePort(t *testing.T) {
	t.Parallel()
	taken := map[int]*freeport.Port{}
	for range 100 {
		p, err := freeport.Take()
		if err != nil {
			t.Fatal(err)
		}
		if taken[p.Number] != nil {
			t.Fatalf("%d is taken twice", p.Number)
		}
		taken[p.Number] = p
		if c, err := net.ListenPacket("udp", p.Address()); err == nil {
			t.Errorf("another process would take %d", p.Number)
			_ = c.Close()
		}
	}
	for _, p := range taken {
		l, err := net.Listen("tcp", p.Address())
		if err != nil {
			t.Fatal(err)
		}
		_ = l.Close()
		if err := p.Release(); err != nil {
			t.Error(err)
		}
	}
}
