package graphql_test

import (
	"bufio"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/basalt-dev/basalt/server/servertest"
)

// connect signs a user in over a socket.
func connect(t *testing.T, s *servertest.Instance, token string) *peer {
	t.Helper()
	p := dial(t, s, "graphql-transport-ws")
	p.say(`{"type":"connection_init","payload":{"Authorization":"Bearer %s"}}`, token)
	p.hears(`{"type":"connection_ack"}`)
	return p
}

// A mutation over a socket is one by POST: under the same rules and limits, and once where it has a key.
func TestSocket_MutationsAreThoseOfPOST(t *testing.T) {
	t.Parallel()
	s := startWith(t, strings.Replace(blog, "    rules: { read: 'auth.role == \"boss\"', create: 'false' }", "    rules: { read: 'true', create: 'auth != nil' }\n    limits: { create: { rate: 2/h } }", 1))
	p := connect(t, s, s.Token(map[string]any{"sub": "ann"}))
	mutate := func(query, extensions string, want ...string) {
		t.Helper()
		p.say(`{"id":"1","type":"subscribe","payload":{"query":%s%s}}`, quoted(query), extensions)
		for _, text := range want {
			p.hears(text)
		}
	}
	done := func(payload string) []string {
		return []string{`{"id":"1","type":"next","payload":` + payload + `}`, `{"id":"1","type":"complete"}`}
	}
	mutate(`mutation { insert_posts_one(object: {id: "a", title: "a", author_id: "ann", comments: {data: [{text: "n"}]}}) { id comments { text } } }`, "",
		done(`{"data":{"insert_posts_one":{"id":"a","comments":[{"text":"n"}]}}}`)...)
	// With a key it happens once, on a connection that was lost, too.
	const inc = `mutation { update_posts_by_pk(pk_columns: {id: "a"}, _inc: {stars: 1}) { stars } }`
	mutate(inc, `,"extensions":{"idempotencyKey":"k1"}`, done(`{"data":{"update_posts_by_pk":{"stars":1}}}`)...)
	p = connect(t, s, s.Token(map[string]any{"sub": "ann"}))
	mutate(inc, `,"extensions":{"idempotencyKey":"k1"}`, done(`{"data":{"update_posts_by_pk":{"stars":1}}}`)...)
	mutate(inc, "", done(`{"data":{"update_posts_by_pk":{"stars":2}}}`)...)
	// Of what was refused, the error is told, and where nothing was run, as the protocol says.
	mutate(`mutation { update_posts_by_pk(pk_columns: {id: "p2"}, _inc: {stars: 1}) { stars } }`, "",
		done(`{"errors":[{"message":"you may not update this","locations":[{"line":1,"column":12}],"path":["update_posts_by_pk"],"extensions":{"code":"forbidden"}}],"data":{"update_posts_by_pk":null}}`)...)
	mutate(`mutation @transaction { a: update_posts_by_pk(pk_columns: {id: "a"}, _inc: {stars: 1}) { stars } b: update_posts_by_pk(pk_columns: {id: "p2"}, _inc: {stars: 1}) { stars } }`, "",
		done(`{"errors":[{"message":"you may not update this","locations":[{"line":1,"column":98}],"path":["b"],"extensions":{"code":"forbidden"}}],"data":null}`)...)
	mutate(`mutation { no_such_field }`, "")
	if got := p.next(); !strings.HasPrefix(got, `{"id":"1","type":"error","payload":[{`) {
		t.Errorf("what does not fit the schema: %s", got)
	}
	for _, key := range []string{`"a\r\nX-Evil: 1"`, `" "`, `7`} {
		mutate(inc, `,"extensions":{"idempotencyKey":`+key+`}`)
		if got := p.next(); !strings.Contains(got, `"type":"error"`) || !strings.Contains(got, "idempotencyKey") {
			t.Errorf("the key %s: %s", key, got)
		}
	}
	// What limits count is counted together with what comes by POST.
	const draft = `mutation { insert_drafts_one(object: {text: "x"}) { text } }`
	mutate(draft, "", done(`{"data":{"insert_drafts_one":{"text":"x"}}}`)...)
	if got := ask(t, s, s.Token(map[string]any{"sub": "ann"}), draft, nil); got != `{"data":{"insert_drafts_one":{"text":"x"}}}` {
		t.Errorf("by POST: %s", got)
	}
	mutate(draft, "")
	if got := p.next(); !strings.Contains(got, `"code":"rate_limited"`) {
		t.Errorf("over the limit: %s", got)
	}
	p.hears(`{"id":"1","type":"complete"}`)
	// Over HTTP the key is a header: in extensions it would be without effect.
	a := s.Do(t, call{Method: "POST", Path: "/v1/graphql", Token: admin, Body: map[string]any{"query": inc, "extensions": map[string]any{"idempotencyKey": "k2"}}})
	if codes(t, a.Body) != "invalid" || !strings.Contains(a.Body, "the header Idempotency-Key") {
		t.Errorf("got %s", a.Body)
	}
	// A token that has ended ends this, too.
	p = dial(t, s, "graphql-transport-ws")
	p.say(`{"type":"connection_init"}`)
	p.hears(`{"type":"connection_ack"}`)
	mutate(`mutation { insert_people_one(object: {name: "x"}) { id } }`, "")
	if got := p.next(); !strings.Contains(got, `"code":"unauthenticated"`) {
		t.Errorf("an anonymous caller: %s", got)
	}
}

