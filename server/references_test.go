package server_test

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/basalt-dev/basalt/modules/db/mongo/mongotest"
	"github.com/basalt-dev/basalt/modules/db/mysql/mysqltest"
	"github.com/basalt-dev/basalt/modules/db/postgres/postgrestest"
	"github.com/basalt-dev/basalt/server"
	"github.com/basalt-dev/basalt/server/servertest"
)

const family = `
databases: { main: { driver: sqlite, url: "file:test.db" } }
auth: { tokens: { secret: "0123456789abcdef0123456789abcdef" } }
admin: { keys: ["admin-key-admin-key"] }
log: { level: error }
collections:
  teams:
    fields: { owner: { type: string }, open: { type: bool } }
    rules: { read: 'doc.open || doc.owner == auth.id', create: 'auth != nil', update: 'true', delete: 'doc.owner == auth.id' }
  notes:
    cache: { ttl: 10m }
    fields: { text: { type: string }, team: { type: ref, to: teams, on_delete: cascade } }
    rules: { read: 'true', create: 'auth != nil', update: 'auth != nil', delete: 'false' }
  logs:
    fields: { team: { type: ref, to: teams, on_delete: null }, note: { type: ref, to: notes, on_delete: null } }
    rules: { read: 'true', create: 'auth != nil' }
  bills:
    fields: { team: { type: ref, to: teams, on_delete: restrict } }
    rules: { read: 'auth.role == "clerk"', create: 'auth != nil' }
`

// onMemory is the configuration with a database in memory.
func onMemory(config string) string {
	return strings.Replace(config, `sqlite, url: "file:test.db"`, "memory", 1)
}

// onMySQL is the configuration with a database of MariaDB.
func onMySQL(t *testing.T, config string) string {
	return strings.Replace(config, `sqlite, url: "file:test.db"`, fmt.Sprintf("mysql, url: %q", mysqltest.Database(t)), 1)
}

// TestReferences_HoldWhenTheParentGoes: what a delete takes along disappears for live queries and from the cache at once.
func TestReferences_HoldWhenTheParentGoes(t *testing.T) {
	t.Parallel()
	onEach(t, family, goesWithItsParent)
	t.Run("mysql", func(t *testing.T) { goesWithItsParent(t, servertest.Start(t, onMySQL(t, family))) })
	t.Run("memory", func(t *testing.T) { goesWithItsParent(t, servertest.Start(t, onMemory(family))) })
}

func goesWithItsParent(t *testing.T, s *servertest.Instance) {
	ann, bob := user(s, "ann"), user(s, "bob")
	s.Want(t, 201, call{Method: "POST", Path: "/v1/db/teams", Token: ann, Body: `[{"id":"a","owner":"ann"},{"id":"held","owner":"ann"},{"id":"b","owner":"bob"}]`})
	for _, hidden := range []string{"b", "none"} { // as ann sees it, there is neither
		a := s.Want(t, 422, call{Method: "POST", Path: "/v1/db/notes", Token: ann, Body: fmt.Sprintf(`{"team":%q}`, hidden)})
		if !strings.Contains(a.Body, `{"field":"team","code":"reference","detail":"there is no such document in teams"}`) {
			t.Errorf("%s: %s", hidden, a.Body)
		}
	}
	s.Want(t, 201, call{Method: "POST", Path: "/v1/db/notes", Token: ann, Body: `[{"id":"n1","team":"a"},{"id":"n2","team":"a"},{"id":"n3","team":"held"}]`})
	s.Want(t, 201, call{Method: "POST", Path: "/v1/db/notes", Token: bob, Body: `{"id":"n4","team":"b"}`})
	s.Want(t, 201, call{Method: "POST", Path: "/v1/db/logs", Token: ann, Body: `{"id":"l","team":"a","note":"n1"}`})
	s.Want(t, 201, call{Method: "POST", Path: "/v1/db/bills", Token: ann, Body: `{"id":"x","team":"held"}`})

	list := call{Path: "/v1/db/notes?sort=id", Token: bob}
	for range 2 {
		s.Want(t, 200, list) // now it is in the cache
	}
	l := s.Live(t, bob)
	for id, collection := range map[string]string{"1": "notes", "2": "logs"} {
		if err := l.Send(map[string]any{"id": id, "op": "subscribe", "collection": collection}); err != nil {
			t.Fatal(err)
		}
		l.Want(t, "snapshot")
	}
	if a := s.Want(t, 409, call{Method: "DELETE", Path: "/v1/db/teams/held", Token: ann}); strings.Contains(a.Body, "bills") || !strings.Contains(a.Body, `"code":"referenced"`) {
		t.Errorf("got %s", a.Body)
	}
	s.Want(t, 204, call{Method: "DELETE", Path: "/v1/db/teams/a", Token: ann})
	if ids := s.Want(t, 200, list).IDs(t); !slices.Equal(ids, []string{"n3", "n4"}) {
		t.Errorf("the cached list has %v", ids)
	}
	var told []string
	for range 3 {
		m := l.Want(t, "change")
		told = append(told, m.Type+" "+m.Key+string(m.Doc))
	}
	slices.Sort(told)
	if want := []string{`modified l{"id":"l","team":null,"note":null}`, "removed n1", "removed n2"}; !slices.Equal(told, want) {
		t.Errorf("the live queries were told %q, want %q", told, want)
	}
}

