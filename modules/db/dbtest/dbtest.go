// Package dbtest is the conformance suite that every database driver passes. It checks the contract of package db,
// and that filters mean the same in the database as in memory.
package dbtest

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

// Open returns a driver on an empty database, which the suite closes.
type Open func(t testing.TB) db.Driver

// shape has a field of every type.
var shape = query.NewShape([]query.Field{
	{Name: "id", Type: query.TypeID, NotNull: true},
	{Name: "s", Type: query.TypeString},
	{Name: "s2", Type: query.TypeString},
	{Name: "n", Type: query.TypeInt},
	{Name: "n2", Type: query.TypeInt},
	{Name: "f", Type: query.TypeFloat},
	{Name: "b", Type: query.TypeBool},
	{Name: "t", Type: query.TypeTime},
	{Name: "y", Type: query.TypeBytes},
	{Name: "j", Type: query.TypeJSON},
	{Name: "d", Type: query.TypeDate},
	{Name: "u", Type: query.TypeUUID},
	{Name: "p", Type: query.TypeDecimal},
})

// Collection returns a collection with a field of every type and the given stored name.
func Collection(name string) *db.Collection {
	c := &db.Collection{Name: name, Table: name, Shape: shape}
	for _, f := range shape.Fields {
		c.Columns = append(c.Columns, db.Column{Name: f.Name, Type: f.Type, Index: f.Name == "n", Unique: f.Name == "s2"})
	}
	return c
}

// Exceptions lists what the tested server does not support. There is one place that sets them, with the reason of
// each.
type Exceptions struct {
	// Cases are the names of skipped cases.
	Cases map[string]string
	// NestedArrays is why documents have no nested arrays.
	NestedArrays string
	// Expressions is why no two fields of one document are compared.
	Expressions string
	// NullOrder is why null is always the smallest value of an order.
	NullOrder string
	// Lookups is why lookups are not part of a statement, see [db.Correlator].
	Lookups string
	// BytesOrder is why bytes are only compared for equality.
	BytesOrder string
	// Decimals is why there are no decimals.
	Decimals string
	// Partial is why there are no indexes of a part of the documents.
	Partial string
	// Digits is why decimals have 35 digits before the point and 30 after it.
	Digits string
	// Far is why no time and no date is infinite or outside the years 0 to 9999.
	Far string
	// Infinite is why no float is infinite or NaN; NaN is why none is NaN.
	Infinite, NaN string
}

// checks is how many times a property is tried when neither -rapid.checks nor the long mode says it. Each time takes a
// hundred rules or filters.
const checks = 30

// setChecks sets how many times a property is tried.
func setChecks(t *testing.T) {
	t.Helper()
	chosen := os.Getenv("BASALT_LONG") != ""
	flag.Visit(func(f *flag.Flag) { chosen = chosen || f.Name == "rapid.checks" })
	if chosen {
		return
	}
	if err := flag.Set("rapid.checks", strconv.Itoa(checks)); err != nil {
		t.Fatal(err)
	}
}

