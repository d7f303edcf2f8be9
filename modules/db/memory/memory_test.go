package memory_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/db/dbtest"
	"github.com/basalt-dev/basalt/modules/db/memory"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

func open(t testing.TB) db.Driver {
	t.Helper()
	d, err := memory.Open(context.Background(), db.Config{})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestConformance(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, open)
}

func TestOpen_RefusesAnAddress(t *testing.T) {
	t.Parallel()
	for _, c := range []db.Config{{URL: "memory:x"}, {Replicas: []string{"x"}}} {
		if _, err := memory.Open(t.Context(), c); err == nil || !strings.Contains(err.Error(), "no url") {
			t.Errorf("%v: got %v", c, err)
		}
	}
}

// things returns a collection with an id and int fields, the second of which is unique.
func things(fields ...string) *db.Collection {
	columns := []db.Column{{Name: "id", Type: query.TypeID}}
	for i, name := range fields {
		columns = append(columns, db.Column{Name: name, Type: query.TypeInt, Unique: i == 1, Default: query.Int(7)})
	}
	return db.Describe("things", columns...)
}

func synced(t *testing.T, fields ...string) (db.Driver, *db.Collection) {
	t.Helper()
	d, c := open(t), things(fields...)
	if err := d.Sync(t.Context(), []*db.Collection{c}); err != nil {
		t.Fatal(err)
	}
	return d, c
}

func insert(t *testing.T, s db.Store, c *db.Collection, id string, values ...int64) error {
	t.Helper()
	row := query.Row{query.String(id)}
	for _, v := range values {
		row = append(row, query.Int(v))
	}
	return s.Insert(t.Context(), c, []query.Row{row})
}

// show writes the rows of a store as "a=1,2 b=3,4".
func show(t *testing.T, s db.Store, c *db.Collection) string {
	t.Helper()
	rows, err := s.Find(t.Context(), c, db.Find{})
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, row := range rows {
		var values []string
		for _, v := range row[1:] {
			values = append(values, v.JSON())
		}
		out = append(out, row[0].Text()+"="+strings.Join(values, ","))
	}
	return strings.Join(out, " ")
}

func TestTransaction_IsSeenByNoOtherBeforeItsCommit(t *testing.T) {
	t.Parallel()
	d, c := synced(t, "n")
	if err := insert(t, d, c, "a", 1); err != nil {
		t.Fatal(err)
	}
	err := d.Transaction(t.Context(), func(s db.Store) error {
		_, _, err := s.Update(t.Context(), c, db.Update{Where: query.True, Set: []db.Assignment{{Field: 1, Value: query.Int(2)}}})
		if err = errors.Join(err, insert(t, s, c, "b", 3)); err != nil {
			return err
		}
		if got := show(t, s, c); got != "a=2 b=3" {
			t.Errorf("inside: %s", got)
		}
		if got := show(t, d, c); got != "a=1" {
			t.Errorf("outside: %s", got)
		}
		return nil
	})
	if got := show(t, d, c); err != nil || got != "a=2 b=3" {
		t.Errorf("afterwards: %s, %v", got, err)
	}
}

func TestTransaction_AFailedStatementChangesNothing(t *testing.T) {
	t.Parallel()
	d, c := synced(t, "n", "unique")
	err := d.Transaction(t.Context(), func(s db.Store) error {
		if err := insert(t, s, c, "a", 1, 1); err != nil {
			return err
		}
		twice := []query.Row{{query.String("b"), query.Int(2), query.Int(2)}, {query.String("c"), query.Int(3), query.Int(1)}}
		if err := s.Insert(t.Context(), c, twice); fault.CodeOf(err) != fault.Conflict {
			t.Errorf("a value that exists: %v", err)
		}
		return nil
	})
	if got := show(t, d, c); err != nil || got != "a=1,1" {
		t.Errorf("got %s, %v", got, err)
	}
}

// TestRows_BelongToTheCaller: what a caller does with rows it has passed or received changes nothing.
func TestRows_BelongToTheCaller(t *testing.T) {
	t.Parallel()
	d, c := synced(t, "n")
	rows := []query.Row{{query.String("a"), query.Int(1)}}
	if err := d.Insert(t.Context(), c, rows); err != nil {
		t.Fatal(err)
	}
	rows[0][1] = query.Int(2)
	found, err := d.Find(t.Context(), c, db.Find{})
	if err != nil {
		t.Fatal(err)
	}
	found[0][1] = query.Int(3)
	_, changed, err := d.Update(t.Context(), c, db.Update{Where: query.True, Set: []db.Assignment{{Field: 1, Value: query.Int(4)}}, Return: true})
	if err != nil {
		t.Fatal(err)
	}
	changed[0][1] = query.Int(5)
	if got := show(t, d, c); got != "a=4" {
		t.Errorf("got %s", got)
	}
}

