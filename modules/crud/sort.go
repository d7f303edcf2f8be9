package crud

import (
	"context"
	"slices"
	"strings"

	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

// maxSortKeys bounds an order; a key may be of a related document.
const maxSortKeys = 8

// sort resolves sort keys such as "-created", "author.name" and "due nulls last", and appends the id.
func (o *operation) sort(names []string) ([]query.SortKey, error) {
	if len(names) > max(len(o.c.fields), maxSortKeys) {
		return nil, fault.FieldErrorf("sort", "max", "there are more sort keys than fields")
	}
	keys := make([]query.SortKey, 0, len(names)+1)
	for _, name := range names {
		k, err := parseSortKey(name)
		if err != nil {
			return nil, err
		}
		if first, rest, ok := strings.Cut(k.Field, "."); ok {
			if i := o.c.shape.Index(first); i >= 0 && o.c.fields[i].To != "" {
				found, err := o.sortThrough(&k, first, rest)
				if err != nil {
					return nil, err
				}
				if found {
					keys = append(keys, k)
				}
				continue
			} else if i >= 0 && o.c.fields[i].Type == query.TypeJSON {
				if k.Field, k.Sub, err = o.sortInside(k.Field); err != nil {
					return nil, err
				}
				if !sorted(keys, k) {
					keys = append(keys, k)
				}
				continue
			}
		}
		i, err := o.sortField(k.Field)
		if err != nil {
			return nil, err
		}
		if i == key { // keys after the id have no effect
			return o.withKey(keys, k.Desc), nil
		}
		if !sorted(keys, k) {
			keys = append(keys, k)
		}
	}
	desc := len(keys) > 0 && keys[len(keys)-1].Desc // the same direction, so that one index gives the order
	return o.withKey(keys, desc), nil
}

// parseSortKey reads a sort key.
func parseSortKey(name string) (k query.SortKey, err error) {
	bare, nulls, has := strings.Cut(name, " nulls ")
	k.Desc = strings.HasPrefix(bare, "-")
	k.Field = strings.TrimPrefix(strings.TrimPrefix(bare, "-"), "+")
	if has {
		if nulls != "first" && nulls != "last" {
			return k, fault.FieldErrorf("sort", "nulls", "null comes first or last, as in %q", "due nulls last")
		}
		k.NullLargest = (nulls == "last") != k.Desc
	}
	return k, nil
}

// sorted reports whether an order has a key of the document itself already.
func sorted(keys []query.SortKey, k query.SortKey) bool {
	return slices.ContainsFunc(keys, func(other query.SortKey) bool {
		return other.Of == nil && other.Field == k.Field && other.Sub == k.Sub
	})
}

// sortInside resolves a path into a json field. Texts of decimals and of bytes have another order than these.
func (o *operation) sortInside(name string) (field, sub string, err error) {
	path, typ, err := o.c.shape.Path(name)
	if err != nil {
		return "", "", err
	}
	if typ != query.TypeJSON && (typ.Kind() == query.KindJSON || typ.Kind() == query.KindDecimal || typ.Kind() == query.KindBytes) {
		return "", "", fault.FieldErrorf("sort", "type", "%s is of type %s, which has no order inside a json field", fault.Clip(name), typ)
	}
	return path.Field, path.Sub, nil
}

// sortField resolves a field that has an order.
func (o *operation) sortField(name string) (int, error) {
	i, err := o.field("sort", name)
	if err != nil {
		return 0, err
	}
	if t := o.c.fields[i].Type; t.Kind() == query.KindJSON {
		return 0, fault.FieldErrorf("sort", "type", "%s is of type %s, which has no order", name, t)
	}
	return i, nil
}

// sortable refuses an order by a field that the caller may not read in every document: it would reveal values.
func (o *operation) sortable(v *mask, field int) error {
	if o.c.fields[field].Sealing != Plain {
		return fault.FieldErrorf("sort", "sealed", "%s is stored sealed and has no order", o.c.fields[field].Name)
	}
	return o.whole(v, "sort", field)
}

// sortThrough completes a key of a related document: the field rest of what the ref leads to, as the caller sees it. It is
// false where the caller may see nothing there, so that the key is null in every document.
func (o *operation) sortThrough(k *query.SortKey, ref, rest string) (found bool, err error) {
	k.Of = &query.Chain{}
	found = true
	at := o
	for {
		if len(k.Of.Steps) == maxExpandDepth {
			return false, fault.FieldErrorf("sort", "too_deep", "a sort key follows at most %d references", maxExpandDepth)
		}
		to, err := at.sortStep(ref)
		if err != nil {
			return false, err
		}
		if to.where == query.False {
			found = false
		}
		k.Of.Steps = append(k.Of.Steps, &query.Exists{Collection: to.o.c.name, Where: to.where, Links: []query.Link{to.link}})
		at = to.o
		first, more, nested := strings.Cut(rest, ".")
		if i := at.c.shape.Index(first); nested && i >= 0 && at.c.fields[i].To != "" {
			ref, rest = first, more
			continue
		}
		i, err := at.sortField(rest)
		if err != nil {
			return false, err
		}
		k.Field = rest
		v, err := at.view()
		if err != nil {
			return false, err
		}
		return found, at.sortable(v, i)
	}
}

// sortStep is one reference of a sort key.
type sortStep struct {
	o     *operation
	where query.Filter // what the caller may read there
	link  query.Link
}

// sortStep follows a ref that the caller may read in every document.
func (o *operation) sortStep(ref string) (sortStep, error) {
	i := o.c.shape.Index(ref)
	v, err := o.view()
	if err == nil {
		err = o.sortable(v, i)
	}
	if err != nil {
		return sortStep{}, err
	}
	target := o.collections[o.c.fields[i].To]
	if target == nil || !o.c.correlates || o.c.stored.Related[target.name] == nil {
		return sortStep{}, fault.FieldErrorf("sort", "unsupported", "%s is a document that the database of this collection cannot sort by", ref)
	}
	out := sortStep{o: o.of(target), link: query.Link{Inner: query.Path{Field: target.fields[key].Name}, Op: query.Eq, Outer: query.Path{Field: ref}}}
	if out.where, err = out.o.readFilter(); refused(err) {
		out.where, err = query.False, nil
	}
	return out, err
}

// sortable returns an order in a form the database of the collection can run.
func (a access) sortable(ctx context.Context, sort []query.SortKey) ([]query.SortKey, error) {
	if !query.Related(sort) {
		return sort, nil
	}
	out := slices.Clone(sort)
	for i, k := range out {
		if k.Of == nil {
			continue
		}
		chain := &query.Chain{}
		for _, s := range k.Of.Steps {
			where, err := a.answerable(ctx, a.service.collections[s.Collection].stored, s.Where)
			if err != nil {
				return nil, err
			}
			chain.Steps = append(chain.Steps, &query.Exists{Collection: s.Collection, Where: where, Links: s.Links})
		}
		out[i].Of = chain
	}
	return out, nil
}

// byOffset reports whether the position of a page is the number of documents before it, because whole fields do not give it.
func (l *list) byOffset() bool { return l.rank != nil || l.unsorted || query.ByPosition(l.sort) }

// withKey ends an order with the key, so that it is total.
func (o *operation) withKey(keys []query.SortKey, desc bool) []query.SortKey {
	for _, k := range o.c.stored.KeyOrder(desc) {
		if !sorted(keys, k) {
			keys = append(keys, k)
		}
	}
	return keys
}

// order adds the collections that an order depends on.
func (w *watched) order(sort []query.SortKey) {
	for _, k := range sort {
		if k.Of == nil {
			continue
		}
		for _, s := range k.Of.Steps {
			w.add(w.service.collections[s.Collection])
			w.filter(s.Where)
		}
	}
}
