package offline_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/basalt-dev/basalt/server/offline"
	"github.com/basalt-dev/basalt/server/servertest"
)

const backedUp = `
databases: { main: { driver: sqlite, url: "file:app.db" }, logs: { driver: sqlite, url: "file:logs.db" } }
auth: { database: main, providers: { password: {} } }
log: { level: error }
collections:
  notes: { database: main, fields: { text: { type: string, search: true } }, rules: { read: 'true', create: 'true' } }
  lines: { database: logs, fields: { text: { type: string } }, rules: { read: 'true', create: 'true' } }
`

func file(t *testing.T, config string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "basalt.yaml")
	if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestBackup_OfARunningServerIsWhole takes a backup while documents are created, and serves it elsewhere: what was
// acknowledged before it began is there.
func TestBackup_OfARunningServerIsWhole(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	from, to := file(t, backedUp), file(t, backedUp)
	s := servertest.StartProcess(t, from).Instance(from)
	s.Want(t, 201, servertest.Call{Method: "POST", Path: "/v1/auth/signup", Body: `{"email":"ada@example.com","password":"correct horse"}`})
	s.Want(t, 201, servertest.Call{Method: "POST", Path: "/v1/db/lines", Body: `{"text":"a line"}`})
	var created atomic.Int64
	create := func() {
		s.Want(t, 201, servertest.Call{Method: "POST", Path: "/v1/db/notes", Body: fmt.Sprintf(`{"text":"note %d"}`, created.Add(1))})
	}
	for range 300 {
		create()
	}
	s.Want(t, 201, servertest.Call{Method: "POST", Path: "/v1/db/notes", Body: `{"text":"a needle"}`})
	created.Add(1)
	before := created.Load()
	writing, stop := context.WithCancel(ctx)
	var writers sync.WaitGroup
	writers.Go(func() {
		for writing.Err() == nil {
			create()
		}
	})
	backup := filepath.Join(t.TempDir(), "backup.tar")
	m, err := offline.Backup(ctx, from, backup, nil, nil)
	stop()
	writers.Wait()
	if err != nil || len(m.Databases) != 2 {
		t.Fatalf("%+v %v", m, err)
	}
	if info, err := os.Stat(backup); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info, err)
	}
	if _, err := offline.Backup(ctx, from, backup, nil, nil); err == nil {
		t.Error("a backup replaces another")
	}

	if _, err := offline.Restore(ctx, to, backup, false); err != nil {
		t.Fatal(err)
	}
	r := servertest.StartProcess(t, to).Instance(to)
	var page struct{ Total int64 }
	r.Want(t, 200, servertest.Call{Method: "GET", Path: "/v1/db/notes?count=true&limit=1"}).Decode(t, &page)
	if page.Total < before || page.Total > created.Load() {
		t.Errorf("%d notes are there, of %d before the backup and %d after it", page.Total, before, created.Load())
	}
	r.Want(t, 200, servertest.Call{Method: "GET", Path: "/v1/db/notes?count=true&filter=search(%22needle%22)"}).Decode(t, &page)
	if page.Total != 1 {
		t.Errorf("the search finds %d", page.Total)
	}
	r.Want(t, 200, servertest.Call{Method: "GET", Path: "/v1/db/lines?count=true"}).Decode(t, &page)
	if page.Total != 1 {
		t.Errorf("%d lines are there", page.Total)
	}
	r.Want(t, 200, servertest.Call{Method: "POST", Path: "/v1/auth/signin", Body: `{"email":"ada@example.com","password":"correct horse"}`})
	r.Want(t, 201, servertest.Call{Method: "POST", Path: "/v1/db/notes", Body: `{"text":"after"}`})
}

