package dbtest

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// watches checks that no change is missed: of single rows, of many, of transactions; and that rolled back changes
// are not reported.
func watches(t *testing.T, d db.Driver, c *db.Collection) {
	watcher, ok := db.As[db.Watcher](d)
	if !ok {
		t.Skip("the driver does not report changes")
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if source := watcher.Source(ctx); !source.Complete {
		t.Skipf("the source is %s", source.Name)
	}
	must(t, d.Insert(ctx, c, []query.Row{row("before", nil)}))
	w, err := watcher.Watch(ctx, []*db.Collection{c})
	must(t, err)
	defer w.Close()

	next := func(what string, want ...string) {
		t.Helper()
		var got []string
		for len(got) < len(want) {
			changes, err := w.Next(ctx)
			if err != nil {
				t.Fatalf("%s: %v after %v, want %v", what, err, got, want)
			}
			for _, change := range changes {
				if change.Collection != c {
					t.Fatalf("%s: a change of %v", what, change.Collection)
				}
				got = append(got, change.ID)
			}
		}
		slices.Sort(got)
		if got = slices.Compact(got); !slices.Equal(got, want) {
			t.Errorf("%s: changed %v, want %v", what, got, want)
		}
	}
	must(t, d.Insert(ctx, c, []query.Row{row("a", nil)}))
	next("an insert", "a")
	must(t, d.Insert(ctx, c, []query.Row{row("b", nil), row("c", nil), row("d", nil)}))
	next("three inserts", "b", "c", "d")
	_, _, err = d.Update(ctx, c, db.Update{Where: query.True, Set: []db.Assignment{{Field: 3, Value: query.Int(7)}}})
	must(t, err)
	next("an update of all", "a", "b", "before", "c", "d")
	_, err = d.Delete(ctx, c, c.ByKey("b"))
	must(t, err)
	next("a delete", "b")

	failed := d.Transaction(ctx, func(s db.Store) error {
		must(t, s.Insert(ctx, c, []query.Row{row("never", nil)}))
		return fmt.Errorf("enough")
	})
	if failed == nil {
		t.Fatal("the transaction has not failed")
	}
	must(t, d.Transaction(ctx, func(s db.Store) error {
		must(t, s.Insert(ctx, c, []query.Row{row("e", nil)}))
		_, err := s.Delete(ctx, c, c.ByKey("c"))
		return err
	}))
	next("a transaction after one that failed", "c", "e")

	// After CatchUp, everything that a read has seen has been reported.
	for i := range 50 {
		id := fmt.Sprintf("s%d", i)
		written := make(chan error, 1)
		go func() { written <- d.Insert(ctx, c, []query.Row{row(id, nil)}) }()
		for {
			rows, err := d.Find(ctx, c, db.Find{Query: query.Query{Where: c.ByKey(id)}})
			must(t, err)
			if len(rows) == 1 {
				break
			}
		}
		changes, err := w.CatchUp(ctx)
		must(t, err)
		if !slices.ContainsFunc(changes, func(change db.Change) bool { return change.ID == id }) {
			t.Fatalf("CatchUp lacks %s, which a read has seen: %v", id, changes)
		}
		must(t, <-written)
	}
	short, end := context.WithTimeout(ctx, 50*time.Millisecond)
	defer end()
	if changes, err := w.Next(short); err == nil {
		t.Errorf("reported %v, which no write has changed", changes)
	}
}
