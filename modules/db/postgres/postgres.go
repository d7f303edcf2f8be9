// Package postgres is the driver for PostgreSQL, over github.com/jackc/pgx/v5.
//
// Statements are prepared once per connection and run with parameters only. A query is cancelled on the server
// when its request ends. Short statements that come at the same time are sent together (together.go). Transactions run at READ COMMITTED. Rows that an operation reads to make a decision are
// locked (FOR UPDATE, FOR SHARE), so that no update is lost and what a rule has found stays true. Deadlocks and
// serialization failures are retried a limited number of times.
package postgres

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

func init() {
	db.Register("postgres", db.Registration{Open: Open, Functions: true, Check: func(c db.Config) error {
		_, err := parse(c)
		for _, url := range c.Replicas {
			_, replicaErr := parse(db.Config{URL: url})
			err = errors.Join(err, replicaErr)
		}
		return err
	}})
}

const (
	maxStale     = 100 // re-prepared statements per transaction
	maxRetries   = 10  // retries of a transaction after a conflict
	defaultConns = 20
)

// Driver is an open PostgreSQL database.
type Driver struct {
	pool  *pgxpool.Pool
	slots *db.Slots
	// reads and writes are statements that are sent together.
	reads, writes together
	// replicas answer reads; down is until when one of them is not used.
	replicas []*replica
	schemas  atomic.Pointer[map[string]table]
	layouts  sync.Map // *db.Collection to *layout
	builders sync.Pool
	callable sync.Map // the name of a function to []function
	unshown  *db.Unshown
	// guardings counts how often columns got guards.
	guardings atomic.Int64
	// fold is how citext compares, once it is known; unfolded is true if it has no fold.
	fold     atomic.Pointer[query.Fold]
	unfolded atomic.Bool
	log      *slog.Logger
}

func parse(c db.Config) (*pgxpool.Config, error) {
	u, err := url.Parse(c.URL)
	if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" {
		return nil, errors.New(`postgres: the url has the form "postgres://user:password@host:5432/database"`)
	}
	config, err := pgxpool.ParseConfig(c.URL)
	if err != nil {
		return nil, errors.New("postgres: an option of the url is not known or has a wrong value") // the error of pgx repeats the url
	}
	if u.Query().Get("pool_max_conns") == "" {
		config.MaxConns = defaultConns
	}
	config.ConnConfig.RuntimeParams["timezone"] = "UTC"
	if config.ConnConfig.RuntimeParams["application_name"] == "" {
		config.ConnConfig.RuntimeParams["application_name"] = "basalt"
	}
	config.ConnConfig.BuildContextWatcherHandler = func(c *pgconn.PgConn) ctxwatch.Handler {
		return &pgconn.CancelRequestContextWatcherHandler{Conn: c, DeadlineDelay: 2 * time.Second}
	}
	config.MaxConnIdleTime = 5 * time.Minute
	return config, nil
}

// Open connects to the database of a URL such as "postgres://user:password@host:5432/name". It accepts the options
// of pgxpool, such as pool_max_conns.
func Open(ctx context.Context, c db.Config) (db.Driver, error) {
	config, err := parse(c)
	if err != nil {
		return nil, err
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("postgres: %w", withoutURL(err))
	}
	d := over(pool)
	d.unshown, d.log = db.NewUnshown(c.Log), c.Log
	if err := d.Ping(ctx); err != nil {
		pool.Close()
		return nil, fmt.Errorf("postgres: connecting to %s:%d/%s: %w", config.ConnConfig.Host, config.ConnConfig.Port, config.ConnConfig.Database, withoutURL(err))
	}
	for _, url := range c.Replicas { // a replica may be down now and come up later
		config, err := parse(db.Config{URL: url})
		if err != nil {
			return nil, errors.Join(err, d.Close())
		}
		pool, err := pgxpool.NewWithConfig(ctx, config)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("postgres: a replica: %w", withoutURL(err)), d.Close())
		}
		d.replicas = append(d.replicas, &replica{Driver: over(pool)})
	}
	return d, nil
}

// over returns a driver that runs statements on the connections of a pool.
func over(pool *pgxpool.Pool) *Driver {
	d := &Driver{pool: pool, slots: db.NewSlots(int(pool.Stat().MaxConns()))}
	d.reads.run, d.writes.run = (*sending).read, (*sending).write
	return d
}

