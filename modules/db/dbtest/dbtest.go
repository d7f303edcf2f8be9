// Package dbtest is the conformance suite that every database driver passes. It checks the contract of package db,
// and that filters mean the same in the database as in memory.
package dbtest

import (
	"context"
	"flag"
	"os"
	"slices"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/basalt-dev/basalt/modules/db"
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
	// JSONOrder is why there is no order by what is inside json fields.
	JSONOrder string
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
		for what, reason := range map[string]string{"nested arrays": e.NestedArrays, "comparing two fields": e.Expressions, "the order inside json fields": e.JSONOrder, "the order of bytes": e.BytesOrder, "decimals": e.Decimals, "partial indexes": e.Partial,
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
		{"ASnapshotStaysAsItWas", snapshots},
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
		{"MembersThatAreNotDeclared", func(t *testing.T, d db.Driver, _ *db.Collection) { openDocuments(t, d) }},
		{"PagesAreTheWholeInOrder", func(t *testing.T, d db.Driver, c *db.Collection) { pages(t, d, c, except) }},
		{"InsideJSONIsInOrder", func(t *testing.T, d db.Driver, c *db.Collection) { insideJSON(t, d, c, except) }},
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
			if a, ok := db.As[db.Alterer](d); ok && a.Alters(c) != nil {
				t.Errorf("an own table is said to store something else in the fields %v", a.Alters(c))
			}
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
