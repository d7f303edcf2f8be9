package server_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/basalt-dev/basalt/server/servertest"
)

const remembered = `
databases: { main: { driver: memory } }
auth: { tokens: { secret: "0123456789abcdef0123456789abcdef" } }
admin: { keys: ["an-administrators-key-of-32-bytes"], users: 'auth.role == "admin"' }
console: { access: 'auth.role == "editor"' }
collections:
  notes:
    fields: { text: { type: string }, owner: { type: string } }
    cache: { ttl: 1m }
    rules:
      read:   'doc.owner == auth.id'
      create: 'auth.role == "writer"'
`

type requestsPage struct {
	Node  string
	Items []struct {
		ID                                                        uint64
		Request, Method, Route, Path, IP, User, Actor, Code, Rule string
		Status                                                    int
		US, Of                                                    int64
		Admin                                                     bool
	}
	Next *uint64
}

func lastRequests(t *testing.T, s *servertest.Instance, query string) (page requestsPage) {
	t.Helper()
	s.Want(t, 200, call{Method: "GET", Path: "/v1/admin/requests?" + query, Token: "an-administrators-key-of-32-bytes"}).Decode(t, &page)
	return page
}

// TestRequests_SayWhoAskedAndWhyItWasRefused makes requests of all kinds, and looks at what is remembered of them.
func TestRequests_SayWhoAskedAndWhyItWasRefused(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, remembered)
	ann, bob := s.Token(map[string]any{"sub": "ann", "role": "writer"}), s.Token(map[string]any{"sub": "bob", "act": map[string]any{"sub": "support"}})
	s.Want(t, 201, call{Method: "POST", Path: "/v1/db/notes", Token: ann, Body: `{"id":"n","owner":"ann","text":"a"}`})
	for range 3 { // of which the last comes ahead of the router
		s.Want(t, 200, call{Method: "GET", Path: "/v1/db/notes/n", Token: ann})
	}
	s.Want(t, 404, call{Method: "GET", Path: "/v1/db/notes/n", Token: bob})
	s.Want(t, 403, call{Method: "POST", Path: "/v1/db/notes", Token: bob, Body: `{}`})
	s.Want(t, 401, call{Method: "POST", Path: "/v1/db/notes", Body: `{}`})
	s.Want(t, 401, call{Method: "GET", Path: "/v1/admin/requests"}) // who may not look is seen
	s.Want(t, 200, call{Method: "GET", Path: "/healthz"})
	page := lastRequests(t, s, "")
	got := ""
	for _, e := range page.Items {
		if e.Path == "/openapi.json" { // the tests ask for that
			continue
		}
		got += fmt.Sprintf("%s %s %d %s %s\n", e.Method, e.Path, e.Status, e.User, e.Code)
		if e.Of != 1 || e.IP != "127.0.0.1" || e.Request == "" || e.US < 0 {
			t.Errorf("got %+v", e)
		}
	}
	want := `GET /v1/admin/requests 401  unauthenticated
POST /v1/db/notes 401  unauthenticated
POST /v1/db/notes 403 bob forbidden
GET /v1/db/notes/n 404 bob not_found
GET /v1/db/notes/n 200 ann 
GET /v1/db/notes/n 200 ann 
GET /v1/db/notes/n 200 ann 
POST /v1/db/notes 201 ann 
`
	if got != want {
		t.Errorf("got\n%s", got)
	}
	refused := page.Items[2]
	if !strings.HasPrefix(refused.Rule, "notes.create ") || !strings.HasSuffix(refused.Rule, `:12:16: auth.role == "writer"`) || refused.Route != "/v1/db/:collection" || refused.Actor != "support" {
		t.Errorf("got %+v", refused)
	}
	for query, n := range map[string]int{ // with /openapi.json
		"user=ann": 4, "user=support": 2, "user=-": 3, "user=nobody": 0, "code=403": 1, "code=4xx": 4, "code=forbidden": 1, "code=error": 4, "code=2xx": 5, "code=5xx": 0,
		"route=post": 3, "route=GET+/v1/db/notes/n": 4, "route=:collection/:id": 4, "slower=0": 9, "slower=60000": 0, "limit=3": 3, "user=bob&code=404": 1,
		fmt.Sprintf("after=%d", refused.ID): 2, fmt.Sprintf("before=%d&limit=2", refused.ID): 2,
	} {
		if page := lastRequests(t, s, query); len(page.Items) != n || (page.Next != nil) != strings.Contains(query, "limit") {
			t.Errorf("%s: got %d, and next %v", query, len(page.Items), page.Next)
		}
	}
	for _, query := range []string{"limit=0", "limit=501", "limit=x", "after=-1", "before=1.5", "slower=x", "slower=-1", "slower=NaN", "slower=Inf", "user=%ff", "route=%00"} {
		s.Want(t, 422, call{Method: "GET", Path: "/v1/admin/requests?" + query, Token: "an-administrators-key-of-32-bytes"})
	}
}

