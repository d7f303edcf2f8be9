package server_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/basalt-dev/basalt/server/servertest"
)

const budgets = `
databases: { main: { driver: sqlite, url: "file:test.db" } }
auth: { tokens: { algorithm: HS256, secret: "a-secret-of-32-bytes-or-more-....", access: 15m, refresh: 720h } }
admin: { keys: ["admin-key-admin-key"] }
limits: { timeout: 5m, answer: 256KiB, documents: DOCUMENTS, expansions: 4 }
collections:
  posts:
    fields: { title: { type: string } }
    rules: { read: 'true', create: 'true', update: 'true' }
  comments:
    fields: { post: { type: ref, to: posts }, text: { type: string } }
    rules: { read: 'true', create: 'true' }
  likes:
    fields: { comment: { type: ref, to: comments } }
    rules: { read: 'true' }
`

func budgetServer(t *testing.T, documents int) *servertest.Instance {
	return servertest.Start(t, strings.Replace(budgets, "DOCUMENTS", fmt.Sprint(documents), 1))
}

// TestBudgets_OfAnAnswer asks for more than one request may cost. The error names the limit, and the same within it
// is answered.
func TestBudgets_OfAnAnswer(t *testing.T) {
	t.Parallel()
	s := budgetServer(t, 100)
	text := strings.Repeat("x", 10_000)
	s.Want(t, 201, call{Method: "POST", Path: "/v1/db/posts", Token: admin, Body: `{"id":"p","title":"` + text + `"}`})
	var comments []string
	for i := range 40 {
		comments = append(comments, fmt.Sprintf(`{"id":"c%d","post":"p","text":%q}`, i, text))
	}
	s.Want(t, 201, call{Method: "POST", Path: "/v1/db/comments", Token: admin, Body: "[" + strings.Join(comments, ",") + "]"})
	many := strings.Repeat("x", 100_000)
	var ops []string
	for i := range 5 {
		s.Want(t, 201, call{Method: "POST", Path: "/v1/db/posts", Token: admin, Body: fmt.Sprintf(`{"id":"m%d","title":%q}`, i, many)})
		ops = append(ops, fmt.Sprintf(`{"op":"update","collection":"posts","id":"m%d","doc":{}}`, i))
	}
	for what, c := range map[string]struct {
		call  call
		names string // the limit; empty where it is kept
	}{
		"a page":                     {call{Method: "GET", Path: "/v1/db/comments?limit=40"}, "limits.answer"},
		"a page by a body":           {call{Method: "POST", Path: "/v1/db/comments/query", Body: `{"limit":40}`}, "limits.answer"},
		"a smaller page":             {call{Method: "GET", Path: "/v1/db/comments?limit=20"}, ""},
		"without what is large":      {call{Method: "GET", Path: "/v1/db/comments?limit=40&select=id"}, ""},
		"a cycle":                    {call{Method: "GET", Path: "/v1/db/comments?limit=10&expand=" + url.QueryEscape("post(expand:comments(limit:20))")}, "limits.answer"},
		"one document":               {call{Method: "GET", Path: "/v1/db/posts/p?expand=" + url.QueryEscape("comments(limit:40)")}, "limits.answer"},
		"groups":                     {call{Method: "POST", Path: "/v1/db/comments/aggregate", Body: `{"group":["id","text"],"count":true}`}, "limits.answer"},
		"documents of expansions":    {call{Method: "GET", Path: "/v1/db/posts/p?select=id&expand=" + url.QueryEscape("comments(limit:40,expand:post(expand:comments(limit:100)))")}, "limits."},
		"expansions":                 {call{Method: "GET", Path: "/v1/db/comments?limit=1&expand=" + url.QueryEscape("post(expand:comments(expand:post)),likes(expand:comment)")}, "limits.expansions"},
		"a batch of large documents": {call{Method: "POST", Path: "/v1/batch", Body: `{"ops":[` + strings.Join(ops, ",") + `]}`}, "limits.answer"},
	} {
		got := s.Do(t, c.call)
		switch {
		case c.names == "" && got.Status != 200:
			t.Errorf("%s: got %d %.300s", what, got.Status, got.Body)
		case c.names != "" && (got.Status != 422 || !strings.Contains(got.Body, c.names) || c.names == "limits.answer" && got.Code() != "too_large"):
			t.Errorf("%s: got %d %.300s, want %s", what, got.Status, got.Body, c.names)
		}
	}
	live := s.Live(t, "")
	send(t, live, `{"id":"1","op":"subscribe","collection":"comments","query":{"limit":40}}`)
	wantOn(t, live, "error", "limits.answer")
	send(t, live, `{"id":"2","op":"subscribe","collection":"comments","query":{"limit":2,"expand":["post(expand:comments(limit:40))"]}}`)
	wantOn(t, live, "error", "limits.answer")
}

// TestBudgets_MoreParentsThanParameters expands more documents than one statement takes values.
func TestBudgets_MoreParentsThanParameters(t *testing.T) {
	t.Parallel()
	const posts, each = 90, 400
	s := budgetServer(t, 100_000)
	n := 0
	for p := range posts {
		s.Want(t, 201, call{Method: "POST", Path: "/v1/db/posts", Token: admin, Body: fmt.Sprintf(`{"id":"p%d"}`, p)})
		docs := make([]string, each)
		for i := range docs {
			docs[i] = fmt.Sprintf(`{"id":"c%d","post":"p%d"}`, n, p)
			n++
		}
		s.Want(t, 201, call{Method: "POST", Path: "/v1/db/comments", Token: admin, Body: "[" + strings.Join(docs, ",") + "]"})
	}
	got := s.Do(t, call{Method: "GET", Path: "/v1/db/posts?limit=500&expand=" + url.QueryEscape("comments(limit:500,expand:likes)")})
	if got.Status != 422 || got.Code() != "too_large" {
		t.Errorf("got %d %.300s", got.Status, got.Body)
	}
	if got := s.Do(t, call{Method: "GET", Path: "/v1/db/posts?limit=2&expand=" + url.QueryEscape("comments(limit:500,expand:likes)")}); got.Status != 200 {
		t.Errorf("got %d %.300s", got.Status, got.Body)
	}
}

