package dbtest

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

// references makes, keeps and drops the foreign keys of a configuration.
func references(t *testing.T, d db.Driver, _ *db.Collection) {
	ctx := context.Background()
	m, ok := db.As[db.Migrator](d)
	if !ok {
		t.Skip("it has no foreign keys")
	}
	described := func(name string, fields ...string) *db.Collection {
		all := []query.Field{{Name: "id", Type: query.TypeID, NotNull: true}, {Name: "x", Type: query.TypeString}}
		for _, f := range fields {
			field, _, _ := strings.Cut(f, ":")
			all = append(all, query.Field{Name: field, Type: query.TypeRef})
		}
		c := keyed(name, all, nil)
		for n, f := range fields {
			_, c.Columns[n+2].Refers, _ = strings.Cut(f, ":")
			c.Columns[n+2].Index = true
		}
		return c
	}
	sync := func(collections ...*db.Collection) (steps int) {
		t.Helper()
		before, err := m.History(ctx)
		must(t, err)
		must(t, d.Sync(ctx, collections))
		if plan, err := m.Plan(ctx, collections); err != nil || len(plan) != 0 {
			t.Errorf("afterwards the plan is %+v, %v", plan, err)
		}
		after, err := m.History(ctx)
		must(t, err)
		for _, step := range after[len(before):] {
			if strings.Contains(step.SQL, db.ReferencePrefix) {
				steps++
			}
		}
		return steps
	}
	row := func(values ...string) query.Row {
		out := query.Row{query.String(values[0]), query.String("x")}
		for _, v := range values[1:] {
			if v == "" {
				out = append(out, query.Null)
			} else {
				out = append(out, query.String(v))
			}
		}
		return out
	}
	refused := func(what string, err error) {
		t.Helper()
		var e *fault.Error
		if !errors.As(err, &e) || e.Code != fault.Invalid || len(e.Fields) != 1 || e.Fields[0].Code != "reference" {
			t.Errorf("%s: %v", what, err)
		}
	}
	teams, free := described("teams"), described("notes", "team:")
	notes, both := described("notes", "team:teams"), described("both", "note:notes", "team:teams")
	self := described("folders", "parent:folders")

	// Tables that are there get theirs, when no document breaks it.
	sync(teams, free)
	must(t, d.Insert(ctx, teams, []query.Row{row("a"), row("b")}))
	must(t, d.Insert(ctx, free, []query.Row{row("1", "a"), row("2", "ghost"), row("3", "")}))
	for _, f := range []func() error{
		func() error { return d.Sync(ctx, []*db.Collection{notes, teams}) },
		func() error { _, err := m.Plan(ctx, []*db.Collection{notes, teams}); return err },
	} {
		var hanging *db.HangingError
		if err := f(); !errors.As(err, &hanging) || !strings.Contains(err.Error(), `"2" has "ghost"`) || strings.Contains(err.Error(), `"1"`) {
			t.Errorf("a document points to nothing: %v", err)
		}
	}
	_, err := d.Delete(ctx, free, free.ByKey("2"))
	must(t, err)
	if steps := sync(notes, teams, both, self); steps < 3 {
		t.Errorf("%d foreign keys are made", steps)
	}

	// They guard.
	refused("an insert", d.Insert(ctx, notes, []query.Row{row("4", "ghost")}))
	_, _, err = d.Update(ctx, notes, db.Update{Where: notes.ByKey("3"), Set: []db.Assignment{{Field: 2, Value: query.String("ghost")}}})
	refused("an update", err)
	_, err = d.Delete(ctx, teams, teams.ByKey("a"))
	refused("a delete", err)
	must(t, d.Insert(ctx, notes, []query.Row{row("4", "b")}))
	same(t, "afterwards", all(t, d, notes, query.True), []query.Row{row("1", "a"), row("3", ""), row("4", "b")})
	if tx, ok := db.As[db.Transactor](d); ok && tx.Atomic() {
		must(t, d.Transaction(ctx, func(s db.Store) error { // what refers goes first, as a cascade does it
			if _, err := s.Delete(ctx, notes, notes.ByKey("1")); err != nil {
				return err
			}
			_, err := s.Delete(ctx, teams, teams.ByKey("a"))
			return err
		}))
		refused("a transaction", d.Transaction(ctx, func(s db.Store) error {
			if err := s.Insert(ctx, teams, []query.Row{row("c")}); err != nil {
				return err
			}
			_, err := s.Delete(ctx, teams, teams.ByKey("b"))
			return err
		}))
		same(t, "afterwards", all(t, d, teams, query.True), []query.Row{row("b")})
		must(t, d.Transaction(ctx, func(s db.Store) error { // in any order where a collection refers to itself
			if err := s.Insert(ctx, self, []query.Row{row("f", ""), row("g", "f"), row("h", "g")}); err != nil {
				return err
			}
			for _, id := range []string{"f", "h", "g"} {
				if _, err := s.Delete(ctx, self, self.ByKey(id)); err != nil {
					return err
				}
			}
			return nil
		}))
	}

	// They go with the configuration.
	if steps := sync(free, teams, described("both", "note:", "team:"), described("folders", "parent:")); steps < 3 {
		t.Errorf("%d foreign keys are dropped", steps)
	}
	must(t, d.Insert(ctx, free, []query.Row{row("5", "ghost")}))
}
