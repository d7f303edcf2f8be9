package offline

import (
	"context"
	"errors"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"github.com/basalt-dev/basalt/config"
	"github.com/basalt-dev/basalt/modules/db"
	_ "github.com/basalt-dev/basalt/modules/db/sqlite"
	"github.com/basalt-dev/basalt/modules/files/local"
	_ "github.com/basalt-dev/basalt/modules/files/s3"
	"github.com/basalt-dev/basalt/modules/files/storage"
	"github.com/basalt-dev/basalt/modules/query"
)

var notes = db.Describe("notes", db.Column{Name: "id", Type: query.TypeID})

// copied is a database that is copied into a place, by a clock of the test.
type copied struct {
	t      *testing.T
	config *config.Config
	driver db.Driver
	clock  time.Time
	*Continuous
}

// configOf is a configuration that copies into a place: a directory, or what backups says of a bucket.
func configOf(t *testing.T, place string) *config.Config {
	t.Helper()
	path := filepath.Join(t.TempDir(), "basalt.yaml")
	text := "databases: { main: { driver: sqlite, url: \"file:app.db\" } }\nbackups: { to: " + place + ", continuous: true }\ncollections:\n  notes: { fields: {}, rules: { read: 'true' } }\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := config.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func copyOf(t *testing.T, place string) *copied {
	t.Helper()
	c := &copied{t: t, config: configOf(t, place), clock: time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)}
	d := c.config.Databases["main"]
	var err error
	if c.driver, err = db.Open(t.Context(), d.Driver, d.Settings(c.config.Dir)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.driver.Close() })
	if err := c.driver.Sync(t.Context(), []*db.Collection{notes}); err != nil {
		t.Fatal(err)
	}
	return c
}

func (c *copied) begin() {
	c.t.Helper()
	var err error
	if c.Continuous, err = Continue(c.t.Context(), c.config, "main", c.driver, func() time.Time { return c.clock }); err != nil {
		c.t.Fatal(err)
	}
}

func (c *copied) end() {
	c.t.Helper()
	if err := c.Close(); err != nil {
		c.t.Fatal(err)
	}
}

func (c *copied) insert(id string) {
	c.t.Helper()
	if err := c.driver.Insert(c.t.Context(), notes, []query.Row{{query.String(id)}}); err != nil {
		c.t.Fatal(err)
	}
}

// write writes a document at a time, and copies it.
func (c *copied) write(at time.Time, id string) {
	c.t.Helper()
	c.clock = at
	c.insert(id)
	if _, err := c.Step(c.t.Context()); err != nil {
		c.t.Fatal(err)
	}
}

// at restores a place to a time, and returns which documents there are.
func at(t *testing.T, place string, at time.Time, of string) (string, error) {
	t.Helper()
	c := configOf(t, place)
	if _, err := RestoreAt(t.Context(), c.Path, c.Backups.To, at, of, false); err != nil {
		return "", err
	}
	d := c.Databases["main"]
	driver, err := db.Open(t.Context(), d.Driver, d.Settings(c.Dir))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := driver.Find(t.Context(), notes, db.Find{Query: query.Query{Limit: 100}})
	if err := errors.Join(err, driver.Close()); err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, row := range rows {
		ids = append(ids, row[0].Text())
	}
	slices.Sort(ids)
	return strings.Join(ids, " "), nil
}

// TestContinuous_WhateverTheClockSays: a clock that goes back, while a server runs and between two, loses nothing: what was
// copied last is the newest, and of a time that was twice the later one is meant.
func TestContinuous_WhateverTheClockSays(t *testing.T) {
	t.Parallel()
	place := t.TempDir()
	c := copyOf(t, place)
	ten := c.clock
	c.begin()
	c.write(ten.Add(time.Minute), "a")
	c.write(ten.Add(5*time.Hour), "b") // which was wrong
	c.write(ten.Add(2*time.Minute), "c")
	c.end()
	c.clock = ten.Add(-time.Hour)
	c.insert("d")
	c.begin()
	c.write(ten.Add(-50*time.Minute), "e")
	c.end()
	for when, want := range map[time.Time]string{
		Newest:                     "a b c d e",
		ten.Add(-55 * time.Minute): "a b c d",
		ten.Add(3 * time.Minute):   "a b c d e",
	} {
		if got, err := at(t, place, when, ""); err != nil || got != want {
			t.Errorf("%s: got %q, %v, want %q", when, got, err, want)
		}
	}
}

