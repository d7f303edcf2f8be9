package server_test

import (
	"context"
	"fmt"
	"net"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/basalt-dev/basalt/modules/db/postgres/postgrestest"
	"github.com/basalt-dev/basalt/server/servertest"
)

// faulty starts a server over a PostgreSQL of the test's own.
func faulty(t *testing.T, options, limits string) (*servertest.Instance, *postgrestest.Server) {
	t.Helper()
	p := postgrestest.Start(t)
	config := strings.Replace(notes, `sqlite, url: "file:test.db"`, `postgres, url: "`+p.URL()+options+`"`, 1)
	return servertest.Start(t, strings.Replace(config, "log: { level: error }", limits+"\nlog: { level: error }", 1)), p
}

func connect(t *testing.T, p *postgrestest.Server) *pgx.Conn {
	t.Helper()
	c, err := pgx.Connect(context.Background(), p.URL())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close(context.Background()) })
	return c
}

// TestFault_DatabaseStopsUnderLoad crashes PostgreSQL under writers, twice. Calls get 503 meanwhile,
// go on by themselves afterwards, and every 201 is stored.
func TestFault_DatabaseStopsUnderLoad(t *testing.T) {
	s, p := faulty(t, "", "")
	u := user(s, "u1")
	var stop atomic.Bool
	var stored sync.Map
	var writers sync.WaitGroup
	var refused, written atomic.Int64
	for w := range 8 {
		writers.Go(func() {
			for i := 0; !stop.Load(); i++ {
				id := fmt.Sprintf("w%d-%d", w, i)
				a := s.Do(t, call{Method: "POST", Path: "/v1/db/notes", Token: u, Body: `{"id":"` + id + `","title":"x"}`})
				switch a.Status {
				case 201:
					stored.Store(id, true)
					written.Add(1)
				case 503:
					if a.Header.Get("Retry-After") == "" || a.Code() != "unavailable" {
						t.Errorf("got %v %s", a.Header, a.Body)
					}
					refused.Add(1)
					time.Sleep(5 * time.Millisecond)
				case 504: // its time was up while the database was away
				default:
					t.Errorf("got %d %s", a.Status, a.Body)
				}
			}
		})
	}
	eventually(t, "every client is connected", func() bool { return written.Load() > 100 })
	before := runtime.NumGoroutine()
	for range 2 {
		at := written.Load()
		eventually(t, "writes go on", func() bool { return written.Load() > at+200 })
		if err := p.Stop(); err != nil {
			t.Fatal(err)
		}
		down := refused.Load()
		eventually(t, "calls are refused", func() bool { return refused.Load() > down+20 })
		if a := s.Do(t, call{Method: "GET", Path: "/readyz"}); a.Status != 503 || strings.Contains(a.Body, "127.0.0.1") {
			t.Errorf("readyz: got %d %s", a.Status, a.Body)
		}
		s.Want(t, 200, call{Method: "GET", Path: "/healthz"})
		if err := p.Start(); err != nil {
			t.Fatal(err)
		}
	}
	at := written.Load()
	eventually(t, "writes go on again", func() bool { return written.Load() > at+200 })
	stop.Store(true)
	writers.Wait()
	stored.Range(func(id, _ any) bool {
		s.Want(t, 200, call{Method: "GET", Path: "/v1/db/notes/" + id.(string) + "?select=id", Token: u})
		return !t.Failed()
	})
	eventually(t, "no goroutine is left behind", func() bool { return runtime.NumGoroutine() <= before+20 })
}

