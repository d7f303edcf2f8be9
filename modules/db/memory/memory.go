// Package memory is the driver for a database in the memory of the process, for tests and demonstrations. Its
// documents are gone when the process ends.
//
// It is not for data that matters, or for more than one node. Readers see the last commit and never wait; one
// transaction writes at a time. A commit copies the list of the rows of each table that it changes.
package memory

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"sync/atomic"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

func init() {
	db.Register("memory", db.Registration{
		Open: Open, Check: check, Source: func(db.Config) db.Source { return source },
		Ephemeral: func(string) db.Config { return db.Config{} },
	})
}

func check(c db.Config) error {
	if c.URL != "" || len(c.Replicas) > 0 {
		return errors.New("memory: a database in memory has no url and no replicas")
	}
	return nil
}

// version is the content of a database after a commit, by name of the table. It is immutable.
type version map[string]*table

// Driver is an open database.
type Driver struct {
	// writing is held by the transaction that writes.
	writing chan struct{}
	closed  atomic.Bool
	current atomic.Pointer[version]

	mu       sync.Mutex // guards the fields below, and the order of commits in them
	watchers map[*changes]struct{}
	position uint64
}

// Open returns a new empty database.
func Open(_ context.Context, c db.Config) (db.Driver, error) {
	if err := check(c); err != nil {
		return nil, err
	}
	d := &Driver{writing: make(chan struct{}, 1), watchers: map[*changes]struct{}{}}
	d.current.Store(&version{})
	return d, nil
}

// ready refuses a call whose request has ended, or to a closed database.
func (d *Driver) ready(ctx context.Context) error {
	switch {
	case ctx.Err() != nil:
		return db.Timeout()
	case d.closed.Load():
		return errClosed
	}
	return nil
}

var errClosed = fault.Errorf(fault.Unavailable, "the server is shutting down")

// Correlates implements [db.Correlator].
func (d *Driver) Correlates() {}

// Searches implements [db.Searcher].
func (d *Driver) Searches() bool { return true }

// Ping implements [db.Driver].
func (d *Driver) Ping(ctx context.Context) error { return d.ready(ctx) }

// Close implements [db.Driver].
func (d *Driver) Close() error {
	d.writing <- struct{}{}
	d.closed.Store(true)
	<-d.writing
	d.mu.Lock()
	defer d.mu.Unlock()
	for w := range d.watchers {
		w.end(errClosed)
	}
	return nil
}

// Transaction implements [db.Driver].
func (d *Driver) Transaction(ctx context.Context, f func(db.Store) error) error {
	return d.write(ctx, func(t *transaction) error { return f(t) })
}

// Snapshots implements [db.Snapshotter].
func (d *Driver) Snapshots() bool { return true }

// Snapshot implements [db.Snapshotter].
func (d *Driver) Snapshot(ctx context.Context, f func(db.Store) error) error {
	if err := d.ready(ctx); err != nil {
		return err
	}
	return f(d.begin())
}

// begin returns a transaction on what is stored now.
func (d *Driver) begin() *transaction {
	return &transaction{driver: d, reader: reader{*d.current.Load()}, own: map[string]*table{}, touched: map[string][]string{}}
}

// write runs f in a transaction and commits it.
func (d *Driver) write(ctx context.Context, f func(*transaction) error) error {
	if err := d.ready(ctx); err != nil {
		return err
	}
	select {
	case d.writing <- struct{}{}:
	case <-ctx.Done():
		return db.Timeout()
	}
	defer func() { <-d.writing }()
	t := d.begin()
	err := f(t)
	if err == nil {
		err = d.ready(ctx) // after its deadline, report that nothing happened
	}
	if err == nil && len(t.own) > 0 {
		d.commit(t)
	}
	return err
}

// commit makes the tables of a transaction the current ones, and passes its changes to the watchers.
func (d *Driver) commit(t *transaction) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.position++
	for w := range d.watchers {
		w.take(t.touched, d.position)
	}
	d.current.Store(&t.version)
}

