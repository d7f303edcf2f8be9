package postgres_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/db/postgres/postgrestest"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

// pipeline runs operations in a transaction, together.
func (l *ledger) pipeline(t *testing.T, bytes int, operations ...*db.Operation) error {
	t.Helper()
	return l.driver.Transaction(t.Context(), func(s db.Store) error {
		if !db.Pipelines(s) {
			t.Fatal("a transaction does not send operations together")
		}
		for _, o := range operations {
			o.Rows, o.Count = nil, 0
		}
		return s.(db.Pipeliner).Pipeline(t.Context(), operations, bytes)
	})
}

func (l *ledger) insert(ids ...string) *db.Operation {
	o := &db.Operation{Collection: l.c}
	for _, id := range ids {
		o.Insert = append(o.Insert, l.row(id)...)
	}
	return o
}

func (l *ledger) update(id string, n int64, returns bool) *db.Operation {
	return &db.Operation{Collection: l.c, Update: &db.Update{Where: l.c.ByKey(id), Set: []db.Assignment{{Field: 1, Value: query.Int(n)}}, Return: returns}}
}

func (l *ledger) remove(id string) *db.Operation {
	return &db.Operation{Collection: l.c, Delete: l.c.ByKey(id)}
}

func (l *ledger) find(id string) *db.Operation {
	return &db.Operation{Collection: l.c, Find: &db.Find{Query: query.Query{Where: l.c.ByKey(id), Limit: 1}, Fields: []int{0, 1}, Lock: db.Shared}}
}

// TestPipeline_EachSeesThoseBefore: operations run in their order, and each has its own answer.
func TestPipeline_EachSeesThoseBefore(t *testing.T) {
	t.Parallel()
	l := openLedger(t, postgrestest.Database(t))
	before, after, gone := l.find("a"), l.find("a"), l.find("a")
	first, second, none, removed := l.update("a", 2, false), l.update("a", 3, true), l.update("missing", 4, true), l.remove("a")
	err := l.pipeline(t, 1<<20, before, l.insert("a", "b"), first, second, none, after, removed, gone, l.insert("a"))
	if err != nil {
		t.Fatal(err)
	}
	if len(before.Rows) != 0 || first.Count != 1 || second.Count != 1 || second.Rows[0][1] != query.Int(3) || none.Count != 0 || len(none.Rows) != 0 {
		t.Errorf("found before %v, changed %d, %v, %v", before.Rows, first.Count, second.Rows, none.Rows)
	}
	if len(after.Rows) != 1 || after.Rows[0][1] != query.Int(3) || removed.Count != 1 || len(gone.Rows) != 0 {
		t.Errorf("found after the changes %v, removed %d, then found %v", after.Rows, removed.Count, gone.Rows)
	}
	if got := l.ids(t); got != "a b old" {
		t.Errorf("stored are %s", got)
	}
}

// TestPipeline_StoresAllOrNothing: where one fails, nothing is stored, and the connection is free for the next.
func TestPipeline_StoresAllOrNothing(t *testing.T) {
	t.Parallel()
	l := openLedger(t, postgrestest.Database(t))
	many := make([]string, 150) // more than one statement, and a row that is there
	for i := range many {
		many[i] = fmt.Sprint("m", i)
	}
	many[149] = "old"
	for name, test := range map[string]struct {
		operations []*db.Operation
		bytes      int
		code       fault.Code
	}{
		"the first":       {[]*db.Operation{l.insert("old"), l.insert("x")}, 1 << 20, fault.Conflict},
		"in the middle":   {[]*db.Operation{l.insert("x"), l.update("old", 5, true), l.insert("old"), l.insert("y")}, 1 << 20, fault.Conflict},
		"the last of all": {[]*db.Operation{l.insert("x"), l.insert(many...)}, 1 << 20, fault.Conflict},
		"too much":        {[]*db.Operation{l.insert("x"), l.update("old", 5, true), l.update("old", 6, true)}, 40, fault.AnswerTooLarge},
	} {
		if err := l.pipeline(t, test.bytes, test.operations...); fault.CodeOf(err) != test.code {
			t.Errorf("%s: %v, want %s", name, err, test.code)
		}
		if got := l.ids(t); got != "old" {
			t.Errorf("%s: stored are %s", name, got)
		}
		l.add(t, "next")
		l.exec(t, "DELETE FROM entries WHERE id = 'next'")
	}
}

