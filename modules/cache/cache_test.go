package cache_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/basalt-dev/basalt/modules/cache"
	"github.com/basalt-dev/basalt/modules/changes"
	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/modules/shared/redistest"
)

// stored is a database of one document for tests: what there is, and how often it was asked.
type stored struct {
	value atomic.Int64
	asked atomic.Int64
	// slow, when it is set, is waited for after the value was read.
	slow atomic.Pointer[chan struct{}]
}

func (s *stored) load(context.Context) (cache.Entry, error) {
	v := s.value.Load()
	s.asked.Add(1)
	if slow := s.slow.Load(); slow != nil {
		<-*slow
	}
	return cache.Entry{Body: []byte(strconv.FormatInt(v, 10)), Tag: `"t"`}, nil
}

// write changes the value as a node does: it is stored, and the cache of the node is notified.
func (s *stored) write(ctx context.Context, n *node, v int64) cache.Version {
	ctx, seen := cache.Watch(ctx)
	_, _, _ = n.driver.Update(ctx, notes, db.Update{Where: notes.ByKey("1")})
	s.value.Store(v)
	_, _, _ = n.driver.Update(ctx, notes, db.Update{Where: notes.ByKey("1")}) // the change is reported here, and there is no database
	return seen.Versions()["notes"]
}

// nothing is a database that accepts everything and does nothing.
type nothing struct{ db.Driver }

func (nothing) Update(context.Context, *db.Collection, db.Update) (int64, []query.Row, error) {
	return 1, nil, nil
}

var notes = &db.Collection{
	Name: "notes", Table: "notes", Shape: query.NewShape([]query.Field{{Name: "id", Type: query.TypeID, NotNull: true}}),
	Columns: []db.Column{{Name: "id", Type: query.TypeID}},
}

// node is a cache with what it hangs on.
type node struct {
	*cache.Cache
	driver *changes.Driver
	feed   changes.Listener // what a feed of changes calls
}

func newNode(t *testing.T, url string) *node {
	t.Helper()
	c := cache.New(cache.Config{Now: time.Now, Size: 1 << 20, Loads: 8})
	if err := c.Use(url, map[string]bool{"notes": true, "members": false}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return &node{c, changes.NewDriver(nothing{}, c), c.Listener()}
}

func (n *node) get(t *testing.T, s *stored, after cache.Version) string {
	t.Helper()
	a, err := n.Get(context.Background(), document(after), s.load)
	if err != nil {
		t.Error(err)
	}
	return string(a.Body)
}

func document(after cache.Version) *cache.Query {
	return &cache.Query{Key: "get 1", Of: "notes", ID: "1", TTL: time.Minute, After: after}
}

// each runs a test in memory and with Redis. other makes another node of the same deployment, which without
// Redis shares nothing.
func each(t *testing.T, f func(t *testing.T, n *node, other func() *node)) {
	t.Run("memory", func(t *testing.T) { f(t, newNode(t, ""), func() *node { return newNode(t, "") }) })
	t.Run("redis", func(t *testing.T) {
		url := redistest.Start(t).URL()
		f(t, newNode(t, url), func() *node { return newNode(t, url) })
	})
}

func TestGet_AsksOnceAndAgainAfterAWrite(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, n *node, _ func() *node) {
		s := &stored{}
		for v := range int64(5) {
			s.write(t.Context(), n, v)
			for range 10 {
				if got := n.get(t, s, 0); got != strconv.FormatInt(v, 10) {
					t.Fatalf("got %s, want %d", got, v)
				}
			}
		}
		if asked := s.asked.Load(); asked != 5 {
			t.Errorf("the database was asked %d times for 5 values", asked)
		}
	})
}

// TestGet_ShowsNobodyWhatAWriteHasOvertaken: a read that has begun before a write and ends after it answers who
// has asked, and is not kept for any other caller, in no node.
func TestGet_ShowsNobodyWhatAWriteHasOvertaken(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, n *node, other func() *node) {
		s := &stored{}
		hold := make(chan struct{})
		s.slow.Store(&hold)
		begun := make(chan string, 1)
		go func() { begun <- n.get(t, s, 0) }()
		for s.asked.Load() == 0 {
			time.Sleep(time.Millisecond)
		}
		s.slow.Store(nil)
		s.write(t.Context(), n, 1)
		close(hold)
		<-begun
		if got := n.get(t, s, 0); got != "1" {
			t.Errorf("this node shows %s", got)
		}
		if got := other().get(t, s, 0); got != "1" {
			t.Errorf("another node shows %s", got)
		}
	})
}

