package dbtest

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// Consistent checks a table with existing data. Every field is compared with null and with each of the stored
// values, and paged through in both directions one row at a time. The database must return what the matcher and
// the order of this package return for the rows.
func Consistent(t *testing.T, d db.Driver, c *db.Collection) {
	t.Helper()
	ctx := context.Background()
	rows, err := d.Find(ctx, c, db.Find{Query: query.Query{Where: query.True, Sort: c.KeyOrder(false)}})
	must(t, err)
	names := func(rows []query.Row) []string {
		out := []string{}
		for _, r := range rows {
			out = append(out, c.ID(r))
		}
		return out
	}
	for _, i := range c.Stored() {
		field := c.Shape.Fields[i]
		filters := probes(c.Shape, i, rows)
		for _, f := range filters {
			for _, f := range []query.Filter{f, query.Negate(f)} {
				want := []query.Row{}
				for _, r := range rows {
					if query.Match(f, c.Shape, r, nil) {
						want = append(want, r)
					}
				}
				got, err := d.Find(ctx, c, db.Find{Query: query.Query{Where: f, Sort: c.KeyOrder(false)}})
				must(t, err)
				if !slices.Equal(names(got), names(want)) {
					t.Errorf("%s selects %v in the database and %v in memory", query.Format(f), names(got), names(want))
				}
			}
		}
		if field.Type == query.TypeJSON {
			continue
		}
		for _, desc := range []bool{false, true} {
			sort := append([]query.SortKey{{Field: field.Name, Desc: desc}}, c.KeyOrder(desc)...)
			if slices.Contains(c.KeyFields(), i) {
				sort = c.KeyOrder(desc)
			}
			want := slices.Clone(rows)
			slices.SortFunc(want, func(a, b query.Row) int {
				if query.Less(c.Shape, sort, a, b) {
					return -1
				}
				return 1
			})
			if got := names(paged(t, d, c, sort, 1, len(rows)+1)); !slices.Equal(got, names(want)) {
				t.Errorf("sorted by %v the pages of one are %v and the whole %v", sort, got, names(want))
			}
		}
	}
}

// probes are filters on a field: for what is stored in it, and for what a database may take for the same.
func probes(shape *query.Shape, i int, rows []query.Row) []query.Filter {
	field := shape.Fields[i]
	path := query.Path{Field: field.Name}
	out := []query.Filter{&query.Compare{Path: path, Op: query.Eq, Value: query.Null}}
	var values []query.Value
	if field.Type == query.TypeJSON {
		for _, text := range []string{"", "1abc", "1", "0", "true", "null", "a", "a ", "A", `\`, "é"} {
			values = append(values, query.String(text))
		}
		values = append(values, query.Int(0), query.Int(1), query.Double(1), query.Double(0.1), query.Double(1<<64), query.Int(math.MaxInt64), query.Bool(true), query.Bool(false))
	} else {
		out = append(out, &query.CompareFields{Left: path, Op: query.Eq, Right: path}, &query.CompareFields{Left: path, Op: query.Le, Right: path})
		for _, r := range rows {
			if !r[i].IsNull() {
				values = append(values, r[i])
			}
		}
		for _, v := range slices.Clone(values) { // which a column may take as equal
			if v.Kind() == query.KindString && field.Type != query.TypeUUID {
				values = append(values, query.String(strings.ToUpper(v.Text())), query.String(strings.ToLower(v.Text())))
			}
		}
		if field.Type == query.TypeBool {
			values = append(values, query.Bool(true), query.Bool(false))
		}
	}
	for n, v := range values {
		for _, op := range []query.CompareOp{query.Eq, query.Lt, query.Le, query.Gt, query.Ge} {
			out = append(out, &query.Compare{Path: path, Op: op, Value: v})
		}
		out = append(out, &query.In{Path: path, Values: []query.Value{v, query.Null}}, &query.In{Path: path, Values: []query.Value{v, values[(n+1)%len(values)]}})
		if field.Type == query.TypeJSON {
			out = append(out, &query.Has{Path: path, Value: v})
		}
		if v.Kind() == query.KindString && field.Type != query.TypeUUID {
			for _, op := range []query.TextOp{query.Contains, query.StartsWith, query.EndsWith} {
				out = append(out, &query.Text{Path: path, Op: op, Text: v.Text()})
			}
			pattern := strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(v.Text())
			for _, op := range []query.TextOp{query.Like, query.ILike} {
				out = append(out, &query.Text{Path: path, Op: op, Text: pattern}, &query.Text{Path: path, Op: op, Text: pattern + "_"}, &query.Text{Path: path, Op: op, Text: "%" + pattern})
			}
			out = append(out, &query.Length{Path: path, Op: query.Eq, Value: int64(utf8.RuneCountInString(v.Text()))})
		}
	}
	return out
}

// paged concatenates pages by cursor, up to a maximum.
func paged(t testing.TB, d db.Driver, c *db.Collection, sort []query.SortKey, limit, most int) (got []query.Row) {
	t.Helper()
	cursors := query.NewCursors([32]byte{1})
	ranges := []query.Filter{query.True}
	for range most {
		var page []query.Row
		for _, where := range ranges {
			more, err := d.Find(context.Background(), c, db.Find{Query: query.Query{Where: where, Sort: sort, Limit: limit - len(page)}})
			must(t, err)
			if page = append(page, more...); len(page) == limit {
				break
			}
		}
		if len(page) == 0 {
			break
		}
		got = append(got, page...)
		var err error
		ranges, err = cursors.After(c.Name, c.Shape, sort, cursors.Make(c.Name, c.Shape, sort, page[len(page)-1]))
		must(t, err)
	}
	return got
}
