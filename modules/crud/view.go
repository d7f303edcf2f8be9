package crud

import (
	"context"
	"slices"

	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/rules"
)

// mask is what a caller may see of the documents of a collection. Nil shows everything.
type mask struct {
	// hidden fields are never shown.
	hidden []bool
	// partial fields are shown if their rule holds.
	partial []partial
}

type partial struct {
	field int
	where query.Filter
}

// view folds the rules of the fields for the caller.
func (o *operation) view() (*mask, error) {
	if o.caller.Admin || o.c.readable == nil && !o.c.hashes {
		return nil, nil
	}
	v := &mask{hidden: make([]bool, len(o.c.fields))}
	for i := range o.c.fields {
		if o.c.fields[i].Sealing == Hashed {
			v.hidden[i] = true
			continue
		}
		if o.c.readable == nil || o.c.readable[i] == nil {
			continue
		}
		f, err := o.fold(o.c.readable[i], o.c.fields[i].Name, o.env(rules.Read, nil, nil))
		if needsDocument(err) { // no statement can express it for this caller: hide the field
			f, err = query.False, nil
		}
		if err != nil {
			return nil, err
		}
		switch f {
		case query.True:
		case query.False:
			v.hidden[i] = true
		default:
			v.partial = append(v.partial, partial{i, f})
		}
	}
	return v, nil
}

func (v *mask) isHidden(field int) bool { return v != nil && v.hidden[field] }

// whole refuses a field that is not shown in every document if its use would reveal values: in an order, a group,
// an aggregate.
func (o *operation) whole(v *mask, parameter string, field int) error {
	if v == nil {
		return nil
	}
	if v.hidden[field] || slices.ContainsFunc(v.partial, func(p partial) bool { return p.field == field }) {
		return o.masked(parameter, field)
	}
	return nil
}

func (o *operation) masked(parameter string, field int) error {
	name := o.c.fields[field].Name
	return &fault.Error{Code: fault.Forbidden, Detail: "you may not read " + name,
		Fields: []fault.FieldError{{Field: parameter, Code: "not_readable", Detail: "you may not read " + name + ", and so not use it here"}}}
}

// guard returns a client's filter with the rules of the fields it uses: a field finds a document only if the
// caller may read that field. A field that is never shown is refused. (A hashed field is never returned, but may
// be used in equality filters.)
func (o *operation) guard(v *mask, f query.Filter) (query.Filter, error) {
	if !o.c.searches || !o.c.forgives {
		if err := o.noSearch(f); err != nil {
			return query.False, err
		}
	}
	if err := o.noNative(f); err != nil {
		return query.False, err
	}
	if v == nil {
		return o.sealedFilter(f)
	}
	used := make([]bool, len(o.c.fields))
	query.Paths(f, func(p query.Path) { used[o.c.shape.Index(p.Field)] = true })
	for i, u := range used {
		if u && v.hidden[i] && !o.lookedFor(i) {
			return query.False, o.masked("filter", i)
		}
	}
	f, err := o.sealedFilter(f)
	if err != nil {
		return query.False, err
	}
	for _, p := range v.partial {
		if used[p.field] {
			f = query.All(f, p.where)
		}
	}
	return f, nil
}

// noSearch refuses a search if the database does not support it.
func (o *operation) noSearch(f query.Filter) (err error) {
	query.Leaves(f, func(leaf query.Filter) {
		switch s, ok := leaf.(*query.Search); {
		case !ok:
		case o.c.searches && s.Typos:
			err = fault.FieldErrorf("$search", "unsupported", "the database of this collection finds words as they are written alone; leave out typos")
		case !o.c.searches:
			err = fault.FieldErrorf("$search", "unsupported", "the database of this collection has no full-text search that Basalt uses")
		}
	})
	return err
}

// noNative refuses a test that the database of the collection does not have for the type of a field.
func (o *operation) noNative(f query.Filter) (err error) {
	query.Natives(f, func(n *query.Native) {
		i := o.c.shape.Index(n.Field)
		if o.c.natives == nil || i < 0 || o.c.shape.Fields[i].Of != nil || o.c.fields[i].Sealing != Plain || !o.c.natives.Native(o.c.stored, n) {
			err = fault.FieldErrorf("filter", "unsupported", "the database of this collection has no test %q for %s", string(n.Op), n.Field)
		}
	})
	return err
}

