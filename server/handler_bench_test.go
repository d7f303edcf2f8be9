package server

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/valyala/fasthttp"

	_ "github.com/basalt-dev/basalt/modules/db/sqlite"
	"github.com/basalt-dev/basalt/server/offline"
)

// BenchmarkHandler_Get is a get by id without the network: what Basalt adds to a query.
func BenchmarkHandler_Get(b *testing.B) { benchmarkGet(b, "") }

// BenchmarkHandler_CachedGet is one of which this process has the answer.
func BenchmarkHandler_CachedGet(b *testing.B) { benchmarkGet(b, "cache: { ttl: 10m }") }

func benchmarkGet(b *testing.B, cache string) {
	path := filepath.Join(b.TempDir(), "basalt.yaml")
	if err := os.WriteFile(path, []byte(benchConfig(cache)), 0o600); err != nil {
		b.Fatal(err)
	}
	ctx := context.Background()
	s, err := New(ctx, path, Options{Log: io.Discard})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close() // the benchmark is over
	token, err := offline.Token(ctx, path, map[string]any{"sub": "u1"}, time.Now(), time.Hour)
	if err != nil {
		b.Fatal(err)
	}
	request := func(method, path, body string) *fasthttp.RequestCtx {
		var r fasthttp.RequestCtx
		r.Request.Header.SetMethod(method)
		r.Request.SetRequestURI(path)
		r.Request.Header.Set("Authorization", "Bearer "+token)
		r.Request.SetBodyString(body)
		return &r
	}
	create := request("POST", "/v1/db/notes", `{"id":"n1","title":"a title","stars":3}`)
	if s.transport.Handle(create); create.Response.StatusCode() != 201 {
		b.Fatal(create.Response.String())
	}
	get := request("GET", "/v1/db/notes/n1", "")
	b.ReportAllocs()
	for b.Loop() {
		get.Response.Reset()
		if s.transport.Handle(get); get.Response.StatusCode() != 200 {
			b.Fatal(get.Response.String())
		}
	}
}

// benchConfig is that of a server with a collection, and what its notes have besides.
func benchConfig(more string) string {
	return `
databases: { main: { driver: sqlite, url: "file:bench.db" } }
auth: { tokens: { secret: "0123456789abcdef0123456789abcdef" } }
log: { level: error }
collections:
  notes:
    ` + more + `
    fields: { owner: { type: string, index: true }, title: { type: string }, stars: { type: int }, done: { type: bool }, created: { type: time, default: "now()" } }
    set: { create: { owner: auth.id } }
    rules: { read: 'doc.owner == auth.id', create: 'auth != nil', update: 'doc.owner == auth.id' }
`
}
