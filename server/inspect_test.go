package server_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/basalt-dev/basalt/server/servertest"
)

// TestInspect_AccountForAdministrators looks at an account and its sessions, ends one of them, and lets everyone else try.
func TestInspect_AccountForAdministrators(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, `
databases: { main: { driver: sqlite, url: "file:accounts.db" } }
auth: { tokens: { secret: "0123456789abcdef0123456789abcdef" }, providers: { password: { min_length: 8 } } }
admin: { users: 'auth.role == "admin"' }
console: { access: 'auth.role == "editor"' }
collections: { notes: { fields: { text: { type: string } }, rules: { read: 'true' } } }
`)
	type session struct {
		Access  string `json:"access_token"`
		Refresh string `json:"refresh_token"`
		User    struct{ ID string }
	}
	root := s.Token(map[string]any{"sub": "root", "role": "admin"})
	signUp := func(email string) (made session) {
		s.Want(t, 201, call{Method: "POST", Path: "/v1/auth/signup", Body: fmt.Sprintf(`{"email":%q,"password":"correct horse battery"}`, email), Header: map[string]string{"User-Agent": `<script>window.hacked=1</script>`}}).Decode(t, &made)
		return made
	}
	ann, bob := signUp("ann@example.com"), signUp("bob@example.com")
	var second session
	s.Want(t, 200, call{Method: "POST", Path: "/v1/auth/signin", Body: `{"email":"ann@example.com","password":"correct horse battery"}`}).Decode(t, &second)
	path := "/v1/admin/users/" + ann.User.ID
	var account struct {
		ID, Email string
		Password  bool
		Sessions  []struct{ ID, Method, Agent, IP string }
		Passkeys  []any
	}
	a := s.Want(t, 200, call{Method: "GET", Path: path, Token: root})
	a.Decode(t, &account)
	if account.Email != "ann@example.com" || !account.Password || len(account.Sessions) != 2 || account.Passkeys == nil || account.Sessions[1].Agent != "<script>window.hacked=1</script>" {
		t.Errorf("got %s", a.Body)
	}
	for _, secret := range []string{"argon2", "hash", ann.Refresh, second.Refresh, ann.Access} {
		if strings.Contains(a.Body, secret) {
			t.Errorf("%q is in %s", secret, a.Body)
		}
	}
	one := path + "/sessions/" + account.Sessions[0].ID
	for token, status := range map[string]int{"": 401, ann.Access: 403, bob.Access: 403, s.Token(map[string]any{"sub": "ed", "role": "editor"}): 403} {
		s.Want(t, status, call{Method: "GET", Path: path, Token: token})
		s.Want(t, status, call{Method: "DELETE", Path: one, Token: token})
	}
	s.Want(t, 404, call{Method: "DELETE", Path: "/v1/admin/users/" + bob.User.ID + "/sessions/" + account.Sessions[0].ID, Token: root}) // it is not his
	s.Want(t, 404, call{Method: "GET", Path: "/v1/admin/users/nobody", Token: root})
	s.Want(t, 404, call{Method: "DELETE", Path: path + "/sessions/nothing", Token: root})
	s.Want(t, 204, call{Method: "DELETE", Path: one, Token: root})
	s.Want(t, 404, call{Method: "DELETE", Path: one, Token: root})
	s.Want(t, 401, call{Method: "POST", Path: "/v1/auth/refresh", Body: fmt.Sprintf(`{"refresh_token":%q}`, second.Refresh)})
	s.Want(t, 200, call{Method: "POST", Path: "/v1/auth/refresh", Body: fmt.Sprintf(`{"refresh_token":%q}`, ann.Refresh)})
	if trail := s.Want(t, 200, call{Method: "GET", Path: "/v1/db/_audit?sort=-created", Token: root}); !strings.Contains(trail.Body, `"event":"session.end"`) || !strings.Contains(trail.Body, `"actor":"root"`) {
		t.Errorf("the audit has %s", trail.Body)
	}
}

// TestLive_ShowsWhatCosts opens live queries and a channel, and looks at what an administrator sees of them.
func TestLive_ShowsWhatCosts(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, `
databases: { main: { driver: memory } }
auth: { tokens: { secret: "0123456789abcdef0123456789abcdef" } }
admin: { users: 'auth.role == "admin"' }
console: { access: 'auth.role == "editor"' }
channels: { "room:{id}": { subscribe: 'auth != nil', publish: 'auth != nil', history: 5 } }
collections: { notes: { fields: { owner: { type: string } }, rules: { read: 'doc.owner == auth.id' } } }
`)
	root := s.Token(map[string]any{"sub": "root", "role": "admin"})
	for token, status := range map[string]int{"": 401, s.Token(map[string]any{"sub": "ann"}): 403, s.Token(map[string]any{"sub": "ed", "role": "editor"}): 403} {
		s.Want(t, status, call{Method: "GET", Path: "/v1/admin/live", Token: token})
	}
	for range 2 {
		c := s.Live(t, s.Token(map[string]any{"sub": "ann"}))
		send(t, c, `{"id":"1","op":"subscribe","collection":"notes"}`)
		send(t, c, `{"id":"2","op":"subscribe","channel":"room:7","presence":true,"state":{"name":"Ann"}}`)
	}
	type live struct {
		Counts      struct{ Connections, Subscriptions, Queries, Channels int }
		Connections []struct {
			User, IP      string
			Subscriptions int
		}
		Queries []struct {
			Collection, Filter     string
			Listeners, Documents   int
			Messages, Bytes, Reads int64
			Compared, Matched      int64
		}
		Channels []struct {
			Name               string
			Listeners, Members int
			Who                []struct{ User, Name, Key string }
		}
	}
	look := func() (l live) {
		s.Want(t, 200, call{Method: "GET", Path: "/v1/admin/live", Token: root}).Decode(t, &l)
		return l
	}
	servertest.Eventually(t, "two share a query", func() bool {
		l := look()
		return l.Counts.Connections == 2 && l.Counts.Subscriptions == 4 && len(l.Channels) == 1 && l.Channels[0].Name == "room:7" && l.Channels[0].Listeners == 2 && l.Channels[0].Members == 2 && len(l.Channels[0].Who) == 2 && l.Channels[0].Who[1].User == "ann" && l.Channels[0].Who[1].Name == "Ann" && len(l.Queries) == 1 && l.Queries[0].Listeners == 2 && l.Queries[0].Filter == `doc.owner == "ann"` && l.Connections[0].User == "ann" && l.Connections[0].IP == "127.0.0.1"
	})
	s.Want(t, 201, call{Method: "POST", Path: "/v1/db/notes", Token: root, Body: `{"id":"n","owner":"ann"}`})
	servertest.Eventually(t, "a change is counted for both", func() bool {
		q := look().Queries[0]
		return q.Messages == 2 && q.Bytes > 0 && q.Documents == 1 && q.Reads >= 1 && q.Compared == 1 && q.Matched == 1
	})
	// What the filter rules out by the owner is not held against the query; what leaves it is.
	s.Want(t, 201, call{Method: "POST", Path: "/v1/db/notes", Token: root, Body: `{"id":"other","owner":"bob"}`})
	s.Want(t, 200, call{Method: "PATCH", Path: "/v1/db/notes/n", Token: root, Body: `{"owner":"bob"}`})
	servertest.Eventually(t, "what leaves a query was in it", func() bool {
		q := look().Queries[0]
		return q.Documents == 0 && q.Compared == 2 && q.Matched == 2
	})
}