// replica is a read replica of the database.
type replica struct {
	*Driver
	down atomic.Int64 // in microseconds since 1970, after a failure
}

// restTime is how long an unreachable replica is not used.
const restTime = 5 * time.Second

// reader returns the pool for a read: a replica, unless the read is strong or none is up.
func (d *Driver) reader(ctx context.Context) (*Driver, *replica) {
	if len(d.replicas) == 0 || db.ReadsPrimary(ctx) {
		return d, nil
	}
	first, now := rand.IntN(len(d.replicas)), time.Now().UnixMicro()
	for i := range d.replicas {
		if r := d.replicas[(first+i)%len(d.replicas)]; r.down.Load() < now {
			return r.Driver, r
		}
	}
	return d, nil
}

// reading runs f on a replica, or on the primary if the replica is unreachable.
func (d *Driver) reading(ctx context.Context, f func(store) error) error {
	on, r := d.reader(ctx)
	run := func(c *pgxpool.Conn) error { return f(store{d, c}) }
	err := on.with(ctx, run)
	if r == nil || fault.CodeOf(err) != fault.Unavailable {
		return err
	}
	r.down.Store(time.Now().Add(restTime).UnixMicro())
	return d.with(ctx, run)
}

// withoutURL removes connection strings from errors: pgx hides only the password.
func withoutURL(err error) error {
	var parsing *pgconn.ParseConfigError
	if errors.As(err, &parsing) {
		return errors.New("the url cannot be read")
	}
	return err
}

// runner is the common interface of connections and transactions.
type runner interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	CopyFrom(ctx context.Context, table pgx.Identifier, columns []string, rows pgx.CopyFromSource) (int64, error)
}

// with runs f with a connection of the pool. Waiting for one is limited in time and in number.
func (d *Driver) with(ctx context.Context, f func(*pgxpool.Conn) error) error {
	if err := d.slots.Take(ctx); err != nil {
		return err
	}
	defer d.slots.Give()
	c, err := d.pool.Acquire(ctx)
	if err != nil {
		return clientError(ctx, err)
	}
	defer c.Release()
	err = f(c)
	for try := 0; again(err) && try < maxStale; try++ {
		err = f(c)
	}
	return clientError(ctx, err)
}

// store runs operations on a connection or in a transaction.
type store struct {
	*Driver
	run runner
}

// on runs f with a store on a connection of the pool.
func (d *Driver) on(ctx context.Context, f func(store) error) error {
	return d.with(ctx, func(c *pgxpool.Conn) error { return f(store{d, c}) })
}

// Find implements [db.Store].
func (d *Driver) Find(ctx context.Context, c *db.Collection, f db.Find) (rows []query.Row, err error) {
	f.Lock = db.Unlocked
	if on, _ := d.reader(ctx); on.crowded() && isGet(c, &f) {
		if rows, settled, err := d.findTogether(ctx, on, c, f); settled {
			return rows, err
		}
	}
	err = d.reading(ctx, func(s store) error {
		rows, err = s.Find(ctx, c, f)
		return err
	})
	return rows, err
}

// Insert implements [db.Store]. A generated id may collide with one that a client chose earlier. That is not the
// caller's fault, so the sequence continues behind it.
func (d *Driver) Insert(ctx context.Context, c *db.Collection, rows []query.Row) error {
	err := d.insert(ctx, c, rows)
	column := c.Columns[c.Key].Name
	var taken *fault.Error
	if !errors.As(err, &taken) || taken.Code != fault.Conflict || taken.Fields[0].Field != column || c.Parts != nil ||
		slices.ContainsFunc(rows, func(r query.Row) bool { return !r[c.Key].IsNull() }) {
		return err
	}
	passed := d.on(ctx, func(s store) error {
		_, err := s.run.Exec(ctx, "SELECT setval(s, greatest((SELECT max("+quote(column)+") FROM "+tableName(c.Table)+"), pg_sequence_last_value(s))) FROM (SELECT pg_get_serial_sequence($1, $2)::regclass) AS q (s) WHERE s IS NOT NULL",
			tableName(c.Table), column)
		return err
	})
	if passed != nil {
		return err // the caller gets the conflict
	}
	return d.insert(ctx, c, rows)
}