// TestPipeline_TablesWithTriggers: what the database does of its own holds for operations that are sent together, too.
func TestPipeline_TablesWithTriggers(t *testing.T) {
	t.Parallel()
	l := openLedger(t, postgrestest.Database(t))
	l.exec(t, `CREATE FUNCTION act() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
			IF TG_OP = 'INSERT' THEN IF NEW.id = 'skipped' THEN RETURN NULL; END IF; NEW.n := NEW.n + 100; RETURN NEW; END IF;
			IF TG_OP = 'UPDATE' THEN IF NEW.n = 7 THEN RETURN NULL; END IF; RETURN NEW; END IF;
			UPDATE entries SET n = -1 WHERE id = OLD.id; RETURN NULL;
		END $$;
		CREATE TRIGGER act BEFORE INSERT OR UPDATE OR DELETE ON entries FOR EACH ROW EXECUTE FUNCTION act()`)
	if err := l.driver.Sync(t.Context(), []*db.Collection{l.c}); err != nil { // it learns of the triggers
		t.Fatal(err)
	}
	stored, removed := l.insert("a"), l.remove("a")
	if err := l.pipeline(t, 1<<20, stored, l.update("a", 9, true), removed, l.insert("b")); err != nil {
		t.Fatal(err)
	}
	if stored.Insert[0][1] != query.Int(101) || removed.Count != 1 || l.ids(t) != "a b old" {
		t.Errorf("stored is %v, %d were removed, there are %s", stored.Insert[0], removed.Count, l.ids(t))
	}
	for _, refused := range []*db.Operation{l.insert("skipped"), l.update("b", 7, true)} {
		if err := l.pipeline(t, 1<<20, l.insert("c"), refused); fault.CodeOf(err) != fault.Invalid || l.ids(t) != "a b old" {
			t.Errorf("%v, stored are %s", err, l.ids(t))
		}
	}
}

// TestPipeline_RunsAgain: after a conflict, and when the table has changed since its statements were prepared.
func TestPipeline_RunsAgain(t *testing.T) {
	t.Parallel()
	l := openLedger(t, postgrestest.Database(t))
	if err := l.pipeline(t, 1<<20, l.insert("a"), l.update("a", 2, true)); err != nil {
		t.Fatal(err)
	}
	l.exec(t, "ALTER TABLE entries ALTER COLUMN id TYPE varchar(80)")
	changed := l.update("a", 3, true)
	if err := l.pipeline(t, 1<<20, l.insert("b"), changed); err != nil || changed.Count != 1 || l.ids(t) != "a b old" {
		t.Errorf("after the table has changed: %v, changed %d, stored are %s", err, changed.Count, l.ids(t))
	}
	l.exec(t, `CREATE SEQUENCE tries;
		CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
			IF nextval('tries') < 3 THEN RAISE EXCEPTION 'lost' USING ERRCODE = '40001'; END IF;
			RETURN NEW;
		END $$;
		CREATE TRIGGER lose AFTER INSERT ON entries FOR EACH ROW EXECUTE FUNCTION lose()`)
	if err := l.pipeline(t, 1<<20, l.insert("c"), l.update("c", 3, false)); err != nil || l.ids(t) != "a b c old" {
		t.Errorf("after conflicts: %v, stored are %s", err, l.ids(t))
	}
}

// TestPipeline_TakesFewRoundTrips counts how often the server says that it is ready: once for what begins the transaction and the first 128
// statements, once for the others, and once for its end.
func TestPipeline_TakesFewRoundTrips(t *testing.T) {
	t.Parallel()
	var ready atomic.Int64
	l := openLedger(t, through(t, postgrestest.Database(t), &ready))
	run := func() int64 {
		var operations []*db.Operation
		for i := range 200 {
			operations = append(operations, l.update("old", int64(i), i%2 == 0))
		}
		before := ready.Load()
		if err := l.pipeline(t, 1<<20, operations...); err != nil {
			t.Fatal(err)
		}
		return ready.Load() - before
	}
	run() // prepares the statements
	if trips := run(); trips != 3 {
		t.Errorf("200 updates take %d round trips", trips)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := l.driver.Transaction(ctx, func(s db.Store) error {
		return s.(db.Pipeliner).Pipeline(ctx, []*db.Operation{l.insert("x"), l.insert("y")}, 1<<20)
	})
	if fault.CodeOf(err) != fault.Timeout || strings.Contains(l.ids(t), "x") {
		t.Errorf("after the caller has gone: %v, stored are %s", err, l.ids(t))
	}
}
