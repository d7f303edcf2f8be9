package offline_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/basalt-dev/basalt/modules/db/postgres/postgrestest"
	"github.com/basalt-dev/basalt/server/offline"
	"github.com/basalt-dev/basalt/server/servertest"
)

// moving has every type, a field that is sealed and one that is hashed, a composite key and accounts.
const moving = `
auth: { providers: { password: {} } }
log: { level: error }
encryption: { keys: { k1: "u7Hq2mLr9TzVw4Kc8NbYs3Hd6JgPe5Ra" }, current: k1 }
collections:
  notes:
    fields:
      text: { type: string, search: true }
      n:    { type: int }
      f:    { type: float }
      b:    { type: bool, default: true }
      at:   { type: time }
      raw:  { type: bytes }
      j:    { type: json }
      next: { type: ref, to: notes, on_delete: cascade }
      pin:  { type: string, encrypt: true }
      code: { type: string, hash: true }
    rules: { read: 'true', create: 'true', update: 'true' }
  counts: { fields: { id: { type: int }, n: { type: int }, note: { type: ref, to: notes, on_delete: restrict } }, rules: { read: 'true', create: 'true' } }
  pairs:  { key: [a, b], fields: { id: { type: id }, a: { type: string }, b: { type: int }, n: { type: int } }, rules: { read: 'true', create: 'true' } }
  free:   { open: true, fields: { n: { type: int } }, rules: { read: 'true', create: 'true' } }
`

