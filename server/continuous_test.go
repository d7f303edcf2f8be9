package server_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/basalt-dev/basalt/server/offline"
	"github.com/basalt-dev/basalt/server/servertest"
)

const continuousConfig = `
databases: { main: { driver: sqlite, url: "file:data/app.db" } }
storage: { disk: { driver: local, dir: bytes } }
backups: { to: kept, continuous: true }
log: { level: error }
collections:
  notes:  { fields: { text: { type: string } }, rules: { read: 'true', create: 'true', delete: 'true' } }
  papers: { files: { storage: disk }, rules: { read: 'true', create: 'true' } }
`

// answeredWrite is a document, and when its write was sent and answered.
type answeredWrite struct {
	id          string
	sent, ended time.Time
}

// restoredAt restores a place to a moment elsewhere, and returns which notes there are.
func restoredAt(t *testing.T, place string, at time.Time) (offline.RestoredAt, map[string]bool) {
	t.Helper()
	path := servertest.Write(t, strings.Replace(continuousConfig, "backups: { to: kept, continuous: true }", "", 1))
	out, err := offline.RestoreAt(context.Background(), path, place, at, "", false)
	if err != nil {
		t.Fatal(err)
	}
	s := servertest.StartFile(t, path)
	defer s.Stop()
	ids := map[string]bool{}
	for cursor := ""; ; {
		path := "/v1/db/notes?select=id&limit=500"
		if cursor != "" {
			path += "&after=" + url.QueryEscape(cursor)
		}
		var page struct {
			Items []struct{ ID string }
			Next  string
		}
		s.Want(t, 200, call{Method: "GET", Path: path}).Decode(t, &page)
		for _, d := range page.Items {
			ids[d.ID] = true
		}
		if cursor = page.Next; cursor == "" {
			return out[0], ids
		}
	}
}

// TestContinuous_AnyMomentComesBack: a server is killed while it writes, and its disk is lost. Of each moment, also of the
// last one, the restored database has what was answered before, and nothing that was sent later.
func TestContinuous_AnyMomentComesBack(t *testing.T) {
	t.Parallel()
	path := servertest.Write(t, continuousConfig)
	var all []answeredWrite
	var mu sync.Mutex
	run := func(from int, stop func(n int) bool) {
		p := servertest.StartProcess(t, path)
		ctx, end := context.WithCancel(t.Context())
		var writers sync.WaitGroup
		for w := range 4 {
			writers.Go(func() {
				for i := from; ctx.Err() == nil; i++ {
					one := answeredWrite{id: fmt.Sprintf("%d-%06d", w, i), sent: time.Now()}
					body := fmt.Sprintf(`{"id":%q,"text":%q}`, one.id, strings.Repeat("x", 1000))
					a, err := http.Post(p.URL+"/v1/db/notes", "application/json", strings.NewReader(body))
					if err != nil {
						return // it was killed
					}
					_ = a.Body.Close() // nothing of it was read
					if a.StatusCode != 201 {
						t.Errorf("got %d", a.StatusCode)
						return
					}
					one.ended = time.Now()
					time.Sleep(10 * time.Millisecond)
					mu.Lock()
					all = append(all, one)
					mu.Unlock()
				}
			})
		}
		servertest.Eventually(t, "enough is written and copied", func() bool {
			mu.Lock()
			defer mu.Unlock()
			return stop(len(all))
		})
		p.Kill()
		end()
		writers.Wait()
	}
	place := filepath.Join(filepath.Dir(path), "kept")
	steps := func() (n int) {
		matches, err := filepath.Glob(filepath.Join(place, "log/main/*/*.zst"))
		if err != nil {
			t.Fatal(err)
		}
		return len(matches)
	}
	run(0, func(n int) bool { return n > 200 && steps() > 3 })
	before := steps()
	run(1_000_000, func(n int) bool { return n > 400 && steps() > before+3 })
	killed := time.Now()
	if err := os.RemoveAll(filepath.Join(filepath.Dir(path), "data")); err != nil {
		t.Fatal(err)
	}
	first, last := all[len(all)/4].ended, all[len(all)-1].ended
	for i := range 4 {
		at := first.Add(last.Sub(first) * time.Duration(i) / 3)
		if i == 3 {
			at = killed
		}
		r, ids := restoredAt(t, place, at)
		missing := 0
		for _, w := range all {
			if w.ended.Before(r.At) && !ids[w.id] {
				t.Fatalf("%s was answered at %s, and is not there at %s", w.id, w.ended, r.At)
			}
			if w.sent.After(at) && ids[w.id] {
				t.Fatalf("%s was sent at %s, and is there at %s", w.id, w.sent, at)
			}
			if w.ended.Before(at) && !ids[w.id] {
				missing++
			}
		}
		t.Logf("%d of %d writes, %d steps; %s of the moment are missing, with %d writes", len(ids), len(all), r.Steps, at.Sub(r.At), missing)
	}
}

