package supabase_test

import (
	"strings"
	"testing"

	"github.com/basalt-dev/basalt/server/servertest"
)

// TestREST_AWriteHappensOnce sends each write twice with an Idempotency-Key, to a database that keeps answers.
func TestREST_AWriteHappensOnce(t *testing.T) {
	t.Parallel()
	s := filled(t, strings.Replace(config, "driver: memory", `driver: sqlite, url: "file:test.db"`, 1))
	const rows = "return=representation"
	key := 0
	twice := func(who, method, path, prefer, body string, status int, first, second string) {
		t.Helper()
		key++
		header := map[string]string{"Idempotency-Key": "key-" + string(rune('a'+key)), "Prefer": prefer}
		c := scenario{who: who, method: method, path: "/rest/v1/" + path, header: header, body: body, status: status, want: first}
		if a := c.run(t, s); a.Header.Get("Idempotent-Replayed") != "" || a.Body != first {
			t.Errorf("%s %s is %q, %v", method, path, a.Body, a.Header)
		}
		c.want = second
		if a := c.run(t, s); a.Header.Get("Idempotent-Replayed") != "true" || a.Body != second {
			t.Errorf("again, %s %s is %q, %v", method, path, a.Body, a.Header)
		}
	}
	stars := func(want string) {
		t.Helper()
		scenario{who: "ann", path: "/rest/v1/notes?select=stars&id=eq.n4", status: 200, want: `[{"stars":` + want + `}]`}.run(t, s)
	}
	twice("ann", "POST", "notes", "", `{"owner":"ann","title":"without an id"}`, 201, "", "")
	scenario{who: "ann", path: "/rest/v1/notes?select=title&title=eq.without an id", status: 200, want: `[{"title":"without an id"}]`}.run(t, s)
	twice("ann", "POST", "notes?select=id,title", rows, `[{"id":"x1","owner":"ann","title":"one"},{"id":"x2","owner":"ann","title":"two"}]`, 201,
		`[{"id":"x1","title":"one"},{"id":"x2","title":"two"}]`, `[{"id":"x1","title":"one"},{"id":"x2","title":"two"}]`)
	twice("ann", "PATCH", "notes?id=eq.n4", "", `{"stars":{"$inc":1}}`, 204, "", "")
	stars("10")
	twice("ann", "PATCH", "notes?id=eq.n4&stars=eq.10&select=stars", rows, `{"stars":{"$inc":1}}`, 200, `[{"stars":11}]`, `[{"stars":11}]`) // it is no row of the filter any more
	stars("11")
	twice("ann", "PUT", "notes?id=eq.x1&select=title", rows, `{"id":"x1","owner":"ann","title":"put"}`, 200, `[{"title":"put"}]`, `[{"title":"put"}]`)
	twice("ann", "DELETE", "notes?id=eq.x2&select=id,title", rows, "", 200, `[{"id":"x2","title":"two"}]`, `[{"id":"x2","title":null}]`)

	// Another caller, another request, and what is refused.
	with := func(key string) map[string]string { return map[string]string{"Idempotency-Key": key} }
	post := func(who, key, body string, status int) servertest.Answer {
		t.Helper()
		return scenario{who: who, method: "POST", path: "/rest/v1/notes", header: with(key), body: body, status: status}.run(t, s)
	}
	post("ann", "shared", `{"id":"y1","owner":"ann","title":"a"}`, 201)
	post("bob", "shared", `{"id":"y2","owner":"bob","title":"b"}`, 201)
	if a := post("ann", "shared", `{"id":"y3","owner":"ann","title":"c"}`, 400); !strings.Contains(a.Body, "was used for another request") {
		t.Errorf("a key again is %s", a.Body)
	}
	post("ann", "refused", `{"id":"y4","owner":"bob","title":"c"}`, 403)
	post("ann", "refused", `{"id":"y4","owner":"bob","title":"c"}`, 403)
	post("ann", "refused", `{"id":"y4","owner":"ann","title":"c"}`, 201)
	post("ann", strings.Repeat("k", 256), `{"owner":"ann","title":"c"}`, 400)
	scenario{who: "ann", method: "PATCH", path: "/rest/v1/notes?id=eq.n4", header: map[string]string{"Idempotency-Key": "r", "Prefer": "tx=rollback"}, body: `{"stars":1}`, status: 400, has: []string{"rollback"}}.run(t, s)
	scenario{who: "ann", method: "POST", path: "/rest/v1/rpc/batch", header: with("b"), body: `{"ops":[]}`, status: 400, has: []string{"/v1/batch"}}.run(t, s)

	// What a repeated write shows is what its caller may see then.
	seen := scenario{who: "ann", method: "PATCH", path: "/rest/v1/notes?id=eq.y1&select=id,title", header: map[string]string{"Idempotency-Key": "seen", "Prefer": rows}, body: `{"stars":2}`, status: 200, want: `[{"id":"y1","title":"a"}]`}
	seen.run(t, s)
	scenario{who: "service", method: "PATCH", path: "/rest/v1/notes?id=eq.y1", body: `{"owner":"zoe","title":"a secret of zoe"}`, status: 204}.run(t, s)
	seen.want = `[{"id":"y1","title":null}]`
	seen.run(t, s)
}

