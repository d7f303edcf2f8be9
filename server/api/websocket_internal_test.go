package api

import (
	"bytes"
	"io"
	"net"
	"testing"
	"time"
)

// TestLive_NothingFollowsHalfAMessage ends a connection while a message is being written to a client that does not
// read. A close frame after half a message would be read as the other half.
func TestLive_NothingFollowsHalfAMessage(t *testing.T) {
	t.Parallel()
	client, given := net.Pipe()
	w := &webSocket{newLive()}
	w.conn = &conn{Conn: given, owner: newConnections()}
	close(w.ready)
	message := w.Append(nil, nil, bytes.Repeat([]byte("x"), 1000), "", "")
	written := make(chan error, 1)
	go func() { written <- w.Write(message) }()
	part := make([]byte, 100)
	if _, err := io.ReadFull(client, part); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { defer close(ended); w.end([]byte("goodbye")) }()
	for waiting := true; waiting; { // the connection sets a deadline anew when it ends
		w.conn.expire(time.Now().Add(time.Hour).UnixNano())
		select {
		case err := <-written:
			if waiting = false; err == nil {
				t.Fatal("the message was written whole")
			}
		case <-time.After(time.Millisecond):
		}
	}
	rest, err := io.ReadAll(client)
	<-ended
	if err != nil || len(rest) > 0 {
		t.Errorf("after half a message came %q (%v)", rest, err)
	}
}
