package dbtest

import (
	"context"
	"strings"
	"testing"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// leavingIndexes takes indexes out of the configuration, and changes what they are for.
func leavingIndexes(t *testing.T, d db.Driver, _ *db.Collection) {
	ctx := context.Background()
	m, ok := db.As[db.Migrator](d)
	if !ok {
		t.Skip("its indexes are not recorded")
	}
	described := func(name string, change func(c *db.Collection)) *db.Collection {
		c := keyed("leaving", []query.Field{{Name: "id", Type: query.TypeID, NotNull: true}, {Name: "a", Type: query.TypeString}, {Name: "b", Type: query.TypeInt}, {Name: "at", Type: query.TypeTime}}, nil)
		c.Name = name
		change(c)
		return c
	}
	none := func(*db.Collection) {}
	n := 0
	row := func(b int64) query.Row {
		n++
		return query.Row{query.String(strings.Repeat("x", n)), query.String("same"), query.Int(b), query.Micros(1)}
	}
	// sync applies a configuration, after which nothing is to be done, and returns how many indexes it has dropped.
	sync := func(collections ...*db.Collection) int {
		t.Helper()
		before, err := m.History(ctx)
		must(t, err)
		must(t, d.Sync(ctx, collections))
		if plan, err := m.Plan(ctx, collections); err != nil || len(plan) != 0 {
			t.Errorf("afterwards the plan is %+v, %v", plan, err)
		}
		after, err := m.History(ctx)
		must(t, err)
		dropped := 0
		for _, step := range after[len(before):] {
			if strings.Contains(step.SQL, "DROP INDEX") {
				dropped++
			}
		}
		return dropped
	}
	all := func(c *db.Collection) {
		c.Columns[1].Unique = true
		c.Columns[3].Index = true
		c.Indexes = []db.Index{{Fields: []int{2, 1}, Desc: []bool{false, true}}, {Fields: []int{2, 3}, Desc: []bool{false, false}, Unique: true}}
	}
	whole := described("leaving", all)
	if dropped := sync(whole); dropped != 0 {
		t.Errorf("%d indexes are dropped at first", dropped)
	}
	must(t, d.Insert(ctx, whole, []query.Row{row(1)}))
	taken(t, d.Insert(ctx, whole, []query.Row{row(2)}), "a")
	// Another collection of the same table still has them.
	if dropped := sync(described("other", none), whole); dropped != 0 {
		t.Errorf("%d indexes are dropped that another collection has", dropped)
	}
	// What was unique is not any more, and still found.
	indexed := described("leaving", func(c *db.Collection) {
		c.Columns[1].Index, c.Columns[3].Index = true, true
		c.Indexes = []db.Index{{Fields: []int{2, 3}, Desc: []bool{false, false}, Unique: true}}
	})
	if dropped := sync(indexed); dropped != 2 { // the unique one, and that of two columns
		t.Errorf("%d indexes are dropped, want 2", dropped)
	}
	taken(t, d.Insert(ctx, indexed, []query.Row{row(1)}), "b", "at")
	must(t, d.Insert(ctx, indexed, []query.Row{row(2)}))
	// A new name of a column keeps its index.
	renamed := described("leaving", func(c *db.Collection) {
		c.Shape = query.NewShape([]query.Field{{Name: "id", Type: query.TypeID, NotNull: true}, {Name: "first", Type: query.TypeString}, {Name: "b", Type: query.TypeInt}, {Name: "at", Type: query.TypeTime}})
		c.Columns[1] = db.Column{Name: "first", Type: query.TypeString, Was: "a", Index: true}
		c.Columns[3].Index = true
		c.Indexes = []db.Index{{Fields: []int{2, 3}, Desc: []bool{false, false}, Unique: true}}
	})
	if dropped := sync(renamed); dropped != 0 {
		t.Errorf("%d indexes are dropped with a rename", dropped)
	}
	bare := described("leaving", func(c *db.Collection) {
		c.Shape = renamed.Shape
		c.Columns[1] = db.Column{Name: "first", Type: query.TypeString}
	})
	if dropped := sync(bare); dropped != 3 {
		t.Errorf("%d indexes are dropped in the end, want 3", dropped)
	}
	must(t, d.Insert(ctx, bare, []query.Row{row(1), row(2)}))
	// It comes back, and what was made again leaves again.
	if dropped := sync(described("leaving", func(c *db.Collection) {
		c.Shape = renamed.Shape
		c.Columns[1] = db.Column{Name: "first", Type: query.TypeString, Index: true}
	})); dropped != 0 {
		t.Errorf("%d are dropped", dropped)
	}
	if dropped := sync(bare); dropped != 1 {
		t.Errorf("%d are dropped of what was made again, want 1", dropped)
	}
}
