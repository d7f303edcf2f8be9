package server_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/basalt-dev/basalt/server/servertest"
)

// liveConfig has documents of owners, and of teams with members.
const liveConfig = `
databases: { main: { driver: sqlite, url: "file:test.db" } }
auth: { tokens: { secret: "0123456789abcdef0123456789abcdef" }, providers: { password: { min_length: 8 } } }
admin: { keys: ["admin-key-admin-key"] }
log: { level: error }
collections:
  todos:
    fields:
      owner: { type: string, index: true }
      title: { type: string }
      done:  { type: bool, default: false }
      rank:  { type: int, default: 0 }
      memo:  { type: string }
    fields_readable: { memo: 'doc.done' }
    rules: { read: 'doc.owner == auth.id', create: 'next.owner == auth.id', update: 'doc.owner == auth.id', delete: 'doc.owner == auth.id' }
  members:
    fields: { team: { type: string, index: true }, user: { type: string, index: true } }
    rules: { read: 'doc.user == auth.id' }
  notes:
    fields: { team: { type: string, index: true }, title: { type: string }, todo: { type: ref, to: todos } }
    rules: { read: 'exists("members", {"team": doc.team, "user": auth.id})' }
  log:
    fields: { text: { type: string } }
    rules: { read: 'true', create: 'true', delete: 'true', update: 'true' }
  quiet:
    realtime: false
    fields: { text: { type: string } }
    rules: { read: 'true' }
  soon:
    fields: { at: { type: time } }
    rules: { read: 'doc.at <= now()', create: 'true' }
`

// onLive runs a test on every database that has a source of changes of its own.
func onLive(t *testing.T, f func(*testing.T, *servertest.Instance)) {
	t.Run("sqlite", func(t *testing.T) { f(t, servertest.Start(t, liveConfig)) })
	t.Run("postgres", func(t *testing.T) { f(t, servertest.Start(t, onPostgres(t, liveConfig))) })
}

// follow applies messages to a state until it is as wanted.
func follow(t *testing.T, l *servertest.Live, state *servertest.State, want func() bool) {
	t.Helper()
	for !want() {
		m, err := l.Next(time.Minute)
		if err != nil {
			t.Fatalf("%v; the state is %s", err, state.Items())
		}
		if m.Event == "error" {
			t.Fatal(m.Text)
		}
		if err := state.Apply(m); err != nil {
			t.Fatal(err)
		}
	}
}

func keysAre(state *servertest.State, keys ...string) func() bool {
	return func() bool { return slices.Equal(state.Keys(), keys) }
}

func TestLive_ChangesFollowTheSnapshot(t *testing.T) {
	t.Parallel()
	onLive(t, func(t *testing.T, s *servertest.Instance) {
		ann, bob := user(s, "ann"), user(s, "bob")
		create := func(token, doc string) {
			s.Want(t, 201, call{Method: "POST", Path: "/v1/db/todos", Token: token, Body: doc})
		}
		create(ann, `{"id":"a1","owner":"ann","title":"one"}`)
		create(bob, `{"id":"b1","owner":"bob","title":"bob's"}`)
		l := s.Live(t, ann)
		if err := l.Send(`{"id":"1","op":"subscribe","collection":"todos","query":{"where":{"done":false},"sort":["rank"]}}`); err != nil {
			t.Fatal(err)
		}
		snapshot := l.Want(t, "snapshot")
		if snapshot.ID != "1" || len(snapshot.Items) != 1 || snapshot.Resume == "" || snapshot.Reset {
			t.Fatalf("got %s", snapshot.Text)
		}
		create(ann, `{"id":"a2","owner":"ann","title":"two","rank":5}`)
		if m := l.Want(t, "change"); m.Type != "added" || m.Key != "a2" || m.Index != 1 || !strings.Contains(string(m.Doc), `"two"`) {
			t.Errorf("got %s", m.Text)
		}
		create(bob, `{"id":"b2","owner":"bob","title":"bob's"}`)
		s.Want(t, 200, call{Method: "PATCH", Path: "/v1/db/todos/a1", Token: ann, Body: `{"rank":9}`})
		if m := l.Want(t, "change"); m.Type != "modified" || m.Key != "a1" || m.Index != 1 {
			t.Errorf("got %s", m.Text)
		}
		s.Want(t, 200, call{Method: "PATCH", Path: "/v1/db/todos/a1", Token: ann, Body: `{"done":true}`})
		if m := l.Want(t, "change"); m.Type != "removed" || m.Key != "a1" || m.Doc != nil {
			t.Errorf("a document that leaves the filter: got %s", m.Text)
		}
		s.Want(t, 200, call{Method: "PATCH", Path: "/v1/db/todos/a1", Token: ann, Body: `{"done":false}`})
		if m := l.Want(t, "change"); m.Type != "added" || m.Key != "a1" {
			t.Errorf("a document that enters the filter: got %s", m.Text)
		}
		s.Want(t, 204, call{Method: "DELETE", Path: "/v1/db/todos/b2", Token: bob})
		s.Want(t, 204, call{Method: "DELETE", Path: "/v1/db/todos/a2", Token: ann})
		if m := l.Want(t, "change"); m.Type != "removed" || m.Key != "a2" {
			t.Errorf("got %s", m.Text)
		}
		s.Want(t, 200, call{Method: "PATCH", Path: "/v1/db/todos/a1", Token: admin, Body: `{"owner":"bob"}`})
		if m := l.Want(t, "change"); m.Type != "removed" || m.Key != "a1" {
			t.Errorf("a document that is given away: got %s", m.Text)
		}
		l.Silent(t, 100*time.Millisecond)
		if err := l.Send(`{"id":"1","op":"unsubscribe"}`); err != nil {
			t.Fatal(err)
		}
		l.Want(t, "unsubscribed")
		create(ann, `{"id":"a3","owner":"ann"}`)
		l.Silent(t, 100*time.Millisecond)
	})
}