// TestReferences_GoInSteps: a delete that takes along more than limits.cascade is done in steps, each a transaction that live
// queries and caches follow.
func TestReferences_GoInSteps(t *testing.T) {
	t.Parallel()
	small := strings.Replace(family, "collections:", "limits: { cascade: 3 }\ncollections:", 1)
	onEach(t, small, goesInSteps)
	t.Run("mysql", func(t *testing.T) { goesInSteps(t, servertest.Start(t, onMySQL(t, small))) })
	t.Run("memory", func(t *testing.T) { goesInSteps(t, servertest.Start(t, onMemory(small))) })
}

func goesInSteps(t *testing.T, s *servertest.Instance) {
	ann, bob := user(s, "ann"), user(s, "bob")
	s.Want(t, 201, call{Method: "POST", Path: "/v1/db/teams", Token: ann, Body: `[{"id":"a","owner":"ann"},{"id":"b","owner":"bob"}]`})
	var notes []string
	for i := range 8 {
		notes = append(notes, fmt.Sprintf(`{"id":"n%d","team":"a"}`, i))
	}
	s.Want(t, 201, call{Method: "POST", Path: "/v1/db/notes", Token: ann, Body: "[" + strings.Join(notes, ",") + "]"})
	s.Want(t, 201, call{Method: "POST", Path: "/v1/db/notes", Token: bob, Body: `{"id":"other","team":"b"}`})
	list := call{Path: "/v1/db/notes?sort=id", Token: bob}
	s.Want(t, 200, list)
	l := s.Live(t, bob)
	if err := l.Send(map[string]any{"id": "1", "op": "subscribe", "collection": "notes"}); err != nil {
		t.Fatal(err)
	}
	l.Want(t, "snapshot")
	whole := call{Method: "DELETE", Path: "/v1/db/teams/a", Token: ann}
	if a := s.Want(t, 422, whole); !strings.Contains(a.Body, "steps=true") {
		t.Errorf("got %s", a.Body)
	}
	step := call{Method: "DELETE", Path: "/v1/db/teams/a?steps=true", Token: ann}
	s.Want(t, 422, call{Method: "DELETE", Path: "/v1/db/teams/a?steps=1", Token: ann})
	s.Want(t, 404, call{Method: "DELETE", Path: step.Path, Token: bob})
	if n := len(s.Want(t, 200, list).IDs(t)); n != 9 {
		t.Fatalf("%d notes are left of those that may not go", n)
	}
	for left := 9; ; {
		a := s.Do(t, step)
		ids := s.Want(t, 200, list).IDs(t)
		if a.Status == 204 {
			if !slices.Equal(ids, []string{"other"}) {
				t.Errorf("left are %v", ids)
			}
			break
		}
		if a.Status != 202 || a.Body != fmt.Sprintf(`{"count":%d}`, left-len(ids)) || len(ids) >= left {
			t.Fatalf("a step is answered by %d %s, and leaves %v", a.Status, a.Body, ids)
		}
		left = len(ids)
	}
	for range 8 {
		if m := l.Want(t, "change"); m.Type != "removed" || m.Key == "other" {
			t.Errorf("the live query was told %s %s", m.Type, m.Key)
		}
	}
	s.Want(t, 404, step)
}

