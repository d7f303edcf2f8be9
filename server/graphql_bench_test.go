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

// BenchmarkGraphQL asks the same questions by REST and by GraphQL, in turns, without the network, and reports how much CPU
// the one takes of the other: x-REST.
func BenchmarkGraphQL(b *testing.B) {
	path := filepath.Join(b.TempDir(), "basalt.yaml")
	config := `
databases: { main: { driver: sqlite, url: "file:bench.db" } }
auth: { tokens: { secret: "0123456789abcdef0123456789abcdef" } }
log: { level: error }
graphql: {}
collections:
  people:
    fields: { name: { type: string }, team: { type: string } }
    rules: { read: 'auth != nil', create: 'auth != nil' }
  notes:
    fields: { owner: { type: string, index: true }, title: { type: string }, stars: { type: int }, done: { type: bool }, author: { type: ref, to: people }, created: { type: time, default: "now()" } }
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
	defer s.Close() // the benchmark is over
	token, err := offline.Token(ctx, path, map[string]any{"sub": "u1"}, time.Now(), time.Hour)
	if err != nil {
		b.Fatal(err)
	}
	send := func(method, path, body string) func() {
		var r fasthttp.RequestCtx
		r.Request.Header.SetMethod(method)
		r.Request.SetRequestURI(path)
		r.Request.Header.Set("Authorization", "Bearer "+token)
		r.Request.Header.SetContentType("application/json")
		r.Request.SetBodyString(body)
		return func() {
			r.Response.Reset()
			if s.transport.Handle(&r); r.Response.StatusCode() > 201 || strings.Contains(string(r.Response.Body()), "errors") {
				b.Fatal(r.Response.String())
			}
		}
	}
	var people, docs []string
	for i := range 40 {
		people = append(people, fmt.Sprintf(`{"id":"p%02d","name":"A Person","team":"red"}`, i))
		docs = append(docs, fmt.Sprintf(`{"id":"n%02d","title":"a title of a note","stars":%d,"author":"p%02d"}`, i, i, i/2))
	}
	send("POST", "/v1/db/people", "["+strings.Join(people, ",")+"]")()
	send("POST", "/v1/db/notes", "["+strings.Join(docs, ",")+"]")()
	for _, c := range []struct {
		name          string
		rest, graphql func()
	}{
		{"list with a reference", send("GET", "/v1/db/notes?sort=-stars&limit=20&expand=author", ""),
			send("POST", "/v1/graphql", `{"query":"query List($n: Int) { notes(order_by: {stars: desc}, limit: $n) { id owner title stars done created author { id name team } } }","variables":{"n":20}}`)},
		{"list", send("GET", "/v1/db/notes?sort=-stars&limit=20", ""),
			send("POST", "/v1/graphql", `{"query":"{ notes(order_by: {stars: desc}, limit: 20) { id owner title stars done author_id created } }"}`)},
		{"one", send("GET", "/v1/db/notes/n07", ""), send("POST", "/v1/graphql", `{"query":"{ notes_by_pk(id: \"n07\") { id owner title stars done author_id created } }"}`)},
	} {
		b.Run(c.name, func(b *testing.B) {
			var spent [2]time.Duration
			for range b.N {
				for i, ask := range []func(){c.rest, c.graphql} {
					before := cpu(b)
					for range 20 {
						ask()
					}
					spent[i] += cpu(b) - before
				}
			}
			b.ReportMetric(float64(spent[1])/float64(spent[0]), "x-REST")
			b.ReportMetric(float64(spent[1].Nanoseconds())/float64(b.N)/20, "graphql-ns")
		})
	}
}

// cpu is the time that the process has worked.
func cpu(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
