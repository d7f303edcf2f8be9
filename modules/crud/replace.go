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

// Replace stores a whole document under an id. It replaces an existing document under the update rule, or creates
// it under the create rule. It reports whether it was created.
func (s *Service) Replace(ctx context.Context, caller Caller, at Target, body []byte) (doc Document, created bool, err error) {
	o, err := s.operation(caller, at.Collection)
	if err != nil {
		return Document{}, false, err
	}
	if o.c.rules[rules.Create] == nil {
		if err := o.ruled(rules.Update); err != nil {
			return Document{}, false, err
		}
	}
	v, err := query.ParseJSON(body, s.Limits.Depth)
	if err != nil {
		return Document{}, false, o.unfit(err, rules.Update, rules.Create)
	}
	err = o.begin(ctx, func(store db.Store) error {
		doc, created, err = o.within(store).replace(ctx, at.ID, v, at.IfMatch)
		return err
	})
	return doc, created, err
}

func (o *operation) replace(ctx context.Context, id string, v query.Value, ifMatch string) (Document, bool, error) {
	if !o.c.findsID(id) {
		return Document{}, false, fault.FieldErrorf(o.c.fields[key].Name, "pattern", "%s", o.c.idForm())
	}
	row, err := o.one(ctx, id, readFilter{filter: query.True}, db.Exclusive)
	missing := fault.CodeOf(err) == fault.NotFound
	if err != nil && !missing {
		return Document{}, false, err
	}
	op, visible := rules.Create, false // a hidden document counts as missing
	if !missing {
		if visible, err = o.readable(ctx, row); err != nil {
			return Document{}, false, err
		}
	}
	if visible {
		op = rules.Update
	}
	if err := o.count(ctx, op, 1); err != nil {
		return Document{}, false, err
	}
	switch {
	case !visible && ifMatch != "":
		return Document{}, false, o.unmatched()
	case missing:
		doc, err := o.put(ctx, id, v)
		return doc, true, err
	case !visible:
		_, _, err := o.newDocument(v, id)
		if err == nil {
			err = ErrNotFound
		}
		return Document{}, false, err
	}
	doc, err := o.putOver(ctx, row, v, ifMatch)
	return doc, false, err
}

// put creates the document of an id. If the caller may not create it, the answer is that there is none, as for a
// document that is hidden.
func (o *operation) put(ctx context.Context, id string, v query.Value) (Document, error) {
	row, given, err := o.newDocument(v, id)
	if err != nil {
		return Document{}, err
	}
	if err := o.insert(ctx, []query.Row{row}, [][]int{given}, false); err != nil {
		return Document{}, o.orMissing(err)
	}
	return o.asShown(ctx, row), nil
}

// newDocument returns the row of a document that is put where the caller sees none, and which fields the caller
// has set.
func (o *operation) newDocument(v query.Value, id string) (query.Row, []int, error) {
	m := problems{}
	row, given, err := o.document(v, id, rules.Create, &m)
	if err = errors.Join(err, m.err()); err != nil {
		return nil, nil, o.orMissing(o.unfit(err, rules.Create))
	}
	return row, given, nil
}

// unmatched refuses to replace a missing document under If-Match, exactly as it refuses a hidden one.
func (o *operation) unmatched() error {
	return o.orHidden(fault.Errorf(fault.PreconditionFailed, "there is no document to replace"))
}

// orMissing replaces the refusal to create by the answer of a read of the missing document, if some documents are
// hidden from the caller.
func (o *operation) orMissing(err error) error {
	var e *fault.Error
	if !errors.As(err, &e) || !refused(e) || e.Fields != nil {
		return err
	}
	return o.orHidden(err)
}

// orHidden returns the answer of a read of a missing document if some documents are hidden from the caller, else
// err.
func (o *operation) orHidden(err error) error {
	switch g, hidden := o.reading(); {
	case hidden != nil:
		return hidden
	case g.filter == query.True && !g.byRow:
		return err
	}
	return ErrNotFound
}

