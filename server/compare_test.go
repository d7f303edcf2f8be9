package server_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/basalt-dev/basalt/server/servertest"
)

type compared struct {
	Problems []struct {
		Line, Column int
		Detail       string
	}
	Items   []map[string]any
	Callers []struct {
		As        map[string]any
		Now, Then []bool
		Count     *struct{ Now, Then, Gained, Lost int64 }
	}
}

// TestCompare_SaysWhatWouldChange holds what a comparison says against what the callers then really get.
func TestCompare_SaysWhatWouldChange(t *testing.T) {
	t.Parallel()
	const file = `
databases: { main: { driver: %s } }
auth: { tokens: { secret: "0123456789abcdef0123456789abcdef" } }
admin: { users: 'auth.role == "admin"' }
console: { access: 'auth.role == "editor"' }
collections:
  members:
    fields: { team: { type: string }, user: { type: string } }
    rules: { read: 'auth != nil' }
  notes:
    fields: { owner: { type: string, index: true }, team: { type: string }, state: { type: string } }
    rules: { read: 'doc.owner == auth.id', update: 'doc.owner == auth.id && !changed("owner")', create: 'next.owner == auth.id', delete: '%s' }
`
	for _, driver := range []string{"memory", `sqlite, url: "file:compare.db"`} {
		s := servertest.Start(t, fmt.Sprintf(file, driver, "false"))
		root := s.Token(map[string]any{"sub": "root", "role": "admin"})
		s.Want(t, 201, call{Method: "POST", Path: "/v1/db/members", Token: root, Body: `{"team":"red","user":"bob"}`})
		for n := range 30 {
			s.Want(t, 201, call{Method: "POST", Path: "/v1/db/notes", Token: root, Body: fmt.Sprintf(`{"id":"n%02d","owner":%q,"team":%q,"state":%q}`, n, []string{"ann", "bob", "cleo"}[n%3], []string{"red", "blue"}[n%2], []string{"open", "done"}[n/15])})
		}
		compare := func(op, rule string) (out compared) {
			t.Helper()
			body := fmt.Sprintf(`{"collection":"notes","op":%q,"rule":%q,"callers":[{"as":{"sub":"ann"}},{"as":{"sub":"bob"}},{"as":null}],"query":{"limit":6},"count":true}`, op, rule)
			s.Want(t, 200, call{Method: "POST", Path: "/v1/admin/compare", Token: root, Body: body}).Decode(t, &out)
			return out
		}
		const candidate = `doc.state == "open" && auth != nil || exists("members", {"team": doc.team, "user": auth.id})`
		got := compare("read", candidate)
		want := []string{"[true false false true false false] [true true true true true true] {10 15 10 5}", "[false true false false true false] [true true true true true true] {10 22 14 2}", "[false false false false false false] [false false false false false false] {0 0 0 0}"}
		for i, c := range got.Callers {
			if text := fmt.Sprint(c.Now, " ", c.Then, " ", *c.Count); text != want[i] {
				t.Errorf("%s: caller %d: got %s, want %s", driver, i, text, want[i])
			}
		}
		after := servertest.Start(t, strings.Replace(fmt.Sprintf(file, driver, "false"), `read: 'doc.owner == auth.id'`, `read: '`+candidate+`'`, 1))
		for _, table := range []string{"members", "notes"} { // the same documents under the candidate
			var all struct{ Items []map[string]any }
			s.Want(t, 200, call{Method: "GET", Path: "/v1/db/" + table + "?limit=100", Token: root}).Decode(t, &all)
			for _, doc := range all.Items {
				after.Want(t, 201, call{Method: "POST", Path: "/v1/db/" + table, Token: after.Token(map[string]any{"sub": "root", "role": "admin"}), Body: asJSON(t, doc)})
			}
		}
		for i, who := range []string{"ann", "bob"} {
			var page struct{ Total int64 }
			after.Want(t, 200, call{Method: "GET", Path: "/v1/db/notes?count=true", Token: after.Token(map[string]any{"sub": who})}).Decode(t, &page)
			if page.Total != got.Callers[i].Count.Then {
				t.Errorf("%s: %s sees %d, and the comparison says %d", driver, who, page.Total, got.Callers[i].Count.Then)
			}
		}
		if got := compare("create", ""); fmt.Sprint(got.Callers[0].Now, got.Callers[0].Then, got.Callers[0].Count) != "[true false false true false false] [false false false false false false] <nil>" {
			t.Errorf("create: got %v", got.Callers[0])
		}
		if got := compare("update", `doc.owner == auth.id && next.state == doc.state`); fmt.Sprint(got.Callers[0].Then) != "[true false false true false false]" {
			t.Errorf("update: got %v", got.Callers[0])
		}
		if got := compare("delete", `doc.owner == auth.id`); fmt.Sprint(*got.Callers[1].Count) != "{0 10 10 0}" {
			t.Errorf("delete: got %v", *got.Callers[1].Count)
		}
		if got := compare("read", `doc.ownr == auth.id`); len(got.Problems) != 1 || got.Problems[0].Column != 5 || !strings.Contains(got.Problems[0].Detail, `did you mean "owner"?`) || got.Items != nil {
			t.Errorf("got %+v", got)
		}
	}
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestCompare_RefusesOthersAndNonsense asks as those who may not, and for what there is not.
func TestCompare_RefusesOthersAndNonsense(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, withConsole)
	root := s.Token(map[string]any{"sub": "root", "role": "admin", "email_verified": true})
	const good = `{"collection":"notes","op":"read","rule":"true","callers":[{"as":null}]}`
	for token, status := range map[string]int{"": 401, s.Token(map[string]any{"sub": "ann"}): 403, s.Token(map[string]any{"sub": "ed", "role": "editor"}): 403, root: 200} {
		s.Want(t, status, call{Method: "POST", Path: "/v1/admin/compare", Token: token, Body: good})
	}
	for _, body := range []string{
		`{"op":"read","rule":"true"}`, strings.Replace(good, "notes", "note", 1), strings.Replace(good, `"read"`, `"list"`, 1), strings.Replace(good, `{"as":null}`, `{"as":"ann"}`, 1), strings.Replace(good, `{"as":null}`, `{}`, 1),
		strings.Replace(good, `{"as":null}`, `null`, 1), strings.Replace(good, `{"as":null}`, `{"as":{},"user":"x"}`, 1), strings.Replace(good, `{"as":null}`, `{"user":7}`, 1), strings.Replace(good, `[{"as":null}]`, `"all"`, 1),
		strings.Replace(good, `[{`, `[`+strings.Repeat(`{"as":null},`, 10)+`{`, 1), strings.Replace(good, `"op"`, `"query":{"limit":51},"op"`, 1), strings.Replace(good, `"op"`, `"query":[],"op"`, 1), strings.Replace(good, `"op"`, `"query":{"filter":"nothing =="},"op"`, 1),
		strings.Replace(good, `"op"`, `"count":1,"op"`, 1), strings.Replace(good, `"op"`, `"more":1,"op"`, 1),
	} {
		s.Want(t, 422, call{Method: "POST", Path: "/v1/admin/compare", Token: root, Body: body})
	}
	s.Want(t, 404, call{Method: "POST", Path: "/v1/admin/compare", Token: root, Body: strings.Replace(good, `{"as":null}`, `{"user":"nobody"}`, 1)})
	s.Want(t, 400, call{Method: "POST", Path: "/v1/admin/compare", Token: root, Body: good[:20]})
}
