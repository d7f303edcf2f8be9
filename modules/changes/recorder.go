package changes

import (
	"context"
	"slices"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// Touched is which documents of a collection a write touches. An empty id stands for any number of unknown documents.
type Touched struct {
	Collection *db.Collection
	IDs        []string
}

// recorder is a Store that records what its writes touch, each collection once. One goroutine uses it.
type recorder struct {
	db.Store
	touched []Touched
}

func (r *recorder) add(c *db.Collection, ids ...string) {
	at := slices.IndexFunc(r.touched, func(t Touched) bool { return t.Collection == c })
	if at < 0 {
		at = len(r.touched)
		r.touched = append(r.touched, Touched{Collection: c})
	}
	r.touched[at].IDs = append(r.touched[at].IDs, ids...)
}

// Insert implements [db.Store].
func (r *recorder) Insert(ctx context.Context, c *db.Collection, rows []query.Row) error {
	err := r.Store.Insert(ctx, c, rows)
	r.add(c, idsOf(c, rows)...)
	return err
}

// Update implements [db.Store].
func (r *recorder) Update(ctx context.Context, c *db.Collection, u db.Update) (int64, []query.Row, error) {
	r.add(c, idIn(c, u.Where))
	return r.Store.Update(ctx, c, u)
}

// Delete implements [db.Store].
func (r *recorder) Delete(ctx context.Context, c *db.Collection, where query.Filter) (int64, error) {
	r.add(c, idIn(c, where))
	return r.Store.Delete(ctx, c, where)
}

// Pipelines implements [db.Pipeliner].
func (r *recorder) Pipelines() bool { return db.Pipelines(r.Store) }

// Pipeline implements [db.Pipeliner].
func (r *recorder) Pipeline(ctx context.Context, operations []*db.Operation, bytes int) error {
	err := r.Store.(db.Pipeliner).Pipeline(ctx, operations, bytes)
	for _, o := range operations {
		switch {
		case o.Insert != nil:
			r.add(o.Collection, idsOf(o.Collection, o.Insert)...)
		case o.Update != nil:
			r.add(o.Collection, idIn(o.Collection, o.Update.Where))
		case o.Delete != nil:
			r.add(o.Collection, idIn(o.Collection, o.Delete))
		}
	}
	return err
}

// idsOf returns the ids of rows; an empty one if the database will generate it.
func idsOf(c *db.Collection, rows []query.Row) []string {
	ids := make([]string, len(rows))
	for i, row := range rows {
		if !slices.ContainsFunc(c.KeyFields(), func(i int) bool { return row[i].IsNull() }) {
			ids[i] = c.ID(row)
		}
	}
	return ids
}

// idIn returns the id of the only document that a filter can select, empty if there may be others.
func idIn(c *db.Collection, where query.Filter) string {
	if !c.IsByKey(where) {
		return ""
	}
	row := make(query.Row, len(c.Columns))
	var visit func(query.Filter)
	visit = func(f query.Filter) {
		switch f := f.(type) {
		case *query.And:
			for _, t := range f.Terms {
				visit(t)
			}
		case *query.Compare:
			if f.Op == query.Eq && f.Path.Sub == "" {
				row[c.Shape.Index(f.Path.Field)] = f.Value
			}
		}
	}
	visit(where)
	return c.ID(row)
}
