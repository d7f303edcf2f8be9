//go:build !race

package server

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/valyala/fasthttp"

	_ "github.com/basalt-dev/basalt/modules/db/sqlite"
	"github.com/basalt-dev/basalt/server/offline"
)

// byteClient is a client that makes no garbage, so that what is counted is the server's.
type byteClient struct {
	conn   net.Conn
	answer [64 << 10]byte
}

// call sends a request and reads its answer, of which it keeps what there is room for.
func (w *byteClient) call(t testing.TB, request []byte) {
	if _, err := w.conn.Write(request); err != nil {
		t.Fatal(err)
	}
	read, whole := 0, 0
	for whole == 0 || read < whole {
		n, err := w.conn.Read(w.answer[min(read, len(w.answer)/2):])
		if err != nil {
			t.Fatalf("%s: %s", err, w.answer[:min(read, len(w.answer))])
		}
		read += n
		if whole > 0 {
			continue
		}
		if head := bytes.Index(w.answer[:read], []byte("\r\n\r\n")); head > 0 {
			whole = head + 4 + length(w.answer[:head])
		}
	}
	if w.answer[9] != '2' {
		t.Fatalf("%s", w.answer[:min(read, len(w.answer))])
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

// wired starts a server, and returns a client of it, and what makes its requests.
func wired(t testing.TB, config string) (w *byteClient, request func(method, path, body string) []byte) {
	path := filepath.Join(t.TempDir(), "basalt.yaml")
	if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
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
	return w, func(method, path, body string) []byte {
		length := ""
		if body != "" {
			length = fmt.Sprintf("Content-Length: %d\r\n", len(body))
		}
		return fmt.Appendf(nil, "%s %s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\n%s\r\n%s", method, path, token, length, body)
	}
}

// overWire starts a server with 30 documents, and returns a client of it and the requests that are counted.
func overWire(t testing.TB) (w *byteClient, requests map[string][]byte) {
	w, request := wired(t, benchConfig(""))
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

const downloadsConfig = `
databases: { main: { driver: sqlite, url: "file:bench.db" } }
auth: { tokens: { secret: "0123456789abcdef0123456789abcdef" } }
log: { level: error }
collections:
  media:  { files: {}, rules: { read: 'auth != nil', create: 'auth != nil' } }
  cached: { files: {}, cache: { ttl: 1h }, rules: { read: 'auth != nil', create: 'auth != nil' } }
`

// downloads starts a server with a file in a collection, and returns a client of it and what reads the file.
func downloads(t testing.TB, collection string, size int) (w *byteClient, read []byte) {
	w, request := wired(t, downloadsConfig)
	w.call(t, request("POST", "/v1/files/"+collection+"?fields="+url.QueryEscape(`{"id":"f1"}`), strings.Repeat("0123456789abcdef", size/16)))
	return w, request("GET", "/v1/files/"+collection+"/f1", "")
}

// TestDownloads_MakeLittleGarbage counts the allocations of a download.
func TestDownloads_MakeLittleGarbage(t *testing.T) {
	for _, c := range []struct {
		collection string
		size       int
		most       float64
	}{{"media", 16 << 10, 22}, {"media", 256 << 10, 28}, {"cached", 16 << 10, 55}} {
		w, read := downloads(t, c.collection, c.size)
		w.call(t, read)
		if got := testing.AllocsPerRun(2000, func() { w.call(t, read) }); got > c.most {
			t.Errorf("%d bytes of %s make %.0f allocations, and may make %.0f", c.size, c.collection, got, c.most)
		} else {
			t.Logf("%d bytes of %s: %.0f allocations", c.size, c.collection, got)
		}
	}
}

// BenchmarkDownloads are downloads over a connection, beside those of a bare server that sends the same file.
func BenchmarkDownloads(b *testing.B) {
	for _, size := range []int{4 << 10, 16 << 10, 64 << 10, 256 << 10} {
		for _, collection := range []string{"media", "cached"} {
			b.Run(fmt.Sprintf("%s/%dkB", collection, size>>10), func(b *testing.B) {
				w, read := downloads(b, collection, size)
				b.SetBytes(int64(size))
				b.ReportAllocs()
				for b.Loop() {
					w.call(b, read)
				}
			})
		}
		b.Run(fmt.Sprintf("bare/%dkB", size>>10), func(b *testing.B) {
			file := filepath.Join(b.TempDir(), "file")
			if err := os.WriteFile(file, bytes.Repeat([]byte("0123456789abcdef"), size/16), 0o600); err != nil {
				b.Fatal(err)
			}
			s := &fasthttp.Server{Handler: func(c *fasthttp.RequestCtx) { c.SendFile(file) }}
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				b.Fatal(err)
			}
			go func() { _ = s.Serve(l) }() // until Shutdown
			defer func() { _ = s.Shutdown() }()
			w := &byteClient{}
			if w.conn, err = net.Dial("tcp", l.Addr().String()); err != nil {
				b.Fatal(err)
			}
			defer w.conn.Close()
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				w.call(b, []byte("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"))
			}
		})
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
