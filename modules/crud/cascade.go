package crud

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

// OnDelete is what happens to the documents that refer to a deleted one.
type OnDelete uint8

// What happens.
const (
	Keep     OnDelete = iota // nothing: they refer to what is not there
	Restrict                 // the delete is refused as long as there are some
	Cascade                  // they are deleted too
	SetNull                  // their field becomes null
)

// referrer is a ref that does something when the document it points to is deleted.
type referrer struct {
	from  *Collection
	field int
	does  OnDelete
}

func referrersOf(collections []*Collection) map[string][]referrer {
	out := map[string][]referrer{}
	for _, c := range slices.SortedFunc(slices.Values(collections), func(a, b *Collection) int { return strings.Compare(a.name, b.name) }) {
		for i, f := range c.fields {
			if f.Deleted != Keep {
				out[f.To] = append(out[f.To], referrer{c, i, f.Deleted})
			}
		}
	}
	return out
}

// Promises reports what the database of the collection cannot hold of what its fields promise.
func (c *Collection) Promises() error {
	i := slices.IndexFunc(c.fields, func(f Field) bool { return f.Deleted != Keep })
	if i < 0 || c.atomic {
		return nil
	}
	return fmt.Errorf("collection %s: the database has no transactions, so the on_delete of %s could be half done; take it out, or use a MongoDB replica set", c.name, c.fields[i].Name)
}

// found returns the filter for the documents that refer to one of some ids.
func (r referrer) found(ids []query.Value) query.Filter {
	values := make([]query.Value, len(ids))
	for i, id := range ids {
		values[i] = r.from.shape.Spell(r.field, id)
	}
	return query.OneOf(query.Path{Field: r.from.fields[r.field].Name}, values)
}

// cascade is one delete with all that it takes along. It finds and locks everything before it changes anything.
type cascade struct {
	access
	doomed map[*Collection]*documents
	queue  []referred
	// nulled are the documents that lose a ref, restricted the ids that nothing may refer to in the end.
	nulled     []nulled
	restricted []restricted
	size       int
	// full is true if there were more documents than one delete may touch. Then nothing has been changed.
	full bool
}

// documents are the ids of documents, in URLs and in the order in which they were found.
type documents struct {
	ids  []string
	have map[string]bool
}

type (
	referred struct {
		to  *Collection
		ids []query.Value
	}
	nulled struct {
		referrer
		ids []string
	}
	restricted struct {
		referrer
		to []query.Value
	}
)

// deleteReferred deletes the documents of a filter and, in the same transaction, does what the refs to them say. The
// delete rules of the documents that it takes along do not matter.
func (a access) deleteReferred(ctx context.Context, c *db.Collection, where query.Filter) (n int64, err error) {
	err = a.begin(ctx, func(store db.Store) error {
		in := a
		in.Store, in.inside = store, true
		root := a.service.collections[c.Name]
		k := newCascade(in)
		if n, err = k.run(ctx, root, where); k.full && a.steps != nil {
			n, err = in.deletePart(ctx, root, where)
		}
		return err
	})
	return n, err
}

func newCascade(a access) *cascade {
	return &cascade{access: a, doomed: map[*Collection]*documents{}}
}

func (k *cascade) run(ctx context.Context, c *Collection, where query.Filter) (int64, error) {
	if err := k.doom(ctx, c, where); err != nil {
		return 0, err
	}
	if k.doomed[c] == nil {
		return 0, nil
	}
	n := len(k.doomed[c].ids)
	for len(k.queue) > 0 {
		next := k.queue[0]
		k.queue = k.queue[1:]
		for ids := range slices.Chunk(next.ids, maxParameters) {
			if err := k.follow(ctx, next.to, ids); err != nil {
				return 0, err
			}
		}
	}
	for _, r := range k.restricted {
		if err := k.unreferred(ctx, r); err != nil {
			return 0, err
		}
	}
	return int64(n), k.apply(ctx, c)
}

// find returns and locks the documents of a filter.
func (k *cascade) find(ctx context.Context, c *Collection, where query.Filter) ([]query.Row, error) {
	if where == query.False {
		return nil, nil
	}
	limit := k.service.Limits.Cascade
	rows, err := k.Find(ctx, c.stored, db.Find{
		Query:  query.Query{Where: where, Sort: c.stored.KeyOrder(false), Limit: limit - k.size + 1},
		Fields: []int{key}, Lock: db.Exclusive,
	})
	if err != nil {
		return nil, err
	}
	if k.size += len(rows); k.size > limit {
		k.full = true
		return nil, k.tooMany()
	}
	return rows, nil
}

// tooMany refuses a delete that touches more documents than it may.
func (k *cascade) tooMany() error {
	return fault.FieldErrorf("", "max", "this delete would delete or change more than %d documents, by on_delete (limits.cascade); delete it with steps=true, or some of those that refer to it first", k.service.Limits.Cascade)
}

