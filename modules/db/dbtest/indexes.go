package dbtest

import (
	"context"
	"testing"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// indexes checks what is unique together, and in a part of the documents.
func indexes(t *testing.T, d db.Driver, except Exceptions) {
	ctx := context.Background()
	fields := []query.Field{
		{Name: "id", Type: query.TypeID, NotNull: true}, {Name: "a", Type: query.TypeString}, {Name: "b", Type: query.TypeInt},
		{Name: "at", Type: query.TypeTime}, {Name: "done", Type: query.TypeBool},
	}
	c := keyed("indexed", fields, nil)
	c.Columns[1].Name = "the a"
	open := query.All(&query.Compare{Path: query.Path{Field: "done"}, Value: query.Bool(false)},
		query.Negate(&query.Compare{Path: query.Path{Field: "a"}, Value: query.String("it's")}), query.OneOf(query.Path{Field: "b"}, []query.Value{query.Int(-5), query.Int(5)}))
	c.Indexes = []db.Index{
		{Fields: []int{1, 2}, Desc: []bool{false, false}, Unique: true},
		{Fields: []int{1, 3}, Desc: []bool{false, true}},
		{Fields: []int{3}, Desc: []bool{true}, Where: &query.Compare{Path: query.Path{Field: "at"}, Op: query.Ge, Value: query.Micros(1_000_000)}},
	}
	if except.Partial != "" {
		c.Indexes = c.Indexes[:2]
	} else {
		c.Indexes = append(c.Indexes, db.Index{Fields: []int{3}, Desc: []bool{false}, Unique: true, Where: open})
	}
	must(t, d.Sync(ctx, []*db.Collection{c}))
	must(t, d.Sync(ctx, []*db.Collection{c}))
	if m, ok := db.As[db.Migrator](d); ok {
		if plan, err := m.Plan(ctx, []*db.Collection{c}); err != nil || len(plan) != 0 {
			t.Errorf("afterwards the plan is %+v, %v", plan, err)
		}
	}
	row := func(id string, a query.Value, b int64, at int64, done bool) query.Row {
		return query.Row{query.String(id), a, query.Int(b), query.Micros(at), query.Bool(done)}
	}
	x, y := query.String("x"), query.String("y")
	must(t, d.Insert(ctx, c, []query.Row{row("1", x, 1, 1, false), row("2", x, 2, 1, false), row("3", y, 1, 1, false)}))
	taken(t, d.Insert(ctx, c, []query.Row{row("4", x, 2, 2, false)}), "the a", "b")
	must(t, d.Insert(ctx, c, []query.Row{row("5", query.Null, 1, 1, true), row("6", query.Null, 1, 1, true)}))
	_, _, err := d.Update(ctx, c, db.Update{Where: c.ByKey("3"), Set: []db.Assignment{{Field: 1, Value: x}}, Return: true})
	taken(t, err, "the a", "b")
	_, _, err = d.Update(ctx, c, db.Update{Where: c.ByKey("3"), Set: []db.Assignment{{Field: 2, Value: query.Int(7)}}})
	must(t, err)
	if len(c.Indexes) == 4 {
		must(t, d.Insert(ctx, c, []query.Row{row("7", y, 5, 3000, false), row("8", x, 5, 3000, true)}))
		taken(t, d.Insert(ctx, c, []query.Row{row("9", query.String("z"), -5, 3000, false)}), "at")
		must(t, d.Insert(ctx, c, []query.Row{row("9", query.String("it's"), -5, 3000, false)}))
		_, _, err = d.Update(ctx, c, db.Update{Where: c.ByKey("8"), Set: []db.Assignment{{Field: 4, Value: query.Bool(false)}}})
		taken(t, err, "at")
	}
	again := *c
	again.Indexes = []db.Index{{Fields: []int{3, 4}, Desc: []bool{false, false}, Unique: true}}
	if err := d.Sync(ctx, []*db.Collection{&again}); err == nil {
		t.Error("documents that share values got an index that forbids it")
	}
}

// renames gives columns other names.
func renames(t *testing.T, d db.Driver, _ *db.Collection) {
	ctx := context.Background()
	described := func(columns ...db.Column) *db.Collection {
		fields := []query.Field{{Name: "id", Type: query.TypeID, NotNull: true}}
		for _, c := range columns {
			fields = append(fields, query.Field{Name: c.Name, Type: c.Type})
		}
		c := keyed("renamed", fields, nil)
		copy(c.Columns[1:], columns)
		return c
	}
	text := func(name, was string) db.Column {
		return db.Column{Name: name, Type: query.TypeString, Was: was, Unique: true}
	}
	number := db.Column{Name: "n", Type: query.TypeInt}
	before := described(text("old", ""), number)
	must(t, d.Sync(ctx, []*db.Collection{before}))
	must(t, d.Insert(ctx, before, []query.Row{{query.String("1"), query.String("x"), query.Int(1)}}))
	if _, untyped := db.As[db.Migrator](d); untyped {
		if err := d.Sync(ctx, []*db.Collection{described(text("new", ""), number)}); err == nil {
			t.Error("a field was renamed without its data")
		}
	}
	after := described(text("new", "old"), number)
	must(t, d.Sync(ctx, []*db.Collection{after}))
	must(t, d.Sync(ctx, []*db.Collection{after}))
	same(t, "after the rename", all(t, d, after, query.True), []query.Row{{query.String("1"), query.String("x"), query.Int(1)}})
	taken(t, d.Insert(ctx, after, []query.Row{{query.String("2"), query.String("x"), query.Int(1)}}), "new")
	m, ok := db.As[db.Migrator](d)
	if !ok {
		return
	}
	if plan, err := m.Plan(ctx, []*db.Collection{after}); err != nil || len(plan) != 0 {
		t.Errorf("afterwards the plan is %+v, %v", plan, err)
	}
	// A field that is gone, and a new one: at once it could be a rename, later it is not.
	must(t, d.Sync(ctx, []*db.Collection{described(number)}))
	later := described(text("later", ""), number)
	later.Columns[1].Unique = false
	must(t, d.Sync(ctx, []*db.Collection{later}))
	same(t, "a new field", all(t, d, later, query.True), []query.Row{{query.String("1"), query.Null, query.Int(1)}})
	must(t, d.Sync(ctx, []*db.Collection{after}))
	same(t, "the old field", all(t, d, after, query.True), []query.Row{{query.String("1"), query.String("x"), query.Int(1)}})
	// An admin says that it is new.
	other := described(text("new", "old"), db.Column{Name: "other", Type: query.TypeInt})
	if err := d.Sync(ctx, []*db.Collection{other}); err == nil {
		t.Error("a field was renamed without its data")
	}
	_, err := m.Migrate(ctx, []*db.Collection{other})
	must(t, err)
	must(t, d.Sync(ctx, []*db.Collection{other}))
}
