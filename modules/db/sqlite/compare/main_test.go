// Package compare measures the SQLite drivers that exist as Go modules, each through its lowest
// common interface, on what Basalt does all day. It is a module of its own so that the product
// does not depend on the drivers it does not use. Run it with:
//
//	cd modules/db/sqlite/compare && go test -bench . -benchtime 2s
package compare

import (
	"database/sql/driver"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	mattn "github.com/mattn/go-sqlite3"
	"github.com/ncruces/go-sqlite3"
	modernc "modernc.org/sqlite"
)

const (
	rows   = 20000
	owners = 200
	get    = "SELECT id, owner, title, stars, done, created FROM notes WHERE id = ? AND owner = ?"
	list   = "SELECT id, owner, title, stars, done, created FROM notes WHERE owner = ? AND done = 0 ORDER BY created DESC, id DESC LIMIT 20"
	insert = "INSERT INTO notes (id, owner, title, stars, done, created) VALUES (?, ?, ?, ?, ?, ?)"
)

var schema = []string{
	"PRAGMA journal_mode = WAL", "PRAGMA synchronous = NORMAL",
	"CREATE TABLE IF NOT EXISTS notes (id TEXT PRIMARY KEY, owner TEXT, title TEXT, stars INTEGER, done INTEGER, created INTEGER) WITHOUT ROWID",
	"CREATE INDEX IF NOT EXISTS notes_owner ON notes (owner, created DESC, id DESC)",
}

// conn runs one statement and reads every column of every row.
type conn interface {
	run(sql string, args ...any) (int, error)
}

type native struct {
	c     *sqlite3.Conn
	stmts map[string]*sqlite3.Stmt
	sink  []byte
}

func (n *native) run(sql string, args ...any) (int, error) {
	s := n.stmts[sql]
	if s == nil {
		var err error
		if s, _, err = n.c.PrepareFlags(sql, sqlite3.PREPARE_PERSISTENT); err != nil {
			return 0, err
		}
		n.stmts[sql] = s
	}
	for i, a := range args {
		switch a := a.(type) {
		case string:
			s.BindText(i+1, a)
		case int64:
			s.BindInt64(i+1, a)
		}
	}
	count := 0
	for s.Step() {
		count++
		n.sink = n.sink[:0]
		for i := range s.ColumnCount() {
			if s.ColumnType(i) == sqlite3.INTEGER {
				_ = s.ColumnInt64(i)
			} else {
				n.sink = append(n.sink, s.ColumnRawText(i)...)
			}
		}
	}
	err := s.Err()
	s.Reset()
	return count, err
}

type std struct {
	c     driver.Conn
	stmts map[string]driver.Stmt
}

func (d *std) run(sql string, args ...any) (int, error) {
	s := d.stmts[sql]
	if s == nil {
		var err error
		if s, err = d.c.Prepare(sql); err != nil {
			return 0, err
		}
		d.stmts[sql] = s
	}
	values := make([]driver.Value, len(args))
	for i := range args {
		values[i] = args[i]
	}
	if sql[0] != 'S' && sql[0] != 'P' {
		_, err := s.Exec(values) // the context form costs a goroutine a call
		return 0, err
	}
	r, err := s.Query(values) // as above
	if err != nil {
		return 0, err
	}
	defer r.Close()
	out := make([]driver.Value, len(r.Columns()))
	count := 0
	for r.Next(out) == nil {
		count++
	}
	return count, nil
}

var drivers = []struct {
	name string
	open func(path string) (conn, error)
}{
	{"modernc", func(path string) (conn, error) {
		c, err := (&modernc.Driver{}).Open("file:" + path + "?_pragma=busy_timeout(5000)")
		return &std{c, map[string]driver.Stmt{}}, err
	}},
	{"mattn", func(path string) (conn, error) {
		c, err := (&mattn.SQLiteDriver{}).Open("file:" + path + "?_busy_timeout=5000&_mutex=no")
		return &std{c, map[string]driver.Stmt{}}, err
	}},
	{"ncruces", func(path string) (conn, error) {
		c, err := sqlite3.Open("file:" + path)
		return &native{c: c, stmts: map[string]*sqlite3.Stmt{}}, err
	}},
}

func cpu() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func Benchmark(b *testing.B) {
	for _, d := range drivers {
		path := filepath.Join(b.TempDir(), d.name+".db")
		open := func() conn {
			c, err := d.open(path)
			if err != nil {
				b.Fatal(err)
			}
			for _, s := range schema {
				if _, err := c.run(s); err != nil {
					b.Fatal(s, err)
				}
			}
			return c
		}
		writer := open()
		_, _ = writer.run("BEGIN")
		for i := range rows {
			if _, err := writer.run(insert, fmt.Sprintf("id%08d", i), fmt.Sprintf("u%d", i%owners), "a title of some length", int64(i), int64(0), int64(i)); err != nil {
				b.Fatal(err)
			}
		}
		_, _ = writer.run("COMMIT")
		pool := make(chan conn, 4)
		for range cap(pool) {
			pool <- open()
		}
		var next atomic.Int64
		next.Store(rows)
		var write sync.Mutex
		ops := map[string]func(i int64) error{
			"get": func(i int64) error {
				c := <-pool
				n, err := c.run(get, fmt.Sprintf("id%08d", i%rows), fmt.Sprintf("u%d", i%rows%owners))
				pool <- c
				if n != 1 {
					return fmt.Errorf("%d rows, %v", n, err)
				}
				return err
			},
			"list20": func(i int64) error {
				c := <-pool
				n, err := c.run(list, fmt.Sprintf("u%d", i%owners))
				pool <- c
				if n != 20 {
					return fmt.Errorf("%d rows, %v", n, err)
				}
				return err
			},
			"insert": func(int64) error {
				i := next.Add(1)
				write.Lock()
				defer write.Unlock()
				_, err := writer.run(insert, fmt.Sprintf("id%08d", i), "u1", "a title of some length", i, int64(0), i)
				return err
			},
			"insert-grouped-32": func(int64) error {
				write.Lock()
				defer write.Unlock()
				if _, err := writer.run("BEGIN IMMEDIATE"); err != nil {
					return err
				}
				for range 32 {
					i := next.Add(1)
					if _, err := writer.run(insert, fmt.Sprintf("id%08d", i), "u1", "a title of some length", i, int64(0), i); err != nil {
						return err
					}
				}
				_, err := writer.run("COMMIT")
				return err
			},
		}
		for _, op := range []string{"get", "list20", "insert", "insert-grouped-32"} {
			for _, callers := range []int{1, 64} {
				b.Run(fmt.Sprintf("%s/%s/callers=%d", d.name, op, callers), func(b *testing.B) {
					started := cpu()
					var left atomic.Int64
					left.Store(int64(b.N))
					var wg sync.WaitGroup
					for range callers {
						wg.Go(func() {
							for {
								i := left.Add(-1)
								if i < 0 {
									return
								}
								if err := ops[op](i * 7919); err != nil {
									b.Error(err)
									return
								}
							}
						})
					}
					wg.Wait()
					b.ReportMetric(float64((cpu()-started).Microseconds())/float64(b.N), "cpu-µs/op")
				})
			}
		}
	}
}
