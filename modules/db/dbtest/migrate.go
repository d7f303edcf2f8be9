package dbtest

import (
	"context"
	"slices"
	"sync"
	"testing"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// migrations changes a schema step by step, as many concurrent nodes would.
func migrations(t *testing.T, d db.Driver, c *db.Collection) {
	m, ok := db.As[db.Migrator](d)
	if !ok {
		t.Skip("the database has no schema")
	}
	ctx := context.Background()
	wider := &db.Collection{Name: "fresh", Table: c.Table + "_fresh", Key: 0}
	fields := []query.Field{{Name: "id", Type: query.TypeID, NotNull: true}, {Name: "x", Type: query.TypeString}, {Name: "y", Type: query.TypeInt}}
	wider.Shape = query.NewShape(fields)
	for _, f := range fields {
		wider.Columns = append(wider.Columns, db.Column{Name: f.Name, Type: f.Type, Index: f.Name == "y"})
	}
	plan, err := m.Plan(ctx, []*db.Collection{wider})
	must(t, err)
	if len(plan) != 2 || plan[0].Destructive || plan[0].Why == "" {
		t.Errorf("the plan is %+v", plan)
	}
	before, err := m.History(ctx)
	must(t, err)
	var nodes sync.WaitGroup
	for range 10 {
		nodes.Go(func() {
			if err := d.Sync(ctx, []*db.Collection{wider}); err != nil {
				t.Errorf("a node that starts with others: %v", err)
			}
		})
	}
	nodes.Wait()
	after, err := m.History(ctx)
	must(t, err)
	if len(after) != len(before)+2 {
		t.Errorf("ten nodes have done %d steps, not 2", len(after)-len(before))
	}
	if plan, err := m.Plan(ctx, []*db.Collection{wider}); err != nil || len(plan) != 0 {
		t.Errorf("afterwards the plan is %+v, %v", plan, err)
	}
	must(t, d.Insert(ctx, wider, []query.Row{{query.String("a"), query.String("7"), query.Int(3)}}))

	changed := &db.Collection{Name: wider.Name, Table: wider.Table, Columns: slices.Clone(wider.Columns)}
	other := slices.Clone(fields)
	other[1].Type, other[2].Type = query.TypeInt, query.TypeString
	changed.Shape = query.NewShape(other)
	changed.Columns[1].Type, changed.Columns[2].Type = query.TypeInt, query.TypeString
	if err := d.Sync(ctx, []*db.Collection{changed}); err == nil {
		t.Error("a change of type was done by a start")
	}
	steps, err := m.Migrate(ctx, []*db.Collection{changed})
	must(t, err)
	if !slices.ContainsFunc(steps, func(s db.Migration) bool { return s.Destructive }) {
		t.Errorf("the steps are %+v", steps)
	}
	same(t, "after a change of types", all(t, d, changed, query.True), []query.Row{{query.String("a"), query.Int(7), query.String("3")}})
	must(t, d.Sync(ctx, []*db.Collection{changed}))
}
