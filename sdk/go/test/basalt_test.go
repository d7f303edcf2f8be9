package test

import (
	"context"
	"net/http"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	basalt "github.com/basalt-dev/basalt/sdk/go"
	"github.com/basalt-dev/basalt/server/servertest"
)

const config = `
databases: { main: { driver: sqlite, url: "file:test.db" } }
auth: { tokens: { secret: "0123456789abcdef0123456789abcdef", access: 31s }, providers: { password: {} } }
log: { level: error }
collections:
  todos:
    fields:
      owner: { type: string, index: true }
      title: { type: string, required: true, max: 20, search: true }
      after: { type: ref, to: todos }
      done:  { type: bool, default: false }
      stars: { type: int, default: 0 }
      tags:  { type: json }
    set: { create: { owner: auth.id } }
    rules:
      read:   'auth != nil && doc.owner == auth.id'
      create: 'auth != nil'
      update: 'doc.owner == auth.id && !changed("owner")'
      delete: 'doc.owner == auth.id'
`

type todo struct {
	ID    string   `json:"id,omitempty"`
	Owner string   `json:"owner,omitempty"`
	Title string   `json:"title"`
	Done  bool     `json:"done"`
	Stars int64    `json:"stars"`
	Tags  []string `json:"tags"`
}

func must[T any](t *testing.T) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func TestClient_DocumentsQueriesAndBatches(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, config)
	ctx := context.Background()
	c := basalt.New(s.URL)
	user := must[basalt.User](t)(c.Auth.SignUp(ctx, "ada@example.com", "correct horse"))
	todos := basalt.Collection[todo](c, "todos")
	doc := must[todo](t)
	added := doc(todos.Add(ctx, todo{Title: "milk", Stars: 1<<53 + 1, Tags: []string{"a"}}))
	if want := (todo{added.ID, user.ID, "milk", false, 1<<53 + 1, []string{"a"}}); added.ID == "" || !cmp.Equal(added, want) {
		t.Errorf("got %+v", added)
	}
	if got := doc(todos.Doc(added.ID).Get(ctx)); !cmp.Equal(got, added) {
		t.Errorf("got %+v", got)
	}
	updated := doc(todos.Doc(added.ID).Update(ctx, basalt.Patch{"stars": basalt.Increment(1), "tags": basalt.Push("b"), "done": true}))
	if !cmp.Equal(updated, todo{added.ID, user.ID, "milk", true, 1<<53 + 2, []string{"a", "b"}}) {
		t.Errorf("got %+v", updated)
	}
	_, tag, err := todos.Doc(added.ID).GetWithTag(ctx)
	if err != nil {
		t.Fatal(err)
	}
	doc(todos.Doc(added.ID).IfMatch(tag).Update(ctx, basalt.Patch{"title": "bread"}))
	if _, err := todos.Doc(added.ID).IfMatch(tag).Update(ctx, basalt.Patch{"title": "wine"}); basalt.CodeOf(err) != basalt.PreconditionFailed {
		t.Errorf("got %v", err)
	}
	must[[]todo](t)(todos.AddAll(ctx, []todo{{Title: "b", Stars: 2}, {Title: "c", Stars: 3}}))
	page := must[basalt.Page[todo]](t)(todos.Where("stars", basalt.Lt, 10).Where("done", basalt.Eq, false).OrderBy("stars", basalt.Desc).Limit(1).Get(ctx))
	if len(page.Items) != 1 || page.Items[0].Title != "c" || page.Next == "" {
		t.Errorf("got %+v", page)
	}
	if _, err := todos.Add(ctx, todo{Title: ""}); err != nil { // an empty text is a value
		t.Error(err)
	}
	_, err = todos.Add(ctx, todo{Title: "123456789012345678901"})
	if e, ok := err.(*basalt.Error); !ok || e.Code != basalt.Invalid || len(e.Fields) != 1 || e.Fields[0].Field != "title" || e.Status != 422 {
		t.Errorf("got %v", err)
	}
	type related struct {
		ID     string `json:"id"`
		Expand struct {
			After *todo  `json:"after"`
			Todos []todo `json:"todos"`
		} `json:"expand"`
	}
	if _, err := basalt.Collection[map[string]any](c, "todos").Add(ctx, map[string]any{"id": "next", "title": "second thing", "after": added.ID}); err != nil {
		t.Fatal(err)
	}
	type marked struct{ Snippets map[string]string }
	near := must[basalt.Page[marked]](t)(basalt.Collection[marked](c, "todos").SearchTypos("secnod").Snippets("title").Get(ctx))
	if len(near.Items) != 1 || near.Items[0].Snippets["title"] != "<mark>second</mark> thing" {
		t.Errorf("with a typing mistake: %+v", near)
	}
	found := must[basalt.Page[related]](t)(basalt.Collection[related](c, "todos").Search("SECOND").Expand("after").Get(ctx))
	if len(found.Items) != 1 || found.Items[0].ID != "next" || found.Items[0].Expand.After == nil || found.Items[0].Expand.After.ID != added.ID {
		t.Errorf("got %+v", found)
	}
	back := must[basalt.Page[related]](t)(basalt.Collection[related](c, "todos").Where("id", basalt.Eq, added.ID).Expand("todos(limit:1)").Get(ctx))
	if len(back.Items) != 1 || len(back.Items[0].Expand.Todos) != 1 {
		t.Errorf("got %+v", back)
	}
	tried := must[[]map[string]any](t)(c.Batch().Create("todos", map[string]any{"id": "dry", "title": "tried"}).Delete("todos", "next").Dry().Commit(ctx))
	if len(tried) != 2 || tried[0]["title"] != "tried" || tried[1] != nil {
		t.Errorf("a dry batch answers %v", tried)
	}
	if _, err := todos.Doc("dry").Get(ctx); basalt.CodeOf(err) != basalt.NotFound {
		t.Errorf("a dry batch has made something: %v", err)
	}
	if _, err := todos.Doc("next").Get(ctx); err != nil {
		t.Errorf("a dry batch has deleted something: %v", err)
	}
	if _, err := c.Batch().Delete("todos", "next").Delete("todos", "nothing").Dry().Commit(ctx); basalt.CodeOf(err) != basalt.NotFound {
		t.Errorf("a dry batch that fails: %v", err)
	}
	if _, err := c.Batch().Delete("todos", "next").NotAtomic().Dry().Commit(ctx); basalt.CodeOf(err) != basalt.Invalid {
		t.Errorf("a dry batch of single steps: %v", err)
	}
	if _, err := c.Batch().Delete("todos", "next").Delete("todos", "nothing").NotAtomic().Commit(ctx); basalt.CodeOf(err) != basalt.NotFound {
		t.Errorf("got %v", err)
	}
	if _, err := todos.Doc("next").Get(ctx); basalt.CodeOf(err) != basalt.NotFound {
		t.Errorf("what came before the failure has not stayed: %v", err)
	}
	if err := todos.Doc(added.ID).Delete(ctx); err != nil {
		t.Error(err)
	}
	if _, err := todos.Doc(added.ID).Get(ctx); basalt.CodeOf(err) != basalt.NotFound {
		t.Errorf("got %v", err)
	}
}