// begin runs a statement in a transaction that stays open.
func begin(t *testing.T, c *pgx.Conn, statement string) pgx.Tx {
	t.Helper()
	tx, err := c.Begin(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(context.Background(), statement); err != nil {
		t.Fatal(err)
	}
	return tx
}

// waiting counts the connections that wait for a lock.
func waiting(t *testing.T, watcher *pgx.Conn) (n int) {
	t.Helper()
	if err := watcher.QueryRow(context.Background(), "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'").Scan(&n); err != nil {
		t.Error(err)
	}
	return n
}

// TestFault_ConnectionIsCutInATransaction ends the server's connection while a batch waits in the
// middle of its transaction.
func TestFault_ConnectionIsCutInATransaction(t *testing.T) {
	s, p := faulty(t, "", "")
	u := user(s, "u1")
	s.Want(t, 201, call{Method: "POST", Path: "/v1/db/notes", Token: u, Body: `{"id":"held","title":"x"}`})
	ctx := context.Background()
	other := connect(t, p)
	tx := begin(t, other, "SELECT 1 FROM notes WHERE id = 'held' FOR UPDATE")
	answer := make(chan servertest.Answer)
	go func() {
		answer <- s.Do(t, call{Method: "POST", Path: "/v1/batch", Token: u, Body: `{"ops":[{"op":"create","collection":"notes","id":"new","doc":{"title":"x"}},{"op":"update","collection":"notes","id":"held","doc":{"title":"y"}}]}`})
	}()
	watcher := connect(t, p)
	var pid int
	eventually(t, "the batch waits", func() bool {
		return watcher.QueryRow(ctx, "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND application_name = 'basalt'").Scan(&pid) == nil
	})
	if _, err := watcher.Exec(ctx, "SELECT pg_terminate_backend($1)", pid); err != nil {
		t.Fatal(err)
	}
	if a := <-answer; a.Status != 503 {
		t.Errorf("got %d %s", a.Status, a.Body)
	}
	if err := tx.Rollback(ctx); err != nil {
		t.Fatal(err)
	}
	s.Want(t, 404, call{Method: "GET", Path: "/v1/db/notes/new", Token: u})
	s.Want(t, 200, call{Method: "PATCH", Path: "/v1/db/notes/held", Token: u, Body: `{"title":"z"}`})
}

// TestFault_PoolIsExhausted holds the only two connections, and sends many more requests than may wait.
func TestFault_PoolIsExhausted(t *testing.T) {
	s, p := faulty(t, "&pool_max_conns=2", "")
	u := user(s, "u1")
	s.Want(t, 201, call{Method: "POST", Path: "/v1/db/notes", Token: u, Body: `{"id":"held","title":"x"}`})
	ctx := context.Background()
	tx := begin(t, connect(t, p), "SELECT 1 FROM notes WHERE id = 'held' FOR UPDATE")
	var byStatus [600]atomic.Int64
	var all sync.WaitGroup
	for range 150 {
		all.Go(func() {
			a := s.Do(t, call{Method: "PATCH", Path: "/v1/db/notes/held", Token: u, Body: `{"stars":{"$inc":1}}`})
			byStatus[a.Status].Add(1)
		})
	}
	eventually(t, "what cannot wait is refused", func() bool { return byStatus[503].Load() >= 150-2-2*32 })
	if err := tx.Rollback(ctx); err != nil {
		t.Fatal(err)
	}
	all.Wait()
	if ok := byStatus[200].Load(); ok < 2 || ok+byStatus[503].Load() != 150 {
		t.Errorf("%d were done and %d refused", ok, byStatus[503].Load())
	}
	if a := s.Want(t, 200, call{Method: "GET", Path: "/v1/db/notes/held", Token: u}); !strings.Contains(a.Body, fmt.Sprintf(`"stars":%d,`, byStatus[200].Load())) {
		t.Errorf("%d increments were acknowledged: %s", byStatus[200].Load(), a.Body)
	}
}

// TestFault_AQueryEndsWithItsRequest: what waits longer than a request may is cancelled on the server.
func TestFault_AQueryEndsWithItsRequest(t *testing.T) {
	s, p := faulty(t, "", "limits: { timeout: 300ms }")
	u := user(s, "u1")
	s.Want(t, 201, call{Method: "POST", Path: "/v1/db/notes", Token: u, Body: `{"id":"held","title":"x"}`})
	ctx := context.Background()
	tx := begin(t, connect(t, p), "SELECT 1 FROM notes WHERE id = 'held' FOR UPDATE")
	for range 3 {
		if a := s.Do(t, call{Method: "PATCH", Path: "/v1/db/notes/held", Token: u, Body: `{"title":"y"}`}); a.Status != 504 || a.Code() != "timeout" {
			t.Errorf("got %d %s", a.Status, a.Body)
		}
	}
	watcher := connect(t, p)
	eventually(t, "the server has stopped the queries", func() bool {
		return waiting(t, watcher) == 0
	})
	if err := tx.Rollback(ctx); err != nil {
		t.Fatal(err)
	}
	if a := s.Want(t, 200, call{Method: "GET", Path: "/v1/db/notes/held", Token: u}); !strings.Contains(a.Body, `"title":"x"`) {
		t.Errorf("a change that was given up has happened: %s", a.Body)
	}
}

// TestBatch_Isolation says what a transaction is isolated from: an update is not lost, and what a rule
// has found stays as it was found until the end.
func TestBatch_Isolation(t *testing.T) {
	onEach(t, notes, func(t *testing.T, s *servertest.Instance) {
		u := user(s, "u1")
		s.Want(t, 201, call{Method: "POST", Path: "/v1/db/notes", Token: u, Body: `[{"id":"a","title":"x"},{"id":"b","title":"x"}]`})
		var all sync.WaitGroup
		for w := range 6 {
			all.Go(func() {
				ids := []string{"a", "b"}
				if w%2 == 1 { // the other way round: they meet, and one of two that wait for each other starts again
					ids = []string{"b", "a"}
				}
				for range 10 {
					s.Want(t, 200, call{Method: "POST", Path: "/v1/batch", Token: u, Body: `{"ops":[{"op":"update","collection":"notes","id":"` + ids[0] + `","doc":{"stars":{"$inc":1}}},{"op":"update","collection":"notes","id":"` + ids[1] + `","doc":{"stars":{"$inc":1}}}]}`})
				}
			})
		}
		all.Wait()
		for _, id := range []string{"a", "b"} {
			if a := s.Want(t, 200, call{Method: "GET", Path: "/v1/db/notes/" + id, Token: u}); !strings.Contains(a.Body, `"stars":60,`) {
				t.Errorf("an update was lost: %s", a.Body)
			}
		}
	})
}

// TestReplicas_AnswerReadsAndNeverHideOnesOwnWrites holds a replica back: others may read the past, the
// writer may not, nor who asks not to, and a replica that is gone is done without.
func TestReplicas_AnswerReadsAndNeverHideOnesOwnWrites(t *testing.T) {
	p := postgrestest.Start(t)
	replica, err := p.Replica()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := replica.Close(); err != nil {
			t.Error(err)
		}
	})
	config := strings.Replace(notes, `sqlite, url: "file:test.db"`, `postgres, url: "`+p.URL()+`", replicas: ["`+replica.URL()+`"]`, 1)
	s := servertest.Start(t, strings.Replace(config, `read:   'auth != nil && doc.owner == auth.id'`, `read:   'auth != nil'`, 1))
	a, b := user(s, "a"), user(s, "b")
	s.Want(t, 201, call{Method: "POST", Path: "/v1/db/notes", Token: a, Body: `{"id":"n","title":"old"}`})
	read := func(c call, token, consistency string) string {
		c.Token = token
		if consistency != "" {
			c.Header = map[string]string{"X-Basalt-Consistency": consistency}
		}
		return s.Do(t, c).Body
	}
	get := func(token, consistency string) string {
		return read(call{Method: "GET", Path: "/v1/db/notes/n?select=title"}, token, consistency)
	}
	ask := func(token, consistency string) string {
		return read(call{Method: "POST", Path: "/v1/db/notes/query", Body: `{"select":["title"]}`}, token, consistency)
	}
	eventually(t, "the replica has the document", func() bool { return get(b, "") == `{"title":"old"}` })
	behind := connect(t, replica)
	if _, err := behind.Exec(context.Background(), "SELECT pg_wal_replay_pause()"); err != nil {
		t.Fatal(err)
	}
	s.Want(t, 200, call{Method: "PATCH", Path: "/v1/db/notes/n", Token: a, Body: `{"title":"new"}`})
	for what, got := range map[string][2]string{
		"another's read":          {get(b, ""), `{"title":"old"}`},
		"the writer's read":       {get(a, ""), `{"title":"new"}`},
		"another's, when it asks": {get(b, "strong"), `{"title":"new"}`},
		"another's query":         {ask(b, ""), `{"items":[{"title":"old"}],"next":null}`},
		"the writer's query":      {ask(a, ""), `{"items":[{"title":"new"}],"next":null}`},
		"a strong query":          {ask(b, "strong"), `{"items":[{"title":"new"}],"next":null}`},
		"after all the queries":   {get(b, ""), `{"title":"old"}`},
	} {
		if got[0] != got[1] {
			t.Errorf("%s: got %s, want %s", what, got[0], got[1])
		}
	}
	if a := s.Do(t, call{Method: "GET", Path: "/v1/db/notes/n", Token: b, Header: map[string]string{"X-Basalt-Consistency": "eventual"}}); a.Status != 422 {
		t.Errorf("another consistency: %d", a.Status)
	}
	if err := replica.Stop(); err != nil {
		t.Fatal(err)
	}
	if got := get(b, ""); got != `{"title":"new"}` {
		t.Errorf("without the replica: %s", got)
	}
}

