// Package mysql is the driver for MariaDB and MySQL, over github.com/go-sql-driver/mysql. What the two do differently is
// in flavor.go.
//
// Statements get their values in the client, which spares a round trip each. A query is cancelled on the server when its
// request ends. Transactions run at READ COMMITTED. Rows that an operation reads to make a decision are locked, so that
// no update is lost and what a rule has found stays true. Deadlocks are retried a limited number of times.
package mysql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

func init() {
	db.Register("mysql", db.Registration{Open: Open, Check: func(c db.Config) error {
		_, err := parse(c)
		return err
	}})
}

const (
	maxRetries  = 10 // retries of a transaction after a deadlock
	maxIdleTime = 5 * time.Minute
)

// Driver is an open database of MariaDB or MySQL.
type Driver struct {
	pool     *sql.DB
	settings *settings
	flavor   *flavor
	slots    *db.Slots
	schema   atomic.Pointer[schema]
	layouts  sync.Map // *db.Collection to *layout
	builders sync.Pool
	unshown  *db.Unshown
	hidden   sync.Map   // table and column to true, see hidden.go
	hiding   sync.Mutex // guards that a layout is made of what is hidden
	log      *slog.Logger
}

// Open connects to the database of a URL such as "mysql://user:password@host:3306/name".
func Open(ctx context.Context, c db.Config) (db.Driver, error) {
	s, err := parse(c)
	if err != nil {
		return nil, err
	}
	f, err := detect(ctx, s)
	if err != nil {
		return nil, fmt.Errorf("mysql: connecting to %s/%s: %w", s.client.Addr, s.client.DBName, err)
	}
	s.client.MaxAllowedPacket = f.packet
	client, err := mysql.NewConnector(s.client)
	if err != nil {
		return nil, fmt.Errorf("mysql: %w", err)
	}
	d := &Driver{pool: sql.OpenDB(connector{client, f.setUp()}), settings: s, flavor: f, slots: db.NewSlots(s.conns), unshown: db.NewUnshown(c.Log), log: c.Log}
	if d.log == nil {
		d.log = slog.New(slog.DiscardHandler)
	}
	d.pool.SetMaxOpenConns(s.conns)
	d.pool.SetMaxIdleConns(s.conns)
	d.pool.SetConnMaxIdleTime(maxIdleTime)
	return d, nil
}

// runner is the common interface of connections and transactions.
type runner interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

// with runs f with a connection of the pool. Waiting for one is limited in time and in number.
func (d *Driver) with(ctx context.Context, f func(*sql.Conn) error) error {
	if err := d.slots.Take(ctx); err != nil {
		return err
	}
	defer d.slots.Give()
	c, err := d.pool.Conn(ctx)
	if err != nil {
		return d.clientError(ctx, nil, err)
	}
	defer c.Close() // returns it to the pool
	err = f(c)
	if err != nil && ctx.Err() != nil {
		d.kill(c)
	}
	return d.clientError(ctx, nil, err)
}

// store runs operations on a connection or in a transaction.
type store struct {
	*Driver
	run runner
}

// on runs f with a store on a connection of the pool. A statement that has lost a conflict runs again.
func (d *Driver) on(ctx context.Context, f func(store) error) error {
	return d.retrying(ctx, func() error {
		return d.with(ctx, func(c *sql.Conn) error { return f(store{d, c}) })
	})
}

// inOne runs f with a store in a transaction.
func (d *Driver) inOne(ctx context.Context, f func(store) error) error {
	return d.transaction(ctx, nil, f)
}

func (d *Driver) transaction(ctx context.Context, options *sql.TxOptions, f func(store) error) error {
	return d.retrying(ctx, func() error {
		return d.with(ctx, func(c *sql.Conn) error {
			tx, err := c.BeginTx(ctx, options)
			if err != nil {
				return err
			}
			defer tx.Rollback() // without effect after a commit
			if err := f(store{d, tx}); err != nil {
				return err
			}
			return tx.Commit()
		})
	})
}

