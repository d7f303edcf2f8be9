package crud

import (
	"context"
	"errors"
	"slices"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/rules"
)

// access is the store that the operations of this package use. It answers the lookups that a database cannot run
// inside its own statement, and seals and opens fields.
type access struct {
	db.Store
	service *Service
	// driver is the database of the store. inside is true for the store of a transaction.
	driver db.Driver
	inside bool
	// work is the work of the request.
	work *work
	// caller is named in the events of a write.
	caller Caller
	// steps is for a delete that may be done in steps; nil for one that is done whole or not at all.
	steps *CascadeStep
}

// begin runs f in the surrounding transaction, or in a new one. If f needs the answer of a webhook, the
// transaction is rolled back, the webhook is called outside of it, and f runs again. So it does if it sends a value that the
// database makes, which may be the one that is stored: then each document is read first.
func (a access) begin(ctx context.Context, f func(db.Store) error) error {
	if a.inside {
		return f(a.Store)
	}
	at := a.work.mark()
	for asked := 0; asked <= a.service.Limits.Webhooks; {
		err := a.driver.Transaction(ctx, func(store db.Store) error {
			a.work.again(at)
			return f(store)
		})
		var open *unasked
		switch {
		case errors.As(err, &open):
			if err := a.ask(ctx, open.question); err != nil {
				return err
			}
			asked++
		case madeElsewhere(err) && !a.work.reads && ctx.Err() == nil:
			a.work.reads = true
		default:
			return err
		}
	}
	return fault.Errorf(fault.Unavailable, "the documents changed while the rule's webhook was called; try again")
}

// Find implements db.Store.
func (a access) Find(ctx context.Context, c *db.Collection, f db.Find) ([]query.Row, error) {
	var err error
	if f.Where, err = a.answerable(ctx, c, f.Where); err != nil {
		return nil, err
	}
	if f.Sort, err = a.sortable(ctx, f.Sort); err != nil {
		return nil, err
	}
	f.Fields = withParts(c, f.Fields)
	rows, err := a.findWithin(ctx, c, f)
	if errors.Is(err, db.ErrTooLarge) {
		return nil, tooLong(a.service.Limits.Answer)
	}
	if err != nil {
		return nil, err
	}
	composeIDs(c, rows)
	return rows, a.open(c, rows)
}

// withParts returns fields with the id replaced by the fields it is composed of.
func withParts(c *db.Collection, fields []int) []int {
	if c.Parts == nil || !slices.Contains(fields, c.Key) {
		return fields
	}
	out := slices.DeleteFunc(slices.Clone(fields), func(i int) bool { return i == c.Key || slices.Contains(c.Parts, i) })
	return append(out, c.Parts...)
}

// composeIDs fills in the ids of rows whose id is composed of other fields.
func composeIDs(c *db.Collection, rows []query.Row) {
	if c.Parts == nil {
		return
	}
	for _, row := range rows {
		row[c.Key] = query.String(c.ID(row))
	}
}

// Insert implements db.Store.
func (a access) Insert(ctx context.Context, c *db.Collection, rows []query.Row) error {
	if err := a.writable(c); err != nil {
		return err
	}
	if a.raises(c, rules.Create) {
		return a.raising(ctx, c, func(a access) ([]happened, error) { return a.insertRaising(ctx, c, rows) })
	}
	return a.insert(ctx, c, rows)
}

func (a access) insert(ctx context.Context, c *db.Collection, rows []query.Row) error {
	stored, err := a.seal(c, rows)
	if err != nil {
		return err
	}
	if err := a.Store.Insert(ctx, c, stored); err != nil {
		return err
	}
	a.inserted(c, rows, stored)
	return nil
}

// inserted makes rows what is stored of them.
func (a access) inserted(c *db.Collection, rows, stored []query.Row) {
	fields := a.service.collections[c.Name].fields
	for i, row := range rows { // as the database stored it, but sealed fields as they were sent
		for f := range row {
			if fields[f].Sealing == Plain || row[f].IsNull() {
				row[f] = stored[i][f]
			}
			if row[f] == query.LeftOut {
				row[f] = query.Null
			}
		}
	}
	composeIDs(c, rows)
}

// Update implements db.Store.
func (a access) Update(ctx context.Context, c *db.Collection, u db.Update) (int64, []query.Row, error) {
	err := a.writable(c)
	if err != nil {
		return 0, nil, err
	}
	if u.Where, err = a.answerable(ctx, c, u.Where); err != nil {
		return 0, nil, err
	}
	if u.Set, err = a.sealAssignments(c, u.Set); err != nil {
		return 0, nil, err
	}
	if a.raises(c, rules.Update) {
		return a.updateRaising(ctx, c, u)
	}
	n, rows, err := a.Store.Update(ctx, c, u)
	if err != nil {
		return 0, nil, err
	}
	composeIDs(c, rows)
	return n, rows, a.open(c, rows)
}

// Delete implements db.Store.
func (a access) Delete(ctx context.Context, c *db.Collection, where query.Filter) (int64, error) {
	if err := a.writable(c); err != nil {
		return 0, err
	}
	where, err := a.answerable(ctx, c, where)
	if err != nil {
		return 0, err
	}
	if a.service.referrers[c.Name] != nil {
		return a.deleteReferred(ctx, c, where)
	}
	return a.deleteAlone(ctx, c, where)
}

// deleteAlone deletes documents and leaves those that refer to them as they are.
func (a access) deleteAlone(ctx context.Context, c *db.Collection, where query.Filter) (int64, error) {
	if err := a.releasing(ctx, c, where); err != nil {
		return 0, err
	}
	if a.raises(c, rules.Delete) {
		return a.deleteRaising(ctx, c, where)
	}
	return a.Store.Delete(ctx, c, where)
}

func (a access) writable(c *db.Collection) error {
	if a.service.collections[c.Name].readOnly {
		return fault.Errorf(fault.Forbidden, "%s can only be read", c.Name)
	}
	return nil
}

// Count implements db.Store.
func (a access) Count(ctx context.Context, c *db.Collection, where query.Filter) (int64, error) {
	where, err := a.answerable(ctx, c, where)
	if err != nil {
		return 0, err
	}
	return a.Store.Count(ctx, c, where)
}

// Aggregate implements db.Store.
func (a access) Aggregate(ctx context.Context, c *db.Collection, ask db.Aggregate) ([][]query.Value, error) {
	var err error
	if ask.Where, err = a.answerable(ctx, c, ask.Where); err != nil {
		return nil, err
	}
	return a.Store.Aggregate(ctx, c, ask)
}