// TestContinuous_TheBaseHasGone: steps without what they begin with are no copy, and that is said while there is another.
func TestContinuous_TheBaseHasGone(t *testing.T) {
	t.Parallel()
	for name, remove := range map[string]func(c *copied){
		"the base": func(c *copied) { _ = c.place.Delete(c.t.Context(), c.kept[0]) },
		"all of it": func(c *copied) {
			if err := os.RemoveAll(filepath.Join(c.config.Backups.To, "log")); err != nil {
				c.t.Fatal(err)
			}
		},
		"the last step": func(c *copied) { _ = c.place.Delete(c.t.Context(), c.kept[1]) },
	} {
		place := t.TempDir()
		c := copyOf(t, place)
		c.begin()
		c.write(c.clock.Add(time.Second), "a")
		remove(c)
		c.claim.renewed = time.Time{}
		c.insert("b")
		if _, err := c.Step(t.Context()); err == nil || !strings.Contains(err.Error(), "was removed") {
			t.Errorf("%s: got %v", name, err)
		}
		c.end()
		c.begin()
		c.end()
		if got, err := at(t, place, Newest, ""); err != nil || got != "a b" {
			t.Errorf("%s: then got %q, %v", name, got, err)
		}
	}
}

// TestContinuous_TwoDatabasesOfOneName are never mixed up, also when one server has followed another.
func TestContinuous_TwoDatabasesOfOneName(t *testing.T) {
	t.Parallel()
	place := t.TempDir()
	first, second := copyOf(t, place), copyOf(t, place)
	first.begin()
	first.write(first.clock.Add(time.Second), "first")
	first.end()
	second.begin()
	second.write(second.clock.Add(time.Hour), "second")
	if err := second.Forget(t.Context(), second.clock.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	second.end()
	if _, err := at(t, place, Newest, ""); err == nil || !strings.Contains(err.Error(), "say which one with --of") {
		t.Errorf("got %v", err)
	}
	for id, want := range map[string]string{first.claim.me.Database: "first", second.claim.me.Database: "second"} {
		if got, err := at(t, place, Newest, id); err != nil || got != want {
			t.Errorf("%s: got %q, %v", want, got, err)
		}
	}
	if _, err := at(t, place, Newest, "00000000"); err == nil || !strings.Contains(err.Error(), "several") {
		t.Errorf("of none: %v", err)
	}
}

// TestForget_LeavesNothingHalf: what is interrupted while it removes a generation has removed the base first, so that no
// moment comes back as another one, and the next removes the rest.
func TestForget_LeavesNothingHalf(t *testing.T) {
	t.Parallel()
	place := t.TempDir()
	c := copyOf(t, place)
	for _, id := range []string{"a", "b"} {
		c.begin()
		c.write(c.clock.Add(time.Second), id)
		c.end()
		c.clock = c.clock.Add(time.Hour)
		c.insert(id + "-between")
	}
	c.begin()
	defer c.end()
	c.place = &stopping{Storage: c.place, left: 1}
	if err := c.Forget(t.Context(), c.clock.Add(time.Second)); !errors.Is(err, errStopped) {
		t.Fatalf("got %v", err)
	}
	early := time.Date(2026, 3, 1, 10, 0, 30, 0, time.UTC)
	if got, err := at(t, place, early, ""); err == nil {
		t.Errorf("what is half removed was restored: %q", got)
	}
	c.place = c.place.(*stopping).Storage
	if err := c.Forget(t.Context(), c.clock.Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	dirs, err := filepath.Glob(filepath.Join(place, "log/main/*-*"))
	if err != nil || len(dirs) != 1 {
		t.Errorf("there is %v, %v", dirs, err)
	}
	if got, err := at(t, place, Newest, ""); err != nil || got != "a a-between b b-between" {
		t.Errorf("then: %q, %v", got, err)
	}
}

var errStopped = errors.New("the process was killed")

// stopping fails after some removals.
type stopping struct {
	storage.Storage
	left int
}

func (s *stopping) Delete(ctx context.Context, key string) error {
	if s.left--; s.left < 0 {
		return errStopped
	}
	return s.Storage.Delete(ctx, key)
}

// TestClaim_OneServerAtATime: who lives keeps the place, who was killed loses it, and who comes back is told.
func TestClaim_OneServerAtATime(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	place, err := local.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = place.Close() }()
	meanwhile := func() error { return nil } // what happens while b watches
	of := func(file string) *claim {
		c := newClaim(place, "main", "id", file)
		c.wait = func(context.Context) error { return meanwhile() }
		return c
	}
	a, again, b := of("/a.db"), of("/a.db"), of("/b.db")
	for _, c := range []*claim{a, again, a} { // a server that is started again
		if err := c.take(ctx); err != nil {
			t.Fatal(err)
		}
	}
	meanwhile = func() error { return a.write(ctx) }
	if err := b.take(ctx); err == nil || !strings.Contains(err.Error(), "/a.db") {
		t.Errorf("beside one that lives: %v", err)
	}
	meanwhile = func() error { return nil }
	if err := b.take(ctx); err != nil {
		t.Errorf("after one that was killed: %v", err)
	}
	a.renewed = time.Time{}
	if err := a.hold(ctx); err == nil || !strings.Contains(err.Error(), "/b.db") {
		t.Errorf("who comes back: %v", err)
	}
	a.release() // of the other's nothing
	if now, err := b.read(ctx); err != nil || now == nil || !now.same(b.me) {
		t.Errorf("the claim is %v, %v", now, err)
	}
	b.release()
	if _, err := place.Stat(ctx, b.key); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("after the release: %v", err)
	}
	if err := place.Put(ctx, b.key, strings.NewReader("no JSON"), 7); err != nil {
		t.Fatal(err)
	}
	if err := b.take(ctx); err != nil {
		t.Errorf("over what is none: %v", err)
	}
}