// Only what has changed is sent, of every level, with what becomes of each document.
func TestSubscription_Changes(t *testing.T) {
	t.Parallel()
	s := start(t)
	ann := s.Token(map[string]any{"sub": "ann"})
	write := func(method, path, body string) {
		t.Helper()
		if a := s.Do(t, call{Method: method, Path: "/v1/" + path, Token: admin, Body: body}); a.Status >= 300 {
			t.Fatalf("%s %s: %d %s", method, path, a.Status, a.Body)
		}
	}
	const query = `subscription @changes { posts(where: {stars: {_lt: 5}}, order_by: {stars: asc}) { id stars author { name boss { name } } comments(order_by: {id: asc}) { text author { name } } } }`
	p := connect(t, s, ann)
	next := func(p *peer, payload string) {
		t.Helper()
		p.hears(`{"id":"1","type":"next","payload":` + payload + `}`)
	}
	const p2 = `{"id":"p2","stars":2,"author":{"name":"Bob","boss":{"name":"Ann"}},"comments":[{"text":"w","author":{"name":"Ann"}}]}`
	const p4 = `{"id":"p4","stars":2,"author":null,"comments":[]}`
	const p3 = `{"id":"p3","stars":3,"author":null,"comments":[]}`
	p.subscribe("1", query)
	next(p, `{"data":{"posts":[`+p2+`,`+p4+`,`+p3+`]}}`)
	// Three levels down: one document has changed in two places.
	write("PATCH", "db/people/ann", `{"name":"Anna"}`)
	anna := strings.ReplaceAll(p2, `"Ann"`, `"Anna"`)
	next(p, `{"data":{"posts":[`+anna+`]},"extensions":{"changes":[{"type":"modified","key":"p2","index":0}]}}`)
	write("PATCH", "db/posts/p3", `{"stars":1}`) // which moves
	next(p, `{"data":{"posts":[`+strings.Replace(p3, "3,", "1,", 1)+`]},"extensions":{"changes":[{"type":"modified","key":"p3","index":0}]}}`)
	seen := p.resume
	// Two changes of one commit are one answer.
	write("POST", "batch", `{"ops":[{"op":"delete","collection":"posts","id":"p4"},{"op":"create","collection":"posts","doc":{"id":"p5","title":"5","stars":4}}]}`)
	next(p, `{"data":{"posts":[{"id":"p5","stars":4,"author":null,"comments":[]}]},"extensions":{"changes":[{"type":"removed","key":"p4"},{"type":"added","key":"p5","index":2}]}}`)
	// Who comes back gets what was missed, and nothing else.
	resume := func(token string) *peer {
		p := connect(t, s, ann)
		p.say(`{"id":"1","type":"subscribe","payload":{"query":%s,"extensions":{"resume":%q}}}`, quoted(query), token)
		return p
	}
	back := resume(seen)
	next(back, `{"data":{"posts":[]},"extensions":{"changes":[]}}`)
	next(back, `{"data":{"posts":[{"id":"p5","stars":4,"author":null,"comments":[]}]},"extensions":{"changes":[{"type":"removed","key":"p4"},{"type":"added","key":"p5","index":2}]}}`)
	back = resume(p.resume)
	next(back, `{"data":{"posts":[]},"extensions":{"changes":[]}}`)
	// A token that is not known here costs a snapshot.
	for _, token := range []string{"AAAAAAAAAAA", "nonsense"} {
		back = resume(token)
		if got := back.next(); !strings.HasPrefix(got, `{"id":"1","type":"next","payload":{"data":{"posts":[{"id":"p3"`) || strings.Contains(got, "changes") {
			t.Errorf("an unknown token: %s", got)
		}
	}
	// What a rule hides on a level below is a change, too.
	write("PATCH", "db/people/ann", `{"private":true}`)
	next(p, `{"data":{"posts":[{"id":"p2","stars":2,"author":{"name":"Bob","boss":null},"comments":[{"text":"w","author":null}]}]},"extensions":{"changes":[{"type":"modified","key":"p2","index":1}]}}`)
	for _, not := range []string{`subscription @changes { posts_by_pk(id: "p2") { id } }`, `subscription @changes { posts_aggregate { aggregate { count } } }`, `subscription @changes { posts_stream(batch_size: 1, cursor: {initial_value: {id: ""}}) { id } }`} {
		p.subscribe("2", not)
		if got := p.next(); !strings.Contains(got, `"type":"error"`) || !strings.Contains(got, "@changes is for subscriptions to a list") {
			t.Errorf("%s: got %s", not, got)
		}
	}
}

