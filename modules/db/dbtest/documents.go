package dbtest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

func roundTrip(t *testing.T, d db.Driver, c *db.Collection, except Exceptions) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 678901000, time.UTC)
	want := []query.Row{
		row("a", map[string]query.Value{
			"s": query.String("ünï \"' 😀"), "n": query.Int(math.MaxInt64), "n2": query.Int(math.MinInt64), "f": query.Float(0.1),
			"b": query.Bool(true), "t": query.Time(at), "y": query.Bytes("\x00\xff"), "j": query.RawJSON(`{"a":[1,2.5,null,{"b":"c"}]}`), "d": day("2024-02-29"), "u": query.String("0191e7a0-0000-7000-8000-00000000000a"),
		}),
		row("b", nil),
		row("c", map[string]query.Value{
			"s": query.String(""), "n": query.Int(1<<53 + 1), "f": query.Float(math.MaxFloat64), "b": query.Bool(false),
			"t": query.Time(time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)), "y": query.Bytes(""), "j": query.String("text"), "d": day("0000-01-01"),
		}),
		row("d", map[string]query.Value{"t": query.Time(time.Date(9999, 12, 31, 23, 59, 59, 999999000, time.UTC)), "j": query.Int(9007199254740993), "f": query.Float(-1e-300)}),
		row("e", map[string]query.Value{"j": query.RawJSON("[]"), "d": day("9999-12-31")}),
		row("f", map[string]query.Value{"j": query.Bool(false), "d": query.ForeverDate}),
	}
	for i := range want {
		want[i] = except.taken(want[i])
	}
	want = rounded(d, want)
	must(t, d.Insert(context.Background(), c, want))
	same(t, "rows", all(t, d, c, query.True), want)
}

func findSorts(t *testing.T, d db.Driver, c *db.Collection) {
	ctx := context.Background()
	must(t, d.Insert(ctx, c, []query.Row{
		row("a", map[string]query.Value{"s": query.String("b"), "n": query.Int(2)}),
		row("b", map[string]query.Value{"s": query.String("B"), "n": query.Int(2)}),
		row("c", map[string]query.Value{"s": query.String("é"), "n": query.Int(-1)}),
		row("d", map[string]query.Value{"s": query.String("a")}),
	}))
	for _, test := range []struct {
		sort  []query.SortKey
		limit int
		want  []string
	}{
		{[]query.SortKey{{Field: "s"}, {Field: "id"}}, 0, []string{"b", "d", "a", "c"}},
		{[]query.SortKey{{Field: "n"}, {Field: "id", Desc: true}}, 0, []string{"d", "c", "b", "a"}},
		{[]query.SortKey{{Field: "n", Desc: true}, {Field: "id"}}, 2, []string{"a", "b"}},
	} {
		rows, err := d.Find(ctx, c, db.Find{Query: query.Query{Where: query.True, Sort: test.sort, Limit: test.limit}})
		must(t, err)
		same(t, fmt.Sprint(test.sort), ids(rows), test.want)
	}
	rows, err := d.Find(ctx, c, db.Find{Query: query.Query{Where: c.ByKey("a")}, Fields: []int{0, 3}})
	must(t, err)
	same(t, "fields", rows, []query.Row{row("a", map[string]query.Value{"n": query.Int(2)})})

	// The first of each value: of one field, where null is a value like others, and of two together.
	n, s := c.Shape.Index("n"), c.Shape.Index("s")
	must(t, d.Insert(ctx, c, []query.Row{row("e", map[string]query.Value{"s": query.String("b"), "n": query.Int(2)}), row("f", nil), row("g", map[string]query.Value{"s": query.String("a")})}))
	for _, test := range []struct {
		per           []int
		most          int
		offset, limit int
		want          []string
	}{
		{[]int{n}, 1, 0, 0, []string{"a", "c", "d"}},
		{[]int{n}, 2, 0, 0, []string{"a", "b", "c", "d", "f"}},
		{[]int{n, s}, 1, 0, 0, []string{"a", "b", "c", "d", "f"}},
		{[]int{n}, 1, 1, 9, []string{"c", "d"}}, // the offset is among what is left
		{[]int{n, s}, 1, 2, 2, []string{"c", "d"}},
	} {
		rows, err := d.Find(ctx, c, db.Find{Query: query.Query{Where: query.True, Sort: byID(), Limit: test.limit}, Per: test.per, PerLimit: test.most, Offset: test.offset})
		must(t, err)
		same(t, fmt.Sprintf("the first %d of each of %v from %d", test.most, test.per, test.offset), ids(rows), test.want)
	}
}

