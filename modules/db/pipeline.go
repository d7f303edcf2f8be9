package db

import (
	"context"

	"github.com/basalt-dev/basalt/modules/query"
)

// Pipeliner is a [Store] of a transaction that can send several operations to its database at once, so that they wait for its
// answer once and not each.
type Pipeliner interface {
	// Pipelines reports whether it can: a store that wraps another one can if that does.
	Pipelines() bool
	// Pipeline runs operations in their order, each as the method of Store does, and fills in what they return. The rows that are
	// returned have at most so many bytes together, as computed by [Full]; beyond that the error is [ErrTooLarge]. An
	// error does not say which operation it is about, and the transaction cannot go on after it.
	Pipeline(ctx context.Context, operations []*Operation, bytes int) error
}

// Pipelines reports whether a store is a [Pipeliner] that can.
func Pipelines(s Store) bool {
	p, ok := s.(Pipeliner)
	return ok && p.Pipelines()
}

// Operation is one of a [Pipeliner]: a find, an insert, an update or a delete.
type Operation struct {
	Collection *Collection
	// One of these is set.
	Find   *Find
	Insert []query.Row // which are updated, as those of an Insert
	Update *Update
	Delete query.Filter
	// Rows are those of a find, or those that an update returns.
	Rows []query.Row
	// Count is how many rows an update or a delete has changed.
	Count int64
}

// Run runs the operation by itself.
func (o *Operation) Run(ctx context.Context, s Store) (err error) {
	switch {
	case o.Find != nil:
		o.Rows, err = s.Find(ctx, o.Collection, *o.Find)
	case o.Insert != nil:
		err = s.Insert(ctx, o.Collection, o.Insert)
	case o.Update != nil:
		o.Count, o.Rows, err = s.Update(ctx, o.Collection, *o.Update)
	default:
		o.Count, err = s.Delete(ctx, o.Collection, o.Delete)
	}
	return err
}