// A snapshot is not sent again to a client that has it.
func TestSubscription_ResumesASnapshot(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "notes.db")
	config := strings.Replace(blog, "driver: memory", `driver: sqlite, url: "file:`+path+`"`, 1)
	s := startWith(t, config)
	p := connect(t, s, s.Token(map[string]any{"sub": "ann"}))
	const query = `subscription { posts(where: {id: {_eq: "p1"}}) { id comments(order_by: {id: asc}, limit: 1) { text } } }`
	p.subscribe("1", query)
	p.hears(`{"id":"1","type":"next","payload":{"data":{"posts":[{"id":"p1","comments":[{"text":"x"}]}]}}}`)
	resume := p.resume
	s.Stop()
	s = servertest.Start(t, config) // another node, which has never seen that client
	p = connect(t, s, s.Token(map[string]any{"sub": "ann"}))
	p.say(`{"id":"1","type":"subscribe","payload":{"query":%s,"extensions":{"resume":%q}}}`, quoted(query), resume)
	p.say(`{"id":"2","type":"subscribe","payload":{"query":"subscription { people_by_pk(id: \"bob\") { name } }"}}`)
	p.hears(`{"id":"2","type":"next","payload":{"data":{"people_by_pk":{"name":"Bob"}}}}`)
	s.Want(t, 200, call{Method: "PATCH", Path: "/v1/db/comments/c1", Token: admin, Body: `{"text":"new"}`})
	p.hears(`{"id":"1","type":"next","payload":{"data":{"posts":[{"id":"p1","comments":[{"text":"new"}]}]}}}`)
	p.say(`{"id":"3","type":"subscribe","payload":{"query":%s,"extensions":{"resume":%q}}}`, quoted(query), resume) // which is old now
	p.hears(`{"id":"3","type":"next","payload":{"data":{"posts":[{"id":"p1","comments":[{"text":"new"}]}]}}}`)
	p.say(`{"id":"4","type":"subscribe","payload":{"query":%s,"extensions":{"resume":7}}}`, quoted(query))
	if got := p.next(); !strings.Contains(got, "resume is a string") {
		t.Errorf("got %s", got)
	}
}