func TestGet_ManyAtOnceAskOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, n *node, other func() *node) {
		nodes := []*node{n, other(), other()}
		s := &stored{}
		hold := make(chan struct{})
		s.slow.Store(&hold)
		var callers sync.WaitGroup
		for i := range 60 {
			callers.Go(func() { nodes[i%3].get(t, s, 0) })
		}
		time.Sleep(50 * time.Millisecond) // more of them wait; with fewer, the test shows less
		close(hold)
		callers.Wait()
		want := int64(3) // one a node
		if t.Name() == "TestGet_ManyAtOnceAskOnce/redis" {
			want = 1
		}
		if asked := s.asked.Load(); asked > want {
			t.Errorf("the database was asked %d times, not %d", asked, want)
		}
	})
}

// TestGet_ShowsAWriterItsWrite on a node that has not received it.
func TestGet_ShowsAWriterItsWrite(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, n *node, other func() *node) {
		b := other()
		s := &stored{}
		for v := int64(1); v < 20; v++ {
			b.get(t, s, 0)
			seen := s.write(t.Context(), n, v)
			if got := b.get(t, s, seen); got != strconv.FormatInt(v, 10) {
				t.Fatalf("after writing %d the writer reads %s", v, got)
			}
		}
	})
}

func TestReceive_ChangesVersionsOnceForAllNodes(t *testing.T) {
	t.Parallel()
	url := redistest.Start(t).URL()
	a, b := newNode(t, url), newNode(t, url)
	s := &stored{}
	for commit := uint64(1); commit <= 5; commit++ {
		s.value.Store(int64(commit)) // by another writer
		for _, n := range []*node{a, b} {
			n.feed.Receive([]db.Change{{Collection: notes, ID: "1", Position: commit}})
			if got := n.get(t, s, 0); got != strconv.FormatUint(commit, 10) {
				t.Fatalf("a node shows %s after it has received %d", got, commit)
			}
		}
	}
	if asked := s.asked.Load(); asked != 5 {
		t.Errorf("the database was asked %d times for 5 commits", asked)
	}
}

func TestGet_KeepsWhatIsNotThere(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, n *node, _ func() *node) {
		asked := 0
		for range 3 {
			a, err := n.Get(t.Context(), document(0), func(context.Context) (cache.Entry, error) {
				asked++
				return cache.Entry{Missing: true}, nil
			})
			if err != nil || !a.Missing {
				t.Errorf("got %+v %v", a, err)
			}
		}
		if asked != 1 {
			t.Errorf("the database was asked %d times", asked)
		}
		failed := errors.New("broken")
		for range 2 {
			if _, err := n.Get(t.Context(), &cache.Query{Key: "other", TTL: time.Minute}, func(context.Context) (cache.Entry, error) {
				return cache.Entry{}, failed
			}); !errors.Is(err, failed) {
				t.Errorf("an error is kept, or lost: %v", err)
			}
		}
	})
}

// TestGet_ListsChangeWithEveryDocument, and documents with those that are not named.
func TestGet_ListsChangeWithEveryDocument(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, n *node, _ func() *node) {
		s := &stored{}
		list := &cache.Query{Key: "list", Collections: []string{"notes"}, TTL: time.Minute}
		ask := func(q *cache.Query) {
			t.Helper()
			if _, err := n.Get(t.Context(), q, s.load); err != nil {
				t.Error(err)
			}
		}
		for _, step := range []struct {
			id    string
			asked int64
		}{{"1", 2}, {"2", 1}, {"2:1", 1}, {"", 2}} {
			ask(list)
			ask(document(0))
			before := s.asked.Load()
			n.feed.Receive([]db.Change{{Collection: notes, ID: step.id}})
			ask(list)
			ask(document(0))
			if asked := s.asked.Load() - before; asked != step.asked {
				t.Errorf("after a change of %q the database was asked %d times, not %d", step.id, asked, step.asked)
			}
		}
	})
}

