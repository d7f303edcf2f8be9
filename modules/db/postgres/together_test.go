package postgres

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/db/postgres/postgrestest"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

// readers is a table whose documents say in which transaction they were read. Reading the one called "bad" fails.
type readers struct {
	driver  *Driver
	c       *db.Collection
	admin   *pgx.Conn
	address string

	returned atomic.Int64 // reads that have
}

func openReaders(t *testing.T) *readers {
	t.Helper()
	address := postgrestest.Database(t)
	admin, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { admin.Close(context.Background()) }) // the database goes away
	opened, err := Open(t.Context(), db.Config{URL: address})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { opened.Close() }) // the database goes away
	shape := query.NewShape([]query.Field{{Name: "id", Type: query.TypeID, NotNull: true}, {Name: "n", Type: query.TypeInt}})
	r := &readers{driver: opened.(*Driver), c: &db.Collection{Name: "entries", Table: "entries", Shape: shape}, admin: admin, address: address}
	for _, f := range shape.Fields {
		r.c.Columns = append(r.c.Columns, db.Column{Name: f.Name, Type: f.Type})
	}
	if err := opened.Sync(t.Context(), []*db.Collection{r.c}); err != nil {
		t.Fatal(err)
	}
	r.exec(t, `ALTER TABLE entries RENAME TO stored;
		INSERT INTO stored (id, n) SELECT 'e' || i, i FROM generate_series(0, 39) AS i UNION ALL VALUES ('bad', 0);
		CREATE VIEW entries AS SELECT id, CASE WHEN id = 'bad' THEN 1 / n ELSE (extract(epoch FROM now()) * 1000000)::bigint END AS n FROM stored`)
	return r
}

func (r *readers) exec(t *testing.T, sql string) {
	t.Helper()
	if _, err := r.admin.Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
}

// found is what a read has returned.
type found struct {
	id   string
	rows []query.Row
	err  error
}

// at begins reads of documents while all connections are busy, lets them wait for each other, and then for one connection.
// Each has its own context.
func (r *readers) at(t *testing.T, ctx func(id string) context.Context, ids ...string) (finish func() map[string]found) {
	t.Helper()
	return r.together(t, &r.driver.reads, ids, func(id string) ([]query.Row, error) {
		return r.driver.Find(ctx(id), r.c, db.Find{Query: query.Query{Where: r.c.ByKey(id), Limit: 1}})
	})
}

