package dbtest

import (
	"context"
	"errors"
	"testing"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

// columns stores fields under other names, of which one is that of another field.
func columns(t *testing.T, d db.Driver, _ *db.Collection) {
	ctx := context.Background()
	c := keyed("named", []query.Field{
		{Name: "id", Type: query.TypeID, NotNull: true}, {Name: "a", Type: query.TypeString}, {Name: "b", Type: query.TypeInt}, {Name: "j", Type: query.TypeJSON},
	}, nil)
	c.Columns[1] = db.Column{Name: "First 'Name", Type: query.TypeString, Unique: true}
	c.Columns[2].Name, c.Columns[2].Index = "a", true
	c.Columns[3].Name = "größe"
	must(t, d.Sync(ctx, []*db.Collection{c}))
	must(t, d.Sync(ctx, []*db.Collection{c}))
	row := func(id, a string, b int64, j string) query.Row {
		return query.Row{query.String(id), query.String(a), query.Int(b), query.RawJSON(j)}
	}
	x, y := row("x", "one", 2, `{"k":1}`), row("y", "two", 1, `{"k":2}`)
	must(t, d.Insert(ctx, c, []query.Row{x, y}))
	taken(t, d.Insert(ctx, c, []query.Row{row("z", "one", 3, `{}`)}), "First 'Name")
	find := func(f query.Filter) []query.Row {
		rows, err := d.Find(ctx, c, db.Find{Query: query.Query{Where: f, Sort: []query.SortKey{{Field: "b"}, {Field: "id"}}}})
		must(t, err)
		return rows
	}
	same(t, "all", find(query.True), []query.Row{y, x})
	for name, f := range map[string]query.Filter{
		"a string": &query.Compare{Path: query.Path{Field: "a"}, Value: query.String("one")},
		"a number": &query.Compare{Path: query.Path{Field: "b"}, Op: query.Gt, Value: query.Int(1)},
		"json":     &query.Compare{Path: query.Path{Field: "j", Sub: "k"}, Value: query.Int(1)},
	} {
		same(t, name, find(f), []query.Row{x})
	}
	_, rows, err := d.Update(ctx, c, db.Update{Where: c.ByKey("y"), Set: []db.Assignment{{Field: 2, Value: query.Int(7)}}, Return: true})
	must(t, err)
	same(t, "updated", rows, []query.Row{row("y", "two", 7, `{"k":2}`)})
	_, _, err = d.Update(ctx, c, db.Update{Where: c.ByKey("y"), Set: []db.Assignment{{Field: 1, Value: query.String("one")}}, Return: true})
	taken(t, err, "First 'Name")
	got, err := d.Aggregate(ctx, c, db.Aggregate{Group: []int{1}, Max: []int{2}})
	must(t, err)
	same(t, "aggregate", got, [][]query.Value{{query.String("one"), query.Int(2)}, {query.String("two"), query.Int(7)}})
}

// taken checks that an error is a conflict on these columns.
func taken(t *testing.T, err error, columns ...string) {
	t.Helper()
	var e *fault.Error
	if !errors.As(err, &e) || e.Code != fault.Conflict {
		t.Errorf("got %v, want a conflict on %q", err, columns)
		return
	}
	var got []string
	for _, f := range e.Fields {
		got = append(got, f.Field)
	}
	same(t, "columns of a conflict", got, columns)
}
