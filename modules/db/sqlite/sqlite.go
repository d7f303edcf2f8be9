// Package sqlite is the driver for SQLite, embedded in the binary.
//
// It uses github.com/ncruces/go-sqlite3 through its native interface. Measured on two cores, WAL,
// synchronous=NORMAL, in CPU-µs per call with 1 and 64 callers (modules/db/sqlite/compare does it
// again):
//
//	                get by key   list 20    insert     32 inserts in one commit
//	modernc          9.5 /  6.9   32 / 28   25 / 38    182
//	mattn (cgo)      6.6 /  4.1   29 / 25   21 / 32    144
//	ncruces          6.6 /  7.2   25 / 23   27 / 40    186
//
// It is within a factor of 1.8 of cgo everywhere, ahead of it on lists, and needs no C compiler.
// Many inserts in one commit cost 6 µs each instead of 27, so concurrent writes share commits.
//
// One connection writes and a pool of connections reads. A database opened by several processes
// works; the writer waits for the others up to the busy timeout.
package sqlite

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"

	_ "github.com/ncruces/go-sqlite3/vfs/memdb" // databases in memory

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

func init() {
	db.Register("sqlite", db.Registration{Open: Open, Archives: true, Source: func(db.Config) db.Source { return source }, Check: func(c db.Config) error {
		_, _, err := parseURL(c)
		return err
	}, Files: files, Ephemeral: func(name string) db.Config { return db.Config{URL: "memory:" + name} }})
}

// files are the files of a database, including those that SQLite adds.
func files(c db.Config) []string {
	path, _, err := parseURL(c)
	if err != nil || strings.HasSuffix(path, inMemory) {
		return nil
	}
	return []string{path, path + "-wal", path + "-shm", path + "-journal"}
}

// makePrivate creates the file of a database, if it is missing, readable by its owner only.
func makePrivate(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, os.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return f.Close()
}

// sameMode gives the files that SQLite has added the mode of the database file.
func sameMode(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	for _, added := range []string{"-wal", "-shm"} {
		if err := os.Chmod(path+added, info.Mode().Perm()); err != nil && !errors.Is(err, os.ErrNotExist) && !errors.Is(err, os.ErrPermission) {
			return err
		}
	}
	return nil
}

const busyTimeout = 5 * time.Second

// autocheckpoint is how many pages of the log are moved into the database at once. 16 MiB instead of the usual 4 write
// pages that change often less often: creates take a quarter less CPU.
const autocheckpoint = 4000

// Driver is an open SQLite database.
type Driver struct {
	readers     chan *conn
	writer      *writer
	size        int
	dialect     *dialect
	path, setup string // for further connections
	streams     streams
	closing     sync.Once
}

// Open opens or creates the database of a URL such as "file:data/app.db". The option `?synchronous=full` makes
// each commit survive a power failure, not only a crash of the process. A URL such as "memory:test" is a database
// of this process only, which disappears with its last connection.
func Open(_ context.Context, config db.Config) (db.Driver, error) {
	path, options, err := parseURL(config)
	if err != nil {
		return nil, err
	}
	if !strings.HasSuffix(path, inMemory) {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return nil, fmt.Errorf("sqlite: making the directory of the database: %w", err)
		}
		if err := makePrivate(path); err != nil {
			return nil, fmt.Errorf("sqlite: making the database: %w", err)
		}
	}
	synchronous := "NORMAL"
	if options.Get("synchronous") == "full" {
		synchronous = "FULL"
	}
	setup := "PRAGMA journal_mode = WAL; PRAGMA synchronous = " + synchronous +
		"; PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -16384; PRAGMA wal_autocheckpoint = " + strconv.Itoa(autocheckpoint)
	w, err := open(path, setup)
	if err != nil {
		return nil, fmt.Errorf("sqlite: opening %s: %w", path, err)
	}
	d := &Driver{size: max(4, runtime.GOMAXPROCS(0)), dialect: &dialect{unshown: db.NewUnshown(config.Log)}, path: path, setup: setup}
	w.dialect = d.dialect
	d.readers = make(chan *conn, d.size)
	for range d.size {
		c, err := open(path, setup+"; PRAGMA query_only = ON")
		if err != nil {
			return nil, errors.Join(fmt.Errorf("sqlite: opening %s: %w", path, err), d.closeReaders(len(d.readers)), w.close())
		}
		c.dialect = d.dialect
		d.readers <- c
	}
	if !strings.HasSuffix(path, inMemory) {
		if err := sameMode(path); err != nil {
			return nil, errors.Join(fmt.Errorf("sqlite: opening %s: %w", path, err), d.closeReaders(d.size), w.close())
		}
	}
	d.writer = newWriter(w)
	return d, nil
}