// TestSync_KeepsOtherCollectionsOfATable: a reload with new fields goes on beside requests of the old configuration.
func TestSync_KeepsOtherCollectionsOfATable(t *testing.T) {
	t.Parallel()
	d, old := synced(t, "n")
	if err := errors.Join(insert(t, d, old, "a", 1), insert(t, d, old, "z", 1)); err != nil {
		t.Fatal(err)
	}
	wider := things("first", "second", "n")
	if err := d.Sync(t.Context(), []*db.Collection{wider}); err == nil {
		t.Error("the default of a unique field was given to all documents")
	}
	wider.Columns[2].Unique = false
	if err := d.Sync(t.Context(), []*db.Collection{wider}); err != nil {
		t.Fatal(err)
	}
	_, _, err := d.Update(t.Context(), old, db.Update{Where: old.ByKey("a"), Set: []db.Assignment{{Field: 1, Value: query.Int(2)}}})
	if err = errors.Join(err, insert(t, d, old, "b", 3), insert(t, d, wider, "c", 4, 5, 6)); err != nil {
		t.Fatal(err)
	}
	if got := show(t, d, old); got != "a=2 b=3 c=6 z=1" {
		t.Errorf("the old collection: %s", got)
	}
	if got := show(t, d, wider); got != "a=7,7,2 b=null,null,3 c=4,5,6 z=7,7,1" {
		t.Errorf("the new collection: %s", got)
	}
	if err := d.Sync(t.Context(), []*db.Collection{db.Describe("things", db.Column{Name: "n", Type: query.TypeInt})}); err == nil {
		t.Error("the key of a table was changed")
	}
}

func TestWatch_IsBounded(t *testing.T) {
	t.Parallel()
	d, c := synced(t, "n")
	w, err := d.(db.Watcher).Watch(t.Context(), []*db.Collection{c})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	rows := make([]query.Row, 11_000)
	for i := range rows {
		rows[i] = query.Row{query.String(fmt.Sprintf("%05d", i)), query.Int(1)}
	}
	if err := d.Insert(t.Context(), c, rows); err != nil {
		t.Fatal(err)
	}
	touched, err := w.CatchUp(t.Context())
	if err != nil || len(touched) != 1 || touched[0].ID != "" || touched[0].Collection != c {
		t.Errorf("got %d changes, %v", len(touched), err)
	}
}

func TestClose_EndsEverything(t *testing.T) {
	t.Parallel()
	d, c := synced(t, "n")
	w, err := d.(db.Watcher).Watch(t.Context(), []*db.Collection{c})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	_, next := w.Next(t.Context())
	_, find := d.Find(t.Context(), c, db.Find{})
	for what, err := range map[string]error{"a watcher": next, "a find": find, "an insert": insert(t, d, c, "a", 1), "a ping": d.Ping(t.Context())} {
		if fault.CodeOf(err) != fault.Unavailable {
			t.Errorf("%s after the end: %v", what, err)
		}
	}
}

// TestWatch_AChangeIsVisible: what is reported can be read. A change that is not would be missed by live queries.
func TestWatch_AChangeIsVisible(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	d, err := memory.Open(ctx, db.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close() // the test is over
	c := dbtest.Collection("things")
	if err := d.Sync(ctx, []*db.Collection{c}); err != nil {
		t.Fatal(err)
	}
	changes, err := d.(db.Watcher).Watch(ctx, []*db.Collection{c})
	if err != nil {
		t.Fatal(err)
	}
	const documents = 2000
	go func() {
		for i := range documents {
			row := make(query.Row, len(c.Columns))
			row[0] = query.String(fmt.Sprint(i))
			if err := d.Insert(ctx, c, []query.Row{row}); err != nil {
				t.Error(err)
			}
		}
	}()
	for seen := 0; seen < documents; {
		found, err := changes.Next(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, change := range found {
			if n, err := d.Count(ctx, c, c.ByKey(change.ID)); n != 1 || err != nil {
				t.Fatalf("%s is reported and not there: %d, %v", change.ID, n, err)
			}
			seen++
		}
	}
}
