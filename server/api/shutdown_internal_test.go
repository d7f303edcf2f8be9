package api

import (
	"net"
	"testing"
	"time"
)

// A process may be told to end as soon as it has begun: the goroutine that serves may come second then.
func TestTransport_AShutdownMayComeFirst(t *testing.T) {
	t.Parallel()
	transport := NewTransport(time.Second)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := transport.Shutdown(t.Context(), func() {}); err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- transport.Serve(l) }()
	select {
	case err := <-served:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(time.Minute):
		t.Fatal("it serves after its end")
	}
	if c, err := net.Dial("tcp", l.Addr().String()); err == nil {
		_ = c.Close()
		t.Error("a connection is accepted after the end")
	}
}
