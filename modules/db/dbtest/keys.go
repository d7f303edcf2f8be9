package dbtest

import (
	"context"
	"testing"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

func keyed(name string, fields []query.Field, parts []int) *db.Collection {
	c := &db.Collection{Name: name, Table: name, Shape: query.NewShape(fields), Parts: parts}
	for _, f := range fields {
		c.Columns = append(c.Columns, db.Column{Name: f.Name, Type: f.Type})
	}
	return c
}

// numbered has int ids, which the database generates if they are not given.
func numbered(t *testing.T, d db.Driver, _ *db.Collection) {
	ctx := context.Background()
	c := keyed("numbered", []query.Field{{Name: "id", Type: query.TypeInt, NotNull: true}, {Name: "x", Type: query.TypeString}}, nil)
	must(t, d.Sync(ctx, []*db.Collection{c}))
	must(t, d.Sync(ctx, []*db.Collection{c}))
	must(t, d.Insert(ctx, c, []query.Row{{query.Int(-5), query.String("below")}, {query.Int(1 << 60), query.String("above")}}))
	same(t, "in the order of numbers", all(t, d, c, query.True), []query.Row{{query.Int(-5), query.String("below")}, {query.Int(1 << 60), query.String("above")}})
	same(t, "by its text", all(t, d, c, c.ByKey("-5")), []query.Row{{query.Int(-5), query.String("below")}})
	for _, text := range []string{"-05", "5x", "", "1.0", "9223372036854775808", "+5"} {
		if c.ByKey(text) != query.False {
			t.Errorf("%q is taken for an id", text)
		}
	}
	n, rows, err := d.Update(ctx, c, db.Update{Where: c.ByKey("-5"), Set: []db.Assignment{{Field: 1, Value: query.String("changed")}}, Return: true})
	must(t, err)
	if n != 1 {
		t.Errorf("%d rows changed", n)
	}
	same(t, "changed", rows, []query.Row{{query.Int(-5), query.String("changed")}})
	made := []query.Row{{query.Null, query.String("a")}, {query.Null, query.String("b")}}
	err = d.Insert(ctx, c, made)
	if fault.CodeOf(err) == fault.Invalid {
		t.Logf("the database makes no numbers: %v", err)
		return
	}
	must(t, err)
	for _, row := range made {
		if row[0].IsNull() || row[0] == made[1][0] && row[1] == made[0][1] {
			t.Errorf("the ids are %v", made)
		}
		same(t, "by the id that was made", all(t, d, c, c.ByKey(c.ID(row))), []query.Row{row})
	}
}

// composite has ids composed of two fields.
func composite(t *testing.T, d db.Driver, _ *db.Collection) {
	ctx := context.Background()
	c := keyed("composite", []query.Field{
		{Name: "id", Type: query.TypeID, NotNull: true, Of: []string{"a", "n"}},
		{Name: "a", Type: query.TypeString, NotNull: true}, {Name: "n", Type: query.TypeInt, NotNull: true}, {Name: "x", Type: query.TypeString},
	}, []int{1, 2})
	must(t, d.Sync(ctx, []*db.Collection{c}))
	must(t, d.Sync(ctx, []*db.Collection{c}))
	row := func(a string, n int64, x string) query.Row {
		return query.Row{query.Null, query.String(a), query.Int(n), query.String(x)}
	}
	rows := []query.Row{row("a", 2, "x"), row("a", 10, "y"), row("a~b/%", 1, "z")}
	must(t, d.Insert(ctx, c, rows))
	if err := d.Insert(ctx, c, []query.Row{row("a", 10, "again")}); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("the same key twice: %v", err)
	}
	find := func(where query.Filter) []query.Row {
		got, err := d.Find(ctx, c, db.Find{Query: query.Query{Where: where, Sort: c.KeyOrder(false)}})
		must(t, err)
		return got
	}
	same(t, "in the order of the key", find(query.True), rows)
	for _, r := range rows {
		same(t, "by "+c.ID(r), find(c.ByKey(c.ID(r))), []query.Row{r})
	}
	if id := c.ID(rows[2]); id != "a%7Eb%2F%25~1" {
		t.Errorf("the id is %q", id)
	}
	for _, text := range []string{"a", "a~", "a~x", "a~2~3", "~", "a~02", "%61~2"} {
		if c.ByKey(text) != query.False {
			t.Errorf("%q is taken for an id", text)
		}
	}
	n, changed, err := d.Update(ctx, c, db.Update{Where: c.ByKey("a~10"), Set: []db.Assignment{{Field: 3, Value: query.String("changed")}}, Return: true})
	must(t, err)
	if n != 1 {
		t.Errorf("%d rows changed", n)
	}
	same(t, "changed", changed, []query.Row{row("a", 10, "changed")})
	if n, err := d.Delete(ctx, c, c.ByKey("a~2")); n != 1 || err != nil {
		t.Errorf("deleted %d, %v", n, err)
	}
	if !c.IsByKey(c.ByKey("a~10")) || c.IsByKey(&query.Compare{Path: query.Path{Field: "a"}, Op: query.Eq, Value: query.String("a")}) {
		t.Error("which filters are about one document is not reported")
	}
}
