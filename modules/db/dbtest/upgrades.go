package dbtest

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// upgrades: many nodes that start at once upgrade the internal tables once, and an older release refuses newer ones.
func upgrades(t *testing.T, d db.Driver, c *db.Collection) {
	ctx, now := context.Background(), time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	must(t, db.CheckVersion(ctx, d, 0)) // there is none
	counter := c.Shape.Index("n")
	row := make(query.Row, len(c.Columns))
	row[c.Key], row[counter] = query.String("runs"), query.Int(0)
	must(t, d.Insert(ctx, c, []query.Row{row}))
	runs := func(s db.Store) int64 {
		rows, err := s.Find(ctx, c, db.Find{Query: query.Query{Where: c.ByKey("runs"), Limit: 1}})
		if err != nil || len(rows) != 1 {
			t.Errorf("reading the counter: %v, %v", rows, err)
			return 0
		}
		return rows[0][counter].Int()
	}
	var began [2]atomic.Int64 // how often, whether it was kept or not
	once := func(step int) db.Upgrade {
		return func(ctx context.Context, s db.Store) error {
			began[step].Add(1)
			_, _, err := s.Update(ctx, c, db.Update{Where: c.ByKey("runs"), Set: []db.Assignment{{Field: counter, Value: query.Int(runs(s) + 1)}}})
			return err
		}
	}
	failed := errors.New("it fails")
	if err := db.UpgradeTables(ctx, d, []db.Upgrade{func(context.Context, db.Store) error { return failed }}, "0.1", now); !errors.Is(err, failed) {
		t.Errorf("an upgrade that fails: %v", err)
	}
	var nodes sync.WaitGroup
	for range 5 {
		nodes.Go(func() {
			if err := db.UpgradeTables(ctx, d, []db.Upgrade{once(0), once(1)}, "0.2", now); err != nil {
				t.Errorf("a node that starts: %v", err)
			}
		})
	}
	nodes.Wait()
	if transactor, is := db.As[db.Transactor](d); is && !transactor.Atomic() { // each has run, and two at once may have read the same count
		if began[0].Load() == 0 || began[1].Load() == 0 {
			t.Errorf("the upgrades have begun %d and %d times", began[0].Load(), began[1].Load())
		}
	} else if n := runs(d); n != 2 {
		t.Errorf("two upgrades have run %d times", n)
	}
	var newer *db.NewerError
	if err := db.UpgradeTables(ctx, d, []db.Upgrade{once(0)}, "0.1", now); !errors.As(err, &newer) || newer.Version != 2 || newer.Known != 1 || newer.Release != "0.2" {
		t.Errorf("an older release: %v", err)
	}
	if err := db.CheckVersion(ctx, d, 1); !errors.As(err, &newer) {
		t.Errorf("a command of an older release: %v", err)
	}
	must(t, db.CheckVersion(ctx, d, 2))
}
