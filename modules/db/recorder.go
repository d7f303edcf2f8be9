package db

import (
	"context"
	"slices"

	"github.com/basalt-dev/basalt/modules/query"
)

// Recorder is a Store that records which documents its writes touch, by collection; an empty id stands for any
// document. One goroutine uses it.
type Recorder struct {
	Store
	Touched map[*Collection][]string
}

// Insert implements [Store].
func (n Recorder) Insert(ctx context.Context, c *Collection, rows []query.Row) error {
	err := n.Store.Insert(ctx, c, rows)
	n.Touched[c] = append(n.Touched[c], IDs(c, rows)...)
	return err
}

// Update implements [Store].
func (n Recorder) Update(ctx context.Context, c *Collection, u Update) (int64, []query.Row, error) {
	n.Touched[c] = append(n.Touched[c], IDIn(c, u.Where))
	return n.Store.Update(ctx, c, u)
}

// Delete implements [Store].
func (n Recorder) Delete(ctx context.Context, c *Collection, where query.Filter) (int64, error) {
	n.Touched[c] = append(n.Touched[c], IDIn(c, where))
	return n.Store.Delete(ctx, c, where)
}

// IDs returns the ids of rows; an empty one if the database will generate it.
func IDs(c *Collection, rows []query.Row) []string {
	ids := make([]string, len(rows))
	for i, row := range rows {
		if !slices.ContainsFunc(c.KeyFields(), func(i int) bool { return row[i].IsNull() }) {
			ids[i] = c.ID(row)
		}
	}
	return ids
}

// IDIn returns the id of the only document that a filter can select, empty if there may be others.
func IDIn(c *Collection, where query.Filter) string {
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