// inMemory is the suffix of the library's name of a shared database in memory.
const inMemory = "?vfs=memdb"

var memoryName = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

func parseURL(config db.Config) (string, url.Values, error) {
	if len(config.Replicas) > 0 {
		return "", nil, errors.New("sqlite: a file has no replicas")
	}
	if name, ok := strings.CutPrefix(config.URL, "memory:"); ok {
		if !memoryName.MatchString(name) {
			return "", nil, errors.New("sqlite: a database in memory has a name of letters, digits, _ and -, as in \"memory:test\"")
		}
		return "/" + name + inMemory, nil, nil
	}
	rest, ok := strings.CutPrefix(config.URL, "file:")
	if !ok {
		return "", nil, fmt.Errorf(`sqlite: the url %q must start with "file:", as in "file:data/app.db" (or "memory:", for tests)`, config.URL)
	}
	path, raw, _ := strings.Cut(rest, "?")
	options, err := url.ParseQuery(raw)
	if err != nil {
		return "", nil, fmt.Errorf("sqlite: the options of the url: %w", err)
	}
	for name, values := range options {
		if name != "synchronous" || values[0] != "full" && values[0] != "normal" {
			return "", nil, fmt.Errorf("sqlite: unknown option %q; there is synchronous=normal|full", name)
		}
	}
	path = strings.TrimPrefix(path, "//")
	if path == "" || strings.Contains(path, ":memory:") {
		return "", nil, errors.New("sqlite: the url needs a file, as in \"file:data/app.db\"")
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(config.Dir, path)
	}
	return path, options, nil
}

// uriOf returns the library's name of a database: a URI, in which a path must be escaped.
func uriOf(path string) string {
	if strings.HasSuffix(path, inMemory) {
		return "file:" + path
	}
	return "file:" + (&url.URL{Path: filepath.ToSlash(path)}).EscapedPath()
}

// read runs f with a connection of the pool.
func (d *Driver) read(ctx context.Context, f func(*conn) error) error {
	c, err := d.take(ctx)
	if err != nil {
		return err
	}
	defer d.give(c)
	return clientError(ctx, d.guarded(func() error { return f(c) }))
}

// take returns a connection of the pool, which the caller gives back.
func (d *Driver) take(ctx context.Context) (c *conn, err error) {
	select {
	case c = <-d.readers:
	default: // which does not cost what waiting does
		select {
		case c = <-d.readers:
		case <-ctx.Done():
			return nil, clientError(ctx, ctx.Err())
		}
	}
	c.db.SetInterrupt(ctx)
	c.caller = ctx
	return c, nil
}

func (d *Driver) give(c *conn) {
	c.caller = context.Background()
	d.readers <- c
}

// Find implements [db.Store].
func (d *Driver) Find(ctx context.Context, c *db.Collection, f db.Find) (rows []query.Row, err error) {
	conn, err := d.take(ctx)
	if err != nil {
		return nil, err
	}
	defer d.give(conn)
	tries := d.tries()
	rows, err = conn.find(c, f)
	for tries.again(err) {
		rows, err = conn.find(c, f)
	}
	return rows, clientError(ctx, err)
}

// Count implements [db.Store].
func (d *Driver) Count(ctx context.Context, c *db.Collection, where query.Filter) (n int64, err error) {
	err = d.read(ctx, func(conn *conn) error {
		n, err = conn.count(c, where)
		return err
	})
	return n, err
}

// Aggregate implements [db.Store].
func (d *Driver) Aggregate(ctx context.Context, c *db.Collection, a db.Aggregate) (rows [][]query.Value, err error) {
	err = d.read(ctx, func(conn *conn) error {
		rows, err = conn.aggregate(c, a)
		return err
	})
	return rows, err
}

// Insert implements [db.Store].
func (d *Driver) Insert(ctx context.Context, c *db.Collection, rows []query.Row) error {
	return clientError(ctx, d.writer.do(ctx, len(rows) == 1, func(conn *conn) error { return conn.insert(c, rows) }))
}

// A change by key is one short statement: it shares a commit with others, and needs no interruption.

