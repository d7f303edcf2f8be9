package dbtest

import (
	"context"
	"testing"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// lists stores lists, and asks for their elements and lengths.
func lists(t *testing.T, d db.Driver, _ *db.Collection) {
	ctx := context.Background()
	c := keyed("lists", []query.Field{
		{Name: "id", Type: query.TypeID, NotNull: true}, {Name: "s", Type: query.ListOf(query.TypeString)}, {Name: "n", Type: query.ListOf(query.TypeInt)},
		{Name: "at", Type: query.ListOf(query.TypeTime)}, {Name: "d", Type: query.ListOf(query.TypeDate)}, {Name: "b", Type: query.ListOf(query.TypeBool)},
	}, nil)
	must(t, d.Sync(ctx, []*db.Collection{c}))
	must(t, d.Sync(ctx, []*db.Collection{c}))
	full := query.Row{query.String("full"), query.RawJSON(`["b","a","b"]`), query.RawJSON(`[9007199254740993,-1]`), query.RawJSON(`["2026-01-01T00:00:00.001000Z"]`), query.RawJSON(`["2026-02-28"]`), query.RawJSON(`[true]`)}
	empty := query.Row{query.String("empty"), query.RawJSON(`[]`), query.RawJSON(`[]`), query.RawJSON(`[]`), query.RawJSON(`[]`), query.RawJSON(`[]`)}
	none := query.Row{query.String("none"), query.Null, query.Null, query.Null, query.Null, query.Null}
	rows := []query.Row{empty, full, none}
	must(t, d.Insert(ctx, c, []query.Row{full, empty, none}))
	same(t, "all", all(t, d, c, query.True), rows)
	p := func(name string) query.Path { return query.Path{Field: name} }
	for _, f := range []query.Filter{
		&query.Has{Path: p("s"), Value: query.String("b")}, &query.Has{Path: p("s"), Value: query.String("c")},
		&query.Has{Path: p("n"), Value: query.Int(9007199254740993)}, &query.Has{Path: p("n"), Value: query.Int(9007199254740992)},
		&query.Has{Path: p("at"), Value: query.String("2026-01-01T00:00:00.001000Z")}, &query.Has{Path: p("d"), Value: query.String("2026-02-28")}, &query.Has{Path: p("b"), Value: query.Bool(true)},
		&query.Length{Path: p("s"), Op: query.Eq, Value: 3}, &query.Length{Path: p("n"), Op: query.Lt, Value: 1}, &query.Length{Path: p("n"), Op: query.Ge, Value: 0},
		&query.Compare{Path: p("s"), Value: query.Null},
	} {
		for _, f := range []query.Filter{f, query.Negate(f)} {
			var want []query.Row
			for _, row := range rows {
				if query.Match(f, c.Shape, row, nil) {
					want = append(want, row)
				}
			}
			got := all(t, d, c, f)
			same(t, query.Canonical(f), append([]query.Row{}, got...), append([]query.Row{}, want...))
		}
	}
	_, updated, err := d.Update(ctx, c, db.Update{Where: c.ByKey("none"), Set: []db.Assignment{{Field: 1, Value: query.RawJSON(`["x"]`)}, {Field: 3, Value: full[3]}}, Return: true})
	must(t, err)
	same(t, "updated", updated, []query.Row{{query.String("none"), query.RawJSON(`["x"]`), query.Null, full[3], query.Null, query.Null}})
}