// A stream sends each document once, in parts, and goes on where new ones come.
func TestSubscription_Stream(t *testing.T) {
	t.Parallel()
	s := start(t)
	ann := s.Token(map[string]any{"sub": "ann"})
	p := connect(t, s, ann)
	next := func(p *peer, documents string) {
		t.Helper()
		p.hears(`{"id":"1","type":"next","payload":{"data":{"s":[` + documents + `]}}}`)
	}
	stream := func(arguments string) string {
		return `subscription { s: comments_stream(` + arguments + `) { id post { title } } }`
	}
	// The rule hides c3, and c1 to c4 are of one post.
	const query = `batch_size: 2, cursor: {initial_value: {id: "c1"}, ordering: ASC}, where: {text: {_neq: "no"}}`
	p.subscribe("1", stream(query))
	next(p, `{"id":"c2","post":{"title":"one"}},{"id":"c4","post":{"title":"one"}}`)
	first := p.resume
	next(p, `{"id":"c5","post":{"title":"two"}}`)
	last := p.resume
	s.Want(t, 201, call{Method: "POST", Path: "/v1/db/comments", Token: admin, Body: `[{"id":"d1","text":"no"},{"id":"d2","text":"spam"},{"id":"d3","text":"d"},{"id":"b9","text":"before"}]`})
	next(p, `{"id":"d3","post":null}`)
	s.Want(t, 200, call{Method: "PATCH", Path: "/v1/db/comments/c2", Token: admin, Body: `{"text":"again"}`}) // which was sent
	s.Want(t, 200, call{Method: "PATCH", Path: "/v1/db/posts/p1", Token: admin, Body: `{"title":"uno"}`})
	s.Want(t, 201, call{Method: "POST", Path: "/v1/db/comments", Token: admin, Body: `{"id":"d4","post":"p1","text":"d"}`})
	next(p, `{"id":"d4","post":{"title":"uno"}}`)
	// Any node goes on where a client was.
	for token, want := range map[string]string{first: `{"id":"c5","post":{"title":"two"}},{"id":"d3","post":null}`, last: `{"id":"d3","post":null},{"id":"d4","post":{"title":"uno"}}`} {
		back := connect(t, s, ann)
		back.say(`{"id":"1","type":"subscribe","payload":{"query":%s,"extensions":{"resume":%q}}}`, quoted(stream(query)), token)
		next(back, want)
	}
	// Downwards, by a field with the same value many times, and from the first on.
	p = connect(t, s, ann)
	p.say(`{"id":"1","type":"subscribe","payload":{"query":%s}}`, quoted(`subscription { s: posts_stream(batch_size: 1, cursor: {initial_value: {stars: 4}, ordering: DESC}) { id } }`))
	next(p, `{"id":"p3"}`)
	next(p, `{"id":"p4"}`)
	next(p, `{"id":"p2"}`)
	p = connect(t, s, ann)
	p.say(`{"id":"1","type":"subscribe","payload":{"query":%s}}`, quoted(`subscription { s: posts_stream(batch_size: 9, cursor: [{initial_value: {created: null}}]) { id } }`))
	next(p, `{"id":"p1"}`)
	for query, want := range map[string]string{
		stream(`batch_size: 0, cursor: {initial_value: {id: "c1"}}`):                                      "batch_size is a whole number from 1 on",
		stream(`batch_size: 1, cursor: []`):                                                               "one cursor",
		stream(`batch_size: 1, cursor: [{initial_value: {id: "a"}}, {initial_value: {id: "a"}}]`):         "one cursor",
		stream(`batch_size: 1, cursor: {initial_value: {}}`):                                              "initial_value has one field",
		stream(`batch_size: 1, cursor: {initial_value: {id: "a", text: "b"}}`):                            "initial_value has one field",
		`subscription { posts_stream(batch_size: 1, cursor: {initial_value: {hidden: "a"}}) { id } }`:     "hidden",
		`subscription { drafts_stream(batch_size: 1, cursor: {initial_value: {id: "a"}}) { id } }`:        "forbidden",
		`subscription { s: posts_stream(batch_size: 1, cursor: {initial_value: {never: "a"}}) { id } }`:   "never",
		`subscription { s: posts_stream(batch_size: 1, cursor: {initial_value: {created: "x"}}) { id } }`: "created",
	} {
		p.subscribe("2", query)
		if got := p.next(); !strings.Contains(got, `"type":"error"`) || !strings.Contains(got, want) {
			t.Errorf("%s: got %s", query, got)
		}
	}
	p.say(`{"id":"2","type":"subscribe","payload":{"query":%s,"extensions":{"resume":"made up"}}}`, quoted(stream(query)))
	if got := p.next(); !strings.Contains(got, `"type":"error"`) {
		t.Errorf("a cursor that was made up: %s", got)
	}
}