// Update implements [db.Store].
func (d *Driver) Update(ctx context.Context, c *db.Collection, u db.Update) (n int64, rows []query.Row, err error) {
	err = d.guarded(func() error {
		return d.writer.do(ctx, c.IsByKey(u.Where), func(conn *conn) error {
			n, rows, err = conn.update(c, u)
			return err
		})
	})
	return n, rows, clientError(ctx, err)
}

// Delete implements [db.Store].
func (d *Driver) Delete(ctx context.Context, c *db.Collection, where query.Filter) (n int64, err error) {
	err = d.guarded(func() error {
		return d.writer.do(ctx, c.IsByKey(where), func(conn *conn) error {
			n, err = conn.remove(c, where)
			return err
		})
	})
	return n, clientError(ctx, err)
}

// Transaction implements [db.Driver].
func (d *Driver) Transaction(ctx context.Context, f func(db.Store) error) error {
	return clientError(ctx, d.guarded(func() error {
		return d.writer.do(ctx, false, func(conn *conn) error { return f(transaction{conn}) })
	}))
}

// Snapshots implements [db.Snapshotter].
func (d *Driver) Snapshots() bool { return d.size > 1 }

// Snapshot implements [db.Snapshotter].
func (d *Driver) Snapshot(ctx context.Context, f func(db.Store) error) error {
	return d.read(ctx, func(conn *conn) (err error) {
		if err := conn.db.Exec("BEGIN"); err != nil {
			return err
		}
		defer func() {
			conn.db.SetInterrupt(context.Background()) // else it would stay in the past
			err = errors.Join(err, conn.db.Exec("ROLLBACK"))
		}()
		return f(transaction{conn})
	})
}

// guarded runs f, and again with guards if it has met a string that is no JSON, and with columns hidden that have to be.
func (d *Driver) guarded(f func() error) error {
	tries := d.tries()
	err := f()
	for tries.again(err) {
		err = f()
	}
	return err
}

// tries are the attempts of one operation.
type tries struct {
	dialect *dialect
	guarded bool
}

func (d *Driver) tries() tries { return tries{d.dialect, d.dialect.guards.Load()} }

// again reports whether to try again what has failed.
func (t *tries) again(err error) bool {
	switch {
	case err == nil:
		return false
	case errors.Is(err, errHidden): // each time for another column
		return true
	case t.guarded || !strings.Contains(err.Error(), "malformed JSON"):
		return false
	}
	t.dialect.guards.Store(true)
	t.guarded = true
	return true
}

// Ping implements [db.Driver].
func (d *Driver) Ping(ctx context.Context) error {
	return d.read(ctx, func(c *conn) error {
		s, err := c.prepare("SELECT count(*) FROM sqlite_schema")
		if err != nil {
			return err
		}
		defer s.Reset()
		s.Step()
		return s.Err()
	})
}

// Close implements [db.Driver].
func (d *Driver) Close() (err error) {
	d.closing.Do(func() { err = errors.Join(d.streams.close(), d.closeReaders(d.size), d.writer.close()) })
	return err
}

func (d *Driver) closeReaders(n int) error {
	var errs []error
	for range n {
		errs = append(errs, (<-d.readers).close())
	}
	return errors.Join(errs...)
}

// transaction is the store inside a transaction, on the writing connection.
type transaction struct{ conn *conn }

func (t transaction) Find(ctx context.Context, c *db.Collection, f db.Find) ([]query.Row, error) {
	rows, err := t.conn.find(c, f)
	return rows, clientError(ctx, err)
}

func (t transaction) Insert(ctx context.Context, c *db.Collection, rows []query.Row) error {
	return clientError(ctx, t.conn.insert(c, rows))
}

func (t transaction) Update(ctx context.Context, c *db.Collection, u db.Update) (int64, []query.Row, error) {
	n, rows, err := t.conn.update(c, u)
	return n, rows, clientError(ctx, err)
}

func (t transaction) Delete(ctx context.Context, c *db.Collection, where query.Filter) (int64, error) {
	n, err := t.conn.remove(c, where)
	return n, clientError(ctx, err)
}

func (t transaction) Count(ctx context.Context, c *db.Collection, where query.Filter) (int64, error) {
	n, err := t.conn.count(c, where)
	return n, clientError(ctx, err)
}

func (t transaction) Aggregate(ctx context.Context, c *db.Collection, a db.Aggregate) ([][]query.Value, error) {
	rows, err := t.conn.aggregate(c, a)
	return rows, clientError(ctx, err)
}
