package crud

import (
	"context"
	"fmt"
	"slices"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// Check is how the value of a ref is checked when it is written.
type Check uint8

// The checks.
const (
	CheckVisible Check = iota // the caller must be able to read the document
	CheckExists               // the document must exist
	CheckNone
)

// pointed is a value that is written into a ref.
type pointed struct {
	field int
	value query.Value
	in    string // prefix of the field in an error
}

// Unlinked returns a service that stores refs without checking them, and leaves what refers to a deleted document as
// it is: for a state that is stored as a whole, whatever its order.
func (s *Service) Unlinked() *Service {
	out := *s
	out.unlinked, out.referrers = true, nil
	return &out
}

// checks reports whether the values of a field are checked.
func (o *operation) checks(field int) bool {
	f := &o.c.fields[field]
	return f.To != "" && f.Target != CheckNone && !o.unlinked
}

// pointing returns the refs of new rows that are checked, nil if there are none. Rows may refer to one another.
func (o *operation) pointing(rows []query.Row, array bool) []pointed {
	var out []pointed
	for i := range o.c.fields {
		if !o.checks(i) {
			continue
		}
		own := map[query.Value]bool{}
		if o.c.fields[i].To == o.c.name {
			for _, row := range rows {
				own[row[key]] = true
			}
		}
		for n, row := range rows {
			if v := row[i]; !v.IsNull() && v != query.LeftOut && !own[v] {
				p := pointed{field: i, value: v}
				if array {
					p.in = fmt.Sprintf("[%d].", n)
				}
				out = append(out, p)
			}
		}
	}
	return out
}

// repoints reports whether changes write a ref that is checked.
func (o *operation) repoints(changes []change) bool {
	return slices.ContainsFunc(changes, func(c change) bool { return o.checks(c.field) && !(c.op == assign && c.value.IsNull()) }) ||
		slices.ContainsFunc(o.c.update, func(f Forced) bool { return o.checks(f.Field) })
}

// assigned returns the refs among assigned values that are checked.
func (o *operation) assigned(set []db.Assignment) []pointed {
	var out []pointed
	for _, a := range set {
		if o.checks(a.Field) && !a.Value.IsNull() {
			out = append(out, pointed{field: a.Field, value: a.Value})
		}
	}
	return out
}

// moved returns the refs of a changed row that are checked: those with another value, and those that the caller has
// sent without seeing the stored value. Otherwise the answer would tell whether a guess is right.
func (o *operation) moved(ctx context.Context, row, next query.Row, sent []int) ([]pointed, error) {
	var out []pointed
	var hidden []bool
	for i := range o.c.fields {
		if !o.checks(i) || next[i].IsNull() {
			continue
		}
		if next[i] == row[i] {
			if !slices.Contains(sent, i) {
				continue
			}
			if hidden == nil {
				doc, err := o.shownDocument(ctx, row, nil)
				if err != nil {
					return nil, err
				}
				if hidden = doc.masked; hidden == nil {
					hidden = make([]bool, len(row))
				}
			}
			if !hidden[i] {
				continue
			}
		}
		out = append(out, pointed{field: i, value: next[i]})
	}
	return out, nil
}

// mayPoint refuses refs to documents that do not exist or, unless the field says otherwise, that the caller may not
// read: both with the same error. What is found stays as it is until the transaction ends.
func (o *operation) mayPoint(ctx context.Context, refs []pointed) error {
	m := problems{}
	for len(refs) > 0 {
		field := refs[0].field
		n := slices.IndexFunc(refs, func(p pointed) bool { return p.field != field })
		if n < 0 {
			n = len(refs)
		}
		values := make([]query.Value, n)
		for i, p := range refs[:n] {
			values[i] = p.value
		}
		found, err := o.pointable(ctx, field, values)
		if err != nil {
			return err
		}
		f := &o.c.fields[field]
		for _, p := range refs[:n] {
			if !found[o.pointed(field, p.value)] {
				m.Prefix = p.in
				m.Add(f.Name, "reference", "there is no such document in %s", f.To)
			}
		}
		refs = refs[n:]
	}
	return m.err()
}

// pointed returns the one form of all values of a ref that lead to the same document.
func (o *operation) pointed(field int, v query.Value) query.Value {
	target := o.collections[o.c.fields[field].To].shape
	return query.Joint(o.c.shape.Fold(field), target.Fold(key)).Of(target.Spell(key, v))
}

// target returns the operation on the collection that a ref leads to, and which of its documents the caller may refer to.
func (o *operation) target(field int) (*operation, readFilter, error) {
	target := o.of(o.collections[o.c.fields[field].To])
	if o.c.fields[field].Target != CheckVisible {
		return target, readFilter{filter: query.True}, nil
	}
	read, err := target.reading()
	if refused(err) {
		return target, readFilter{filter: query.False}, nil
	}
	return target, read, err
}

// leadingTo returns the filter for the documents that values of a ref lead to.
func leadingTo(target *operation, values []query.Value) query.Filter {
	ids := make([]query.Value, len(values))
	for i, v := range values {
		ids[i] = target.c.shape.Spell(key, v)
	}
	return query.OneOf(target.c.stored.KeyPath(), ids)
}

// pointable returns which of the values of a ref lead to documents that the caller may refer to.
func (o *operation) pointable(ctx context.Context, field int, values []query.Value) (map[query.Value]bool, error) {
	target, read, err := o.target(field)
	if err != nil {
		return nil, err
	}
	find := db.Find{Lock: db.Shared}
	if !read.byRow {
		find.Fields = []int{key}
	}
	found := map[query.Value]bool{}
	for some := range slices.Chunk(distinct(values), maxParameters) {
		if find.Where = query.All(leadingTo(target, some), read.filter); find.Where == query.False {
			continue
		}
		rows, err := target.store.Find(ctx, target.c.stored, find)
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			if read.byRow {
				if ok, err := target.readable(ctx, row); err != nil {
					return nil, err
				} else if !ok {
					continue
				}
			}
			found[o.pointed(field, row[key])] = true
		}
	}
	return found, nil
}
