package server_test

import (
	"strings"
	"testing"
	"time"

	"github.com/basalt-dev/basalt/server/servertest"
)

// TestRefusal_IsInTheLogWithItsRule holds that the line of a refused request names the rule and where it stands, and
// that the answer does not.
func TestRefusal_IsInTheLogWithItsRule(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, `
databases: { main: { driver: memory } }
auth: { tokens: { secret: "0123456789abcdef0123456789abcdef" } }
log: { level: info }
collections:
  notes:
    fields: { text: { type: string }, owner: { type: string } }
    rules:
      read:   'true'
      create: 'auth.role == "writer"'
      update: 'doc.owner == auth.id'
`)
	ann := s.Token(map[string]any{"sub": "ann", "role": "writer"})
	bob := s.Token(map[string]any{"sub": "bob"})
	s.Want(t, 201, call{Method: "POST", Path: "/v1/db/notes", Token: ann, Body: `{"id":"n","owner":"ann"}`})
	for _, test := range []struct {
		call   call
		status int
		want   string
	}{
		{call{Method: "POST", Path: "/v1/db/notes", Body: `{"text":"x"}`}, 401, `:10:16: auth.role == `},
		{call{Method: "POST", Path: "/v1/db/notes", Token: bob, Body: `{"text":"x"}`}, 403, `rule="notes.create `},
		{call{Method: "PATCH", Path: "/v1/db/notes/n", Token: bob, Body: `{"text":"x"}`}, 403, `:11:16: doc.owner == auth.id"`},
		{call{Method: "POST", Path: "/v1/batch", Token: bob, Body: `{"ops":[{"op":"create","collection":"notes","doc":{}}]}`}, 403, `path=/v1/batch status=403`},
		{call{Method: "DELETE", Path: "/v1/db/notes/n", Token: bob}, 403, `rule="notes has no rule delete"`},
	} {
		a := s.Want(t, test.status, test.call)
		if strings.Contains(a.Body, "auth.") || strings.Contains(a.Body, "rule") {
			t.Errorf("%+v: the answer shows the rule: %s", test.call, a.Body)
		}
		for deadline := time.Now().Add(time.Minute); !strings.Contains(s.Log(), test.want); time.Sleep(10 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("%+v: the log never has %s: %s", test.call, test.want, s.Log())
			}
		}
	}
}
