//go:build linux

package api

import (
	"crypto/tls"
	"net"
	"net/http/httptest"
	"testing"
	"time"
)

// TestConn_GoneOverTLS closes connections with and without the last word of TLS.
func TestConn_GoneOverTLS(t *testing.T) {
	t.Parallel()
	borrowed := httptest.NewTLSServer(nil) // for its certificate
	defer borrowed.Close()
	for _, c := range []struct {
		name string
		end  func(*tls.Conn) error
	}{
		{"by the protocol", (*tls.Conn).Close},
		{"the line is cut", func(c *tls.Conn) error { return c.NetConn().Close() }},
	} {
		t.Run(c.name, func(t *testing.T) {
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer listener.Close()
			dialed := make(chan *tls.Conn, 1)
			go func() {
				client, err := tls.Dial("tcp", listener.Addr().String(), &tls.Config{InsecureSkipVerify: true}) //nolint:gosec // a test
				if err == nil {
					_, err = client.Write([]byte("x"))
				}
				if err != nil {
					t.Error(err)
				}
				dialed <- client
			}()
			raw, err := listener.Accept()
			if err != nil {
				t.Fatal(err)
			}
			accepted := &conn{Conn: tls.Server(raw, borrowed.TLS)}
			defer accepted.Conn.Close()
			if _, err := accepted.Conn.Read(make([]byte, 1)); err != nil {
				t.Fatal(err)
			}
			client := <-dialed
			if client == nil || accepted.gone() {
				t.Fatal("an open connection is gone")
			}
			if err := c.end(client); err != nil {
				t.Fatal(err)
			}
			for range 6000 {
				if accepted.gone() {
					return
				}
				time.Sleep(10 * time.Millisecond)
			}
			t.Error("a closed connection is not gone")
		})
	}
}
