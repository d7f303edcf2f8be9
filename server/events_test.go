package server_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/basalt-dev/basalt/modules/db/postgres/postgrestest"
	"github.com/basalt-dev/basalt/modules/webhook"
	"github.com/basalt-dev/basalt/server/servertest"
)

const eventsConfig = `
databases: { main: { driver: DRIVER } }
auth: { tokens: { algorithm: HS256, secret: "a-secret-of-32-bytes-or-more-....", access: 15m, refresh: 720h }, providers: { password: {} } }
admin: { keys: ["admin-key-admin-key"] }
encryption: { keys: { k1: "0123456789abcdef0123456789abcdef" }, current: k1 }
webhooks: { secret: "whsec" }
collections:
  members: { fields: { team: { type: string, index: true }, user: { type: string } } }
  notes:
    fields:
      team: { type: string }
      title: { type: string }
      n: { type: int, default: 0 }
      secret: { type: string, encrypt: true }
    rules: { read: 'true', create: 'auth != nil', update: 'auth != nil', delete: 'auth != nil' }
events:
  made:    { on: notes.created, url: "HOOK" }
  changed: { on: notes.updated, url: "HOOK", backoff: 100ms, retries: 3 }
  big:     { on: notes.updated, when: 'next.n >= 10 && doc.n < 10 && exists("members", {"team": next.team})', url: "HOOK" }
  gone:    { on: notes.deleted, when: 'doc.title != "quiet"', url: "HOOK", key: team }
  hello:   { on: auth.signup, url: "HOOK" }
  tick:    { schedule: "@every 1s", url: "HOOK" }
  import:
    rule: 'auth != nil && request.params.file startsWith "/" && !(request.params.file contains "..")'
    params: { file: { type: string, required: true }, lines: { type: int, default: 1 } }
    limit: { rate: 100/1h }
    url: "HOOK"
`

// delivery is an event as a receiver gets it.
type delivery struct {
	ID, Type string
	Event    string
	Doc, Old map[string]any
	By       string
	Data     map[string]any
	Text     string
}

// receiver takes deliveries, whose signatures it checks.
type receiver struct {
	t      *testing.T
	server *httptest.Server

	mu    sync.Mutex // guards what follows
	all   []delivery
	tries []delivery // refused ones, too
	// refuse decides which are answered with 500.
	refuse func(delivery) bool
}

func newReceiver(t *testing.T) *receiver {
	r := &receiver{t: t, refuse: func(delivery) bool { return false }}
	r.server = httptest.NewServer(http.HandlerFunc(r.receive))
	t.Cleanup(r.server.Close)
	return r
}

func (r *receiver) receive(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return
	}
	if err := webhook.Verify(req.Header, body, []byte("whsec"), time.Now()); err != nil {
		r.t.Errorf("a delivery: %v", err)
	}
	var message struct {
		Type      string
		Timestamp time.Time
		Data      json.RawMessage
	}
	e := delivery{ID: req.Header.Get("webhook-id"), Text: string(body)}
	if json.Unmarshal(body, &message) != nil || json.Unmarshal(message.Data, &e) != nil || json.Unmarshal(message.Data, &e.Data) != nil || message.Timestamp.IsZero() {
		r.t.Errorf("a delivery is %s", body)
	}
	e.Type = message.Type
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tries = append(r.tries, e)
	if r.refuse(e) {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	r.all = append(r.all, e)
}

// of returns the deliveries of an event.
func (r *receiver) of(event string, tries bool) []delivery {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := r.all
	if tries {
		all = r.tries
	}
	var out []delivery
	for _, e := range all {
		if e.Event == event || e.Type == event {
			out = append(out, e)
		}
	}
	return out
}

// want waits for so many deliveries of an event, and returns them.
func (r *receiver) want(event string, n int) []delivery {
	r.t.Helper()
	for range 800 {
		if got := r.of(event, false); len(got) >= n {
			if len(got) > n {
				r.t.Errorf("%s came %d times, not %d", event, len(got), n)
			}
			return got
		}
		time.Sleep(25 * time.Millisecond)
	}
	r.t.Fatalf("%s came %d times, not %d", event, len(r.of(event, false)), n)
	return nil
}