func TestLive_AWindowLetsTheNextOneIn(t *testing.T) {
	t.Parallel()
	onLive(t, func(t *testing.T, s *servertest.Instance) {
		for i := range 60 {
			s.Want(t, 201, call{Method: "POST", Path: "/v1/db/log", Body: fmt.Sprintf(`{"id":"d%02d","text":"%02d"}`, i, i)})
		}
		l := s.Live(t, "")
		var state servertest.State
		if err := l.Send(`{"id":"1","op":"subscribe","collection":"log","query":{"sort":["-text"],"limit":3,"count":true,"select":["text"]}}`); err != nil {
			t.Fatal(err)
		}
		follow(t, l, &state, keysAre(&state, "d59", "d58", "d57"))
		s.Want(t, 204, call{Method: "DELETE", Path: "/v1/db/log/d58"})
		follow(t, l, &state, keysAre(&state, "d59", "d57", "d56"))
		s.Want(t, 201, call{Method: "POST", Path: "/v1/db/log", Body: `{"id":"new","text":"5799"}`})
		follow(t, l, &state, keysAre(&state, "d59", "new", "d57"))
		s.Want(t, 200, call{Method: "DELETE", Path: "/v1/db/log?filter=" + `text%20>%20"05"`}) // far more than is held
		follow(t, l, &state, keysAre(&state, "d05", "d04", "d03"))
		follow(t, l, &state, func() bool { return state.Total() == 6 })
		if got := state.Items(); got != `[{"text":"05"},{"text":"04"},{"text":"03"}]` {
			t.Errorf("got %s", got)
		}
	})
}

func TestLive_PermissionsAreLive(t *testing.T) {
	t.Parallel()
	onLive(t, func(t *testing.T, s *servertest.Instance) {
		post := func(path, doc string) { s.Want(t, 201, call{Method: "POST", Path: path, Token: admin, Body: doc}) }
		post("/v1/db/members", `{"id":"m1","team":"red","user":"ann"}`)
		post("/v1/db/notes", `[{"id":"r1","team":"red"},{"id":"b1","team":"blue"}]`)
		l := s.Live(t, user(s, "ann"))
		var state servertest.State
		if err := l.Send(`{"id":"1","op":"subscribe","collection":"notes","query":{"sort":["id"]}}`); err != nil {
			t.Fatal(err)
		}
		follow(t, l, &state, keysAre(&state, "r1"))
		post("/v1/db/members", `{"id":"m2","team":"blue","user":"ann"}`)
		follow(t, l, &state, keysAre(&state, "b1", "r1"))
		s.Want(t, 204, call{Method: "DELETE", Path: "/v1/db/members/m1", Token: admin})
		follow(t, l, &state, keysAre(&state, "b1"))
		post("/v1/db/notes", `{"id":"r2","team":"red"}`)
		l.Silent(t, 100*time.Millisecond)
		s.Want(t, 200, call{Method: "PATCH", Path: "/v1/db/members/m2", Token: admin, Body: `{"team":"red"}`})
		follow(t, l, &state, keysAre(&state, "r1", "r2"))
		s.Want(t, 200, call{Method: "PATCH", Path: "/v1/db/members/m2", Token: admin, Body: `{"user":"bob"}`})
		follow(t, l, &state, keysAre(&state))
	})
}