// Events of a stream have its place as their id, with which EventSource comes back by itself.
func TestEvents_ResumeByTheirIDs(t *testing.T) {
	t.Parallel()
	s := start(t)
	open := func(last string) *bufio.Scanner {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+"/v1/graphql", strings.NewReader(`{"query":"subscription { comments_stream(batch_size: 3, cursor: {initial_value: {id: \"\"}}) { id } }"}`))
		if err != nil {
			t.Fatal(err)
		}
		r.Header = http.Header{"Content-Type": {"application/json"}, "Accept": {"text/event-stream"}, "Authorization": {"Bearer " + s.Token(map[string]any{"sub": "ann"})}, "Last-Event-Id": {last}}
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = resp.Body.Close() })
		return bufio.NewScanner(resp.Body)
	}
	next := func(from *bufio.Scanner) (id, data string) {
		for from.Scan() {
			if text, ok := strings.CutPrefix(from.Text(), "id: "); ok {
				id = text
			}
			if text, ok := strings.CutPrefix(from.Text(), "data: "); ok {
				return id, resumes.ReplaceAllString(text, "")
			}
		}
		return "", fmt.Sprint(from.Err())
	}
	id, data := next(open(""))
	if data != `{"data":{"comments_stream":[{"id":"c1"},{"id":"c2"},{"id":"c4"}]}}` || id == "" {
		t.Fatalf("got %q %s", id, data)
	}
	if _, data := next(open(id)); data != `{"data":{"comments_stream":[{"id":"c5"}]}}` {
		t.Errorf("got %s", data)
	}
}

// A count of columns is live, on both levels: a value that it counts changes in a document that the filter finds before and
// after.
func TestSubscription_CountsColumns(t *testing.T) {
	t.Parallel()
	s := start(t)
	p := connect(t, s, s.Token(map[string]any{"sub": "ann"}))
	p.subscribe("1", `subscription { posts_aggregate { aggregate { count(columns: state, distinct: true) } } }`)
	p.hears(`{"id":"1","type":"next","payload":{"data":{"posts_aggregate":{"aggregate":{"count":2}}}}}`)
	s.Want(t, 200, call{Method: "PATCH", Path: "/v1/db/posts/p3", Token: admin, Body: `{"state":"closed"}`})
	p.hears(`{"id":"1","type":"next","payload":{"data":{"posts_aggregate":{"aggregate":{"count":3}}}}}`)
	p = connect(t, s, s.Token(map[string]any{"sub": "ann"}))
	p.subscribe("1", `subscription { posts_by_pk(id: "p1") { comments_aggregate { aggregate { count(columns: author_id) } } } }`)
	p.hears(`{"id":"1","type":"next","payload":{"data":{"posts_by_pk":{"comments_aggregate":{"aggregate":{"count":2}}}}}}`)
	s.Want(t, 200, call{Method: "PATCH", Path: "/v1/db/comments/c4", Token: admin, Body: `{"author_id":"ann"}`})
	p.hears(`{"id":"1","type":"next","payload":{"data":{"posts_by_pk":{"comments_aggregate":{"aggregate":{"count":3}}}}}}`)
}
