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

// What package files needs besides the operations: documents whose bytes are stored elsewhere. A collection of files is
// like every other, but its documents are made by that package alone, and some of their fields are set by it alone.

// errFiles refuses a document without bytes.
func (o *operation) errFiles() error {
	return fault.Errorf(fault.Invalid, "a document of %s has bytes: send them to POST /v1/files/%s", o.c.name, o.c.name)
}

// MayCreate refuses a document that Create would refuse, and stores nothing. unknown are fields of which the value is not
// known yet: a rule that depends on them decides later.
func (s *Service) MayCreate(ctx context.Context, caller Caller, collection string, body []byte, unknown ...string) error {
	o, err := s.operation(caller, collection)
	if err != nil {
		return err
	}
	if err := o.ruled(rules.Create); err != nil {
		return err
	}
	v, err := query.ParseJSON(body, s.Limits.Depth)
	if err != nil {
		return o.unfit(err, rules.Create)
	}
	m := problems{}
	row, given, err := o.document(v, "", rules.Create, &m)
	if err != nil {
		return err
	}
	next := &rules.Next{Row: row, States: make([]rules.State, len(row))}
	for i, f := range o.c.fields {
		if slices.Contains(unknown, f.Name) {
			next.States[i] = rules.Computed
			given = slices.DeleteFunc(given, func(field int) bool { return field == i })
		}
	}
	f, err := o.verdict(rules.Create, next, nil)
	if err == nil {
		var fields query.Filter
		fields, err = o.mayWrite(rules.Create, given, next, make(query.Row, len(row)))
		f = query.All(f, fields)
	}
	switch {
	case needsDocument(err):
		return nil
	case err != nil:
		return err
	}
	ok, err := o.holds(ctx, f, row)
	if err == nil && !ok {
		err = o.refusal(rules.Create)
	}
	return errors.Join(err, m.err())
}

// MayUpdate refuses a change that UpdateIf would refuse, and stores nothing.
func (s *Service) MayUpdate(ctx context.Context, caller Caller, collection, id string, body []byte, match func(Document) error) error {
	_, err := s.changeIf(ctx, caller, collection, id, body, match, func(_ context.Context, _ *operation, row, _ query.Row) (query.Row, error) { return row, nil })
	return err
}

// UpdateIf changes one document by a merge patch, under a condition on the stored one.
func (s *Service) UpdateIf(ctx context.Context, caller Caller, collection, id string, body []byte, match func(Document) error) (Document, error) {
	return s.changeIf(ctx, caller, collection, id, body, match, func(ctx context.Context, o *operation, row, next query.Row) (query.Row, error) {
		return o.storeNext(ctx, row, next)
	})
}

func (s *Service) changeIf(ctx context.Context, caller Caller, collection, id string, body []byte, match func(Document) error,
	store func(context.Context, *operation, query.Row, query.Row) (query.Row, error)) (out Document, err error) {
	o, err := s.operation(caller, collection)
	if err != nil {
		return Document{}, err
	}
	if err := o.ruled(rules.Update); err != nil {
		return Document{}, err
	}
	v, err := query.ParseJSON(body, s.Limits.Depth)
	if err != nil {
		return Document{}, o.unfit(err, rules.Update)
	}
	read, err := o.reading()
	if err != nil {
		return Document{}, err
	}
	m := problems{}
	p, err := o.using(o.withoutKey(o.patch(v, &m), id, &m))
	if err != nil {
		return Document{}, err
	}
	if err := m.err(); err != nil {
		return Document{}, o.unfit(err, rules.Update)
	}
	err = o.begin(ctx, func(inside db.Store) error {
		in := o.within(inside)
		row, err := in.one(ctx, id, read, db.Exclusive)
		if err != nil {
			return err
		}
		next, err := in.changed(ctx, row, p, "")
		switch {
		case err != nil:
			return err
		case next == nil:
			return in.refusal(rules.Update)
		}
		if err := match(Document{c: o.c, row: row}); err != nil {
			return err
		}
		stored, err := store(ctx, in, row, next)
		if err == nil {
			out = in.visible(ctx, stored, read)
		}
		return err
	})
	return out, err
}

// Field returns the stored value of a field, and whether the caller may see it.
func (d Document) Field(name string) (v query.Value, shown bool) {
	i := d.c.shape.Index(name)
	if i < 0 {
		return query.Null, false
	}
	return d.row[i], d.masked == nil || !d.masked[i]
}

// fieldBytes is the field that says which bytes a document has.
const fieldBytes = "sha256"

// releasing tells which bytes a delete lets go of: package files removes them when no document has them any more.
func (a access) releasing(ctx context.Context, c *db.Collection, where query.Filter) error {
	if !a.lets(c) {
		return nil
	}
	find := db.Find{Query: query.Query{Where: where, Limit: maxRaising}, Fields: []int{c.Shape.Index(fieldBytes)}}
	rows, err := a.Store.Find(ctx, c, find)
	for _, row := range rows {
		a.letGo(c, row)
	}
	return err
}

// lets reports whether changes of a collection let go of bytes.
func (a access) lets(c *db.Collection) bool {
	return a.service.Release != nil && a.service.collections[c.Name].files
}

func (a access) letGo(c *db.Collection, row query.Row) {
	if v := row[c.Shape.Index(fieldBytes)]; !v.IsNull() {
		a.service.Release(c.Name, v.Text())
	}
}