// TestContinuous_AsItRuns: steps come while it runs, a reload changes where to, and what a node that stops has answered is
// copied, with nothing left behind beside the database.
func TestContinuous_AsItRuns(t *testing.T) {
	t.Parallel()
	path := servertest.Write(t, continuousConfig)
	s := servertest.StartFile(t, path)
	dir := filepath.Dir(path)
	copied := func(place string) int {
		matches, err := filepath.Glob(filepath.Join(dir, place, "log/main/*/*.zst"))
		if err != nil {
			t.Fatal(err)
		}
		return len(matches)
	}
	servertest.Eventually(t, "there is a base", func() bool { return copied("kept") == 1 })
	s.Want(t, 201, call{Method: "POST", Path: "/v1/db/notes", Body: `{"id":"first"}`})
	servertest.Eventually(t, "there is a step", func() bool { return copied("kept") == 2 })
	if metrics := s.Want(t, 200, call{Method: "GET", Path: "/metrics"}).Body; !strings.Contains(metrics, `basalt_backup_copied_timestamp_seconds{database="main"}`) {
		t.Error("the metrics do not say until when it is copied")
	}
	if err := os.WriteFile(path, []byte(strings.Replace(continuousConfig, "to: kept", "to: moved", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.Reload(); err != nil {
		t.Fatal(err)
	}
	servertest.Eventually(t, "the other place has a base", func() bool { return copied("moved") == 1 })
	s.Want(t, 201, call{Method: "POST", Path: "/v1/db/notes", Body: `{"id":"last"}`})
	s.Stop()
	if _, ids := restoredAt(t, filepath.Join(dir, "moved"), time.Now()); !ids["first"] || !ids["last"] {
		t.Errorf("there is %v", ids)
	}
	entries, err := os.ReadDir(filepath.Join(dir, "data"))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".basalt") {
			t.Errorf("%s is left", e.Name())
		}
	}
}

// TestRestoreAt_SaysWhatCannotBe: a moment before the first, a step that is missing or changed, a database with data.
func TestRestoreAt_SaysWhatCannotBe(t *testing.T) {
	t.Parallel()
	path := servertest.Write(t, continuousConfig)
	s := servertest.StartFile(t, path)
	place := filepath.Join(filepath.Dir(path), "kept")
	steps := func() (names []string) {
		names, err := filepath.Glob(filepath.Join(place, "log/main/*/*.zst"))
		if err != nil {
			t.Fatal(err)
		}
		return names
	}
	servertest.Eventually(t, "there is a base", func() bool { return len(steps()) == 1 }) // which would have the first write otherwise
	for i := range 3 {
		s.Want(t, 201, call{Method: "POST", Path: "/v1/db/notes", Body: `{}`})
		servertest.Eventually(t, "it is copied", func() bool { return len(steps()) >= i+2 })
	}
	s.Stop()
	fails := func(path, why string, at time.Time) {
		t.Helper()
		if _, err := offline.RestoreAt(context.Background(), path, place, at, "", false); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("got %v, want %s", err, why)
		}
	}
	elsewhere := servertest.Write(t, strings.Replace(continuousConfig, "backups: { to: kept, continuous: true }", "", 1))
	fails(path, "--force", time.Now())
	fails(elsewhere, "nothing from before", time.Now().Add(-time.Hour))
	second := steps()[2]
	content, err := os.ReadFile(second)
	if err != nil {
		t.Fatal(err)
	}
	changed := append([]byte(nil), content...)
	changed[len(changed)/2] ^= 1
	for _, bad := range [][]byte{changed, content[:len(content)-1], {}} {
		if err := os.WriteFile(second, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		fails(elsewhere, filepath.Base(second), time.Now())
	}
	if err := os.Remove(second); err != nil {
		t.Fatal(err)
	}
	fails(elsewhere, "the step 2 is missing", time.Now())
}
