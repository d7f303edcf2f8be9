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
		return m.err()
	case err != nil:
		return err
	}
	ok, err := o.holds(ctx, f, row)
	if err == nil && !ok {
		err = o.refusal(rules.Create)
	}
	return errors.Join(err, m.err())
}

// Forces returns the value that the server sets for a field of every document that a caller creates; null for none.
func (s *Service) Forces(caller Caller, collection, field string) (query.Value, error) {
	o, err := s.operation(caller, collection)
	if err != nil {
		return query.Null, err
	}
	for _, f := range o.c.create {
		if o.c.fields[f.Field].Name == field {
			return f.Value.Value(o.env(rules.Create, &rules.Next{Row: make(query.Row, len(o.c.fields))}, nil))
		}
	}
	return query.Null, nil
}

// MayUpdate refuses a change that UpdateIf would refuse, and stores nothing.
func (s *Service) MayUpdate(ctx context.Context, caller Caller, at Target, body []byte, match func(Document) error) error {
	_, err := s.updateIf(ctx, caller, at, body, match, func(_ *operation, _ context.Context, row, _ query.Row, _ patch) (query.Row, error) { return row, nil })
	return err
}

// UpdateIf changes one document by a merge patch, under a condition on the stored one.
func (s *Service) UpdateIf(ctx context.Context, caller Caller, at Target, body []byte, match func(Document) error) (Document, error) {
	return s.updateIf(ctx, caller, at, body, match, (*operation).storeNext)
}

func (s *Service) updateIf(ctx context.Context, caller Caller, at Target, body []byte, match func(Document) error,
	store storing) (Document, error) {
	o, v, err := s.updating(caller, at.Collection, body)
	if err != nil {
		return Document{}, err
	}
	read, p, err := o.patchOf(at.ID, v)
	if err != nil {
		return Document{}, err
	}
	return o.updateLocked(ctx, at.ID, read, p, func(ctx context.Context, o *operation, row query.Row) error {
		if match == nil {
			return o.match(ctx, row, at.IfMatch)
		}
		return match(Document{c: o.c, row: row})
	}, store)
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

// releasing returns which bytes a delete releases: package files removes them when no document has them any more.
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
