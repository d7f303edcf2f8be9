package changes

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

var written = &db.Collection{
	Name: "written", Table: "written", Shape: query.NewShape([]query.Field{{Name: "id", Type: query.TypeID, NotNull: true}, {Name: "title", Type: query.TypeString}}),
	Columns: []db.Column{{Name: "id", Type: query.TypeID}, {Name: "title", Type: query.TypeString}},
}

// target is a database that writes down what it is asked, and does nothing. tries is how often it runs a transaction.
type target struct {
	db.Driver
	log   *[]string
	err   error
	tries int
}

func (d *target) say(format string, args ...any) {
	*d.log = append(*d.log, fmt.Sprintf(format, args...))
}

func (d *target) Insert(_ context.Context, _ *db.Collection, rows []query.Row) error {
	d.say("insert")
	for i, row := range rows {
		if row[0].IsNull() {
			row[0] = query.String(fmt.Sprint("made", i))
		}
	}
	return d.err
}

func (d *target) Update(context.Context, *db.Collection, db.Update) (int64, []query.Row, error) {
	d.say("update")
	return 1, nil, d.err
}

func (d *target) Delete(context.Context, *db.Collection, query.Filter) (int64, error) {
	d.say("delete")
	return 1, d.err
}

func (d *target) Transaction(_ context.Context, f func(db.Store) error) error {
	for range max(1, d.tries) {
		if err := f(d); err != nil {
			return err
		}
		d.say("commit")
	}
	return d.err
}

// witness writes down what it is notified of.
type witness struct {
	name string
	log  *[]string
	off  bool
}

func (w witness) Listening() bool { return !w.off }

func (w witness) Writing(_ context.Context, write *Write) {
	*w.log = append(*w.log, fmt.Sprintf("%s: %d will write %s", w.name, write.Number, strings.Join(write.Touched[0].IDs, ",")))
}

func (w witness) Written(_ context.Context, write *Write, err error) {
	outcome := "has written"
	if Rejected(err) {
		outcome = "has not written"
	} else if err != nil {
		outcome = "may have written"
	}
	*w.log = append(*w.log, fmt.Sprintf("%s: %d %s %s", w.name, write.Number, outcome, strings.Join(write.Touched[0].IDs, ",")))
}

func rowOf(id string) query.Row {
	if id == "" {
		return query.Row{query.Null, query.String("x")}
	}
	return query.Row{query.String(id), query.String("x")}
}

// TestDriver_NotifiesOfEachWrite: the intent before, and the outcome before the caller has it, in the order of the
// listeners.
func TestDriver_NotifiesOfEachWrite(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	insert := func(ids ...string) func(db.Driver) error {
		return func(d db.Driver) error {
			var rows []query.Row
			for _, id := range ids {
				rows = append(rows, rowOf(id))
			}
			return d.Insert(ctx, written, rows)
		}
	}
	failed := errors.New("the transaction wants no more")
	for name, test := range map[string]struct {
		do    func(d db.Driver) error
		err   error
		tries int
		want  string
	}{
		"an insert":            {do: insert("a", "b"), want: "1 will write a,b; insert; 1 has written a,b"},
		"an id is made":        {do: insert("a", ""), want: "1 will write a,; insert; 1 has written a,made1"},
		"it is not unique":     {do: insert("a"), err: fault.Errorf(fault.Conflict, "taken"), want: "1 will write a; insert; 1 has not written a"},
		"the answer is lost":   {do: insert("a"), err: errors.New("connection reset"), want: "1 will write a; insert; 1 may have written a"},
		"the database is away": {do: insert("a"), err: fault.Retry(fault.Unavailable, 0, "away"), want: "1 will write a; insert; 1 may have written a"},
		"the time is up":       {do: insert("a"), err: fault.Errorf(fault.Timeout, "late"), want: "1 will write a; insert; 1 may have written a"},
		"an update of one": {do: func(d db.Driver) error {
			_, _, err := d.Update(ctx, written, db.Update{Where: written.ByKey("a")})
			return err
		}, want: "1 will write a; update; 1 has written a"},
		"an update of any":         {do: func(d db.Driver) error { _, _, err := d.Update(ctx, written, db.Update{Where: query.True}); return err }, want: "1 will write ; update; 1 has written "},
		"a delete of one":          {do: func(d db.Driver) error { _, err := d.Delete(ctx, written, written.ByKey("a")); return err }, want: "1 will write a; delete; 1 has written a"},
		"an empty transaction":     {do: func(d db.Driver) error { return d.Transaction(ctx, func(db.Store) error { return nil }) }, want: "commit"},
		"a transaction":            {do: transaction(nil), want: "insert; update; delete; 1 will write a,b,c; commit; 1 has written a,b,c"},
		"a transaction, twice":     {do: transaction(nil), tries: 2, want: "insert; update; delete; 1 will write a,b,c; commit; 1 may have written a,b,c; insert; update; delete; 2 will write a,b,c; commit; 2 has written a,b,c"},
		"it is rolled back":        {do: transaction(failed), err: failed, want: "insert; update; delete"},
		"its outcome is not known": {do: transaction(nil), err: errors.New("connection reset"), want: "insert; update; delete; 1 will write a,b,c; commit; 1 may have written a,b,c"},
	} {
		t.Run(name, func(t *testing.T) {
			var log []string
			d := NewDriver(&target{log: &log, err: test.err, tries: test.tries}, witness{"x", &log, false}, witness{"off", &log, true}, witness{"y", &log, false})
			if err := test.do(d); !errors.Is(err, test.err) {
				t.Errorf("the error is %v, want %v", err, test.err)
			}
			var want []string
			for _, event := range strings.Split(test.want, "; ") {
				if strings.Contains(event, "writ") {
					want = append(want, "x: "+event, "y: "+event)
				} else {
					want = append(want, event)
				}
			}
			if !slices.Equal(log, want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(log, "\n"), strings.Join(want, "\n"))
			}
		})
	}
}

