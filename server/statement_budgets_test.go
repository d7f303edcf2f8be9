package server_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/basalt-dev/basalt/modules/db/postgres/postgrestest"
	"github.com/basalt-dev/basalt/server/servertest"
)

const budgeted = `
databases: { main: { driver: DRIVER, url: "URL" } }
auth: { tokens: { secret: "0123456789abcdef0123456789abcdef" } }
admin: { keys: ["an-administrators-key-of-32-bytes"] }
collections:
  teams:
    fields: { name: { type: string }, owner: { type: string } }
    rules: { read: 'doc.owner == auth.id', create: 'next.owner == auth.id', update: 'doc.owner == auth.id', delete: 'doc.owner == auth.id' }
  members:
    fields: { team: { type: string, index: true }, user: { type: string } }
    rules: { read: 'doc.user == auth.id', create: 'next.user == auth.id', delete: 'doc.user == auth.id' }
  tasks:
    fields: { team: { type: ref, to: teams }, title: { type: string }, owner: { type: string, index: true }, n: { type: int, default: 0 } }
    rules:
      read:   'doc.owner == auth.id'
      create: 'next.owner == auth.id && exists("members", {"team": next.team, "user": auth.id})'
      update: 'doc.owner == auth.id && !changed("owner")'
      delete: 'doc.owner == auth.id'
`

// repeated writes a batch of an operation, in which # is its number.
func repeated(n int, op string) string {
	var ops []string
	for i := range n {
		ops = append(ops, strings.ReplaceAll(op, "#", fmt.Sprint(i)))
	}
	return `{"ops":[` + strings.Join(ops, ",") + `]}`
}

// TestRequests_RunFewStatements counts the statements of requests, which is exact where times are not: one more is a round trip to the
// database, or a lookup, that every such request pays for.
func TestRequests_RunFewStatements(t *testing.T) {
	t.Parallel()
	for driver, open := range map[string]func(testing.TB) string{"sqlite": func(testing.TB) string { return "file:app.db" }, "postgres": postgrestest.Database} {
		t.Run(driver, func(t *testing.T) {
			t.Parallel()
			s := servertest.Start(t, strings.NewReplacer("DRIVER", driver, "URL", open(t)).Replace(budgeted))
			ann := s.Token(map[string]any{"sub": "ann"})
			const task = `"doc":{"team":"t1","owner":"ann","title":"a"}`
			for _, c := range []struct {
				name             string
				call             call
				sqlite, postgres int
			}{
				{"a create", call{Method: "POST", Path: "/v1/db/teams", Body: `{"id":"t1","owner":"ann"}`}, 1, 1},
				{"another", call{Method: "POST", Path: "/v1/db/members", Body: `{"id":"m1","team":"t1","user":"ann"}`}, 1, 1},
				{"one with a lookup and a ref", call{Method: "POST", Path: "/v1/db/tasks", Body: `{"id":"k1","team":"t1","owner":"ann"}`}, 3, 3},
				{"a get", call{Method: "GET", Path: "/v1/db/tasks/k1"}, 1, 1},
				{"a list", call{Method: "GET", Path: "/v1/db/tasks?sort=-n&limit=20"}, 1, 1},
				{"with its number", call{Method: "GET", Path: "/v1/db/tasks?count=true&limit=1"}, 2, 2},
				{"with what it refers to", call{Method: "GET", Path: "/v1/db/tasks?expand=team"}, 2, 2},
				{"an update", call{Method: "PATCH", Path: "/v1/db/tasks/k1", Body: `{"title":"b"}`}, 1, 1},
				{"of a stored value", call{Method: "PATCH", Path: "/v1/db/tasks/k1", Body: `{"n":{"$inc":1}}`}, 2, 2},
				{"a replace", call{Method: "PUT", Path: "/v1/db/tasks/k1", Body: `{"team":"t1","owner":"ann","title":"c"}`}, 2, 2},
				{"an array", call{Method: "POST", Path: "/v1/db/members", Body: `[{"user":"ann"},{"user":"ann"}]`}, 2, 1},
				{"a batch of creates", call{Method: "POST", Path: "/v1/batch", Body: repeated(20, `{"op":"create","collection":"members","doc":{"user":"ann"}}`)}, 20, 1},
				{"of creates with lookups and refs", call{Method: "POST", Path: "/v1/batch", Body: repeated(20, `{"op":"create","collection":"tasks",`+task+`}`)}, 60, 3},
				{"a mixed one", call{Method: "POST", Path: "/v1/batch", Body: repeated(4, `{"op":"create","collection":"tasks","id":"x#",`+task+`},{"op":"update","collection":"tasks","id":"x#","doc":{"n":#}}`)}, 17, 11},
				{"a delete", call{Method: "DELETE", Path: "/v1/db/tasks/k1"}, 1, 1},
			} {
				c.call.Token = ann
				if a := s.Do(t, c.call); a.Status >= 300 {
					t.Fatalf("%s: %d %s", c.name, a.Status, a.Body)
				}
				w := workOf(t, s, "route="+strings.ReplaceAll(c.call.Method+" "+strings.Split(c.call.Path, "?")[0], " ", "+"))
				want := map[string]int{"sqlite": c.sqlite, "postgres": c.postgres}[driver]
				if got := len(w.Statements) + w.More; got != want {
					t.Errorf("%s runs %d statements, and may run %d: %+v", c.name, got, want, w.Statements)
				}
			}
		})
	}
}