// TestContinuous_InABucket that does not answer for a while: what was written meanwhile is there afterwards, and what is said
// of it has no secret in it.
func TestContinuous_InABucket(t *testing.T) {
	t.Parallel()
	backend := s3mem.New()
	if err := backend.CreateBucket("safe"); err != nil {
		t.Fatal(err)
	}
	var away atomic.Bool
	inner := gofakes3.New(backend).Server()
	fake := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if away.Load() {
			http.Error(w, "away", http.StatusServiceUnavailable)
			return
		}
		inner.ServeHTTP(w, r)
	}))
	defer fake.Close()
	place := `"s3://safe/app", endpoint: "` + fake.URL + `", region: us-east-1, key: k, secret: the-secret-key, path_style: true`
	c := copyOf(t, place)
	c.begin()
	c.write(c.clock.Add(time.Second), "a")
	away.Store(true)
	c.insert("b")
	brief, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	c.claim.renewed = time.Time{}
	if _, err := c.Step(brief); err == nil || strings.Contains(err.Error(), "was removed") || strings.Contains(err.Error(), "the-secret-key") {
		t.Errorf("while it is away: %v", err)
	}
	away.Store(false)
	c.end()
	c.begin()
	c.write(c.clock.Add(time.Second), "c")
	c.end()
	if got, err := at(t, place, Newest, ""); err != nil || got != "a b c" {
		t.Errorf("got %q, %v", got, err)
	}
	c.begin() // where it has ended: without a new base
	c.insert("d")
	if _, err := c.Step(t.Context()); err != nil {
		t.Fatal(err)
	}
	list, err := backend.ListBucket("safe", &gofakes3.Prefix{}, gofakes3.ListBucketPage{})
	if err != nil {
		t.Fatal(err)
	}
	bases, claimed := 0, 0
	for _, o := range list.Contents {
		if strings.Contains(o.Key, "/00000000-") {
			bases++
		}
		if strings.HasSuffix(o.Key, claimSuffix) {
			claimed++
		}
	}
	c.end()
	if bases != 2 || claimed != 1 {
		t.Errorf("%d bases, %d claims", bases, claimed)
	}
	if _, err := backend.HeadObject("safe", "app/log/main"+claimSuffix); err == nil {
		t.Error("the claim stays")
	}
}