// TestREST_IfMatch changes a row only while it is the one that the client has seen.
func TestREST_IfMatch(t *testing.T) {
	t.Parallel()
	s := filled(t, config)
	one := map[string]string{"Accept": single["Accept"], "Prefer": "return=representation"}
	with := func(tag string) map[string]string {
		return map[string]string{"Accept": single["Accept"], "Prefer": "return=representation", "If-Match": tag}
	}
	tag := scenario{who: "ann", path: "/rest/v1/notes?id=eq.n4", header: single, status: 200}.run(t, s).Header.Get("ETag")
	native := s.Do(t, servertest.Call{Method: "GET", Path: "/v1/db/notes/n4", Token: s.Token(map[string]any{"sub": "ann"})}).Header.Get("ETag")
	if tag == "" || tag != native {
		t.Errorf("the tag is %q, that of the native API %q", tag, native)
	}
	if a := (scenario{who: "ann", path: "/rest/v1/notes?id=eq.n4&select=title", header: single, status: 200}).run(t, s); a.Header.Get("ETag") != "" {
		t.Error("a part of a row has the tag of the whole")
	}
	changed := scenario{who: "ann", method: "PATCH", path: "/rest/v1/notes?id=eq.n4", header: with(tag), body: `{"title":"a"}`, status: 200, has: []string{`"title":"a"`}}.run(t, s)
	next := changed.Header.Get("ETag")
	if next == "" || next == tag {
		t.Errorf("the tag after a change is %q, before it %q", next, tag)
	}
	for _, c := range []scenario{
		{method: "PATCH", path: "id=eq.n4", header: with(tag), body: `{"title":"b"}`, status: 412, has: []string{`"40001"`}},
		{method: "DELETE", path: "id=eq.n4", header: with(tag), status: 412},
		{method: "PUT", path: "id=eq.n4", header: with(tag), body: `{"id":"n4","owner":"ann","title":"b"}`, status: 412},
		{method: "PATCH", path: "id=eq.n5", header: with("*"), body: `{"title":"b"}`, status: 412}, // it is hidden
		{method: "PATCH", path: "id=eq.none", header: with("*"), body: `{"title":"b"}`, status: 412},
		{method: "DELETE", path: "id=eq.none", header: with(next), status: 412},
		{method: "PUT", path: "id=eq.none", header: with("*"), body: `{"id":"none","owner":"ann","title":"b"}`, status: 412},
		{method: "PATCH", path: "title=not.is.null", header: with(next), body: `{"title":"b"}`, status: 400, has: []string{"one row"}},
		{method: "POST", path: "", header: with(next), body: `{"owner":"ann","title":"b"}`, status: 400, has: []string{"If-Match"}},
		{path: "id=eq.n4&select=title", header: one, status: 200, want: `{"title":"a"}`},
		{method: "PUT", path: "id=eq.n4&select=title", header: with(next), body: `{"id":"n4","owner":"ann","title":"put"}`, status: 200, want: `{"title":"put"}`},
		{method: "DELETE", path: "id=eq.n4&select=title", header: with("*"), status: 200, want: `{"title":"put"}`},
	} {
		c.who, c.path = "ann", "/rest/v1/notes?"+c.path
		c.run(t, s)
	}
}