// TestBudgets_AWebhookIsAskedOnce for one write, however its transaction is tried.
func TestBudgets_AWebhookIsAskedOnce(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		fmt.Fprint(w, `{"allow":true}`)
	}))
	t.Cleanup(hook.Close)
	s := servertest.Start(t, `
databases: { main: { driver: sqlite, url: "file:test.db" } }
auth: { tokens: { algorithm: HS256, secret: "a-secret-of-32-bytes-or-more-....", access: 15m, refresh: 720h } }
limits: { webhooks: 3 }
collections:
  notes:
    fields: { title: { type: string }, at: { type: time, default: "now()" } }
    rules: { read: 'true', create: 'webhook("`+hook.URL+`")', update: 'webhook("`+hook.URL+`")' }
    limits: { create: { rate: 5/1h } }
`)
	for what, c := range map[string]call{
		"create":     {Method: "POST", Path: "/v1/db/notes", Body: `{"title":"a"}`},
		"with a key": {Method: "POST", Path: "/v1/db/notes", Body: `{"title":"b"}`, Header: map[string]string{"Idempotency-Key": "k1"}},
		"replace":    {Method: "PUT", Path: "/v1/db/notes/new", Body: `{"title":"c"}`, Header: map[string]string{"Idempotency-Key": "k2"}},
		"batch":      {Method: "POST", Path: "/v1/batch", Body: `{"ops":[{"op":"create","collection":"notes","doc":{"title":"d"}}]}`, Header: map[string]string{"Idempotency-Key": "k3"}},
	} {
		asked.Store(0)
		c.Token = user(s, "ann")
		if got := s.Do(t, c); got.Status/100 != 2 || asked.Load() != 1 {
			t.Errorf("%s: got %d %s, asked %d times", what, got.Status, got.Body, asked.Load())
		}
	}
	asked.Store(0)
	var docs []string
	for i := range 4 {
		docs = append(docs, fmt.Sprintf(`{"title":"t%d"}`, i))
	}
	got := s.Do(t, call{Method: "POST", Path: "/v1/db/notes", Token: user(s, "bob"), Body: "[" + strings.Join(docs, ",") + "]"})
	if got.Status != 403 || !strings.Contains(got.Body, "limits.webhooks") || asked.Load() > 3 {
		t.Errorf("got %d %s, asked %d times", got.Status, got.Body, asked.Load())
	}
	// Tries count once against the limit of the collection: the fifth is the last.
	s.Want(t, 201, call{Method: "POST", Path: "/v1/db/notes", Token: user(s, "ann"), Body: `{"title":"e"}`})
	s.Want(t, 429, call{Method: "POST", Path: "/v1/db/notes", Token: user(s, "ann"), Body: `{"title":"f"}`})
}

// TestLimits_CountWhatIsMade by whatever way it is made.
func TestLimits_CountWhatIsMade(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, strings.Replace(limitsConfig, "REDIS", "", 1))
	doc := `{"title":"x"}`
	for what, c := range map[string]struct {
		calls []call
		want  []int
	}{
		"put":           {[]call{{Method: "PUT", Path: "/v1/db/posts/ID1", Body: doc}, {Method: "PUT", Path: "/v1/db/posts/ID2", Body: doc}, {Method: "PUT", Path: "/v1/db/posts/ID3", Body: doc}, {Method: "PUT", Path: "/v1/db/posts/ID4", Body: doc}}, []int{201, 201, 201, 429}},
		"array":         {[]call{{Method: "POST", Path: "/v1/db/posts", Body: "[" + doc + "," + doc + "]"}, {Method: "POST", Path: "/v1/db/posts", Body: "[" + doc + "," + doc + "]"}, {Method: "POST", Path: "/v1/db/posts", Body: doc}, {Method: "POST", Path: "/v1/db/posts", Body: doc}}, []int{201, 429, 201, 429}},
		"more than any": {[]call{{Method: "POST", Path: "/v1/db/posts", Body: "[" + doc + "," + doc + "," + doc + "," + doc + "]"}, {Method: "POST", Path: "/v1/db/posts", Body: doc}}, []int{429, 201}},
		"batch":         {[]call{{Method: "POST", Path: "/v1/batch", Body: `{"ops":[{"op":"create","collection":"posts","doc":{}},{"op":"replace","collection":"posts","id":"IDb","doc":{}}]}`}, {Method: "POST", Path: "/v1/batch", Body: `{"ops":[{"op":"replace","collection":"posts","id":"IDc","doc":{}},{"op":"replace","collection":"posts","id":"IDd","doc":{}}]}`}, {Method: "PUT", Path: "/v1/db/posts/IDe", Body: doc}}, []int{200, 429, 429}},
	} {
		who := strings.ReplaceAll(what, " ", "-")
		for i, call := range c.calls {
			call.Token = user(s, who)
			call.Path = strings.ReplaceAll(call.Path, "ID", who)
			call.Body = strings.ReplaceAll(call.Body.(string), "ID", who)
			if got := s.Do(t, call); got.Status != c.want[i] {
				t.Errorf("%s, %d: got %d %s, want %d", what, i, got.Status, got.Body, c.want[i])
			}
		}
	}
}
