package api

import (
	"context"
	"errors"
	"net"
	"testing"
	"time"
)

// begun starts the lifetime of a request on a connection that is swept by hand, and returns it with the other end.
func begun(t *testing.T, timeout time.Duration) (l *lifetime, c *conn, client net.Conn) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close() // it is accepted
	if client, err = net.Dial("tcp", listener.Addr().String()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() }) // the test is over
	accepted, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { accepted.Close() }) // the test is over
	l, c = &lifetime{}, &conn{Conn: accepted}
	l.begin(c, timeout)
	return l, c, client
}

// TestLifetime_Ends ends lifetimes in each way, with something that waits for the end and without.
func TestLifetime_Ends(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]struct {
		want error
		by   func(*lifetime, net.Conn)
	}{
		"its limit": {context.DeadlineExceeded, func(l *lifetime, _ net.Conn) { l.look(l.limit.Add(time.Millisecond)) }},
		"its client": {context.Canceled, func(l *lifetime, client net.Conn) {
			client.Close()
			for range 6000 {
				if l.look(l.begun.Add(2 * disconnectTime)); l.Err() != nil {
					return
				}
				time.Sleep(time.Millisecond)
			}
		}},
		"the answer": {context.Canceled, func(l *lifetime, _ net.Conn) { l.end() }},
	} {
		t.Run(name, func(t *testing.T) {
			l, _, client := begun(t, time.Hour)
			if l.look(l.begun.Add(disconnectTime / 2)); l.Err() != nil {
				t.Fatalf("it is over at once: %v", l.Err())
			}
			end.by(l, client)
			if !errors.Is(l.Err(), end.want) {
				t.Errorf("it ends with %v, want %v", l.Err(), end.want)
			}
			<-l.Done() // also of one who asks later

			if name == "its limit" { // the timer of who waits ends it
				return
			}
			l, _, client = begun(t, time.Hour)
			child, stop := context.WithCancel(l)
			defer stop()
			called := make(chan struct{})
			context.AfterFunc(l, func() { close(called) })
			end.by(l, client)
			<-child.Done()
			<-called
			if !errors.Is(child.Err(), end.want) {
				t.Errorf("who waits is told %v, want %v", child.Err(), end.want)
			}
		})
	}
}

// TestLifetime_HasATimerForWhoWaits waits without a sweep.
func TestLifetime_HasATimerForWhoWaits(t *testing.T) {
	t.Parallel()
	for name, on := range map[string]net.Conn{"a connection": &conn{}, "none of ours": nil} {
		var l lifetime
		l.begin(on, 20*time.Millisecond)
		<-l.Done()
		if !errors.Is(l.Err(), context.DeadlineExceeded) {
			t.Errorf("%s: %v", name, l.Err())
		}
	}
}

// TestLifetime_OfTheNextRequest sees that a connection which works on no request has none to look after.
func TestLifetime_OfTheNextRequest(t *testing.T) {
	t.Parallel()
	l, c, _ := begun(t, time.Hour)
	if c.serves.Load() != l {
		t.Error("nobody looks after the request")
	}
	l.end()
	if c.serves.Load() != nil {
		t.Error("a request that is answered is looked after")
	}
}
