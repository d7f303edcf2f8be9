package changes

import (
	"context"
	"slices"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// Touched has the ids of documents that writes touch, by collection. An empty id stands for any number of unknown
// documents.
type Touched map[*db.Collection][]string

// recorder is a Store that records what its writes touch. One goroutine uses it.
type recorder struct {
	db.Store
	touched Touched
}

// Insert implements [db.Store].
func (r recorder) Insert(ctx context.Context, c *db.Collection, rows []query.Row) error {
	err := r.Store.Insert(ctx, c, rows)
	r.touched[c] = append(r.touched[c], idsOf(c, rows)...)
	return err
}

// Update implements [db.Store].
func (r recorder) Update(ctx context.Context, c *db.Collection, u db.Update) (int64, []query.Row, error) {
	r.touched[c] = append(r.touched[c], idIn(c, u.Where))
	return r.Store.Update(ctx, c, u)
}

// Delete implements [db.Store].
func (r recorder) Delete(ctx context.Context, c *db.Collection, where query.Filter) (int64, error) {
	r.touched[c] = append(r.touched[c], idIn(c, where))
	return r.Store.Delete(ctx, c, where)
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