// putOver replaces a stored row. A field that the caller left out keeps its value if the caller cannot see or
// write it: the caller cannot have meant to clear it.
func (o *operation) putOver(ctx context.Context, row query.Row, v query.Value, ifMatch string) (Document, error) {
	m := problems{}
	next, given, err := o.document(v, o.c.stored.ID(row), rules.Update, &m)
	if err = errors.Join(err, m.err()); err != nil {
		return Document{}, o.unfit(err, rules.Update)
	}
	before, err := o.shownDocument(ctx, row, nil)
	if err != nil {
		return Document{}, err
	}
	var changes []change
	var sent []int
	for i, value := range next {
		hidden := before.masked != nil && before.masked[i]
		switch {
		case slices.Contains(given, i):
			if hidden || value != row[i] { // do not reveal whether a guess is right
				sent = append(sent, i)
			}
		case hidden, o.c.writable != nil && o.c.writable[i] != nil, slices.Contains(o.c.unset[rules.Update], i), o.c.fields[i].Served:
			continue
		}
		changes = append(changes, change{i, assign, value, false})
	}
	p := patch{changes: changes, sent: sent, permitted: query.True}
	if next, err = o.changed(ctx, row, p, tagged(ifMatch)); err != nil {
		return Document{}, err
	}
	if next == nil {
		return Document{}, o.refusal(rules.Update)
	}
	stored, err := o.storeNext(ctx, row, next, p)
	if err != nil {
		return Document{}, err
	}
	return o.asShown(ctx, stored), nil
}

// Renew makes a document what it would be if an administrator created it now without any values. Documents that refer to
// it are not touched. A document that cannot be without values is an Invalid error.
func (s *Service) Renew(ctx context.Context, caller Caller, collection, id string) error {
	o, err := s.operation(caller, collection)
	if err != nil {
		return err
	}
	return o.begin(ctx, func(store db.Store) error {
		in := o.within(store)
		row, err := in.one(ctx, id, readFilter{filter: query.True}, db.Exclusive)
		if err != nil {
			return err
		}
		m := problems{}
		fresh, _, err := in.document(query.RawJSON("{}"), id, rules.Create, &m)
		if err = errors.Join(err, m.err()); err != nil {
			return err
		}
		var changes []change
		for i, value := range fresh {
			if i == key || o.c.fields[i].Served {
				continue
			}
			if value == query.LeftOut {
				value = query.Null
			}
			changes = append(changes, change{i, assign, value, false})
		}
		p := patch{changes: changes, permitted: query.True}
		next, err := in.changed(ctx, row, p, tagged(""))
		if err != nil || next == nil {
			return errors.Join(err, o.refusal(rules.Update))
		}
		_, err = in.storeNext(ctx, row, next, p)
		return err
	})
}

// Delete removes one document.
func (s *Service) Delete(ctx context.Context, caller Caller, at Target) error {
	o, err := s.operation(caller, at.Collection)
	if err != nil {
		return err
	}
	return o.delete(ctx, at.ID, at.IfMatch)
}

func (o *operation) delete(ctx context.Context, id, ifMatch string) error {
	residual, err := o.verdict(rules.Delete, nil, nil)
	byRow := needsDocument(err)
	if err != nil && !byRow {
		return err
	}
	read, err := o.reading()
	if err != nil {
		return err
	}
	if ifMatch == "" && !byRow && !read.byRow {
		return o.remove(ctx, id, read, residual)
	}
	return o.begin(ctx, func(store db.Store) error {
		in := o.within(store)
		row, err := in.one(ctx, id, read, db.Exclusive)
		if err != nil {
			return err
		}
		f, err := in.verdict(rules.Delete, nil, row)
		if err != nil {
			return err
		}
		ok, err := in.holds(ctx, f, row)
		if err == nil && !ok {
			err = in.refusal(rules.Delete)
		}
		if err == nil {
			err = in.match(ctx, row, ifMatch)
		}
		if err != nil {
			return err
		}
		return in.remove(ctx, id, read, query.True)
	})
}

func (o *operation) remove(ctx context.Context, id string, read readFilter, residual query.Filter) error {
	where := o.byID(id, read.filter, residual)
	if where != query.False {
		n, err := o.store.Delete(ctx, o.c.stored, where)
		if err != nil || n > 0 {
			return o.stored(err)
		}
	}
	return o.denialReason(ctx, rules.Delete, id, read, ErrNotFound)
}
