//go:build !race

package server

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "github.com/basalt-dev/basalt/modules/db/sqlite"
	"github.com/basalt-dev/basalt/server/offline"
)

// byteClient is a client that makes no garbage, so that what is counted is the server's.
type byteClient struct {
	conn   net.Conn
	answer [64 << 10]byte
}

// call sends a request and reads its answer.
func (w *byteClient) call(t testing.TB, request []byte) {
	if _, err := w.conn.Write(request); err != nil {
		t.Fatal(err)
	}
	read, whole := 0, len(w.answer)
	for read < whole {
		n, err := w.conn.Read(w.answer[read:])
		if err != nil {
			t.Fatalf("%s: %s", err, w.answer[:read])
		}
		read += n
		if head := bytes.Index(w.answer[:read], []byte("\r\n\r\n")); head > 0 {
			whole = head + 4 + length(w.answer[:head])
		}
	}
	if w.answer[9] != '2' {
		t.Fatalf("%s", w.answer[:read])
	}
}

// length reads the Content-Length of a head.
func length(head []byte) (n int) {
	_, rest, _ := bytes.Cut(head, []byte("Content-Length: "))
	for _, digit := range rest {
		if digit < '0' || digit > '9' {
			break
		}
		n = n*10 + int(digit-'0')
	}
	return n
}

// overWire starts a server with 30 documents, and returns a client of it and the requests that are counted.
func overWire(t testing.TB) (w *byteClient, requests map[string][]byte) {
	path := filepath.Join(t.TempDir(), "basalt.yaml")
	if err := os.WriteFile(path, []byte(benchConfig("")), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	s, err := New(ctx, path, Options{Log: io.Discard})
	if err != nil {
		t.Fatal(err)
	}
	token, err := offline.Token(ctx, path, map[string]any{"sub": "u1"}, time.Now(), time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ran := make(chan error, 1)
	go func() { ran <- s.Run(ctx, listener, nil) }()
	t.Cleanup(func() {
		stop()
		if err := <-ran; err != nil {
			t.Error(err)
		}
	})
	w = &byteClient{}
	if w.conn, err = net.Dial("tcp", listener.Addr().String()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.conn.Close() }) // the test is over
	request := func(method, path, body string) []byte {
		length := ""
		if body != "" {
			length = fmt.Sprintf("Content-Length: %d\r\n", len(body))
		}
		return fmt.Appendf(nil, "%s %s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\n%s\r\n%s", method, path, token, length, body)
	}
	w.call(t, request("POST", "/v1/db/notes", `[{"id":"n1","title":"a title"}`+strings.Repeat(`,{"title":"a title","stars":3}`, 29)+`]`))
	return w, map[string][]byte{
		"get":    request("GET", "/v1/db/notes/n1", ""),
		"list":   request("GET", "/v1/db/notes?filter=stars==3&sort=-created&limit=20", ""),
		"create": request("POST", "/v1/db/notes", `{"title":"a title","stars":4}`),
		"update": request("PATCH", "/v1/db/notes/n1", `{"stars":5}`),
	}
}

// TestRequests_MakeLittleGarbage counts the allocations of whole requests, with all that the server does besides.
func TestRequests_MakeLittleGarbage(t *testing.T) {
	w, requests := overWire(t)
	for _, c := range []struct {
		name string
		most float64
	}{{"get", 10}, {"list", 36}, {"create", 50}, {"update", 47}} {
		request := requests[c.name]
		w.call(t, request)
		if got := testing.AllocsPerRun(4000, func() { w.call(t, request) }); got > c.most {
			t.Errorf("%s makes %.0f allocations, and may make %.0f", c.name, got, c.most)
		} else {
			t.Logf("%s: %.0f allocations", c.name, got)
		}
	}
}

// BenchmarkRequests are whole requests over a connection.
func BenchmarkRequests(b *testing.B) {
	w, requests := overWire(b)
	for _, name := range []string{"get", "list", "create", "update"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				w.call(b, requests[name])
			}
		})
	}
}