// insert stores rows. Several statements run in one transaction; so does a statement that can store fewer rows
// than given, on a table with hooks. Values generated by a failed attempt are dropped.
func (d *Driver) insert(ctx context.Context, c *db.Collection, rows []query.Row) error {
	if len(rows) == 1 && d.crowded() {
		if settled, err := d.insertTogether(ctx, c, rows); settled {
			return err
		}
	}
	if len(rows) <= insertRows && d.layout(c).hooks&onInsert == 0 {
		return d.on(ctx, func(s store) error { return s.Insert(ctx, c, rows) })
	}
	var stored []query.Row
	err := d.Transaction(ctx, func(s db.Store) error {
		stored = make([]query.Row, len(rows))
		for i, row := range rows {
			stored[i] = slices.Clone(row)
		}
		return s.Insert(ctx, c, stored)
	})
	if err == nil {
		copy(rows, stored)
	}
	return err
}

// Update implements [db.Store].
func (d *Driver) Update(ctx context.Context, c *db.Collection, u db.Update) (n int64, rows []query.Row, err error) {
	if d.crowded() && isChange(c, &u) {
		if n, rows, settled, err := d.updateTogether(ctx, c, u); settled {
			return n, rows, err
		}
	}
	err = d.writing(ctx, c, onUpdate, func(s db.Store) error {
		n, rows, err = s.Update(ctx, c, u)
		return err
	})
	return n, rows, err
}

// Delete implements [db.Store].
func (d *Driver) Delete(ctx context.Context, c *db.Collection, where query.Filter) (n int64, err error) {
	err = d.writing(ctx, c, onDelete, func(s db.Store) error {
		n, err = s.Delete(ctx, c, where)
		return err
	})
	return n, err
}

// writing runs a change, in a transaction if the table has hooks.
func (d *Driver) writing(ctx context.Context, c *db.Collection, change int, f func(db.Store) error) error {
	if d.layout(c).hooks&change != 0 {
		return d.Transaction(ctx, f)
	}
	return d.on(ctx, func(s store) error { return f(s) })
}

// Count implements [db.Store].
func (d *Driver) Count(ctx context.Context, c *db.Collection, where query.Filter) (n int64, err error) {
	err = d.reading(ctx, func(s store) error {
		n, err = s.Count(ctx, c, where)
		return err
	})
	return n, err
}

// Aggregate implements [db.Store].
func (d *Driver) Aggregate(ctx context.Context, c *db.Collection, a db.Aggregate) (rows [][]query.Value, err error) {
	err = d.reading(ctx, func(s store) error {
		rows, err = s.Aggregate(ctx, c, a)
		return err
	})
	return rows, err
}

// Transaction implements [db.Driver].
func (d *Driver) Transaction(ctx context.Context, f func(db.Store) error) error {
	return d.transaction(ctx, begin, func(s store) error { return f(s) })
}

// Snapshots implements [db.Snapshotter].
func (d *Driver) Snapshots() bool { return d.pool.Config().MaxConns > 2 }

// Snapshot implements [db.Snapshotter].
func (d *Driver) Snapshot(ctx context.Context, f func(db.Store) error) error {
	return d.transaction(ctx, beginSnapshot, func(s store) error { return f(s) })
}

// transaction runs f in a transaction that a statement begins.
func (d *Driver) transaction(ctx context.Context, begin string, f func(store) error) error {
	for try := 0; ; try++ {
		err := d.with(ctx, func(c *pgxpool.Conn) error {
			return inTransaction(ctx, c, begin, func(tx *transaction) error { return f(store{d, tx}) })
		})
		if !conflicting(err) || try == maxRetries {
			return err
		}
		pause := time.Duration(rand.Int64N(int64(time.Millisecond) << min(try, 6)))
		select {
		case <-ctx.Done():
			return clientError(ctx, ctx.Err())
		case <-time.After(pause):
		}
	}
}

// Ping implements [db.Driver].
func (d *Driver) Ping(ctx context.Context) error {
	return d.with(ctx, func(c *pgxpool.Conn) error { return c.Ping(ctx) })
}

// Close implements [db.Driver].
func (d *Driver) Close() error {
	for _, r := range d.replicas {
		r.pool.Close()
	}
	d.pool.Close()
	return nil
}

// Connections implements [db.Pooled].
func (d *Driver) Connections() (used, idle, most, waiting int) {
	s := d.pool.Stat()
	return int(s.AcquiredConns()), int(s.IdleConns()), int(s.MaxConns()), d.slots.Waiting()
}

// Correlates implements [db.Correlator].
func (d *Driver) Correlates() {}