// TestReferences_LeaveNoOrphans deletes parents while children are created and moved to them: whoever comes first, in
// the end no child refers to what is not there.
func TestReferences_LeaveNoOrphans(t *testing.T) {
	t.Parallel()
	onEach(t, family, leavesNoOrphans)
	t.Run("mysql", func(t *testing.T) { leavesNoOrphans(t, servertest.Start(t, onMySQL(t, family))) })
	t.Run("memory", func(t *testing.T) { leavesNoOrphans(t, servertest.Start(t, onMemory(family))) })
}

func leavesNoOrphans(t *testing.T, s *servertest.Instance) {
	ann := user(s, "ann")
	for round := range 20 {
		s.Want(t, 201, call{Method: "POST", Path: "/v1/db/teams", Token: ann, Body: fmt.Sprintf(`{"id":"t%d","owner":"ann"}`, round)})
		s.Want(t, 201, call{Method: "POST", Path: "/v1/db/notes", Token: ann, Body: fmt.Sprintf(`{"id":"moves%d"}`, round)})
		team := fmt.Sprintf(`{"team":"t%d"}`, round)
		var wg sync.WaitGroup
		begin := make(chan struct{})
		for _, c := range []call{
			{Method: "POST", Path: "/v1/db/notes", Body: team},
			{Method: "POST", Path: "/v1/db/bills", Body: team},
			{Method: "POST", Path: "/v1/db/logs", Body: team},
			{Method: "PATCH", Path: fmt.Sprintf("/v1/db/notes/moves%d", round), Body: team},
			{Method: "PATCH", Path: fmt.Sprintf("/v1/db/notes?filter=id=='moves%d'", round), Body: team},
			{Method: "DELETE", Path: fmt.Sprintf("/v1/db/teams/t%d", round)},
		} {
			c.Token = ann
			wg.Go(func() {
				<-begin
				if a := s.Do(t, c); a.Status >= 500 && a.Status != 503 {
					t.Errorf("%s %s: %d %s", c.Method, c.Path, a.Status, a.Body)
				}
			})
		}
		close(begin)
		wg.Wait()
	}
	teams := s.Want(t, 200, call{Path: "/v1/db/teams?limit=500", Token: admin}).IDs(t)
	for _, collection := range []string{"notes", "bills", "logs"} {
		var page struct{ Items []struct{ ID, Team string } }
		s.Want(t, 200, call{Path: "/v1/db/" + collection + "?limit=500", Token: admin}).Decode(t, &page)
		for _, child := range page.Items {
			if child.Team != "" && !slices.Contains(teams, child.Team) {
				t.Errorf("%s/%s refers to %s, which is not there", collection, child.ID, child.Team)
			}
		}
	}
}