// Run runs the suite.
func Run(t *testing.T, open Open, exceptions ...Exceptions) {
	setChecks(t)
	var except Exceptions
	for _, e := range exceptions {
		except = e
		for what, reason := range map[string]string{"nested arrays": e.NestedArrays, "comparing two fields": e.Expressions, "the order of bytes": e.BytesOrder, "decimals": e.Decimals, "partial indexes": e.Partial,
			"more digits": e.Digits, "far times": e.Far, "infinite floats": e.Infinite, "NaN": e.NaN} {
			if reason != "" {
				t.Logf("not tried: %s: %s", what, reason)
			}
		}
	}
	for _, test := range []struct {
		name string
		run  func(*testing.T, db.Driver, *db.Collection)
	}{
		{"RoundTrip", func(t *testing.T, d db.Driver, c *db.Collection) { roundTrip(t, d, c, except) }},
		{"FindSortsLimitsAndSelects", findSorts},
		{"InsertIsAllOrNothing", insertAllOrNothing},
		{"UpdateReturnsTheRowsAsTheyAre", update},
		{"DeleteCountsRows", remove},
		{"Aggregate", aggregate},
		{"DecimalsAreExact", func(t *testing.T, d db.Driver, c *db.Collection) { decimals(t, d, c, except) }},
		{"TransactionsHappenAsAWhole", transactions},
		{"LockedRowsDoNotChange", locks},
		{"ConcurrentWritersLoseNothing", concurrent},
		{"CanceledCallsEnd", canceled},
		{"SyncAddsAndRefuses", sync1},
		{"FiltersMeanTheSameAsInMemory", func(t *testing.T, d db.Driver, c *db.Collection) { differential(t, d, c, except) }},
		{"RulesMeanTheSameEverywhere", func(t *testing.T, d db.Driver, c *db.Collection) { meaning(t, d, c, except) }},
		{"ChangesAreReported", watches},
		{"SearchFindsWords", searches},
		{"MigrationsHappenOnce", migrations},
		{"UpgradesHappenOnce", upgrades},
		{"NumbersAreIDs", numbered},
		{"KeysOfSeveralColumns", composite},
		{"ColumnsHaveTheirOwnNames", columns},
		{"IndexesOfSeveralColumns", func(t *testing.T, d db.Driver, c *db.Collection) { indexes(t, d, except) }},
		{"IndexesThatLeave", leavingIndexes},
		{"ReferencesAreGuarded", references},
		{"RenamesKeepData", renames},
		{"ListsAreArrays", lists},
		{"PatternsCostLittle", patterns},
		{"MembersOfJSON", func(t *testing.T, d db.Driver, _ *db.Collection) { declaredMembers(t, d) }},
		{"PagesAreTheWholeInOrder", func(t *testing.T, d db.Driver, c *db.Collection) { pages(t, d, c, except) }},
	} {
		t.Run(test.name, func(t *testing.T) {
			if reason := except.Cases[test.name]; reason != "" {
				t.Skip(reason)
			}
			d := open(t)
			t.Cleanup(func() {
				if err := d.Close(); err != nil {
					t.Errorf("close: %v", err)
				}
			})
			c := Collection("things")
			must(t, d.Sync(context.Background(), []*db.Collection{c}))
			test.run(t, d, c)
		})
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// row returns a row with an id and values by field name.
func row(id string, values map[string]query.Value) query.Row {
	r := make(query.Row, len(shape.Fields))
	r[0] = query.String(id)
	for name, v := range values {
		r[shape.Index(name)] = v
	}
	return r
}

// day returns a date.
func day(text string) query.Value {
	v, _ := query.ParseDate(text)
	return v
}

func byID() []query.SortKey { return []query.SortKey{{Field: "id"}} }

func all(t testing.TB, d db.Store, c *db.Collection, where query.Filter) []query.Row {
	t.Helper()
	rows, err := d.Find(context.Background(), c, db.Find{Query: query.Query{Where: where, Sort: byID()}})
	must(t, err)
	return rows
}

// rounded returns rows with the precision of the database.
func rounded(d db.Driver, rows []query.Row) []query.Row {
	r, ok := db.As[db.Rounder](d)
	if !ok {
		return rows
	}
	out := make([]query.Row, len(rows))
	for i, row := range rows {
		out[i] = slices.Clone(row)
		for n, v := range row {
			out[i][n] = r.Round(v)
		}
	}
	return out
}

func ids(rows []query.Row) []string {
	out := make([]string, len(rows))
	for i, r := range rows {
		out[i] = r[0].Text()
	}
	return out
}

func same(t testing.TB, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b query.Value) bool { return a == b })); diff != "" {
		t.Errorf("%s: (-want +got)\n%s", what, diff)
	}
}

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