// Snapshots implements [db.Snapshotter].
func (d *Driver) Snapshots() bool { return d.pool.Stats().MaxOpenConnections > 2 }

// Snapshot implements [db.Snapshotter].
func (d *Driver) Snapshot(ctx context.Context, f func(db.Store) error) error {
	return d.transaction(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}, func(s store) error { return f(s) })
}

func (d *Driver) retrying(ctx context.Context, f func() error) error {
	for try := 0; ; try++ {
		err := f()
		if errors.Is(err, errHidden) { // a column is hidden once
			continue
		}
		if !conflicting(err) || try == maxRetries {
			return err
		}
		pause := time.Duration(rand.Int64N(int64(time.Millisecond) << min(try, 6)))
		select {
		case <-ctx.Done():
			return db.Timeout()
		case <-time.After(pause):
		}
	}
}

// Find implements [db.Store].
func (d *Driver) Find(ctx context.Context, c *db.Collection, f db.Find) (rows []query.Row, err error) {
	f.Lock = db.Unlocked
	err = d.on(ctx, func(s store) error {
		rows, err = s.Find(ctx, c, f)
		return err
	})
	return rows, err
}

// Insert implements [db.Store]. Several statements run in one transaction. Values generated by a failed attempt are
// dropped.
func (d *Driver) Insert(ctx context.Context, c *db.Collection, rows []query.Row) error {
	stored := rows
	insert := func(s store) error {
		stored = make([]query.Row, len(rows))
		for i, row := range rows {
			stored[i] = slices.Clone(row)
		}
		return s.Insert(ctx, c, stored)
	}
	run := d.on
	if d.layout(c).makes(rows) && !d.flavor.returning || len(batch(rows)) < len(rows) {
		run = d.inOne
	}
	if err := run(ctx, insert); err != nil {
		return err
	}
	for i, row := range stored {
		copy(rows[i], row)
	}
	return nil
}

// Update implements [db.Store].
func (d *Driver) Update(ctx context.Context, c *db.Collection, u db.Update) (n int64, rows []query.Row, err error) {
	run := d.on
	if u.Return || d.flavor.locksFirst(u.Where) {
		run = d.inOne
	}
	err = run(ctx, func(s store) error {
		n, rows, err = s.Update(ctx, c, u)
		return err
	})
	return n, rows, err
}

// Delete implements [db.Store].
func (d *Driver) Delete(ctx context.Context, c *db.Collection, where query.Filter) (n int64, err error) {
	run := d.on
	if d.flavor.locksFirst(where) {
		run = d.inOne
	}
	err = run(ctx, func(s store) error {
		n, err = s.Delete(ctx, c, where)
		return err
	})
	return n, err
}

// Count implements [db.Store].
func (d *Driver) Count(ctx context.Context, c *db.Collection, where query.Filter) (n int64, err error) {
	err = d.on(ctx, func(s store) error {
		n, err = s.Count(ctx, c, where)
		return err
	})
	return n, err
}

// Aggregate implements [db.Store].
func (d *Driver) Aggregate(ctx context.Context, c *db.Collection, a db.Aggregate) (rows [][]query.Value, err error) {
	err = d.on(ctx, func(s store) error {
		rows, err = s.Aggregate(ctx, c, a)
		return err
	})
	return rows, err
}

// Transaction implements [db.Driver].
func (d *Driver) Transaction(ctx context.Context, f func(db.Store) error) error {
	return d.inOne(ctx, func(s store) error { return f(s) })
}

// Ping implements [db.Driver].
func (d *Driver) Ping(ctx context.Context) error {
	return d.with(ctx, func(c *sql.Conn) error { return c.PingContext(ctx) })
}

// Close implements [db.Driver].
func (d *Driver) Close() error { return d.pool.Close() }

// Connections implements [db.Pooled].
func (d *Driver) Connections() (used, idle, most, waiting int) {
	s := d.pool.Stats()
	return s.InUse, s.Idle, s.MaxOpenConnections, d.slots.Waiting()
}

// Correlates implements [db.Correlator].
func (d *Driver) Correlates() {}