func insertAllOrNothing(t *testing.T, d db.Driver, c *db.Collection) {
	ctx := context.Background()
	must(t, d.Insert(ctx, c, []query.Row{row("a", map[string]query.Value{"s2": query.String("x")})}))
	for name, test := range map[string]struct {
		rows  []query.Row
		field string
	}{
		"the key":        {[]query.Row{row("b", nil), row("a", nil)}, "id"},
		"a unique field": {[]query.Row{row("c", nil), row("d", map[string]query.Value{"s2": query.String("x")})}, "s2"},
		"one row":        {[]query.Row{row("a", nil)}, "id"},
	} {
		err := d.Insert(ctx, c, test.rows)
		var e *fault.Error
		if !errors.As(err, &e) || e.Code != fault.Conflict || len(e.Fields) != 1 || e.Fields[0].Field != test.field {
			t.Errorf("%s: got %#v, want a conflict on %s", name, err, test.field)
		}
	}
	// Null does not violate uniqueness.
	must(t, d.Insert(ctx, c, []query.Row{row("e", nil), row("f", nil)}))
	same(t, "ids", ids(all(t, d, c, query.True)), []string{"a", "e", "f"})
}

func update(t *testing.T, d db.Driver, c *db.Collection) {
	ctx := context.Background()
	must(t, d.Insert(ctx, c, []query.Row{row("a", map[string]query.Value{"n": query.Int(1)}), row("b", map[string]query.Value{"n": query.Int(2)}), row("c", map[string]query.Value{"s2": query.String("x")})}))
	big := &query.Compare{Path: query.Path{Field: "n"}, Op: query.Gt, Value: query.Int(1)}
	n, rows, err := d.Update(ctx, c, db.Update{Where: big, Set: []db.Assignment{{Field: 1, Value: query.String("z")}, {Field: 9, Value: query.RawJSON(`[1]`)}}, Return: true})
	must(t, err)
	if n != 1 {
		t.Errorf("got %d changes", n)
	}
	same(t, "rows", rows, []query.Row{row("b", map[string]query.Value{"n": query.Int(2), "s": query.String("z"), "j": query.RawJSON(`[1]`)})})
	n, rows, err = d.Update(ctx, c, db.Update{Where: query.True, Set: []db.Assignment{{Field: 6, Value: query.Bool(true)}}})
	must(t, err)
	if n != 3 || rows != nil {
		t.Errorf("got %d changes and %v", n, rows)
	}
	_, _, err = d.Update(ctx, c, db.Update{Where: c.ByKey("a"), Set: []db.Assignment{{Field: 2, Value: query.String("x")}}})
	if fault.CodeOf(err) != fault.Conflict {
		t.Errorf("got %v, want a conflict", err)
	}
	if n, _, err := d.Update(ctx, c, db.Update{Where: c.ByKey("nowhere"), Set: []db.Assignment{{Field: 6, Value: query.Null}}}); n != 0 || err != nil {
		t.Errorf("got %d, %v", n, err)
	}
}

func remove(t *testing.T, d db.Driver, c *db.Collection) {
	ctx := context.Background()
	must(t, d.Insert(ctx, c, []query.Row{row("a", nil), row("b", nil), row("c", nil)}))
	for _, test := range []struct {
		where query.Filter
		want  int64
	}{{c.ByKey("a"), 1}, {c.ByKey("a"), 0}, {query.True, 2}} {
		if n, err := d.Delete(ctx, c, test.where); n != test.want || err != nil {
			t.Errorf("%s: got %d, %v, want %d", query.Canonical(test.where), n, err, test.want)
		}
	}
}

