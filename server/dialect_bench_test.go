package server

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/valyala/fasthttp"

	_ "github.com/basalt-dev/basalt/modules/db/sqlite"
	"github.com/basalt-dev/basalt/server/offline"
)

// read is a request of the benchmark.
type read struct {
	name string
	ask  *fasthttp.RequestCtx
}

// dialectReads starts a server with 40 notes, and returns reads of them.
func dialectReads(b testing.TB) (*Server, []read) {
	b.Helper()
	path := filepath.Join(b.TempDir(), "basalt.yaml")
	config := `
databases: { main: { driver: sqlite, url: "file:bench.db" } }
auth: { tokens: { secret: "0123456789abcdef0123456789abcdef" } }
log: { level: error }
compat: { supabase: { anon_key: anon-key-of-the-benchmark } }
collections:
  notes:
    fields: { owner: { type: string, index: true }, title: { type: string }, stars: { type: int }, done: { type: bool }, created: { type: time, default: "now()" } }
    set: { create: { owner: auth.id } }
    rules: { read: 'doc.owner == auth.id', create: 'auth != nil' }
`
	if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
		b.Fatal(err)
	}
	ctx := context.Background()
	s, err := New(ctx, path, Options{Log: io.Discard})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.Close() }) // the reads are over
	token, err := offline.Token(ctx, path, map[string]any{"sub": "u1"}, time.Now(), time.Hour)
	if err != nil {
		b.Fatal(err)
	}
	request := func(method, path, body string) *fasthttp.RequestCtx {
		var r fasthttp.RequestCtx
		r.Request.Header.SetMethod(method)
		r.Request.SetRequestURI(path)
		r.Request.Header.Set("Authorization", "Bearer "+token)
		r.Request.Header.Set("apikey", "anon-key-of-the-benchmark")
		r.Request.SetBodyString(body)
		return &r
	}
	var docs []string
	for i := range 40 {
		docs = append(docs, fmt.Sprintf(`{"id":"n%02d","title":"a title of a note","stars":%d}`, i, i))
	}
	create := request("POST", "/v1/db/notes", "["+strings.Join(docs, ",")+"]")
	if s.transport.Handle(create); create.Response.StatusCode() != 201 {
		b.Fatal(create.Response.String())
	}
	single := request("GET", "/rest/v1/notes?select=*&id=eq.n07", "")
	single.Request.Header.Set("Accept", "application/vnd.pgrst.object+json")
	return s, []read{
		{"get/native", request("GET", "/v1/db/notes/n07", "")},
		{"get/rest", single},
		{"list/native", request("GET", "/v1/db/notes?limit=20", "")},
		{"list/rest", request("GET", "/rest/v1/notes?select=*&limit=20", "")},
		{"list/rest-ordered", request("GET", "/rest/v1/notes?select=*&limit=20&order=id.asc", "")},
	}
}

// BenchmarkDialect compares reads by /rest/v1 with the native ones, without the network.
func BenchmarkDialect(b *testing.B) {
	s, reads := dialectReads(b)
	for _, c := range reads {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			before := processTime(b)
			for b.Loop() {
				c.ask.Response.Reset()
				if s.transport.Handle(c.ask); c.ask.Response.StatusCode() != 200 {
					b.Fatal(c.ask.Response.String())
				}
			}
			b.ReportMetric(float64(processTime(b)-before)/float64(b.N), "cpu-ns/op") // which others on the machine do not change as much
		})
	}
}

// processTime is the time that this process has computed.
func processTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