// lookedFor reports whether a field is hidden only because it is hashed.
func (o *operation) lookedFor(field int) bool {
	return o.c.fields[field].Sealing == Hashed && (o.c.readable == nil || o.c.readable[field] == nil)
}

// documents returns rows as the caller may see them; fields are the selected ones, nil for all.
func (o *operation) documents(ctx context.Context, v *mask, rows []query.Row, fields []int) ([]Document, error) {
	return o.show(ctx, make([]Document, len(rows)), v, rows, fields)
}

// show is documents with a place for them, one for each row.
func (o *operation) show(ctx context.Context, out []Document, v *mask, rows []query.Row, fields []int) ([]Document, error) {
	for i, row := range rows {
		out[i] = Document{c: o.c, row: row, fields: fields}
	}
	if v == nil || len(rows) == 0 {
		return out, nil
	}
	for i := range out {
		out[i].masked = v.hidden
	}
	for n, p := range v.partial {
		shown, err := o.store.decide(ctx, o.c.shape, p.where, rows)
		if err != nil {
			return nil, err
		}
		for i := range out {
			if n == 0 {
				out[i].masked = slices.Clone(v.hidden)
			}
			out[i].masked[p.field] = !shown[i]
		}
	}
	return out, nil
}

// document returns one row as the caller may see it.
func (o *operation) shownDocument(ctx context.Context, row query.Row, fields []int) (Document, error) {
	v, err := o.view()
	if err != nil {
		return Document{}, err
	}
	docs, err := o.documents(ctx, v, []query.Row{row}, fields)
	if err != nil {
		return Document{}, err
	}
	return docs[0], nil
}

// visible is shown for a changed row, with a gate and view that are already computed.
func (o *operation) visible(ctx context.Context, row query.Row, g readFilter) Document {
	if g.byRow || query.HasLookups(g.filter) {
		return o.asShown(ctx, row)
	}
	if query.Match(g.filter, o.c.shape, row, nil) {
		if doc, err := o.shownDocument(ctx, row, nil); err == nil {
			return doc
		}
	}
	return o.outOfSight(row)
}

// asShown returns a written row as the caller may see it. It returns the id alone if the caller can no longer see
// the row, or if that cannot be determined.
func (o *operation) asShown(ctx context.Context, row query.Row) Document {
	if ok, err := o.readable(ctx, row); err == nil && ok {
		if doc, err := o.shownDocument(ctx, row, nil); err == nil {
			return doc
		}
	}
	return o.outOfSight(row)
}

// outOfSight returns the id of a row alone; the entity tag is computed from the id, too.
func (o *operation) outOfSight(row query.Row) Document {
	masked := make([]bool, len(row))
	for i := range masked {
		masked[i] = i != key
	}
	return Document{c: o.c, row: row, masked: masked}
}

// mayWrite returns the condition under which the caller may write these fields. If the caller may never write one,
// the error is Forbidden and names it. For a create, doc is a row of nulls.
func (o *operation) mayWrite(op rules.Op, fields []int, next *rules.Next, doc query.Row) (query.Filter, error) {
	var out query.Filter = query.True
	if o.caller.Admin || o.c.writable == nil {
		return out, nil
	}
	var refused []fault.FieldError
	for _, i := range fields {
		rule := o.c.writable[i]
		if rule == nil {
			continue
		}
		f, err := o.fold(rule, o.c.fields[i].Name, o.env(op, next, doc))
		if err != nil {
			return query.False, err
		}
		if f == query.False {
			refused = append(refused, fault.FieldError{Field: o.c.fields[i].Name, Code: "not_writable", Detail: "you may not write this field"})
		}
		out = query.All(out, f)
	}
	if refused != nil {
		return query.False, &fault.Error{Code: fault.Forbidden, Detail: "you may not write some of these fields", Fields: refused}
	}
	return out, nil
}