func aggregate(t *testing.T, d db.Driver, c *db.Collection) {
	ctx := context.Background()
	n, f, s := shape.Index("n"), shape.Index("f"), shape.Index("s")
	empty, err := d.Aggregate(ctx, c, db.Aggregate{Where: query.True, Count: true, Sum: []int{n}, Max: []int{s}})
	must(t, err)
	same(t, "of nothing", empty, [][]query.Value{{query.Int(0), query.Null, query.Null}})
	must(t, d.Insert(ctx, c, []query.Row{
		row("a", map[string]query.Value{"s": query.String("x"), "n": query.Int(1), "f": query.Float(0.5)}),
		row("b", map[string]query.Value{"s": query.String("x"), "n": query.Int(2), "f": query.Float(1.5)}),
		row("c", map[string]query.Value{"s": query.String("y"), "n": query.Int(math.MaxInt64)}),
		row("d", map[string]query.Value{"n": query.Int(7)}),
	}))
	rows, err := d.Aggregate(ctx, c, db.Aggregate{Where: query.True, Group: []int{s}, Count: true, Sum: []int{n, f}, Avg: []int{f}, Min: []int{n}, Max: []int{f}})
	must(t, err)
	same(t, "groups", rows, [][]query.Value{
		{query.Null, query.Int(1), query.Int(7), query.Null, query.Null, query.Int(7), query.Null},
		{query.String("x"), query.Int(2), query.Int(3), query.Float(2), query.Float(1), query.Int(1), query.Float(1.5)},
		{query.String("y"), query.Int(1), query.Int(math.MaxInt64), query.Null, query.Null, query.Int(math.MaxInt64), query.Null},
	})
	if _, err := d.Aggregate(ctx, c, db.Aggregate{Where: query.True, Sum: []int{n}}); fault.CodeOf(err) != fault.Invalid {
		t.Errorf("a sum past 64 bits: got %v, want invalid", err)
	}
	if count, err := d.Count(ctx, c, &query.Compare{Path: query.Path{Field: "s"}, Op: query.Eq, Value: query.Null}); count != 1 || err != nil {
		t.Errorf("count: got %d, %v", count, err)
	}
}

func transactions(t *testing.T, d db.Driver, c *db.Collection) {
	ctx := context.Background()
	broken := errors.New("broken")
	err := d.Transaction(ctx, func(s db.Store) error {
		must(t, s.Insert(ctx, c, []query.Row{row("a", nil)}))
		if got := ids(all(t, s, c, query.True)); !slices.Equal(got, []string{"a"}) {
			t.Errorf("inside, the rows are %v", got)
		}
		return broken
	})
	if !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	same(t, "after a failure", ids(all(t, d, c, query.True)), []string{})
	must(t, d.Transaction(ctx, func(s db.Store) error {
		must(t, s.Insert(ctx, c, []query.Row{row("a", nil), row("b", nil)}))
		_, err := s.Delete(ctx, c, c.ByKey("a"))
		return err
	}))
	same(t, "after a commit", ids(all(t, d, c, query.True)), []string{"b"})
	func() {
		defer func() {
			if recover() == nil {
				t.Error("a panic was swallowed")
			}
		}()
		_ = d.Transaction(ctx, func(s db.Store) error {
			must(t, s.Insert(ctx, c, []query.Row{row("z", nil)}))
			panic("x")
		})
	}()
	same(t, "after a panic", ids(all(t, d, c, query.True)), []string{"b"})
}

// snapshots reads twice from one state, while something commits.
func snapshots(t *testing.T, d db.Driver, c *db.Collection) {
	s, ok := d.(db.Snapshotter)
	if !ok || !s.Snapshots() {
		return
	}
	must(t, d.Insert(t.Context(), c, []query.Row{row("a", nil), row("b", nil)}))
	must(t, s.Snapshot(t.Context(), func(then db.Store) error {
		same(t, "at first", ids(all(t, then, c, query.True)), []string{"a", "b"})
		must(t, d.Insert(t.Context(), c, []query.Row{row("c", nil)}))
		_, err := d.Delete(t.Context(), c, c.ByKey("a"))
		must(t, err)
		same(t, "after a commit", ids(all(t, then, c, query.True)), []string{"a", "b"})
		same(t, "besides", ids(all(t, d, c, query.True)), []string{"b", "c"})
		return nil
	}))
	// One that ends with its request leaves no connection in the past.
	ctx, cancel := context.WithCancel(t.Context())
	if err := s.Snapshot(ctx, func(then db.Store) error {
		all(t, then, c, query.True)
		cancel()
		return ctx.Err()
	}); err == nil {
		t.Error("a snapshot whose request has ended succeeds")
	}
	must(t, d.Insert(t.Context(), c, []query.Row{row("d", nil)}))
	for range 20 {
		same(t, "afterwards", ids(all(t, d, c, query.True)), []string{"b", "c", "d"})
	}
}