func eventsServers(t *testing.T, hook string, f func(t *testing.T, one, two *servertest.Instance)) {
	for driver, database := range map[string]func() string{
		"sqlite":   func() string { return fmt.Sprintf(`sqlite, url: "file:%s/test.db"`, t.TempDir()) },
		"postgres": func() string { return fmt.Sprintf("postgres, url: %q", postgrestest.Database(t)) },
	} {
		t.Run(driver, func(t *testing.T) {
			path := servertest.Write(t, strings.NewReplacer("DRIVER", database(), "HOOK", hook).Replace(eventsConfig))
			f(t, servertest.StartFile(t, path), servertest.StartFile(t, path))
		})
	}
}

// TestEvents_ReportEveryChange: whatever way a change is made, on whichever node, it is delivered once, in order, with
// what was there before; and what has not happened is not delivered.
func TestEvents_ReportEveryChange(t *testing.T) {
	t.Parallel() // most of it is waiting
	r := newReceiver(t)
	eventsServers(t, r.server.URL, func(t *testing.T, one, two *servertest.Instance) {
		r.mu.Lock()
		r.all, r.tries = nil, nil
		r.mu.Unlock()
		ann := user(one, "ann")
		post := func(s *servertest.Instance, status int, method, path, body string) servertest.Answer {
			t.Helper()
			return s.Want(t, status, call{Method: method, Path: path, Token: ann, Body: body})
		}
		post(one, 201, "POST", "/v1/db/notes", `{"id":"a","team":"x","title":"one","secret":"hidden"}`)
		post(two, 201, "POST", "/v1/db/notes", `[{"id":"b","team":"x","title":"two"},{"id":"c","team":"y","title":"three"}]`)
		post(one, 201, "PUT", "/v1/db/notes/d", `{"team":"y","title":"four"}`)
		post(one, 200, "POST", "/v1/batch", `{"ops":[{"op":"create","collection":"notes","doc":{"id":"e","title":"five","team":"y"}},{"op":"update","collection":"notes","id":"e","doc":{"n":1}}]}`)
		// Nothing of these happens.
		post(one, 422, "POST", "/v1/batch", `{"ops":[{"op":"create","collection":"notes","doc":{"id":"f"}},{"op":"update","collection":"notes","id":"e","doc":{"n":"x"}}]}`)
		post(one, 409, "POST", "/v1/db/notes", `{"id":"a"}`)
		post(two, 404, "PATCH", "/v1/db/notes/nothing", `{"n":1}`)
		one.Want(t, 401, call{Method: "PATCH", Path: "/v1/db/notes/a", Body: `{"n":1}`})
		made := r.want("made", 5)
		var ids []string
		for _, e := range made {
			ids = append(ids, e.Doc["id"].(string))
			if e.Type != "notes.created" || e.By != "ann" || e.Old != nil || strings.Contains(e.Text, "hidden") || e.ID == "" {
				t.Errorf("got %+v", e)
			}
		}
		slices.Sort(ids)
		if fmt.Sprint(ids) != "[a b c d e]" {
			t.Errorf("created: %v", ids)
		}
		one.Want(t, 201, call{Method: "POST", Path: "/v1/db/members", Token: admin, Body: `{"team":"x","user":"u"}`})
		nodes := []*servertest.Instance{one, two}
		for n := 1; n <= 12; n++ {
			post(nodes[n%2], 200, "PATCH", "/v1/db/notes/a", `{"n":{"$inc":1}}`)
		}
		post(two, 200, "PATCH", "/v1/db/notes?filter=team==%22y%22", `{"n":{"$inc":20}}`)
		post(one, 200, "PUT", "/v1/db/notes/b", `{"team":"x","title":"new"}`)
		changed := r.want("changed", 12+3+1+1)
		next := 1.0
		for _, e := range changed {
			if e.Doc["id"] != "a" {
				continue
			}
			if e.Doc["n"] != next || e.Old["n"] != next-1 {
				t.Errorf("out of order: %v after %v, want %v", e.Doc["n"], e.Old["n"], next)
			}
			next++
		}
		if got := r.want("big", 1); got[0].Doc["id"] != "a" || got[0].Doc["n"] != 10.0 {
			t.Errorf("got %v", got)
		}
		post(one, 200, "PATCH", "/v1/db/notes/c", `{"title":"quiet"}`)
		post(one, 204, "DELETE", "/v1/db/notes/a", "")
		post(two, 200, "DELETE", "/v1/db/notes?filter=true", "")
		for _, e := range r.want("gone", 4) {
			if e.Doc != nil || e.Old["id"] == "c" {
				t.Errorf("got %v", e.Old)
			}
		}
		one.Want(t, 201, call{Method: "POST", Path: "/v1/auth/signup", Body: `{"email":"ann@example.com","password":"correct horse battery"}`})
		if got := r.want("hello", 1); got[0].Type != "auth.signup" || got[0].Data["user"] == nil || strings.Contains(got[0].Text, "correct") {
			t.Errorf("got %s", got[0].Text)
		}
		// A schedule happens once, however many nodes there are.
		for len(r.of("tick", false)) < 3 {
			time.Sleep(50 * time.Millisecond)
		}
		seen := map[any]bool{}
		for _, e := range r.of("tick", false) {
			if seen[e.Data["at"]] {
				t.Errorf("%v happens twice", e.Data["at"])
			}
			seen[e.Data["at"]] = true
		}
	})
}

