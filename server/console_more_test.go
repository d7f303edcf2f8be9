package server_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/basalt-dev/basalt/server/servertest"
)

const moreOfTheConsole = `
databases: { main: { driver: sqlite, url: "file:%s/data.db" } }
auth: { tokens: { algorithm: HS256, secret: "0123456789abcdef0123456789abcdef" } }
admin: { users: 'auth.role == "admin"' }
console: { access: 'auth.role == "editor"' }
services:
  bills: { driver: http, url: "http://127.0.0.1:1", functions: { charge: { rule: 'auth != nil', params: { amount: { type: int, required: true, min: 1 }, note: { type: string } } } } }
events:
  nightly: { schedule: "0 3 * * *", timezone: Europe/Berlin, call: bills.charge }
collections:
  notes:
    fields:
      owner: { type: string, index: true }
      title: { type: string, required: true, max: 5, unique: true }
    rules: { read: 'doc.owner == auth.id', create: 'next.owner == auth.id', update: 'doc.owner == auth.id && doc.title != "no"' }
`

func startMore(t *testing.T) (s *servertest.Instance, admin string) {
	t.Helper()
	s = servertest.Start(t, fmt.Sprintf(moreOfTheConsole, t.TempDir()))
	return s, s.Token(map[string]any{"sub": "root", "role": "admin"})
}

// TestBatch_ADryRunKeepsNothing holds that a dry run is checked as a real one is, by rules, types and what is unique, and leaves nothing.
func TestBatch_ADryRunKeepsNothing(t *testing.T) {
	t.Parallel()
	s, admin := startMore(t)
	ann := s.Token(map[string]any{"sub": "ann"})
	dry := func(docs ...string) string {
		ops := make([]string, len(docs))
		for i, d := range docs {
			ops[i] = `{"op":"create","collection":"notes","doc":` + d + `}`
		}
		return `{"dry":true,"ops":[` + strings.Join(ops, ",") + `]}`
	}
	left := func() string {
		return s.Want(t, 200, servertest.Call{Method: "GET", Path: "/v1/db/notes?count=true", Token: admin}).Body
	}
	good := dry(`{"owner":"ann","title":"a"}`, `{"owner":"ann","title":"b"}`)
	if a := s.Want(t, 200, servertest.Call{Method: "POST", Path: "/v1/batch", Token: ann, Body: good}); strings.Count(a.Body, `"title"`) != 2 {
		t.Errorf("got %s", a.Body)
	}
	for name, c := range map[string]struct {
		status int
		body   string
		header map[string]string
	}{
		"a rule":                 {403, dry(`{"owner":"ann","title":"a"}`, `{"owner":"bob","title":"b"}`), nil},
		"a type":                 {422, dry(`{"owner":"ann","title":"far too long"}`), nil},
		"two of what is unique":  {409, dry(`{"owner":"ann","title":"a"}`, `{"owner":"ann","title":"a"}`), nil},
		"one that is not atomic": {422, strings.Replace(good, `"dry"`, `"atomic":false,"dry"`, 1), nil},
		"with a key":             {422, good, map[string]string{"Idempotency-Key": "k1"}},
		"of another type":        {422, strings.Replace(good, `"dry":true`, `"dry":1`, 1), nil},
	} {
		if a := s.Do(t, servertest.Call{Method: "POST", Path: "/v1/batch", Token: ann, Body: c.body, Header: c.header}); a.Status != c.status {
			t.Errorf("%s: got %d %s", name, a.Status, a.Body)
		}
	}
	if got := left(); !strings.Contains(got, `"total":0`) {
		t.Errorf("something was kept: %s", got)
	}
	s.Want(t, 200, servertest.Call{Method: "POST", Path: "/v1/batch", Token: ann, Body: strings.Replace(good, `"dry":true`, `"dry":false`, 1)})
	if got := left(); !strings.Contains(got, `"total":2`) {
		t.Errorf("nothing was kept: %s", got)
	}
}

func TestCompare_SaysWhichConditionsWereReached(t *testing.T) {
	t.Parallel()
	s, admin := startMore(t)
	s.Want(t, 201, servertest.Call{Method: "POST", Path: "/v1/db/notes", Token: admin, Body: `[{"owner":"ann","title":"a"},{"owner":"bob","title":"b"}]`})
	var got struct {
		Coverage []struct {
			Source      string
			True, False int
		}
	}
	s.Want(t, 200, servertest.Call{Method: "POST", Path: "/v1/admin/compare", Token: admin, Body: `{"collection":"notes","op":"read","rule":"doc.owner == auth.id || doc.owner == \"x\" && doc.title == \"a\"","callers":[{"as":{"sub":"ann"}}]}`}).Decode(t, &got)
	is := map[string][2]int{}
	for _, c := range got.Coverage {
		is[c.Source] = [2]int{c.True, c.False}
	}
	if is["doc.owner == auth.id"] != [2]int{1, 1} || is[`doc.owner == "x"`] != [2]int{0, 1} || is[`doc.title == "a"`] != [2]int{0, 0} {
		t.Errorf("got %v", is)
	}
}

func TestConsole_NamesFunctionsAndSchedules(t *testing.T) {
	t.Parallel()
	s, admin := startMore(t)
	var got struct {
		Services []struct {
			Name      string
			Functions []struct {
				Name, Rule string
				Params     []struct {
					Name, Type string
					Required   bool
				}
			}
		}
	}
	s.Want(t, 200, servertest.Call{Method: "GET", Path: "/v1/admin/console", Token: admin}).Decode(t, &got)
	if len(got.Services) != 1 || got.Services[0].Functions[0].Name != "charge" || got.Services[0].Functions[0].Rule != "auth != nil" || len(got.Services[0].Functions[0].Params) != 2 || !got.Services[0].Functions[0].Params[0].Required {
		t.Errorf("got %+v", got)
	}
	editor := s.Want(t, 200, servertest.Call{Method: "GET", Path: "/v1/admin/console", Token: s.Token(map[string]any{"sub": "ed", "role": "editor"})})
	if strings.Contains(editor.Body, "charge") || strings.Contains(editor.Body, "auth != nil") {
		t.Errorf("an editor of data sees functions: %s", editor.Body)
	}
	s.Want(t, 403, servertest.Call{Method: "GET", Path: "/v1/admin/schedules", Token: s.Token(map[string]any{"sub": "ed", "role": "editor"})})
	var schedules struct {
		Items []struct {
			Event, Schedule, Timezone string
			Next                      []time.Time
		}
	}
	s.Want(t, 200, servertest.Call{Method: "GET", Path: "/v1/admin/schedules", Token: admin}).Decode(t, &schedules)
	if len(schedules.Items) != 1 || schedules.Items[0].Event != "nightly" || len(schedules.Items[0].Next) != 5 {
		t.Fatalf("got %+v", schedules)
	}
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for i, at := range schedules.Items[0].Next {
		if at.In(berlin).Hour() != 3 || i > 0 && !at.After(schedules.Items[0].Next[i-1]) {
			t.Errorf("got %v", schedules.Items[0].Next)
		}
	}
}
