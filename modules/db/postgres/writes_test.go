package postgres

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

// openWriters is openReaders with a table of its own, that takes long to store what is called "slow".
func openWriters(t *testing.T) *readers {
	t.Helper()
	r := openReaders(t)
	r.exec(t, `DROP VIEW entries; DROP TABLE stored; CREATE TABLE entries (id text PRIMARY KEY, n bigint);
		CREATE FUNCTION patient(id text) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN
			IF id = 'slow' THEN PERFORM pg_sleep(60); END IF;
			RETURN true;
		END $$;
		ALTER TABLE entries ADD CHECK (patient(id));
		INSERT INTO entries VALUES ('taken', 0)`)
	return r
}

// stores begins inserts as readers.at begins reads.
func (r *readers) stores(t *testing.T, ctx context.Context, ids ...string) (finish func() map[string]found) {
	t.Helper()
	return r.together(t, &r.driver.writes, ids, func(id string) ([]query.Row, error) {
		return nil, r.driver.Insert(ctx, r.c, []query.Row{{query.String(id), query.Int(1)}})
	})
}

// column is what a query returns, joined by spaces.
func (r *readers) column(t *testing.T, sql string) string {
	t.Helper()
	rows, err := r.admin.Query(t.Context(), sql)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			t.Fatal(err)
		}
		out = append(out, text)
	}
	if rows.Err() != nil {
		t.Fatal(rows.Err())
	}
	return strings.Join(out, " ")
}

func (r *readers) stored(t *testing.T) string {
	t.Helper()
	return r.column(t, "SELECT id FROM entries WHERE id <> 'taken' ORDER BY length(id), id")
}

func (r *readers) asleep(t *testing.T) bool {
	t.Helper()
	return r.column(t, "SELECT pid::text FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'") != ""
}

// conflicts checks that a row is stored, or refused as a conflict.
func (f found) conflicts(t *testing.T, refused bool) {
	t.Helper()
	if refused && fault.CodeOf(f.err) != fault.Conflict || !refused && f.err != nil {
		t.Errorf("%s: %v", f.id, f.err)
	}
}

// TestWrites_ShareATransaction stores many rows at the same time.
func TestWrites_ShareATransaction(t *testing.T) {
	t.Parallel()
	r := openWriters(t)
	for id, f := range r.stores(t, t.Context(), ids(20)...)() {
		if f.err != nil {
			t.Errorf("%s: %v", id, f.err)
		}
	}
	if got := r.stored(t); got != strings.Join(ids(20), " ") {
		t.Errorf("stored are %s", got)
	}
	if got := r.column(t, "SELECT count(DISTINCT xmin::text)::text FROM entries WHERE id <> 'taken'"); got != "1" {
		t.Errorf("they took %s transactions", got)
	}
}

// TestWrites_AConflictIsOnesOwn stores a row whose key is taken together with others.
func TestWrites_AConflictIsOnesOwn(t *testing.T) {
	t.Parallel()
	r := openWriters(t)
	for id, f := range r.stores(t, t.Context(), append([]string{"taken"}, ids(12)...)...)() {
		f.conflicts(t, id == "taken")
	}
	if got := r.stored(t); got != strings.Join(ids(12), " ") {
		t.Errorf("stored are %s", got)
	}
}

// TestWrites_NobodyWaitsForAnother stores a key that a transaction which has not ended has stored, too.
func TestWrites_NobodyWaitsForAnother(t *testing.T) {
	t.Parallel()
	r := openWriters(t)
	r.exec(t, "BEGIN; INSERT INTO entries VALUES ('held', 0)")
	finish := r.stores(t, t.Context(), append([]string{"held"}, ids(12)...)...)
	done := make(chan map[string]found)
	go func() { done <- finish() }()
	until(t, "all others are stored", func() bool { return r.returned.Load() == 12 })
	r.exec(t, "COMMIT")
	for id, f := range <-done {
		f.conflicts(t, id == "held")
	}
}

