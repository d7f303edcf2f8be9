package server_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/basalt-dev/basalt/modules/db/mongo/mongotest"
	"github.com/basalt-dev/basalt/modules/db/mysql/mysqltest"
	"github.com/basalt-dev/basalt/modules/db/postgres/postgrestest"
	"github.com/basalt-dev/basalt/server/servertest"
)

const stepsConfig = `
databases: { main: { driver: DRIVER } }
auth: { tokens: { secret: "0123456789abcdef0123456789abcdef" } }
collections:
  lists:
    fields: { name: { type: string } }
    rules: { read: 'true', create: 'true', update: 'true', delete: 'true' }
  items:
    fields: { rank: { type: int }, list: { type: ref, to: lists } }
    rules: { read: 'true', create: 'true', update: 'true', delete: 'true' }
`

// TestLive_OneCommitIsOneStep commits transactions while a user has the window of the first two items, of a (1)
// and b (2), both of the list l, before c (3) and d (4), and says what comes, as one step.
func TestLive_OneCommitIsOneStep(t *testing.T) {
	t.Parallel()
	batch := func(ops string) call { return call{Method: "POST", Path: "/v1/batch", Body: `{"ops":[` + ops + `]}`} }
	for _, source := range []struct {
		name, driver string
		transactions bool
	}{
		{"sqlite", `sqlite, url: "file:test.db"`, true},
		{"postgres", fmt.Sprintf("postgres, url: %q", postgrestest.Database(t)), true},
		{"mysql", fmt.Sprintf("mysql, url: %q", mysqltest.Database(t)), true},
		{"peers", fmt.Sprintf("mongo, url: %q", mongotest.Database(t)), false}, // FerretDB tells of no changes
	} {
		t.Run(source.name, func(t *testing.T) {
			s := servertest.Start(t, strings.Replace(stepsConfig, "DRIVER", source.driver, 1))
			for name, test := range map[string]struct {
				call  call
				alone bool // it is one statement, and takes no transaction
				want  string
			}{
				"a key is another one": {call: batch(`{"op":"create","collection":"items","doc":{"id":"y","rank":1}},{"op":"delete","collection":"items","id":"a"}`), want: "removed a, added y"},
				"places are swapped":   {call: batch(`{"op":"update","collection":"items","id":"a","doc":{"rank":2}},{"op":"update","collection":"items","id":"b","doc":{"rank":1}}`), want: "modified a, modified b"},
				"one comes in":         {call: batch(`{"op":"update","collection":"items","id":"d","doc":{"rank":0}},{"op":"update","collection":"items","id":"a","doc":{"rank":9}}`), want: "removed a, added d"},
				"the window moves":     {call: call{Method: "DELETE", Path: "/v1/db/items?filter=rank%3C3"}, alone: true, want: "removed a, removed b, added c, added d, total 2"},
				"a cascade":            {call: batch(`{"op":"delete","collection":"items","id":"a"},{"op":"delete","collection":"items","id":"b"},{"op":"delete","collection":"lists","id":"l"}`), want: "removed a, removed b, added c, added d, total 2"},
			} {
				if !source.transactions && !test.alone {
					continue
				}
				t.Run(name, func(t *testing.T) {
					for _, collection := range []string{"items", "lists"} {
						s.Want(t, 200, call{Method: "DELETE", Path: "/v1/db/" + collection + `?filter=id%20!=%20"none"`})
					}
					s.Want(t, 201, call{Method: "POST", Path: "/v1/db/lists", Body: `{"id":"l"}`})
					s.Want(t, 201, call{Method: "POST", Path: "/v1/db/items", Body: `[{"id":"a","rank":1,"list":"l"},{"id":"b","rank":2,"list":"l"},{"id":"c","rank":3},{"id":"d","rank":4}]`})
					l := s.Live(t, "")
					send(t, l, `{"id":"1","op":"subscribe","collection":"items","query":{"sort":["rank"],"limit":2,"count":true}}`)
					var state servertest.State
					first := keysAre(&state, "a", "b")
					follow(t, l, &state, func() bool { return first() && state.Total() == 4 && state.Whole() })
					if a := s.Do(t, test.call); a.Status >= 300 {
						t.Fatalf("%d %s", a.Status, a.Body)
					}
					var got []string
					for more := true; more; {
						m, err := l.Next(time.Minute)
						if err != nil {
							t.Fatalf("%v after %v", err, got)
						}
						if err := state.Apply(m); err != nil {
							t.Fatal(err)
						}
						switch {
						case m.Event == "total":
							got = append(got, fmt.Sprint("total ", *m.Total))
						default:
							got = append(got, m.Type+" "+m.Key)
						}
						more = m.More
					}
					if strings.Join(got, ", ") != test.want {
						t.Errorf("got %q, want %q", strings.Join(got, ", "), test.want)
					}
				})
			}
		})
	}
}