// together begins something for each id while all connections are busy, and frees one when all of them wait. finish frees the others.
func (r *readers) together(t *testing.T, collected *together, ids []string, do func(id string) ([]query.Row, error)) (finish func() map[string]found) {
	t.Helper()
	_, all := r.driver.slots.Used()
	for range all {
		if err := r.driver.slots.Take(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	var wg sync.WaitGroup
	out := make([]found, len(ids))
	for i, id := range ids {
		wg.Go(func() {
			rows, err := do(id)
			out[i] = found{id, rows, err}
			r.returned.Add(1)
		})
	}
	until(t, "they wait", func() bool {
		collected.mu.Lock()
		defer collected.mu.Unlock()
		return len(collected.waiting) == len(ids)
	})
	r.driver.slots.Give()
	return func() map[string]found {
		for range all - 1 {
			r.driver.slots.Give()
		}
		wg.Wait()
		byID := map[string]found{}
		for _, f := range out {
			byID[f.id] = f
		}
		return byID
	}
}

func until(t *testing.T, what string, done func() bool) {
	t.Helper()
	for range 6000 {
		if done() {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatalf("it never happens that %s", what)
}

func (r *readers) blocked(t *testing.T) (n int) {
	t.Helper()
	err := r.admin.QueryRow(t.Context(), "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'").Scan(&n)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func ids(n int) (out []string) {
	for i := range n {
		out = append(out, fmt.Sprintf("e%d", i))
	}
	return out
}

// right checks that a read has the document that it asked for, and returns in which transaction.
func (f found) right(t *testing.T) int64 {
	t.Helper()
	if f.err != nil || len(f.rows) != 1 || f.rows[0][0].Text() != f.id {
		t.Fatalf("%s: %v, %v", f.id, f.rows, f.err)
	}
	return f.rows[0][1].Int()
}

// TestTogether_IsOneTransaction reads many documents, and one that is not there, at the same time.
func TestTogether_IsOneTransaction(t *testing.T) {
	t.Parallel()
	r := openReaders(t)
	got := r.at(t, func(string) context.Context { return t.Context() }, append(ids(20), "missing")...)()
	at := got["e0"].right(t)
	for _, id := range ids(20) {
		if got[id].right(t) != at {
			t.Errorf("%s was not read together with the others", id)
		}
	}
	if f := got["missing"]; f.err != nil || len(f.rows) != 0 {
		t.Errorf("a document that is not there: %v, %v", f.rows, f.err)
	}
}

// TestTogether_AnErrorIsOnesOwn reads a document that cannot be read, together with others.
func TestTogether_AnErrorIsOnesOwn(t *testing.T) {
	t.Parallel()
	r := openReaders(t)
	all := append([]string{"e0", "e1", "bad"}, ids(12)[2:]...)
	got := r.at(t, func(string) context.Context { return t.Context() }, all...)()
	for _, id := range ids(12) {
		got[id].right(t)
	}
	if err := got["bad"].err; fault.CodeOf(err) != fault.Invalid {
		t.Errorf("the bad one: %v", err)
	}
}

// TestTogether_OutlivesItsConnection cuts the connection over which documents are read.
func TestTogether_OutlivesItsConnection(t *testing.T) {
	t.Parallel()
	r := openReaders(t)
	r.exec(t, "BEGIN; LOCK TABLE stored IN ACCESS EXCLUSIVE MODE")
	finish := r.at(t, func(string) context.Context { return t.Context() }, ids(12)...)
	until(t, "they are sent", func() bool { return r.blocked(t) == 1 })
	r.exec(t, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")
	r.exec(t, "COMMIT")
	got := finish()
	for _, id := range ids(12) {
		got[id].right(t)
	}
}

// TestTogether_EachHasItsOwnTime ends the time of one read while all of them are blocked, and then of all.
func TestTogether_EachHasItsOwnTime(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		leaving int
	}{{"the first", 1}, {"all but one", 11}, {"all", 12}} {
		t.Run(c.name, func(t *testing.T) {
			r := openReaders(t)
			r.exec(t, "BEGIN; LOCK TABLE stored IN ACCESS EXCLUSIVE MODE")
			short, end := context.WithCancel(t.Context())
			defer end()
			leaving := map[string]bool{}
			for _, id := range ids(c.leaving) {
				leaving[id] = true
			}
			finish := r.at(t, func(id string) context.Context {
				if leaving[id] {
					return short
				}
				return t.Context()
			}, ids(12)...)
			until(t, "they are sent", func() bool { return r.blocked(t) == 1 })
			end()
			if c.leaving == 12 {
				until(t, "the statement is cancelled", func() bool { return r.blocked(t) == 0 })
			}
			until(t, "they leave", func() bool { return r.returned.Load() == int64(c.leaving) })
			if c.leaving < 12 && r.blocked(t) != 1 {
				t.Error("the statement of the others was cancelled")
			}
			r.exec(t, "COMMIT")
			got := finish()
			for _, id := range ids(12) {
				switch {
				case !leaving[id]:
					got[id].right(t)
				case fault.CodeOf(got[id].err) != fault.Timeout:
					t.Errorf("%s: %v", id, got[id].err)
				}
			}
		})
	}
}

// TestTogether_TheTableChanges changes a type of the table between reads, so that what was prepared is of no use.
func TestTogether_TheTableChanges(t *testing.T) {
	t.Parallel()
	r := openReaders(t)
	everyone := func(string) context.Context { return t.Context() }
	r.at(t, everyone, ids(12)...)()
	r.exec(t, `DROP VIEW entries; ALTER TABLE stored ALTER COLUMN id TYPE varchar(80);
		CREATE VIEW entries AS SELECT id, n::numeric::bigint AS n FROM stored`)
	for range 3 {
		got := r.at(t, everyone, ids(12)...)()
		for _, id := range ids(12) {
			got[id].right(t)
		}
	}
}

// TestTogether_NobodyWaits lets all go before a connection is free.
func TestTogether_NobodyWaits(t *testing.T) {
	t.Parallel()
	r := openReaders(t)
	ctx, cancel := context.WithCancel(t.Context())
	finish := r.at(t, func(string) context.Context { cancel(); return ctx }, ids(3)...)
	for id, f := range finish() {
		if fault.CodeOf(f.err) != fault.Timeout {
			t.Errorf("%s: %v", id, f.err)
		}
	}
	if got := r.at(t, func(string) context.Context { return t.Context() }, ids(3)...)(); got["e2"].right(t) == 0 {
		t.Error("those who come later have no answer")
	}
}