func TestClient_RefreshesOnceForAllWhoWait(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, config)
	ctx := context.Background()
	c := basalt.New(s.URL)
	must[basalt.User](t)(c.Auth.SignUp(ctx, "ada@example.com", "correct horse"))
	session := *c.Auth.Session()
	session.AccessToken += "x" // the server refuses it
	c = basalt.New(s.URL, basalt.WithSession(session))
	todos := basalt.Collection[todo](c, "todos")
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if _, err := todos.Add(ctx, todo{Title: "x"}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if now := c.Auth.Session(); now == nil || now.RefreshToken == session.RefreshToken {
		t.Error("the session was not refreshed")
	}
	var seen []*basalt.User
	stop := c.Auth.OnChange(func(u *basalt.User) { seen = append(seen, u) })
	defer stop()
	if err := c.Auth.SignOut(ctx); err != nil {
		t.Error(err)
	}
	if len(seen) != 1 || seen[0] != nil || c.Auth.Session() != nil {
		t.Errorf("after signing out: %v", seen)
	}
	if _, err := todos.Add(ctx, todo{Title: "x"}); basalt.CodeOf(err) != basalt.Unauthenticated {
		t.Errorf("got %v", err)
	}
}

// listener notes what consistency is asked for.
type listener struct{ asked []string }

func (l *listener) RoundTrip(r *http.Request) (*http.Response, error) {
	l.asked = append(l.asked, r.Header.Get("X-Basalt-Consistency"))
	return http.DefaultTransport.RoundTrip(r)
}

func TestQuery_StrongAsksForItWithEveryKindOfRead(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, config)
	ctx := context.Background()
	l := &listener{}
	c := basalt.New(s.URL, basalt.WithHTTPClient(&http.Client{Transport: l}))
	must[basalt.User](t)(c.Auth.SignUp(ctx, "ada@example.com", "correct horse"))
	todos := basalt.Collection[todo](c, "todos")
	added := must[todo](t)(todos.Add(ctx, todo{Title: "milk"}))
	l.asked = nil
	if page := must[basalt.Page[todo]](t)(todos.Strong().Limit(1).Get(ctx)); len(page.Items) != 1 {
		t.Errorf("got %+v", page)
	}
	if n := must[int64](t)(todos.Strong().Count(ctx)); n != 1 {
		t.Errorf("got %d", n)
	}
	must[todo](t)(todos.Strong().Doc(added.ID).Get(ctx))
	must[todo](t)(todos.Doc(added.ID).Get(ctx))
	if diff := cmp.Diff(l.asked, []string{"strong", "strong", "strong", ""}); diff != "" {
		t.Error(diff)
	}
}