func TestLive_FieldMasks(t *testing.T) {
	t.Parallel()
	onLive(t, func(t *testing.T, s *servertest.Instance) {
		ann := user(s, "ann")
		s.Want(t, 201, call{Method: "POST", Path: "/v1/db/todos", Token: ann, Body: `{"id":"a1","owner":"ann","memo":"hidden-memo"}`})
		l := s.Live(t, ann)
		if err := l.Send(`{"id":"1","op":"subscribe","collection":"todos","query":{}}`); err != nil {
			t.Fatal(err)
		}
		if m := l.Want(t, "snapshot"); strings.Contains(m.Text, "memo") {
			t.Errorf("got %s", m.Text)
		}
		s.Want(t, 200, call{Method: "PATCH", Path: "/v1/db/todos/a1", Token: ann, Body: `{"done":true}`})
		if m := l.Want(t, "change"); !strings.Contains(m.Text, "hidden-memo") {
			t.Errorf("got %s", m.Text)
		}
		s.Want(t, 200, call{Method: "PATCH", Path: "/v1/db/todos/a1", Token: ann, Body: `{"done":false}`})
		if m := l.Want(t, "change"); strings.Contains(m.Text, "memo") {
			t.Errorf("got %s", m.Text)
		}
		s.Want(t, 200, call{Method: "PATCH", Path: "/v1/db/todos/a1", Token: ann, Body: `{"memo":"hidden-again"}`})
		l.Silent(t, 100*time.Millisecond) // a change of what is not shown is none
	})
}

func TestLive_FiguresAndRelatedDocuments(t *testing.T) {
	t.Parallel()
	onLive(t, func(t *testing.T, s *servertest.Instance) {
		ann := user(s, "ann")
		s.Want(t, 201, call{Method: "POST", Path: "/v1/db/todos", Token: ann, Body: `{"id":"a1","owner":"ann","rank":2,"title":"first"}`})
		s.Want(t, 201, call{Method: "POST", Path: "/v1/db/members", Token: admin, Body: `{"team":"red","user":"ann"}`})
		s.Want(t, 201, call{Method: "POST", Path: "/v1/db/notes", Token: admin, Body: `{"id":"n1","team":"red","todo":"a1"}`})
		l := s.Live(t, ann)
		if err := l.Send(`{"id":"sum","op":"subscribe","collection":"todos","aggregate":{"count":true,"sum":["rank"]}}`); err != nil {
			t.Fatal(err)
		}
		if m := l.Want(t, "snapshot"); !strings.Contains(m.Text, `[{"count":1,"sum":{"rank":2}}]`) {
			t.Errorf("got %s", m.Text)
		}
		s.Want(t, 201, call{Method: "POST", Path: "/v1/db/todos", Token: ann, Body: `{"owner":"ann","rank":5}`})
		if m := l.Want(t, "snapshot"); !strings.Contains(m.Text, `[{"count":2,"sum":{"rank":7}}]`) {
			t.Errorf("got %s", m.Text)
		}
		if err := l.Send(`{"id":"sum","op":"unsubscribe"}`); err != nil {
			t.Fatal(err)
		}
		l.Want(t, "unsubscribed")
		if err := l.Send(`{"id":"x","op":"subscribe","collection":"notes","query":{"expand":["todo"]}}`); err != nil {
			t.Fatal(err)
		}
		if m := l.Want(t, "snapshot"); !strings.Contains(m.Text, `"title":"first"`) {
			t.Errorf("got %s", m.Text)
		}
		s.Want(t, 200, call{Method: "PATCH", Path: "/v1/db/todos/a1", Token: ann, Body: `{"title":"second"}`})
		if m := l.Want(t, "change"); m.Type != "modified" || m.Key != "n1" || !strings.Contains(m.Text, `"title":"second"`) {
			t.Errorf("got %s", m.Text)
		}
		s.Want(t, 200, call{Method: "PATCH", Path: "/v1/db/todos/a1", Token: ann, Body: `{"title":"third"}`})
		l.Want(t, "change")
	})
}

func TestLive_OneDocument(t *testing.T) {
	t.Parallel()
	onLive(t, func(t *testing.T, s *servertest.Instance) {
		ann := user(s, "ann")
		l := s.Live(t, ann)
		if err := l.Send(`{"id":"1","op":"subscribe","collection":"todos","key":"a1"}`); err != nil {
			t.Fatal(err)
		}
		if m := l.Want(t, "snapshot"); len(m.Items) != 0 {
			t.Errorf("got %s", m.Text)
		}
		s.Want(t, 201, call{Method: "POST", Path: "/v1/db/todos", Token: ann, Body: `{"id":"a2","owner":"ann"}`})
		s.Want(t, 201, call{Method: "POST", Path: "/v1/db/todos", Token: ann, Body: `{"id":"a1","owner":"ann"}`})
		if m := l.Want(t, "change"); m.Type != "added" || m.Key != "a1" {
			t.Errorf("got %s", m.Text)
		}
	})
}

