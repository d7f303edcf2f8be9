package dbtest

import (
	"context"
	"slices"
	"testing"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// FoldRows are strings that a column may take as equal: put them into the string fields of a table for [Folds].
var FoldRows = []string{"Bob", "bob", "BOB", "bo", "bobby", "B_b", "[", "a[b", "A[B", "ab@c", "AB`c", "Ärger", "ärger", "Straße", "STRASSE", "ΣΟΦΟΣ", "σοφος", "σοφος ", "", " bob", "\u212aelvin", "kelvin", "Żó", "żó", "z", "Z", "_", "{", "~"}

// Folds checks a table whose string fields compare in different ways, as [Consistent] does, and how they compare with each
// other, in one document and in lookups.
func Folds(t *testing.T, d db.Driver, c *db.Collection) {
	t.Helper()
	Consistent(t, d, c)
	ctx := context.Background()
	rows, err := d.Find(ctx, c, db.Find{Query: query.Query{Where: query.True, Sort: c.KeyOrder(false)}})
	must(t, err)
	c.Related = map[string]*db.Collection{c.Name: c}
	tables := query.Tables(map[string]*query.Shape{c.Name: c.Shape}, map[string][]query.Row{c.Name: rows})
	var filters []query.Filter
	for i, a := range c.Shape.Fields {
		for j, b := range c.Shape.Fields {
			if a.Type != query.TypeString || b.Type != query.TypeString {
				continue
			}
			for _, op := range []query.CompareOp{query.Eq, query.Lt, query.Ge} {
				left, right := query.Path{Field: a.Name}, query.Path{Field: b.Name}
				other := query.Negate(&query.Compare{Path: left, Op: query.Eq, Value: query.String(FoldRows[i])})
				filters = append(filters, &query.CompareFields{Left: left, Op: op, Right: right})
				for _, where := range []query.Filter{query.True, other} {
					filters = append(filters, query.Lookup(c.Name, where, query.Link{Inner: left, Op: op, Outer: right}))
				}
				narrow := query.OneOf(c.KeyPath(), []query.Value{rows[0][c.Key], rows[j%len(rows)][c.Key]}) // which makes a set of it
				filters = append(filters, query.Lookup(c.Name, narrow, query.Link{Inner: left, Op: op, Outer: right}))
			}
		}
	}
	for _, f := range filters {
		var want []string
		for _, r := range rows {
			if query.Match(f, c.Shape, r, tables) {
				want = append(want, c.ID(r))
			}
		}
		var got []string
		for _, r := range all(t, d, c, f) {
			got = append(got, c.ID(r))
		}
		if slices.Sort(got); !slices.Equal(got, slices.Sorted(slices.Values(want))) {
			t.Errorf("%s selects %v in the database and %v in memory", query.Format(f), got, want)
		}
	}
}
