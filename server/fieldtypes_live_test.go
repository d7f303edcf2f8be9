package server_test

import (
	"strings"
	"testing"

	"github.com/basalt-dev/basalt/modules/db/postgres/postgrestest"
	"github.com/basalt-dev/basalt/server/servertest"
)

// TestFieldTypes_Elsewhere: live queries, forced values, relations, batches and pages see the values that a list does.
func TestFieldTypes_Elsewhere(t *testing.T) {
	t.Parallel()
	for _, database := range []string{"sqlite", "postgres", "memory"} {
		t.Run(database, func(t *testing.T) {
			t.Parallel()
			settings := map[string]string{"sqlite": `{ driver: sqlite, url: "file:test.db" }`, "memory": `{ driver: memory }`}[database]
			if database == "postgres" {
				settings = `{ driver: postgres, url: "` + postgrestest.Database(t) + `" }`
			}
			s := servertest.Start(t, "databases: { main: "+settings+" }\nlog: { level: error }\n"+`
admin: { keys: ["0123456789abcdef-admin"] }
auth: { tokens: { secret: "0123456789abcdef0123456789abcdef" } }
collections:
  parents: { fields: { id: { type: uuid }, day: { type: date } }, rules: { `+open+` } }
  days: { key: [day, u], fields: { day: { type: date }, u: { type: uuid }, n: { type: int } }, rules: { `+open+` } }
  things:
    fields: { parent: { type: ref, to: parents }, u: { type: uuid }, d: { type: date }, p: { type: decimal, json: string }, twice: { type: decimal }, today: { type: date }, owner: { type: uuid } }
    set: { create: { twice: 'next.p * 2', today: 'today()', owner: 'auth.id' } }
    rules: { read: 'doc.owner == nil || doc.owner == auth.id', create: 'true', update: 'true', delete: 'true' }
`)
			const ann = "AAAAAAAA-0000-7000-8000-00000000000A"
			token := s.Token(map[string]any{"sub": ann})
			live := s.Live(t, token)
			for id, where := range map[string]string{
				"p": `{"p":0.10}`, "p2": `{"p":{"$gt":"0.30000000000000000001"}}`, "u": `{"u":"{BBBBBBBB-0000-7000-8000-00000000000B}"}`, "d": `{"d":{"$in":["2026-02-28","infinity"]}}`, "owner": `{"owner":"` + ann + `"}`,
			} {
				if err := live.Send(`{"id":"` + id + `","op":"subscribe","collection":"things","query":{"where":` + where + `}}`); err != nil {
					t.Fatal(err)
				}
				if m := live.Want(t, "snapshot"); m.ID != id || len(m.Items) != 0 {
					t.Fatalf("got %s", m.Text)
				}
			}
			s.Want(t, 201, call{Method: "POST", Path: "/v1/db/parents", Body: `{"id":"CCCCCCCC-0000-7000-8000-00000000000C","day":"2026-01-01"}`})
			add := func(id, body string, ids ...string) {
				t.Helper()
				s.Want(t, 201, call{Method: "POST", Path: "/v1/db/things", Token: token, Body: `{"id":"` + id + `",` + body + `}`})
				got := map[string]string{}
				for range ids {
					m := live.Want(t, "change")
					got[m.ID] = m.Text
				}
				for _, id := range ids {
					if got[id] == "" {
						t.Errorf("%s: the query %s was told nothing; got %v", body, id, got)
					}
				}
			}
			add("1", `"p":"0.100","parent":"cccccccc-0000-7000-8000-00000000000C"`, "p", "owner")
			add("2", `"p":0.30000000000000000002,"d":"2026-02-28"`, "p2", "d", "owner")
			add("3", `"u":"BBBBBBBB00007000800000000000000B","d":"infinity","parent":"cccccccc-0000-7000-8000-00000000000c"`, "u", "d", "owner")
			add("4", `"p":0.30000000000000000001,"d":"2026-03-01","u":"00000000-0000-7000-8000-000000000001","parent":"cccccccc-0000-7000-8000-00000000000c"`, "owner")
			if got := s.Want(t, 200, call{Path: "/v1/db/things/2", Token: token}).Body; !strings.Contains(got, `"p":"0.30000000000000000002","twice":0.60000000000000000004,"today":"20`) || !strings.Contains(got, strings.ToLower(ann)) {
				t.Errorf("got %s", got)
			}
			s.Want(t, 200, call{Method: "PATCH", Path: "/v1/db/things/1", Token: token, Body: `{"p":{"$inc":"0.9"}}`})
			left := map[string]string{}
			for range 3 {
				m := live.Want(t, "change")
				left[m.ID] = m.Type
			}
			if left["p"] != "removed" || left["p2"] != "added" || left["owner"] != "modified" {
				t.Errorf("after $inc: %v", left)
			}
			if got := s.Want(t, 200, call{Path: "/v1/db/things?count=true"}).Body; !strings.Contains(got, `"total":0`) {
				t.Errorf("another user sees %s", got)
			}
			if got := s.Want(t, 200, call{Path: "/v1/db/parents?expand=things(sort:-u,limit:2)&filter=day==%222026-01-01%22", Token: token}).Body; strings.Count(got, `"parent":`) != 2 || strings.Index(got, `"id":"3"`) > strings.Index(got, `"id":"4"`) {
				t.Errorf("expanded by uuid: %s", got)
			}
			for _, sort := range []string{"p", "-p", "u", "-u", "d", "-d", "twice,-d"} {
				seen, after := map[string]bool{}, ""
				for n := 0; n < 5; n++ {
					var page struct {
						Items []struct{ ID string }
						Next  string
					}
					s.Want(t, 200, call{Path: "/v1/db/things?limit=1&sort=" + sort + after, Token: token}).Decode(t, &page)
					for _, item := range page.Items {
						seen[item.ID] = true
					}
					if after = "&after=" + page.Next; page.Next == "" {
						break
					}
				}
				if len(seen) != 4 {
					t.Errorf("pages by %s have %v", sort, seen)
				}
			}
			whole := s.Want(t, 200, call{Path: "/v1/db/things/3", Token: token})
			s.Want(t, 200, call{Method: "PUT", Path: "/v1/db/things/3", Token: token, Body: whole.Body})
			if again := s.Want(t, 200, call{Path: "/v1/db/things/3", Token: token}); again.Body != whole.Body || again.Header.Get("ETag") != whole.Header.Get("ETag") {
				t.Errorf("written as it was read, it is %s, and was %s", again.Body, whole.Body)
			}
			s.Want(t, 200, call{Method: "POST", Path: "/v1/batch", Token: token, Body: `{"ops":[{"op":"create","collection":"parents","id":"DDDDDDDD-0000-7000-8000-00000000000D","doc":{}},{"op":"update","collection":"parents","id":"dddddddd-0000-7000-8000-00000000000d","doc":{"day":{"$now":true}}},{"op":"delete","collection":"parents","id":"DDDDDDDD00007000800000000000000D"}]}`})
			keyed := s.Live(t, token)
			if err := keyed.Send(`{"id":"1","op":"subscribe","collection":"days","query":{"where":{"day":"2026-02-28"}}}`); err != nil {
				t.Fatal(err)
			}
			keyed.Want(t, "snapshot")
			const key = "2026-02-28~bbbbbbbb-0000-7000-8000-00000000000b"
			if got := s.Want(t, 201, call{Method: "POST", Path: "/v1/db/days", Body: `{"day":"2026-02-28","u":"BBBBBBBB-0000-7000-8000-00000000000B","n":1}`}).Body; !strings.Contains(got, `"id":"`+key+`"`) {
				t.Errorf("made %s", got)
			}
			if m := keyed.Want(t, "change"); m.Key != key || !strings.Contains(m.Text, `"n":1`) {
				t.Errorf("got %s", m.Text)
			}
			s.Want(t, 200, call{Method: "PATCH", Path: "/v1/db/days/2026-02-28~BBBBBBBB-0000-7000-8000-00000000000B", Body: `{"n":2}`})
			if m := keyed.Want(t, "change"); m.Key != key || !strings.Contains(m.Text, `"n":2`) {
				t.Errorf("got %s", m.Text)
			}
			for _, id := range []string{"2026-02-30~bbbbbbbb-0000-7000-8000-00000000000b", "2026-02-28~b", "2026-02-28", "+002026-02-28~bbbbbbbb-0000-7000-8000-00000000000b"} {
				s.Want(t, 404, call{Path: "/v1/db/days/" + id})
			}
			s.Want(t, 204, call{Method: "DELETE", Path: "/v1/db/days/" + key})
			if m := keyed.Want(t, "change"); m.Key != key || m.Type != "removed" {
				t.Errorf("got %s", m.Text)
			}
			for _, body := range []string{
				`{"where":{"p":{"$gt":{"$gt":1}}}}`, `{"where":{"p":[1]}}`, `{"where":{"d":{"$startsWith":"2026"}}}`, `{"where":{"u":{"$gt":5}}}`, `{"where":{"u":{"$in":["x"]}}}`, `{"where":{"p":{"$in":["1e999999999"]}}}`, `{"where":{"d":"0000-00-00"}}`,
				`{"where":{"d":"10000-01-01"}}`, `{"where":{"p":"` + strings.Repeat("9", 5000) + `"}}`, `{"filter":"p == 1e999"}`, `{"filter":"p == $x","params":{"x":"--1"}}`, `{"filter":"p + 1 == 2"}`, `{"where":{"p.x":1}}`, `{"where":{"d":{"$contains":"2"}}}`,
			} {
				s.Want(t, 422, call{Method: "POST", Path: "/v1/db/things/query", Token: token, Body: body})
			}
			s.Want(t, 400, call{Method: "POST", Path: "/v1/db/things/query", Token: token, Body: `{"where":{"p":NaN}}`})
		})
	}
}