// transaction writes a, b and c, and ends with an error.
func transaction(end error) func(d db.Driver) error {
	ctx := context.Background()
	return func(d db.Driver) error {
		return d.Transaction(ctx, func(s db.Store) error {
			err := s.Insert(ctx, written, []query.Row{rowOf("a")})
			_, _, failed := s.Update(ctx, written, db.Update{Where: written.ByKey("b")})
			_, refused := s.Delete(ctx, written, written.ByKey("c"))
			if end != nil {
				return end
			}
			_ = errors.Join(err, failed, refused) // the outcome of the test is that of the commit
			return nil
		})
	}
}

func TestDriver_CostsNothingWhileNoneListens(t *testing.T) {
	ctx := context.Background()
	log := make([]string, 0, 10_000)
	d := NewDriver(&target{log: &log}, witness{"x", &log, true})
	rows := []query.Row{rowOf("a")}
	bare := testing.AllocsPerRun(100, func() { _ = d.Driver.Insert(ctx, written, rows) })
	through := testing.AllocsPerRun(100, func() { _ = d.Insert(ctx, written, rows) })
	if through != bare {
		t.Errorf("a write takes %v allocations through the driver, %v without it", through, bare)
	}
	if slices.ContainsFunc(log, func(s string) bool { return s != "insert" }) {
		t.Error("one that does not listen is notified")
	}
}

// pipelined is a target whose transactions run operations together.
type pipelined struct{ *target }

func (d pipelined) Pipelines() bool { return true }

func (d pipelined) Pipeline(ctx context.Context, operations []*db.Operation, _ int) error {
	d.say("together")
	for _, o := range operations {
		if err := o.Run(ctx, d); err != nil {
			return err
		}
	}
	return nil
}

func (d pipelined) Transaction(_ context.Context, f func(db.Store) error) error { return f(d) }

// TestWrites_OfOperationsThatRunTogether: listeners hear of each document that they touch.
func TestWrites_OfOperationsThatRunTogether(t *testing.T) {
	t.Parallel()
	var log []string
	d := NewDriver(pipelined{&target{log: &log}}, witness{"x", &log, false})
	err := d.Transaction(t.Context(), func(s db.Store) error {
		if !db.Pipelines(s) {
			t.Fatal("the transaction does not run operations together")
		}
		return s.(db.Pipeliner).Pipeline(t.Context(), []*db.Operation{
			{Collection: written, Insert: []query.Row{rowOf("a"), rowOf("")}},
			{Collection: written, Update: &db.Update{Where: written.ByKey("b")}},
			{Collection: written, Delete: written.ByKey("c")},
		}, 1<<20)
	})
	want := "together; insert; update; delete; x: 1 will write a,made1,b,c; x: 1 has written a,made1,b,c"
	if got := strings.Join(log, "; "); err != nil || got != want {
		t.Errorf("%v, got\n%s, want\n%s", err, got, want)
	}
}
