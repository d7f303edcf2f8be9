package server

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/valyala/fasthttp"

	"github.com/basalt-dev/basalt/server/offline"
)

// TestFastPath_RecallsWhatWasAsked asks everything twice. What is not recalled the second time costs much and is not
// wrong, so that no other test would find it.
func TestFastPath_RecallsWhatWasAsked(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "basalt.yaml")
	config := `
databases: { main: { driver: sqlite, url: "file:memo.db" } }
auth: { tokens: { secret: "0123456789abcdef0123456789abcdef" } }
log: { level: error }
collections:
  notes:
    cache: { ttl: 10m }
    fields: { owner: { type: string }, title: { type: string } }
    rules: { read: 'doc.owner == auth.id', create: 'true' }
  near:
    cache: { ttl: 10m }
    fields: { title: { type: string } }
    rules: { read: 'request.ip == "10.0.0.1" || true' }
`
	if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, start := context.Background(), time.Now()
	var later atomic.Int64 // seconds
	now := func() time.Time { return start.Add(time.Duration(later.Load()) * time.Second) }
	s, err := New(ctx, path, Options{Log: io.Discard, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	token := func(name string) string {
		token, err := offline.Token(ctx, path, map[string]any{"sub": name, "sid": "s-" + name}, start, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		return "Bearer " + token
	}
	ann, bob := token("ann"), token("bob")
	request := func(method, address, authorization, body string) *fasthttp.RequestCtx {
		var r fasthttp.RequestCtx
		r.Request.Header.SetMethod(method)
		r.Request.SetRequestURI(address)
		r.Request.Header.Set("Authorization", authorization)
		r.Request.SetBodyString(body)
		return &r
	}
	// What is recalled is answered without asking a rule.
	recalled := func(address, authorization string) bool {
		before, r := verdicts(t, s), request("GET", address, authorization, "")
		s.transport.Handle(r)
		return r.Response.StatusCode() == fasthttp.StatusOK && verdicts(t, s) == before
	}
	ask := func(method, address, authorization, body string) string {
		r := request(method, address, authorization, body)
		s.transport.Handle(r)
		return string(r.Response.Body())
	}
	ask("POST", "/v1/db/notes", ann, `{"id":"1","owner":"ann","title":"a b"}`)
	addresses := []string{"/v1/db/notes/1", "/v1/db/notes/1?select=title", "/v1/db/notes", `/v1/db/notes?filter=title=="a%20b"&sort=-title&limit=5`,
		"/v1/db/notes?filter=title%3D%3D%22a+b%22", "/v1/db/notes?limit=1&after="}
	for _, address := range addresses {
		first := ask("GET", address, ann, "")
		for tries := 0; !recalled(address, ann); tries++ { // the cache may learn only now of what was written
			if tries == 100 {
				t.Fatalf("%s: asked again and again, it is not recalled; it was answered with %s", address, first)
			}
			time.Sleep(10 * time.Millisecond)
			ask("GET", address, ann, "")
		}
		if again := ask("GET", address, ann, ""); again != first {
			t.Errorf("%s: %s\nrecalled: %s", address, first, again)
		}
		if recalled(address, bob) || recalled(address, "") || recalled(address, ann+"x") {
			t.Errorf("%s: what ann has asked is recalled for another user", address)
		}
	}
	ask("GET", "/v1/db/near", ann, "")
	if recalled("/v1/db/near", ann) {
		t.Error("a rule that looks at the request was not asked again")
	}
	later.Store(120)
	for _, address := range addresses {
		if recalled(address, ann) {
			t.Errorf("%s: recalled for a token that has expired", address)
		}
	}
}

// verdicts is how many verdicts of rules were counted.
func verdicts(t *testing.T, s *Server) (n float64) {
	t.Helper()
	families, err := s.metrics.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == "basalt_rule_verdicts_total" {
			for _, m := range f.GetMetric() {
				n += m.GetCounter().GetValue()
			}
		}
	}
	return n
}
