package postgres

import (
	"context"
	"strings"
	"testing"

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
	return r.together(t, &r.driver.inserts, ids, func(id string) ([]query.Row, error) {
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

// TestInserts_ShareATransaction stores many rows at the same time.
func TestInserts_ShareATransaction(t *testing.T) {
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

// TestInserts_AConflictIsOnesOwn stores a row whose key is taken together with others.
func TestInserts_AConflictIsOnesOwn(t *testing.T) {
	t.Parallel()
	r := openWriters(t)
	for id, f := range r.stores(t, t.Context(), append([]string{"taken"}, ids(12)...)...)() {
		if id == "taken" && fault.CodeOf(f.err) != fault.Conflict || id != "taken" && f.err != nil {
			t.Errorf("%s: %v", id, f.err)
		}
	}
	if got := r.stored(t); got != strings.Join(ids(12), " ") {
		t.Errorf("stored are %s", got)
	}
}

// TestInserts_NobodyWaitsForAnother stores a key that a transaction which has not ended has stored, too.
func TestInserts_NobodyWaitsForAnother(t *testing.T) {
	t.Parallel()
	r := openWriters(t)
	r.exec(t, "BEGIN; INSERT INTO entries VALUES ('held', 0)")
	finish := r.stores(t, t.Context(), append([]string{"held"}, ids(12)...)...)
	done := make(chan map[string]found)
	go func() { done <- finish() }()
	until(t, "all others are stored", func() bool { return r.returned.Load() == 12 })
	r.exec(t, "COMMIT")
	for id, f := range <-done {
		if id == "held" && fault.CodeOf(f.err) != fault.Conflict || id != "held" && f.err != nil {
			t.Errorf("%s: %v", id, f.err)
		}
	}
}

// TestInserts_ACutConnection cuts the connection while rows are stored together: nobody knows what became of them, and none is
// stored a second time.
func TestInserts_ACutConnection(t *testing.T) {
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

// TestInserts_AllLeave ends the time of all while they are stored.
func TestInserts_AllLeave(t *testing.T) {
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
