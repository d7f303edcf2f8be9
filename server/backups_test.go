package server_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/basalt-dev/basalt/server/offline"
	"github.com/basalt-dev/basalt/server/servertest"
)

const keptConfig = `
databases: { main: { driver: sqlite, url: "file:app.db" } }
auth: { providers: { password: {} } }
storage: { disk: { driver: local, dir: bytes } }
backups: { to: kept, schedule: "0 3 * * *", keep: 3d }
log: { level: error }
collections:
  notes:  { fields: { text: { type: string } }, rules: { read: 'true', create: 'true' } }
  papers: { files: { storage: disk }, rules: { read: 'true', create: 'true', delete: 'true' } }
`

// TestBackups_AreMadeWhenTheyAreDue: a running server makes the backups of its schedule, with the files, forgets old ones and
// what only they had, and any of them can be restored elsewhere.
func TestBackups_AreMadeWhenTheyAreDue(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	var hours atomic.Int64
	begin := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	path := servertest.Write(t, keptConfig)
	s := servertest.StartFileNow(t, path, func() time.Time { return begin.Add(time.Duration(hours.Load()) * time.Hour) })
	place := filepath.Join(filepath.Dir(path), "kept")
	kept := func() (names []string) {
		entries, err := os.ReadDir(place)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if strings.HasSuffix(e.Name(), ".tar") {
				names = append(names, e.Name())
			}
		}
		return names
	}
	s.Backup()
	s.Want(t, 201, call{Method: "POST", Path: "/v1/auth/signup", Body: `{"email":"ada@example.com","password":"correct horse"}`})
	s.Want(t, 201, call{Method: "POST", Path: "/v1/db/notes", Body: `{"id":"first","text":"x"}`})
	s.Want(t, 201, call{Method: "PUT", Path: "/v1/files/papers?path=old.txt", Body: "old", Header: map[string]string{"Content-Type": "text/plain"}})
	s.Want(t, 201, call{Method: "PUT", Path: "/v1/files/papers?path=empty.txt", Body: "", Header: map[string]string{"Content-Type": "text/plain"}})
	hours.Store(2)
	if s.Backup(); len(kept()) != 0 {
		t.Errorf("before its time there is %v", kept())
	}
	hours.Store(4)
	s.Backup()
	s.Backup()
	if got := kept(); len(got) != 1 || got[0] != "basalt-20260301T030000Z.tar" {
		t.Errorf("after one night there is %v", got)
	}
	s.Want(t, 201, call{Method: "POST", Path: "/v1/db/notes", Body: `{"id":"second","text":"x"}`})
	s.Want(t, 201, call{Method: "PUT", Path: "/v1/files/papers?path=new.txt", Body: "new", Header: map[string]string{"Content-Type": "text/plain"}})
	hours.Store(3*24 + 4) // what was missed is one
	s.Backup()
	if got := kept(); len(got) != 2 || got[1] != "basalt-20260304T030000Z.tar" {
		t.Errorf("after three more nights there is %v", got)
	}
	for _, want := range []string{"basalt_backup_age_seconds 3600", `basalt_backups_total{outcome="done"} 2`} {
		if metrics := s.Want(t, 200, call{Method: "GET", Path: "/metrics"}).Body; !strings.Contains(metrics, want) {
			t.Errorf("the metrics lack %s", want)
		}
	}
	s.Stop()

	restore := func(name string) *servertest.Instance {
		t.Helper()
		to := servertest.Write(t, strings.Replace(keptConfig, "dir: bytes", "dir: elsewhere", 1))
		if k, err := offline.RestoreKept(ctx, to, place, name, false); err != nil || len(k.Databases) != 1 {
			t.Fatalf("restoring %q: %+v %v", name, k, err)
		}
		return servertest.StartFile(t, to)
	}
	newest, earlier := restore(""), restore("basalt-20260301T030000Z.tar")
	for _, r := range []*servertest.Instance{newest, earlier} {
		r.Want(t, 200, call{Method: "POST", Path: "/v1/auth/signin", Body: `{"email":"ada@example.com","password":"correct horse"}`})
		r.Want(t, 200, call{Method: "GET", Path: "/v1/db/notes/first"})
		for name, content := range map[string]string{"old": "old", "empty": ""} {
			if a := r.Want(t, 200, call{Method: "GET", Path: "/v1/files/papers?path=" + name + ".txt"}); a.Body != content {
				t.Errorf("%s.txt is %q", name, a.Body)
			}
		}
	}
	newest.Want(t, 200, call{Method: "GET", Path: "/v1/db/notes/second"})
	newest.Want(t, 200, call{Method: "GET", Path: "/v1/files/papers?path=new.txt"})
	earlier.Want(t, 404, call{Method: "GET", Path: "/v1/db/notes/second"})
	earlier.Want(t, 404, call{Method: "GET", Path: "/v1/files/papers?path=new.txt"})

	// What was changed in the place is noticed, and replaces nothing.
	var paper string
	if err := filepath.WalkDir(filepath.Join(place, "files"), func(path string, e os.DirEntry, err error) error {
		if err == nil && !e.IsDir() && paper == "" {
			if info, err := e.Info(); err == nil && info.Size() == 3 {
				paper = path
			}
		}
		return err
	}); err != nil || paper == "" {
		t.Fatalf("the bytes of files: %q %v", paper, err)
	}
	if err := os.WriteFile(paper, []byte("bad"), 0o600); err != nil {
		t.Fatal(err)
	}
	to := servertest.Write(t, strings.Replace(keptConfig, "dir: bytes", "dir: elsewhere", 1))
	if _, err := offline.RestoreKept(ctx, to, place, "", false); err == nil || !strings.Contains(err.Error(), "SHA-256") {
		t.Errorf("a changed file is restored: %v", err)
	}
	if _, err := os.Stat(filepath.Join(filepath.Dir(to), "app.db")); err == nil {
		t.Error("a database was restored although a file is damaged")
	}
	if _, err := offline.RestoreKept(ctx, path, place, "basalt-20260304T030000Z.tar", false); err == nil || !strings.Contains(err.Error(), "has data") {
		t.Errorf("a database with data is replaced: %v", err)
	}
}