// TestExport_MovesToAnotherDatabase exports from SQLite, imports into PostgreSQL, and exports from there: the same files.
func TestExport_MovesToAnotherDatabase(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	from := file(t, `databases: { main: { driver: sqlite, url: "file:app.db" } }`+moving)
	to := file(t, fmt.Sprintf(`databases: { main: { driver: postgres, url: %q } }`, postgrestest.Database(t))+moving)
	s := servertest.StartProcess(t, from).Instance(from)
	s.Want(t, 201, servertest.Call{Method: "POST", Path: "/v1/auth/signup", Body: `{"email":"ada@example.com","password":"correct horse"}`})
	s.Want(t, 201, servertest.Call{Method: "POST", Path: "/v1/db/notes", Body: `{"id":"a","text":"the red fox","n":9007199254740993,"f":0.1,"b":false,"at":"2026-02-28T12:00:00.123456Z","raw":"AAH/","j":{"x":[1,"ü",null]},"pin":"1234","code":"secret"}`})
	var many []string
	for i := range 1201 { // three pages
		many = append(many, fmt.Sprintf(`{"id":"n%d","next":"a","n":%d}`, i, i))
		if len(many) == 400 || i == 1200 {
			s.Want(t, 201, servertest.Call{Method: "POST", Path: "/v1/db/notes", Body: "[" + strings.Join(many, ",") + "]"})
			many = nil
		}
	}
	s.Want(t, 201, servertest.Call{Method: "POST", Path: "/v1/db/counts", Body: `[{"n":1,"note":"n7"},{"n":2}]`}) // which are imported before the notes
	s.Want(t, 201, servertest.Call{Method: "POST", Path: "/v1/db/pairs", Body: `[{"a":"x~y","b":1},{"a":"x","b":2,"n":3}]`})
	s.Want(t, 201, servertest.Call{Method: "POST", Path: "/v1/db/free", Body: `[{"id":"a","n":1,"size":{"h":[1,null]},"color":"red","very big":9007199254740993},{"id":"b"}]`})

	dir, back := filepath.Join(t.TempDir(), "export"), filepath.Join(t.TempDir(), "back")
	e, err := offline.Export(ctx, from, dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := offline.Export(ctx, from, dir, nil); err == nil {
		t.Error("an export is written over another")
	}
	for range 2 { // an import may be run again
		if _, err := offline.Import(ctx, to, dir, offline.Importing{}); err != nil {
			t.Fatal(err)
		}
	}
	if plan, err := offline.Migrate(ctx, to, offline.MigratePlan, false); err != nil || len(plan) != 1 || len(plan[0].Steps) != 0 {
		t.Errorf("the foreign keys are not there afterwards: %+v, %v", plan, err)
	}
	again, err := offline.Export(ctx, to, back, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, one := range e.Files {
		if one != again.Files[i] {
			t.Errorf("%+v is %+v in the other database", one, again.Files[i])
		}
	}

	r := servertest.StartProcess(t, to).Instance(to)
	r.Want(t, 200, servertest.Call{Method: "POST", Path: "/v1/auth/signin", Body: `{"email":"ada@example.com","password":"correct horse"}`})
	old, moved := s.Want(t, 200, servertest.Call{Method: "GET", Path: "/v1/db/notes/a"}), r.Want(t, 200, servertest.Call{Method: "GET", Path: "/v1/db/notes/a"})
	if old.Body != moved.Body || !strings.Contains(moved.Body, `"pin":"1234"`) {
		t.Errorf("%s has become %s", old.Body, moved.Body)
	}
	var page struct{ Total int64 }
	for path, want := range map[string]int64{
		"/v1/db/notes?count=true&filter=search(%22fox%22)": 1, "/v1/db/notes?count=true": 1202, "/v1/db/pairs?count=true": 2, "/v1/db/free?count=true&filter=color==%22red%22": 1, "/v1/db/notes?count=true&filter=next==%22a%22": 1201,
	} {
		if r.Want(t, 200, servertest.Call{Method: "GET", Path: path}).Decode(t, &page); page.Total != want {
			t.Errorf("%s finds %d, not %d", path, page.Total, want)
		}
	}
	r.Want(t, 201, servertest.Call{Method: "POST", Path: "/v1/db/counts", Body: `{"n":3}`}) // the sequence goes on
}

// TestImport_RefusesWhatDoesNotFit leaves what is there as it is.
func TestImport_RefusesWhatDoesNotFit(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	const config = `
databases: { main: { driver: sqlite, url: "file:app.db" } }
log: { level: error }
collections: { notes: { fields: { n: { type: int } }, rules: { read: 'true', create: 'true' } } }
`
	from := file(t, config)
	process := servertest.StartProcess(t, from)
	process.Instance(from).Want(t, 201, servertest.Call{Method: "POST", Path: "/v1/db/notes", Body: `[{"id":"a","n":1},{"id":"b","n":2}]`})
	process.Stop()
	export := func() string {
		dir := filepath.Join(t.TempDir(), "export")
		if _, err := offline.Export(ctx, from, dir, nil); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	rewrite := func(dir, name, old, now string) string {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), []byte(strings.Replace(string(text), old, now, 1)), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		return dir
	}
	other := file(t, config)
	started := servertest.StartProcess(t, other)
	started.Instance(other).Want(t, 201, servertest.Call{Method: "POST", Path: "/v1/db/notes", Body: `{"id":"b","n":7}`})
	started.Stop()
	for _, c := range []struct{ name, config, dir, want string }{
		{"a file that was changed", file(t, config), rewrite(export(), "notes.jsonl", `"n":1`, `"n":5`), "has changed since"},
		{"not an export", file(t, config), t.TempDir(), "not an export of Basalt"},
		{"a collection less", file(t, strings.Replace(config, "notes", "others", 1)), export(), "has no notes"},
		{"a field less", file(t, strings.Replace(config, "fields: { n:", "fields: { m:", 1)), export(), `no field "n"`},
		{"a field of another type", file(t, strings.Replace(config, "int", "bool", 1)), export(), "line 1: n must be true or false"},
		{"a document that differs", other, export(), `another document with the id "b"`},
		{"another version", file(t, config), rewrite(export(), "basalt.json", `"version": 1`, `"version": 9`), "version 9"},
	} {
		if done, err := offline.Import(ctx, c.config, c.dir, offline.Importing{}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v %v, and no %q", c.name, done, err, c.want)
		}
	}
	left := servertest.StartProcess(t, other).Instance(other)
	left.Want(t, 404, servertest.Call{Method: "GET", Path: "/v1/db/notes/a"}) // a page is written whole, or not at all
}