func TestLive_TimePasses(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, liveConfig)
	at := time.Now().Add(1500 * time.Millisecond).UTC().Format(time.RFC3339Nano)
	s.Want(t, 201, call{Method: "POST", Path: "/v1/db/soon", Body: `{"id":"s1","at":"` + at + `"}`})
	l := s.Live(t, "")
	var state servertest.State
	if err := l.Send(`{"id":"1","op":"subscribe","collection":"soon"}`); err != nil {
		t.Fatal(err)
	}
	follow(t, l, &state, keysAre(&state, "s1"))
}

func TestLive_Resume(t *testing.T) {
	t.Parallel()
	onLive(t, func(t *testing.T, s *servertest.Instance) {
		create := func(id string) { s.Want(t, 201, call{Method: "POST", Path: "/v1/db/log", Body: `{"id":"` + id + `"}`}) }
		create("a")
		subscribe := func(resume string) *servertest.Live {
			l := s.Live(t, "")
			if err := l.Send(map[string]any{"id": "1", "op": "subscribe", "collection": "log", "resume": resume}); err != nil {
				t.Fatal(err)
			}
			return l
		}
		l := subscribe("")
		var state servertest.State
		follow(t, l, &state, keysAre(&state, "a"))
		l.Close()
		l = subscribe(state.Resume())
		l.Want(t, "resumed")
		l.Close()
		create("b")
		create("c")
		s.Want(t, 204, call{Method: "DELETE", Path: "/v1/db/log/a"})
		l = subscribe(state.Resume())
		l.Want(t, "resumed")
		for !keysAre(&state, "b", "c")() {
			if err := state.Apply(l.Want(t, "change")); err != nil {
				t.Fatal(err)
			}
		}
		l.Close()
		// What was there meanwhile, and is gone, is not told again: the caller may have no right to it any more.
		watching := subscribe("")
		watching.Want(t, "snapshot")
		create("gone")
		watching.Want(t, "change")
		create("d")
		watching.Want(t, "change")
		s.Want(t, 204, call{Method: "DELETE", Path: "/v1/db/log/gone"})
		for watching.Want(t, "change").Type != "removed" {
		}
		l = subscribe(state.Resume())
		if m := l.Want(t, "snapshot"); !m.Reset || strings.Contains(m.Text, "gone") {
			t.Errorf("got %s", m.Text)
		}
		l.Close()
		for _, token := range []string{"AAAAAAAAAAA", "nonsense", strings.Repeat("x", 500)} {
			if m := subscribe(token).Want(t, "snapshot"); !m.Reset || len(m.Items) != 3 {
				t.Errorf("an unknown token: got %s", m.Text)
			}
		}
	})
}

func TestLive_ServerSentEvents(t *testing.T) {
	t.Parallel()
	onLive(t, func(t *testing.T, s *servertest.Instance) {
		ann := user(s, "ann")
		s.Want(t, 201, call{Method: "POST", Path: "/v1/db/todos", Token: ann, Body: `{"id":"a1","owner":"ann"}`})
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		var got []string
		last := ""
		status, err := servertest.Events(ctx, s.URL+"/v1/db/todos/live?filter=done==false", ann, func(id string, m servertest.Message) bool {
			got = append(got, m.Event+m.Type)
			if last = id; m.Event == "snapshot" {
				s.Want(t, 201, call{Method: "POST", Path: "/v1/db/todos", Token: ann, Body: `{"id":"a2","owner":"ann"}`})
			}
			return m.Event == "snapshot"
		})
		if status != 200 || err != nil || !slices.Equal(got, []string{"snapshot", "changeadded"}) || last == "" {
			t.Errorf("got %d %v: %v", status, err, got)
		}
		s.Want(t, 422, call{Method: "GET", Path: "/v1/db/todos/live?filter=nothing==1", Token: ann})
		s.Want(t, 401, call{Method: "GET", Path: "/v1/db/todos/live", Token: "wrong"})
		s.Want(t, 404, call{Method: "GET", Path: "/v1/db/nothing/live", Token: ann})
		s.Want(t, 422, call{Method: "GET", Path: "/v1/realtime"})
	})
}