// TestRedis_MayBeAway: answers go on, and what was written meanwhile is seen when it is back with what it had.
func TestRedis_MayBeAway(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	a, b := newNode(t, server.URL()), newNode(t, server.URL())
	s := &stored{}
	for round := int64(1); round <= 3; round++ {
		s.write(t.Context(), a, round*10)
		a.get(t, s, 0)
		b.get(t, s, 0)
		if err := server.Kill(); err != nil {
			t.Fatal(err)
		}
		seen := s.write(t.Context(), a, round*10+1)
		want := fmt.Sprint(round*10 + 1)
		if got := a.get(t, s, seen); got != want {
			t.Errorf("without Redis the writer reads %s, not %s", got, want)
		}
		if err := server.Run(); err != nil {
			t.Fatal(err)
		}
		for range 60 {
			if got := a.get(t, s, seen); got != want {
				t.Fatalf("with Redis back the writer reads %s, not %s", got, want)
			}
			if got := b.get(t, s, seen); got != want {
				t.Fatalf("with Redis back the writer reads %s from another node, not %s", got, want)
			}
			time.Sleep(10 * time.Millisecond)
		}
	}
}

// TestGet_GivesAnOldAnswerOnlyWhileItHearsOfChanges.
func TestGet_GivesAnOldAnswerOnlyWhileItHearsOfChanges(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, n *node, _ func() *node) {
		s := &stored{}
		q := &cache.Query{Key: "get 1", Of: "notes", ID: "1", TTL: time.Nanosecond, Stale: time.Minute}
		ask := func() string {
			t.Helper()
			a, err := n.Get(t.Context(), q, s.load)
			if err != nil {
				t.Error(err)
			}
			return string(a.Body)
		}
		s.value.Store(1)
		ask()
		s.value.Store(2)
		if got := ask(); got != "2" {
			t.Errorf("a node that hears nothing shows %s after the time is up", got)
		}
		n.feed.Began([]*db.Collection{notes}, nil)
		before := s.asked.Load()
		ask()
		for s.asked.Load() == before { // it is fetched meanwhile, and may not be the next value
			time.Sleep(time.Millisecond)
		}
		s.value.Store(3)
		if got := ask(); got != "2" {
			t.Errorf("a node that hears of no change waits for the database, and shows %s", got)
		}
		for ask() != "3" { // which is fetched meanwhile
			time.Sleep(time.Millisecond)
		}
	})
}

// TestGet_AFeedMayFollowAnother: after a reload the feed of the new configuration begins before that of the old one ends.
func TestGet_AFeedMayFollowAnother(t *testing.T) {
	t.Parallel()
	n := newNode(t, "")
	s := &stored{}
	q := &cache.Query{Key: "get 1", Of: "notes", ID: "1", TTL: time.Nanosecond, Stale: time.Minute}
	n.feed.Began([]*db.Collection{notes}, nil)
	next := n.Listener()
	next.Began([]*db.Collection{notes}, nil)
	n.feed.Lost()
	if _, err := n.Get(t.Context(), q, s.load); err != nil {
		t.Fatal(err)
	}
	s.value.Store(1)
	if a, err := n.Get(t.Context(), q, s.load); err != nil || string(a.Body) != "0" {
		t.Errorf("got %s %v, want the old answer: every change since then is received", a.Body, err)
	}
	next.Lost()
	if a, err := n.Get(t.Context(), q, s.load); err != nil || string(a.Body) != "1" {
		t.Errorf("got %s %v, want the new answer: changes are not received any more", a.Body, err)
	}
}

func TestUse_TellsNoSecret(t *testing.T) {
	t.Parallel()
	c := cache.New(cache.Config{Now: time.Now, Size: 1, Loads: 1})
	if err := c.Use("nonsense://user:hunter2@x", map[string]bool{"a": true}); err == nil || err.Error() != `redis: the url has the form "redis://user:password@host:6379/0"` {
		t.Errorf("got %v", err)
	}
}
