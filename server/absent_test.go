package server_test

import (
	"strings"
	"testing"

	"github.com/basalt-dev/basalt/server/servertest"
)

const ownerless = `
databases: { main: { driver: sqlite, url: "file:test.db" } }
auth: { tokens: { secret: "0123456789abcdef0123456789abcdef" } }
admin: { keys: ["admin-key-admin-key"] }
encryption: { keys: { k1: "11111111111111111111111111111111" }, current: k1 }
log: { level: error }
collections:
  teams:
    fields: { owner: { type: string } }
    rules: { read: 'doc.owner == auth.id' }
  members:
    fields: { team: { type: string }, user: { type: string, index: true } }
    rules:
      read:   'get("teams", doc.team).owner == auth.id'
      create: 'get("teams", next.team).owner == auth.id'
      delete: 'get("teams", doc.team).owner == auth.id'
  notes:
    fields: { owner: { type: string }, team: { type: string }, text: { type: string }, secret: { type: string } }
    rules:
      read:   'doc.owner == auth.id || doc.team == auth.team || doc.team in auth.teams || exists("members", {"team": doc.team, "user": auth.id})'
      create: 'next.owner == auth.id'
      update: 'doc.owner == auth.id || doc.team == auth.team'
      delete: 'doc.owner == auth.id || doc.team == auth.team'
  profiles:
    fields: { owner: { type: string }, phone: { type: string } }
    rules: { read: 'true' }
    fields_readable: { phone: 'doc.owner == auth.id' }
  invites:
    fields: { team: { type: string }, code: { type: string, hash: true } }
    rules: { read: 'false' }
  joins:
    fields: { team: { type: string }, code: { type: string, hash: true } }
    rules: { create: 'auth != nil && exists("invites", {"team": next.team, "code": next.code})', read: 'auth != nil' }
`

// TestAttack_NobodyIsNotTheOwnerOfWhatHasNone: a document of nulls belongs to no user, which is not the
// same as to whoever is not signed in, or has no team.
func TestAttack_NobodyIsNotTheOwnerOfWhatHasNone(t *testing.T) {
	t.Parallel()
	onAll(t, ownerless, func(t *testing.T, s *servertest.Instance) {
		admin := func(path, body string) {
			s.Want(t, 201, call{Method: "POST", Path: "/v1/db/" + path, Token: "admin-key-admin-key", Body: body})
		}
		admin("notes", `{"id":"n","text":"theirs"}`)
		admin("profiles", `{"id":"p","phone":"123"}`)
		admin("members", `[{"id":"m","team":"deleted","user":"ann"},{"id":"nulls"}]`)
		admin("teams", `{"id":"ownerless"}`)
		for who, token := range map[string]string{"anonymous": "", "without claims": user(s, "eve"), "with nulls": s.Token(map[string]any{"sub": "eve", "team": nil, "teams": []any{nil}})} {
			for _, refused := range []call{
				{Method: "GET", Path: "/v1/db/notes/n"}, {Method: "PATCH", Path: "/v1/db/notes/n", Body: `{"text":"defaced"}`}, {Method: "PUT", Path: "/v1/db/notes/n", Body: `{"text":"defaced"}`},
				{Method: "DELETE", Path: "/v1/db/notes/n"}, {Method: "DELETE", Path: "/v1/db/members/m"}, {Method: "POST", Path: "/v1/db/notes", Body: `{"text":"x"}`},
				{Method: "POST", Path: "/v1/db/members", Body: `{"team":"deleted","user":"eve"}`}, {Method: "POST", Path: "/v1/db/members", Body: `{"team":"ownerless","user":"eve"}`}, {Method: "POST", Path: "/v1/db/members", Body: `{"user":"eve"}`},
				{Method: "POST", Path: "/v1/batch", Body: `{"ops":[{"op":"update","collection":"notes","id":"n","doc":{"text":"defaced"}}]}`},
			} {
				refused.Token = token
				if got := s.Do(t, refused); got.Status != 401 && got.Status != 403 && got.Status != 404 {
					t.Errorf("%s: %s %s %s: %d %s", who, refused.Method, refused.Path, refused.Body, got.Status, got.Body)
				}
			}
			for path, want := range map[string]string{
				"GET /v1/db/notes?count=true": `{"items":[],"next":null,"total":0}`, "GET /v1/db/members": `{"items":[],"next":null}`, "GET /v1/db/profiles": `{"items":[{"id":"p","owner":null}],"next":null}`,
				"DELETE /v1/db/notes?filter=true": `{"count":0}`, "PATCH /v1/db/notes?filter=true": `{"count":0}`,
			} {
				c := call{Token: token}
				if c.Method, c.Path, _ = strings.Cut(path, " "); c.Method == "PATCH" {
					c.Body = `{"text":"defaced"}`
				}
				if got := s.Do(t, c); got.Status != 200 || got.Body != want {
					t.Errorf("%s: %s: %d %s, want %s", who, path, got.Status, got.Body, want)
				}
			}
			live := s.Live(t, token)
			if err := live.Send(map[string]any{"id": "1", "op": "subscribe", "collection": "notes", "query": map[string]any{}}); err != nil {
				t.Fatal(err)
			}
			if m := live.Want(t, "snapshot"); strings.Contains(m.Text, "theirs") {
				t.Errorf("%s: live: %s", who, m.Text)
			}
		}
		s.Want(t, 200, call{Method: "GET", Path: "/v1/db/notes/n", Token: "admin-key-admin-key"})
	})
}

// TestLookup_ComparesAHashedFieldWithWhatWasSent: the code that is stored as a hash is asked for as a
// password is.
func TestLookup_ComparesAHashedFieldWithWhatWasSent(t *testing.T) {
	t.Parallel()
	onAll(t, ownerless, func(t *testing.T, s *servertest.Instance) {
		s.Want(t, 201, call{Method: "POST", Path: "/v1/db/invites", Token: "admin-key-admin-key", Body: `[{"id":"i","team":"red","code":"let-me-in"},{"id":"none","team":"blue"}]`})
		for body, status := range map[string]int{
			`{"team":"red","code":"let-me-in"}`: 201, `{"team":"red","code":"let-me"}`: 403, `{"team":"red","code":"i"}`: 403, `{"team":"red"}`: 403, `{"team":"red","code":null}`: 403,
			`{"team":"blue","code":"let-me-in"}`: 403, `{"team":"blue"}`: 403, `{"code":"let-me-in"}`: 403,
		} {
			got := s.Do(t, call{Method: "POST", Path: "/v1/db/joins", Token: user(s, "eve"), Body: body})
			if got.Status != status || strings.Contains(got.Body, "let-me-in") {
				t.Errorf("%s: %d %s, want %d", body, got.Status, got.Body, status)
			}
		}
	})
}