// locks increments a number by read and write in many concurrent transactions.
func locks(t *testing.T, d db.Driver, c *db.Collection) {
	ctx := context.Background()
	must(t, d.Insert(ctx, c, []query.Row{row("a", map[string]query.Value{"n": query.Int(0)})}))
	const writers, times = 8, 20
	var wg sync.WaitGroup
	for range writers {
		wg.Go(func() {
			for range times {
				err := d.Transaction(ctx, func(s db.Store) error {
					rows, err := s.Find(ctx, c, db.Find{Query: query.Query{Where: c.ByKey("a")}, Lock: db.Exclusive})
					if err != nil {
						return err
					}
					_, _, err = s.Update(ctx, c, db.Update{Where: c.ByKey("a"), Set: []db.Assignment{{Field: 3, Value: query.Int(rows[0][3].Int() + 1)}}})
					return err
				})
				if err != nil {
					t.Errorf("a transaction failed: %v", err)
				}
			}
		})
	}
	wg.Wait()
	if got := all(t, d, c, query.True)[0][3].Int(); got != writers*times {
		t.Errorf("got %d, want %d", got, writers*times)
	}
}

func concurrent(t *testing.T, d db.Driver, c *db.Collection) {
	ctx := context.Background()
	const writers, each = 32, 25
	var wg sync.WaitGroup
	var mu sync.Mutex
	conflicts := 0
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				// Every fifth id is inserted by all writers.
				id := fmt.Sprintf("%03d-%03d", w, i)
				if i%5 == 0 {
					id = fmt.Sprintf("all-%03d", i)
				}
				err := d.Insert(ctx, c, []query.Row{row(id, map[string]query.Value{"n": query.Int(int64(w))})})
				if fault.CodeOf(err) == fault.Conflict {
					mu.Lock()
					conflicts++
					mu.Unlock()
				} else if err != nil {
					t.Errorf("insert: %v", err)
				}
			}
		})
	}
	wg.Wait()
	if count, err := d.Count(ctx, c, query.True); err != nil || int(count) != writers*each-conflicts || conflicts != (writers-1)*each/5 {
		t.Errorf("got %d rows and %d conflicts, %v", count, conflicts, err)
	}
}

func canceled(t *testing.T, d db.Driver, c *db.Collection) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := d.Find(ctx, c, db.Find{Query: query.Query{Where: query.True}}); err == nil {
		t.Error("a find with a canceled context has an answer")
	}
	if err := d.Insert(ctx, c, []query.Row{row("a", nil)}); err == nil {
		t.Error("an insert with a canceled context has happened")
	}
	same(t, "rows", ids(all(t, d, c, query.True)), []string{})
}

func sync1(t *testing.T, d db.Driver, c *db.Collection) {
	ctx := context.Background()
	must(t, d.Insert(ctx, c, []query.Row{row("a", map[string]query.Value{"s": query.String("kept")})}))
	must(t, d.Sync(ctx, []*db.Collection{c})) // no changes

	fields := append(slices.Clone(shape.Fields), query.Field{Name: "added", Type: query.TypeInt})
	wider := &db.Collection{Name: c.Name, Table: c.Table, Shape: query.NewShape(fields), Columns: append(slices.Clone(c.Columns), db.Column{Name: "added", Type: query.TypeInt, Index: true})}
	must(t, d.Sync(ctx, []*db.Collection{wider}))
	rows := all(t, d, wider, query.True)
	if len(rows) != 1 || rows[0][1].Text() != "kept" || !rows[0][len(fields)-1].IsNull() {
		t.Errorf("after a field was added: %v", rows)
	}

	changed := slices.Clone(shape.Fields)
	changed[1].Type = query.TypeInt
	columns := slices.Clone(c.Columns)
	columns[1].Type = query.TypeInt
	err := d.Sync(ctx, []*db.Collection{{Name: c.Name, Table: c.Table, Shape: query.NewShape(changed), Columns: columns}})
	if err == nil {
		t.Error("a change of type was done silently")
	}
	same(t, "after a refusal", all(t, d, c, query.True)[0][1], query.String("kept"))
}