// TestWrites_ACutConnection cuts the connection while rows are stored together: nobody knows what became of them, and none is
// stored a second time.
func TestWrites_ACutConnection(t *testing.T) {
	t.Parallel()
	r := openWriters(t)
	finish := r.stores(t, t.Context(), "e0", "slow", "e1")
	until(t, "they are sent", func() bool { return r.asleep(t) })
	r.exec(t, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'")
	for id, f := range finish() {
		if fault.CodeOf(f.err) != fault.Unavailable {
			t.Errorf("%s: %v", id, f.err)
		}
	}
	if got := r.stored(t); got != "" {
		t.Errorf("stored are %s", got)
	}
}

// TestWrites_AllLeave ends the time of all while they are stored.
func TestWrites_AllLeave(t *testing.T) {
	t.Parallel()
	r := openWriters(t)
	ctx, cancel := context.WithCancel(t.Context())
	finish := r.stores(t, ctx, "e0", "slow", "e1")
	until(t, "they are sent", func() bool { return r.asleep(t) })
	cancel()
	for id, f := range finish() {
		if fault.CodeOf(f.err) != fault.Timeout {
			t.Errorf("%s: %v", id, f.err)
		}
	}
	until(t, "the transaction is cancelled", func() bool { return !r.asleep(t) })
	if got := r.stored(t); got != "" {
		t.Errorf("stored are %s", got)
	}
	if f := r.stores(t, t.Context(), ids(3)...)()["e1"]; f.err != nil {
		t.Errorf("those who come later: %v", f.err)
	}
}

// changes begins updates of documents, each to its own number, as stores begins inserts.
func (r *readers) changes(t *testing.T, ctx func(id string) context.Context, ids ...string) (finish func() map[string]found) {
	t.Helper()
	return r.together(t, &r.driver.writes, ids, func(id string) ([]query.Row, error) {
		n, rows, err := r.driver.Update(ctx(id), r.c, db.Update{Where: r.c.ByKey(id), Set: []db.Assignment{{Field: 1, Value: query.Int(int64(len(id)))}}, Return: id != "e1"})
		if id == "e1" && n == 1 {
			rows = []query.Row{{query.String(id), query.Int(2)}}
		}
		return rows, err
	})
}

func (r *readers) fill(t *testing.T) {
	t.Helper()
	r.exec(t, "INSERT INTO entries SELECT 'e' || i, 0 FROM generate_series(0, 11) AS i; ALTER TABLE entries ADD CHECK (n <> 3 OR id <> 'bad'); INSERT INTO entries VALUES ('bad', 0)")
}

// TestWrites_UpdatesShareATransaction changes documents at the same time, one that is not there, and one that cannot be changed.
func TestWrites_UpdatesShareATransaction(t *testing.T) {
	t.Parallel()
	r := openWriters(t)
	r.fill(t)
	got := r.changes(t, func(string) context.Context { return t.Context() }, append([]string{"bad", "missing"}, ids(12)...)...)()
	for _, id := range ids(12) {
		if n := got[id].right(t); n != int64(len(id)) {
			t.Errorf("%s returned %d", id, n)
		}
	}
	if f := got["missing"]; f.err != nil || len(f.rows) != 0 {
		t.Errorf("a document that is not there: %v, %v", f.rows, f.err)
	}
	if err := got["bad"].err; fault.CodeOf(err) != fault.Invalid {
		t.Errorf("the bad one: %v", err)
	}
	if got := r.column(t, "SELECT count(DISTINCT xmin::text)::text FROM entries WHERE n > 0"); got != "1" {
		t.Errorf("they took %s transactions", got)
	}
}

// TestWrites_ALockedDocument changes documents of which one is locked, and its time ends.
func TestWrites_ALockedDocument(t *testing.T) {
	t.Parallel()
	r := openWriters(t)
	r.fill(t)
	r.exec(t, "BEGIN; UPDATE entries SET n = 7 WHERE id = 'e3'")
	short, end := context.WithCancel(t.Context())
	finish := r.changes(t, func(id string) context.Context {
		if id == "e3" {
			return short
		}
		return t.Context()
	}, ids(12)...)
	done := make(chan map[string]found)
	go func() { done <- finish() }()
	until(t, "all others are changed", func() bool { return r.returned.Load() == 11 })
	end()
	got := <-done
	for _, id := range ids(12) {
		if id == "e3" {
			if fault.CodeOf(got[id].err) != fault.Timeout {
				t.Errorf("%s: %v", id, got[id].err)
			}
			continue
		}
		got[id].right(t)
	}
	r.exec(t, "COMMIT")
	if got := r.column(t, "SELECT n::text FROM entries WHERE id = 'e3'"); got != "7" {
		t.Errorf("the locked document has %s", got)
	}
}

// TestWrites_OfTheSameDocuments changes the same documents again and again, from many goroutines and two drivers. Nobody
// is told of a deadlock.
func TestWrites_OfTheSameDocuments(t *testing.T) {
	t.Parallel()
	r := openWriters(t)
	r.fill(t)
	other, err := Open(t.Context(), db.Config{URL: r.address})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close() // the test is over
	const each = 30
	var wg sync.WaitGroup
	for g := range 24 {
		wg.Go(func() {
			d := []db.Driver{r.driver, other}[g%2]
			for i := range each {
				id := fmt.Sprintf("e%d", (g+i)%3)
				if n, _, err := d.Update(t.Context(), r.c, db.Update{Where: r.c.ByKey(id), Set: []db.Assignment{{Field: 1, Value: query.Int(int64(i))}}}); err != nil || n != 1 {
					t.Errorf("%s: %d, %v", id, n, err)
				}
			}
		})
	}
	wg.Wait()
	if got := r.column(t, "SELECT count(*)::text FROM entries WHERE n > 0"); got != "3" {
		t.Errorf("%s documents were changed, of 3", got)
	}
}