// transaction is the store inside a transaction. It has its own copies of the tables that it has changed.
type transaction struct {
	driver *Driver
	reader
	own     map[string]*table
	touched map[string][]string // ids by table
}

// change runs f on a copy of a table, which replaces the table if f succeeds.
func (t *transaction) change(ctx context.Context, c *db.Collection, f func(*table) (ids []string, err error)) error {
	if err := t.driver.ready(ctx); err != nil {
		return err
	}
	old := t.version[c.Table]
	if old == nil {
		return fmt.Errorf("memory: the table %s is missing", c.Table)
	}
	next := old.clone()
	ids, err := f(next)
	if err != nil {
		return err
	}
	if len(t.own) == 0 {
		t.version = maps.Clone(t.version)
	}
	t.version[c.Table], t.own[c.Table] = next, next
	t.touched[c.Table] = append(t.touched[c.Table], ids...)
	return nil
}

// Insert implements [db.Store].
func (t *transaction) Insert(ctx context.Context, c *db.Collection, rows []query.Row) error {
	return t.change(ctx, c, func(table *table) ([]string, error) { return table.insert(c, rows) })
}

// Update implements [db.Store].
func (t *transaction) Update(ctx context.Context, c *db.Collection, u db.Update) (n int64, rows []query.Row, err error) {
	selected, err := t.selected(ctx, c, u.Where)
	if err != nil || len(selected) == 0 {
		return 0, nil, err
	}
	err = t.change(ctx, c, func(table *table) (ids []string, err error) {
		rows, ids, err = table.update(c, selected, u.Set)
		return ids, err
	})
	n = int64(len(rows))
	if !u.Return || err != nil {
		rows = nil
	}
	return n, rows, err
}

// Delete implements [db.Store].
func (t *transaction) Delete(ctx context.Context, c *db.Collection, where query.Filter) (int64, error) {
	selected, err := t.selected(ctx, c, where)
	if err != nil || len(selected) == 0 {
		return 0, err
	}
	err = t.change(ctx, c, func(table *table) ([]string, error) { return table.remove(c, selected), nil })
	return int64(len(selected)), err
}

// Find implements [db.Store].
func (d *Driver) Find(ctx context.Context, c *db.Collection, f db.Find) ([]query.Row, error) {
	if err := d.ready(ctx); err != nil {
		return nil, err
	}
	return reader{*d.current.Load()}.Find(ctx, c, f)
}

// Count implements [db.Store].
func (d *Driver) Count(ctx context.Context, c *db.Collection, where query.Filter) (int64, error) {
	if err := d.ready(ctx); err != nil {
		return 0, err
	}
	return reader{*d.current.Load()}.Count(ctx, c, where)
}

// Aggregate implements [db.Store].
func (d *Driver) Aggregate(ctx context.Context, c *db.Collection, a db.Aggregate) ([][]query.Value, error) {
	if err := d.ready(ctx); err != nil {
		return nil, err
	}
	return reader{*d.current.Load()}.Aggregate(ctx, c, a)
}

// Insert implements [db.Store].
func (d *Driver) Insert(ctx context.Context, c *db.Collection, rows []query.Row) error {
	return d.write(ctx, func(t *transaction) error { return t.Insert(ctx, c, rows) })
}

// Update implements [db.Store].
func (d *Driver) Update(ctx context.Context, c *db.Collection, u db.Update) (n int64, rows []query.Row, err error) {
	err = d.write(ctx, func(t *transaction) error {
		n, rows, err = t.Update(ctx, c, u)
		return err
	})
	if err != nil {
		return 0, nil, err
	}
	return n, rows, nil
}

// Delete implements [db.Store].
func (d *Driver) Delete(ctx context.Context, c *db.Collection, where query.Filter) (n int64, err error) {
	err = d.write(ctx, func(t *transaction) error {
		n, err = t.Delete(ctx, c, where)
		return err
	})
	if err != nil {
		return 0, err
	}
	return n, nil
}