// TestFault_AQueryEndsWithItsClient: what a client waits for that has gone away is cancelled.
func TestFault_AQueryEndsWithItsClient(t *testing.T) {
	s, p := faulty(t, "", "limits: { timeout: 60s }")
	u := user(s, "u1")
	s.Want(t, 201, call{Method: "POST", Path: "/v1/db/notes", Token: u, Body: `{"id":"held","title":"x"}`})
	ctx := context.Background()
	tx := begin(t, connect(t, p), "SELECT 1 FROM notes WHERE id = 'held' FOR UPDATE")
	watcher := connect(t, p)
	c, err := net.Dial("tcp", strings.TrimPrefix(s.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	body := `{"title":"y"}`
	if _, err := fmt.Fprintf(c, "PATCH /v1/db/notes/held HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n%s", u, len(body), body); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the change waits", func() bool { return waiting(t, watcher) == 1 })
	if text := s.Want(t, 200, call{Method: "GET", Path: "/metrics"}).Body; !strings.Contains(text, `basalt_db_connections{database="main",state="used"} 1`) {
		t.Error("the metrics do not tell of the connection")
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the server has stopped the query", func() bool { return waiting(t, watcher) == 0 })
	if err := tx.Rollback(ctx); err != nil {
		t.Fatal(err)
	}
	if a := s.Want(t, 200, call{Method: "GET", Path: "/v1/db/notes/held", Token: u}); !strings.Contains(a.Body, `"title":"x"`) {
		t.Errorf("a change that was given up has happened: %s", a.Body)
	}
}

// TestIsolation_WhatARuleFindsStays: a membership that is being removed makes a create wait, and then
// refuses it; what a rule has *not* found may come to be at the same time, as the README says.
func TestIsolation_WhatARuleFindsStays(t *testing.T) {
	p := postgrestest.Start(t)
	config := strings.Replace(policy, `sqlite, url: "file:main.db"`, `postgres, url: "`+p.URL()+`"`, 1)
	config += `  seats:
    database: main
    fields: { room: { type: string, index: true } }
    rules: { read: 'true', create: '!exists("seats", {"room": next.room})' }
`
	s := worldOn(t, "main", config)
	ctx := context.Background()
	other := connect(t, p)
	tx := begin(t, other, "DELETE FROM members WHERE id = 'm2'")
	answer := make(chan servertest.Answer)
	go func() {
		answer <- s.Do(t, call{Method: "POST", Path: "/v1/db/notes", Token: user(s, "bob"), Body: `{"id":"late","team":"red","title":"x"}`})
	}()
	watcher := connect(t, p)
	eventually(t, "the create waits for what it has found", func() bool {
		return waiting(t, watcher) == 1
	})
	if err := tx.Commit(ctx); err != nil {
		t.Fatal(err)
	}
	if a := <-answer; a.Status != 403 {
		t.Errorf("a member that is gone has written: %d %s", a.Status, a.Body)
	}

	tx = begin(t, other, "INSERT INTO seats (id, room) VALUES ('s1', 'a')")
	s.Want(t, 201, call{Method: "POST", Path: "/v1/db/seats", Body: `{"room":"a"}`}) // it cannot see the other one yet
	if err := tx.Commit(ctx); err != nil {
		t.Fatal(err)
	}
	if got := s.Want(t, 200, call{Method: "GET", Path: "/v1/db/seats"}).IDs(t); len(got) != 2 {
		t.Errorf("got %v", got)
	}
	s.Want(t, 401, call{Method: "POST", Path: "/v1/db/seats", Body: `{"room":"a"}`})
}