// TestRequests_AreForAdministrators asks for them as everyone else.
func TestRequests_AreForAdministrators(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, remembered)
	for _, path := range []string{"/v1/admin/requests", "/v1/admin/requests/", "/v1/admin/requests?user=ann"} {
		for token, status := range map[string]int{"": 401, s.Token(map[string]any{"sub": "ann"}): 403, s.Token(map[string]any{"sub": "ed", "role": "editor"}): 403, "an-administrators-key-of-32-byteS": 401} {
			a := s.Do(t, call{Method: "GET", Path: path, Token: token})
			if a.Status != status && a.Status != 404 || strings.Contains(a.Body, "items") {
				t.Errorf("%s: got %d %s", path, a.Status, a.Body)
			}
		}
	}
	lastRequests(t, s, "")
	s.Want(t, 200, call{Method: "GET", Path: "/v1/admin/requests", Token: s.Token(map[string]any{"sub": "root", "role": "admin"})})
}

// TestRequests_HaveNoSecrets sends secrets everywhere that a client may put one.
func TestRequests_HaveNoSecrets(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, remembered)
	ann := s.Token(map[string]any{"sub": "ann", "role": "writer", "card": "hunter2"})
	s.Do(t, call{Method: "POST", Path: "/v1/db/notes", Token: ann, Body: `{"text":"hunter2"}`, Header: map[string]string{"X-Secret": "hunter2", "Idempotency-Key": "hunter2"}})
	s.Do(t, call{Method: "POST", Path: "/v1/db/notes", Token: ann, Body: `{"hunter2":"hunter2"}`})
	s.Do(t, call{Method: "GET", Path: `/v1/db/notes?filter=text+%3D%3D+"hunter2"`, Token: ann})
	s.Do(t, call{Method: "GET", Path: "/v1/db/notes?filter=hunter2+%3D%3D", Token: ann})
	s.Do(t, call{Method: "GET", Path: "/v1/db/notes", Token: "hunter2"})
	s.Do(t, call{Method: "POST", Path: "/v1/auth/signin", Body: `{"email":"a@example.com","password":"hunter2"}`})
	s.Do(t, call{Method: "GET", Path: "/nothing?hunter2=hunter2#hunter2"})
	a := s.Want(t, 200, call{Method: "GET", Path: "/v1/admin/requests", Token: "an-administrators-key-of-32-bytes"})
	for _, secret := range []string{"hunter2", ann, "an-administrators-key", "Bearer"} {
		if strings.Contains(a.Body, secret) {
			t.Errorf("%q is remembered: %s", secret, a.Body)
		}
	}
	if n := strings.Count(a.Body, `"path"`) - strings.Count(a.Body, `"path":"/openapi.json"`); n != 7 { // the tests ask for that
		t.Errorf("%d of 7 requests are remembered", n)
	}
	s.Do(t, call{Method: "GET", Path: "/" + strings.Repeat("long", 1000)})
	if page := lastRequests(t, s, "limit=1"); len(page.Items[0].Path) != 256 || page.Items[0].Route != "unmatched" {
		t.Errorf("got %+v", page.Items[0])
	}
}