// TestEvents_AreTriedAgain: a receiver that fails gets the same again, before what is behind it; in the end it is
// dead, and can be listed, replayed and removed.
func TestEvents_AreTriedAgain(t *testing.T) {
	t.Parallel() // most of it is waiting
	r := newReceiver(t)
	eventsServers(t, r.server.URL, func(t *testing.T, one, two *servertest.Instance) {
		r.mu.Lock()
		r.all, r.tries = nil, nil
		failing := 2
		r.refuse = func(e delivery) bool {
			if e.Event == "changed" && e.Doc["n"] == 1.0 && failing > 0 {
				failing--
				return true
			}
			return e.Event == "changed" && e.Doc["n"] == 5.0
		}
		r.mu.Unlock()
		ann := user(one, "ann")
		one.Want(t, 201, call{Method: "POST", Path: "/v1/db/notes", Token: ann, Body: `{"id":"a","n":0}`})
		for n := 1; n <= 3; n++ {
			one.Want(t, 200, call{Method: "PATCH", Path: "/v1/db/notes/a", Token: ann, Body: map[string]int{"n": n}})
		}
		for i, e := range r.want("changed", 3) {
			if e.Doc["n"] != float64(i+1) {
				t.Errorf("number %d is %v", i, e.Doc["n"])
			}
		}
		tries := r.of("changed", true)
		if len(tries) != 5 || tries[0].ID != tries[1].ID || tries[1].ID != tries[2].ID || tries[2].ID == tries[3].ID {
			t.Errorf("%d tries: %v", len(tries), tries)
		}
		for _, n := range []int{5, 6} {
			two.Want(t, 200, call{Method: "PATCH", Path: "/v1/db/notes/a", Token: ann, Body: map[string]int{"n": n}})
		}
		r.want("changed", 4) // what comes after one that is dead
		var dead struct {
			Items []struct {
				ID, Event, State, Error, Database string
				Attempts                          int
				Data                              delivery
			}
		}
		one.Want(t, 401, call{Method: "GET", Path: "/v1/admin/events"})
		one.Want(t, 403, call{Method: "GET", Path: "/v1/admin/events", Token: ann})
		one.Want(t, 422, call{Method: "GET", Path: "/v1/admin/events?state=x", Token: admin})
		one.Want(t, 200, call{Method: "GET", Path: "/v1/admin/events?state=dead&event=changed", Token: admin}).Decode(t, &dead)
		if len(dead.Items) != 1 || dead.Items[0].Attempts != 4 || !strings.Contains(dead.Items[0].Error, "500") || dead.Items[0].Data.Doc["n"] != 5.0 {
			t.Fatalf("got %+v", dead.Items)
		}
		r.mu.Lock()
		r.refuse = func(delivery) bool { return false }
		r.mu.Unlock()
		one.Want(t, 403, call{Method: "POST", Path: "/v1/admin/events/" + dead.Items[0].ID + "/replay", Token: ann})
		two.Want(t, 204, call{Method: "POST", Path: "/v1/admin/events/" + dead.Items[0].ID + "/replay", Token: admin})
		if got := r.want("changed", 5); got[4].ID != dead.Items[0].ID {
			t.Errorf("got %+v", got[4])
		}
		two.Want(t, 404, call{Method: "POST", Path: "/v1/admin/events/nothing/replay", Token: admin})
		one.Want(t, 204, call{Method: "DELETE", Path: "/v1/admin/events/" + dead.Items[0].ID, Token: admin})
		one.Want(t, 404, call{Method: "DELETE", Path: "/v1/admin/events/" + dead.Items[0].ID, Token: admin})
		if text := one.Want(t, 200, call{Method: "GET", Path: "/metrics"}).Body + two.Want(t, 200, call{Method: "GET", Path: "/metrics"}).Body; !strings.Contains(text, `basalt_event_deliveries_total{event="changed",outcome="dead"} 1`) {
			t.Error("the metrics do not tell")
		}
	})
}