// doom adds the documents of a filter to those that are deleted.
func (k *cascade) doom(ctx context.Context, c *Collection, where query.Filter) error {
	rows, err := k.find(ctx, c, where)
	if err != nil {
		return err
	}
	var ids []query.Value
	for _, row := range rows {
		id := c.stored.ID(row)
		if k.doomed[c] == nil {
			k.doomed[c] = &documents{have: map[string]bool{}}
		}
		if d := k.doomed[c]; !d.have[id] {
			d.have[id] = true
			d.ids = append(d.ids, id)
			ids = append(ids, row[key])
		} else {
			k.size--
		}
	}
	if len(ids) > 0 && k.service.referrers[c.name] != nil {
		k.queue = append(k.queue, referred{c, ids})
	}
	return nil
}

// follow looks for the documents that refer to some which are deleted.
func (k *cascade) follow(ctx context.Context, to *Collection, ids []query.Value) error {
	for _, r := range k.service.referrers[to.name] {
		switch r.does {
		case Cascade:
			if err := k.doom(ctx, r.from, r.found(ids)); err != nil {
				return err
			}
		case SetNull:
			rows, err := k.find(ctx, r.from, r.found(ids))
			if err != nil {
				return err
			}
			if len(rows) > 0 {
				n := nulled{referrer: r}
				for _, row := range rows {
					n.ids = append(n.ids, r.from.stored.ID(row))
				}
				k.nulled = append(k.nulled, n)
			}
		case Restrict:
			k.restricted = append(k.restricted, restricted{r, ids})
		}
	}
	return nil
}

// unreferred refuses the delete if documents that stay refer to some that would not.
func (k *cascade) unreferred(ctx context.Context, r restricted) error {
	going := k.doomed[r.from]
	if going == nil {
		going = &documents{}
	}
	where := r.found(r.to)
	// At most as many as are deleted can be ignored, so that one more is one that stays.
	rows, err := k.Find(ctx, r.from.stored, db.Find{Query: query.Query{Where: where, Sort: r.from.stored.KeyOrder(false), Limit: len(going.ids) + 1}, Fields: []int{key}})
	if err != nil {
		return err
	}
	for _, row := range rows {
		if !going.have[r.from.stored.ID(row)] {
			return k.referredError(ctx, r, row)
		}
	}
	return nil
}

// referredError names the referring documents only if the caller may read one and see what it refers to.
func (k *cascade) referredError(ctx context.Context, r restricted, row query.Row) error {
	by := "other documents refer to it"
	o := operation{Service: k.service, c: r.from, caller: k.caller, now: k.work.now, store: k.access}
	whole, err := k.Find(ctx, r.from.stored, db.Find{Query: query.Query{Where: r.from.stored.ByKey(r.from.stored.ID(row))}})
	if err == nil && len(whole) == 1 {
		if ok, err := o.readable(ctx, whole[0]); err == nil && ok {
			if doc, err := o.shownDocument(ctx, whole[0], nil); err == nil && (doc.masked == nil || !doc.masked[r.field]) {
				by = "documents of " + r.from.name + " refer to it (" + r.from.name + "." + r.from.fields[r.field].Name + ")"
			}
		}
	}
	return &fault.Error{Code: fault.Conflict, Detail: "this cannot be deleted while " + by, Fields: []fault.FieldError{
		{Field: k.service.collections[r.from.fields[r.field].To].fields[key].Name, Code: "referenced", Detail: by},
	}}
}

// apply makes the changes: refs that become null first, then the documents that go, each after those that refer to
// it, as foreign keys of the database need it.
func (k *cascade) apply(ctx context.Context, root *Collection) error {
	for _, n := range k.nulled {
		var ids []string
		for _, id := range n.ids {
			if d := k.doomed[n.from]; d == nil || !d.have[id] {
				ids = append(ids, id)
			}
		}
		for some := range slices.Chunk(ids, maxParameters) {
			if _, _, err := k.Update(ctx, n.from.stored, db.Update{Where: n.from.stored.ByKeys(some), Set: []db.Assignment{{Field: n.field, Value: query.Null}}}); err != nil {
				return err
			}
		}
	}
	seen := map[*Collection]bool{}
	var visit func(*Collection) error
	visit = func(c *Collection) error {
		if seen[c] || k.doomed[c] == nil {
			return nil
		}
		seen[c] = true
		for _, r := range k.service.referrers[c.name] {
			if err := visit(r.from); err != nil {
				return err
			}
		}
		for some := range slices.Chunk(k.doomed[c].ids, maxParameters) {
			if _, err := k.deleteAlone(ctx, c.stored, c.stored.ByKeys(some)); err != nil {
				return err
			}
		}
		return nil
	}
	return visit(root)
}