// TestBackups_OfAnotherServerAreNone: two servers with one place and one schedule would both believe that they have a backup.
func TestBackups_OfAnotherServerAreNone(t *testing.T) {
	t.Parallel()
	var hours atomic.Int64
	begin := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	now := func() time.Time { return begin.Add(time.Duration(hours.Load()) * time.Hour) }
	place := t.TempDir()
	config := strings.Replace(keptConfig, "to: kept", "to: "+place, 1)
	one := servertest.Write(t, config)
	first, node, other := servertest.StartFileNow(t, one, now), servertest.StartFileNow(t, one, now), servertest.StartFileNow(t, servertest.Write(t, config), now)
	hours.Store(4)
	for _, s := range []*servertest.Instance{first, node, other} {
		s.Backup()
	}
	outcomes := func(s *servertest.Instance) string {
		metrics := s.Want(t, 200, call{Method: "GET", Path: "/metrics"}).Body
		for _, outcome := range []string{"done", "failed"} {
			if strings.Contains(metrics, `basalt_backups_total{outcome="`+outcome+`"} 1`) {
				return outcome
			}
		}
		return "none"
	}
	if got := outcomes(first) + " " + outcomes(node) + " " + outcomes(other); got != "done none failed" {
		t.Errorf("got %s", got)
	}
	if metrics := other.Want(t, 200, call{Method: "GET", Path: "/metrics"}).Body; strings.Contains(metrics, "\nbasalt_backup_age_seconds") {
		t.Error("the age of another's backup is told")
	}
	// With another schedule they are beside each other, and the newest is not simply taken.
	if err := os.WriteFile(one, []byte(strings.Replace(config, "0 3 * * *", "0 5 * * *", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := first.Reload(); err != nil {
		t.Fatal(err)
	}
	hours.Store(28)
	other.Backup()
	hours.Store(30)
	first.Backup()
	elsewhere := servertest.Write(t, config)
	if _, err := offline.RestoreKept(t.Context(), elsewhere, place, "", false); err == nil || !strings.Contains(err.Error(), "--name") {
		t.Errorf("of two databases: %v", err)
	}
	if _, err := offline.RestoreKept(t.Context(), elsewhere, place, offline.NameAt(begin.Add(29*time.Hour)), false); err != nil {
		t.Error(err)
	}
}

// TestBackups_OldOnesAreForgotten with what only they had; the newest stays, however old it is.
func TestBackups_OldOnesAreForgotten(t *testing.T) {
	t.Parallel()
	ctx, path := context.Background(), servertest.Write(t, keptConfig)
	s := servertest.StartFile(t, path)
	place := filepath.Join(t.TempDir(), "kept")
	begin := time.Now().Add(-100 * 24 * time.Hour).UTC().Truncate(time.Second)
	keep := func(day int) {
		t.Helper()
		if _, err := offline.Keep(ctx, path, place, begin.AddDate(0, 0, day), 10*24*time.Hour, nil, nil); err != nil {
			t.Fatal(err)
		}
	}
	keep(0)
	if _, err := offline.Keep(ctx, path, place, begin, 0, nil, nil); err == nil {
		t.Error("a backup replaces another")
	}
	s.Want(t, 201, call{Method: "POST", Path: "/v1/db/notes", Body: `{"text":"x"}`})
	keep(5)
	keep(16)
	entries, err := os.ReadDir(place)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), "basalt-") {
			names = append(names, e.Name())
		}
	}
	if want := offline.NameAt(begin.AddDate(0, 0, 16)); len(names) != 2 || names[0] != want || names[1] != want+".files" {
		t.Errorf("there is %v, want %s with its list", names, want)
	}
}
