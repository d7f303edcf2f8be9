package memory

import (
	"context"
	"sync"

	"github.com/basalt-dev/basalt/modules/db"
)

var source = db.Source{Name: "the commits of this process", Complete: true}

// maxQueued limits the changes that wait for a watcher. Beyond it only their collections are reported.
const maxQueued = 10_000

// Source implements [db.Watcher].
func (d *Driver) Source(context.Context) db.Source { return source }

// Unsupported implements [db.Watcher].
func (d *Driver) Unsupported(context.Context, []*db.Collection) (map[*db.Collection]error, error) {
	return nil, nil
}

// Position implements [db.Positioner].
func (d *Driver) Position(context.Context) (uint64, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.position, nil
}

// Watch implements [db.Watcher].
func (d *Driver) Watch(ctx context.Context, collections []*db.Collection) (db.Changes, error) {
	if err := d.ready(ctx); err != nil {
		return nil, err
	}
	w := &changes{driver: d, tables: map[string]*db.Collection{}, news: make(chan struct{}, 1)}
	for _, c := range collections {
		w.tables[c.Table] = c
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.watchers[w] = struct{}{}
	return w, nil
}

// changes is a position in the commits of a database.
type changes struct {
	driver *Driver
	tables map[string]*db.Collection
	news   chan struct{} // there is something to return

	mu     sync.Mutex // guards the fields below
	queued []db.Change
	failed error
}

// take queues the changes of a commit.
func (w *changes) take(touched map[string][]string, position uint64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for name, ids := range touched {
		c := w.tables[name]
		if c == nil {
			continue
		}
		for _, id := range ids {
			w.queued = append(w.queued, db.Change{Collection: c, ID: id, Position: position})
		}
	}
	if len(w.queued) > maxQueued {
		w.queued = nil
		for _, c := range w.tables {
			w.queued = append(w.queued, db.Change{Collection: c, Position: position})
		}
	}
	if len(w.queued) > 0 {
		w.wake()
	}
}

func (w *changes) wake() {
	select {
	case w.news <- struct{}{}:
	default:
	}
}

// end makes the watcher fail.
func (w *changes) end(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.failed = err
	w.wake()
}

// Next implements [db.Changes].
func (w *changes) Next(ctx context.Context) ([]db.Change, error) {
	for {
		if out, err := w.CatchUp(ctx); err != nil || len(out) > 0 {
			return out, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-w.news:
		}
	}
}

// CatchUp implements [db.Changes]. A commit is queued before a read can see it, and returned when every read can: the
// driver's lock is held until then.
func (w *changes) CatchUp(context.Context) ([]db.Change, error) {
	w.driver.mu.Lock()
	defer w.driver.mu.Unlock()
	w.mu.Lock()
	defer w.mu.Unlock()
	out := w.queued
	w.queued = nil
	return out, w.failed
}

// Close implements [db.Changes].
func (w *changes) Close() error {
	w.driver.mu.Lock()
	defer w.driver.mu.Unlock()
	delete(w.driver.watchers, w)
	return nil
}