func TestEvents_OfClients(t *testing.T) {
	t.Parallel() // most of it is waiting
	r := newReceiver(t)
	eventsServers(t, r.server.URL, func(t *testing.T, one, two *servertest.Instance) {
		r.mu.Lock()
		r.all = nil
		r.mu.Unlock()
		ann := user(one, "ann")
		queue := func(status int, token, body string) servertest.Answer {
			t.Helper()
			return one.Want(t, status, call{Method: "POST", Path: "/v1/events", Token: token, Body: body})
		}
		queue(202, ann, `{"event":"import","data":{"file":"/a.csv"}}`)
		if got := r.want("import", 1)[0]; got.Data["file"] != "/a.csv" || got.Data["lines"] != 1.0 {
			t.Errorf("got %s", got.Text)
		}
		queue(401, "", `{"event":"import","data":{"file":"/a.csv"}}`)
		queue(403, ann, `{"event":"import","data":{"file":"/../a.csv"}}`)
		queue(422, ann, `{"event":"import","data":{}}`)
		queue(422, ann, `{"event":"import","data":{"file":"/a","x":1}}`)
		queue(422, ann, `{"event":"import","data":{"file":"/a"},"delay":-1}`)
		queue(422, ann, `{"event":"import","data":{"file":"/a"},"delay":1e12}`)
		queue(404, ann, `{"event":"made","data":{}}`)
		queue(404, ann, `{"event":"nothing"}`)
		queue(400, ann, `{`)
		start := time.Now()
		queue(202, ann, `{"event":"import","data":{"file":"/later"},"delay":0.5}`)
		queue(202, ann, `{"event":"import","data":{"file":"/now"}}`)
		got := r.want("import", 3)
		if got[1].Data["file"] != "/now" || got[2].Data["file"] != "/later" || time.Since(start) < 500*time.Millisecond {
			t.Errorf("got %s and %s", got[1].Text, got[2].Text)
		}
		key := map[string]string{"Idempotency-Key": "once"}
		for _, s := range []*servertest.Instance{one, two} {
			s.Want(t, 202, call{Method: "POST", Path: "/v1/events", Token: ann, Body: `{"event":"import","data":{"file":"/once"}}`, Header: key})
		}
		queue(202, ann, `{"event":"import","data":{"file":"/last"}}`)
		r.want("import", 5)
	})
}

// TestEvents_AReloadDoesNotWaitForAllOfThem: it waits for what is being delivered, and the rest is delivered by the
// new configuration, in order.
func TestEvents_AReloadDoesNotWaitForAllOfThem(t *testing.T) {
	t.Parallel()
	r := newReceiver(t)
	gate := make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		<-gate
		r.receive(w, req)
	}))
	defer slow.Close()
	s := servertest.Start(t, strings.NewReplacer("DRIVER", `sqlite, url: "file:test.db"`, "HOOK", slow.URL).Replace(strings.Replace(eventsConfig, `  tick:    { schedule: "@every 1s", url: "HOOK" }`, "", 1)))
	ann := user(s, "ann")
	const all = 200
	s.Want(t, 201, call{Method: "POST", Path: "/v1/db/notes", Token: ann, Body: `{"id":"a"}`})
	for n := 1; n <= all; n++ {
		s.Want(t, 200, call{Method: "PATCH", Path: "/v1/db/notes/a", Token: ann, Body: map[string]int{"n": n}})
	}
	reloaded := make(chan error, 1)
	go func() { reloaded <- s.Reload() }()
	for waiting := true; waiting; { // one after the other, while it reloads
		select {
		case err := <-reloaded:
			if err != nil {
				t.Fatal(err)
			}
			waiting = false
		case gate <- struct{}{}:
			time.Sleep(20 * time.Millisecond)
		}
	}
	if got := len(r.of("changed", false)); got == all {
		t.Error("the reload has waited for all deliveries")
	}
	close(gate)
	for i, e := range r.want("changed", all) {
		if e.Doc["n"] != float64(i+1) {
			t.Errorf("number %d is %v", i, e.Doc["n"])
		}
	}
}