// TestReferences_AreForeignKeys: tables that are there get theirs, unless documents break it, and other programs are held to
// them.
func TestReferences_AreForeignKeys(t *testing.T) {
	t.Parallel()
	url := postgrestest.Database(t)
	family := strings.Replace(strings.Replace(family, `sqlite, url: "file:test.db"`, `postgres, url: "`+url+`"`, 1), "type: ref, to: notes, on_delete: null", "type: ref, to: notes, check: none, on_delete: null", 1)
	func() {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		without := strings.NewReplacer(", on_delete: cascade", ", check: none", ", on_delete: null", "", ", on_delete: restrict", "").Replace(strings.ReplaceAll(family, ", check: none", ""))
		old, err := server.New(ctx, servertest.Write(t, without), server.Options{Version: "test", Log: io.Discard})
		if err == nil {
			err = old.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
	}()
	c, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(context.Background())
	exec := func(sql string) error { _, err := c.Exec(t.Context(), sql); return err }
	if err := exec("INSERT INTO teams (id, owner) VALUES ('a', 'ann'), ('c', 'ann'); INSERT INTO notes (id, team) VALUES ('n', 'a'), ('m', 'ghost')"); err != nil {
		t.Fatal(err)
	}
	if _, err := server.New(t.Context(), servertest.Write(t, family), server.Options{Version: "test", Log: io.Discard}); err == nil || !strings.Contains(err.Error(), `the field team of documents points to documents of teams that are not there`) || !strings.Contains(err.Error(), `"m" has "ghost"`) {
		t.Errorf("documents that point to nothing: %v", err)
	}
	if err := exec("DELETE FROM notes WHERE id = 'm'"); err != nil {
		t.Fatal(err)
	}
	s := servertest.Start(t, family)
	for _, sql := range []string{"DELETE FROM teams WHERE id = 'a'", "INSERT INTO notes (id, team) VALUES ('x', 'ghost')", "UPDATE logs SET team = 'ghost'; INSERT INTO logs (id, team) VALUES ('x', 'ghost')"} {
		if err := exec(sql); err == nil || !strings.Contains(err.Error(), "basalt_ref_") {
			t.Errorf("%s: %v", sql, err)
		}
	}
	if err := exec("INSERT INTO logs (id, note) VALUES ('x', 'ghost')"); err != nil {
		t.Errorf("check: none has a foreign key: %v", err)
	}
	s.Want(t, 204, call{Method: "DELETE", Path: "/v1/db/teams/a", Token: user(s, "ann")}) // with its note
	s.Want(t, 404, call{Path: "/v1/db/notes/n"})
}

// TestReferences_WithoutTransactions: what one statement can check is checked, and what needs more is refused at the
// start.
func TestReferences_WithoutTransactions(t *testing.T) {
	t.Parallel()
	config := strings.Replace(family, `sqlite, url: "file:test.db"`, `mongo, url: "`+mongotest.Database(t)+`"`, 1)
	s := servertest.Start(t, strings.NewReplacer(", on_delete: cascade", "", ", on_delete: null", "", ", on_delete: restrict", "").Replace(config))
	ann := user(s, "ann")
	s.Want(t, 201, call{Method: "POST", Path: "/v1/db/teams", Token: ann, Body: `{"id":"a","owner":"ann"}`})
	s.Want(t, 201, call{Method: "POST", Path: "/v1/db/notes", Token: ann, Body: `{"id":"n","team":"a"}`})
	s.Want(t, 422, call{Method: "POST", Path: "/v1/db/notes", Token: ann, Body: `{"team":"b"}`})
	for _, path := range []string{"/v1/db/notes/n", "/v1/db/notes?filter=true"} {
		s.Want(t, 422, call{Method: "PATCH", Path: path, Token: ann, Body: `{"team":"b"}`})
		s.Want(t, 200, call{Method: "PATCH", Path: path, Token: ann, Body: `{"team":"a"}`})
	}
	s.Want(t, 204, call{Method: "DELETE", Path: "/v1/db/teams/a", Token: ann})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if _, err := server.New(ctx, servertest.Write(t, config), server.Options{Version: "test", Log: io.Discard}); err == nil || !strings.Contains(err.Error(), "no transactions") {
		t.Errorf("it has started: %v", err)
	}
}

// TestReferences_ToWhatCannotBeLocked: a view of groups has no rows that a transaction could keep.
func TestReferences_ToWhatCannotBeLocked(t *testing.T) {
	t.Parallel()
	url := postgrestest.Database(t)
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if _, err := conn.Exec(t.Context(), `CREATE TABLE sales (region text); INSERT INTO sales VALUES ('north'); CREATE VIEW regions AS SELECT region AS id, count(*) AS n FROM sales GROUP BY region`); err != nil {
		t.Fatal(err)
	}
	s := servertest.Start(t, `
databases: { main: { driver: postgres, url: "`+url+`" } }
auth: { tokens: { secret: "0123456789abcdef0123456789abcdef" } }
collections:
  regions: { fields: { n: { type: int } }, rules: { read: 'true' } }
  shops: { fields: { region: { type: ref, to: regions } }, rules: { read: 'true', create: 'true' } }
`)
	s.Want(t, 201, call{Method: "POST", Path: "/v1/db/shops", Body: `{"region":"north"}`})
	s.Want(t, 422, call{Method: "POST", Path: "/v1/db/shops", Body: `{"region":"south"}`})
}
