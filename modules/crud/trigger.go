package crud

import (
	"context"
	"encoding/json"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/rules"
)

// Trigger is an event that changes of a collection raise.
type Trigger struct {
	Event string
	Op    rules.Op // Create, Update or Delete
	// When is a rule on the change that happened; nil means always.
	When *rules.Rule
	// Key is the field that orders events: events with the same value are delivered in order. It is the id by
	// default.
	Key int
}

// Raised is an event that has happened. Doc is the document after the change and Old the one before; nil if there
// is none. Sealed fields are left out.
type Raised struct {
	Event, Collection, Key string
	Op                     rules.Op
	Doc, Old               json.RawMessage
	// By is the user who made the change, empty for none.
	By string
}

// happened is a change of one document; before is nil for a create, after for a delete.
type happened struct{ before, after query.Row }

// raises reports whether an operation raises events.
func (a access) raises(c *db.Collection, op rules.Op) bool {
	return a.service.Raise != nil && len(a.service.collections[c.Name].triggers[op]) > 0
}

// maxRaising limits the documents of one change that raises events.
const maxRaising = 10_000

// raising runs a change in the current transaction or in a new one, and stores its events in it.
func (a access) raising(ctx context.Context, c *db.Collection, f func(access) ([]happened, error)) error {
	return a.begin(ctx, func(store db.Store) error {
		inside := a
		inside.Store, inside.inside = store, true
		changes, err := f(inside)
		if err != nil {
			return err
		}
		return inside.raise(ctx, a.service.collections[c.Name], changes)
	})
}

func (a access) insertRaising(ctx context.Context, c *db.Collection, rows []query.Row) ([]happened, error) {
	if err := a.insert(ctx, c, rows); err != nil {
		return nil, err
	}
	changes := make([]happened, len(rows))
	for i, row := range rows {
		changes[i].after = row
	}
	return changes, nil
}

// before finds and locks the rows that a change will touch.
func (a access) before(ctx context.Context, c *db.Collection, where query.Filter) (rows []query.Row, ids []string, err error) {
	rows, err = a.Find(ctx, c, db.Find{Query: query.Query{Where: where, Sort: c.KeyOrder(false), Limit: maxRaising + 1}, Lock: db.Exclusive})
	if err != nil {
		return nil, nil, err
	}
	if len(rows) > maxRaising {
		return nil, nil, fault.FieldErrorf("filter", "max", "a change that raises events changes at most %d documents; narrow the filter", maxRaising)
	}
	for _, row := range rows {
		ids = append(ids, c.ID(row))
	}
	return rows, ids, nil
}

func (a access) updateRaising(ctx context.Context, c *db.Collection, u db.Update) (n int64, rows []query.Row, err error) {
	err = a.raising(ctx, c, func(a access) ([]happened, error) {
		before, ids, err := a.before(ctx, c, u.Where)
		if n, rows = 0, nil; err != nil || len(before) == 0 {
			return nil, err
		}
		if n, rows, err = a.Store.Update(ctx, c, db.Update{Where: c.ByKeys(ids), Set: u.Set, Return: true}); err != nil {
			return nil, err
		}
		composeIDs(c, rows)
		if err := a.open(c, rows); err != nil {
			return nil, err
		}
		after := map[string]query.Row{}
		for _, row := range rows {
			after[c.ID(row)] = row
		}
		var changes []happened
		for i, id := range ids {
			if after[id] != nil {
				changes = append(changes, happened{before[i], after[id]})
			}
		}
		return changes, nil
	})
	return n, rows, err
}

func (a access) deleteRaising(ctx context.Context, c *db.Collection, where query.Filter) (n int64, err error) {
	err = a.raising(ctx, c, func(a access) ([]happened, error) {
		before, ids, err := a.before(ctx, c, where)
		if n = 0; err != nil || len(before) == 0 {
			return nil, err
		}
		if n, err = a.Store.Delete(ctx, c, c.ByKeys(ids)); err != nil {
			return nil, err
		}
		changes := make([]happened, len(before))
		for i, row := range before {
			changes[i].before = row
		}
		return changes, nil
	})
	return n, err
}

// raise stores the events of changes.
func (a access) raise(ctx context.Context, c *Collection, changes []happened) error {
	var out []Raised
	for _, h := range changes {
		op, row := rules.Update, h.after
		switch {
		case h.before == nil:
			op = rules.Create
		case h.after == nil:
			op, row = rules.Delete, h.before
		}
		for _, t := range c.triggers[op] {
			wanted, err := a.wanted(ctx, c, t, h)
			if err != nil {
				return err
			}
			if !wanted {
				continue
			}
			by, _ := a.caller.Auth["sub"].(string)
			out = append(out, Raised{
				Event: t.Event, Collection: c.name, Op: op, By: by, Doc: c.plain(h.after), Old: c.plain(h.before),
				Key: c.name + " " + c.names[t.Key] + string(row[t.Key].AppendJSON(nil)),
			})
		}
	}
	if len(out) == 0 {
		return nil
	}
	return a.service.Raise(ctx, a.Store, out)
}

// wanted evaluates the condition of a trigger.
func (a access) wanted(ctx context.Context, c *Collection, t Trigger, h happened) (bool, error) {
	if t.When == nil {
		return true, nil
	}
	o := operation{Service: a.service, c: c, caller: a.caller, now: a.work.now, store: a}
	var next *rules.Next
	row := h.before
	if h.after != nil {
		next = &rules.Next{Row: h.after}
	}
	if row == nil {
		row = make(query.Row, len(c.fields))
	}
	f, err := o.fold(t.When, t.Event, o.env(t.Op, next, row))
	if err != nil {
		return false, err
	}
	return o.holds(ctx, f, row)
}

// plain encodes a row without its sealed fields; nil for none.
func (c *Collection) plain(row query.Row) json.RawMessage {
	if row == nil {
		return nil
	}
	doc := Document{c: c, row: row}
	if c.seals {
		doc.masked = make([]bool, len(c.fields))
		for i, f := range c.fields {
			doc.masked[i] = f.Sealing != Plain
		}
	}
	return doc.AppendJSON(nil)
}