// TestRestore_ChangesNothingThatItShouldNot tries what must be refused. The database stays as it is.
func TestRestore_ChangesNothingThatItShouldNot(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	path := file(t, backedUp)
	process := servertest.StartProcess(t, path)
	s := process.Instance(path)
	s.Want(t, 201, servertest.Call{Method: "POST", Path: "/v1/db/notes", Body: `{"id":"old","text":"x"}`})
	backup := filepath.Join(t.TempDir(), "backup.tar")
	if _, err := offline.Backup(ctx, path, backup, nil, nil); err != nil {
		t.Fatal(err)
	}
	s.Want(t, 201, servertest.Call{Method: "POST", Path: "/v1/db/notes", Body: `{"id":"new","text":"x"}`})
	process.Stop()
	whole, err := os.ReadFile(backup)
	if err != nil {
		t.Fatal(err)
	}
	changed := append([]byte(nil), whole...)
	changed[len(changed)/2] ^= 1
	empty := file(t, backedUp)
	for _, c := range []struct {
		name, config string
		backup       []byte
		force        bool
		want         string
	}{
		{"a database with data", path, whole, false, "it has data"},
		{"half of a backup", empty, whole[:len(whole)/2], true, "not whole"},
		{"one that was changed", empty, changed, true, "it has changed since"},
		{"another file", empty, []byte("hello"), true, "not a backup of Basalt"},
		{"fewer databases", file(t, "databases: { main: { driver: sqlite, url: \"file:a.db\" } }\n"), whole, true, "no database of this name"},
		{"another driver", file(t, "databases: { main: { driver: memory }, logs: { driver: memory } }\n"), whole, true, "the driver sqlite"},
		{"a path as a name", empty, []byte(strings.Replace(string(whole), `"file": "logs.db"`, `"file": "/logs.d"`, 1)), true, "not that of a file"},
	} {
		if err := os.WriteFile(backup, c.backup, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := offline.Restore(ctx, c.config, backup, c.force); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, and no %q", c.name, err, c.want)
		}
	}
	process = servertest.StartProcess(t, path)
	process.Instance(path).Want(t, 200, servertest.Call{Method: "GET", Path: "/v1/db/notes/new"})
	process.Stop()
	if err := os.WriteFile(backup, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := offline.Restore(ctx, path, backup, true); err != nil {
		t.Fatal(err)
	}
	restored := servertest.StartProcess(t, path).Instance(path)
	restored.Want(t, 200, servertest.Call{Method: "GET", Path: "/v1/db/notes/old"})
	restored.Want(t, 404, servertest.Call{Method: "GET", Path: "/v1/db/notes/new"})
}

// TestRestore_RefusesADatabaseInUse: a server that runs would go on with what it remembers of the old one, and what it is
// sent meanwhile would be lost. None of several databases is replaced then.
func TestRestore_RefusesADatabaseInUse(t *testing.T) {
	t.Parallel()
	path := file(t, strings.Replace(backedUp, "auth: { database: main, providers: { password: {} } }", "", 1))
	copied := filepath.Join(t.TempDir(), "backup.tar")
	s := servertest.StartFile(t, path)
	post := func(path, id string) {
		s.Want(t, 201, servertest.Call{Method: "POST", Path: "/v1/db/" + path, Body: `{"id":"` + id + `"}`})
	}
	post("notes", "before")
	if _, err := offline.Backup(t.Context(), path, copied, nil, nil); err != nil {
		t.Fatal(err)
	}
	post("notes", "after")
	for _, force := range []bool{true, false} {
		if _, err := offline.Restore(t.Context(), path, copied, force); err == nil || force && !strings.Contains(err.Error(), "stop the server") {
			t.Errorf("got %v", err)
		}
	}
	s.Want(t, 200, servertest.Call{Method: "GET", Path: "/v1/db/notes/after"})
	post("lines", "still")
	s.Stop()
	if _, err := offline.Restore(t.Context(), path, copied, true); err != nil {
		t.Fatal(err)
	}
	s = servertest.StartFile(t, path)
	defer s.Stop()
	s.Want(t, 200, servertest.Call{Method: "GET", Path: "/v1/db/notes/before"})
	s.Want(t, 404, servertest.Call{Method: "GET", Path: "/v1/db/notes/after"})
	s.Want(t, 404, servertest.Call{Method: "GET", Path: "/v1/db/lines/still"})
	post("notes", "again")
}

// TestBackup_SaysWhatItCannotCopy refuses a backup that would lack a database without anyone noticing.
func TestBackup_SaysWhatItCannotCopy(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	path := file(t, "databases: { main: { driver: sqlite, url: \"file:app.db\" }, fast: { driver: memory } }\n")
	backup := filepath.Join(t.TempDir(), "backup.tar")
	if _, err := offline.Backup(ctx, path, backup, nil, nil); err == nil || !strings.Contains(err.Error(), "--only") {
		t.Errorf("got %v", err)
	}
	if left, err := os.ReadDir(filepath.Dir(backup)); err != nil || len(left) > 0 {
		t.Errorf("%v is left, %v", left, err)
	}
	if _, err := offline.Backup(ctx, path, backup, []string{"nothing"}, nil); err == nil {
		t.Error("a database that is not there is copied")
	}
	if m, err := offline.Backup(ctx, path, backup, []string{"main"}, nil); err != nil || len(m.Databases) != 1 {
		t.Errorf("%+v %v", m, err)
	}
}
