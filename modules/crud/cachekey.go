package crud

import (
	"crypto/sha256"
	"slices"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// CacheKey is what the answer of a plan depends on, for a cache.
type CacheKey struct {
	// Key is equal for two plans exactly if their answers are equal whatever is stored.
	Key string
	// Watched are the collections in which any change may change the answer. The document ID in Of, if not empty,
	// matters as well.
	Watched []*db.Collection
	Of, ID  string
	// Public is true if the answer is the same for every caller.
	Public bool
	// Lasting is true if the same caller always gets the same Key for the same request.
	Lasting bool
}

// As is the key of something else that is made of the same answer.
func (k *CacheKey) As(what string) string {
	var d identity
	d.text(what)
	return string(d.bytes) + k.Key
}

// kindNames distinguish the answers of the kinds.
var kindNames = [...]string{List: "list", Get: "get", Aggregate: "figures"}

// CacheKey returns nil if the answer must not be cached: its collection is not, or it may change without a write.
func (p *Plan) CacheKey() *CacheKey {
	if !p.o.c.cached || p.kind == Get && (p.read.byRow || !p.o.c.findsID(p.id)) || !p.lasts() {
		return nil
	}
	var d identity
	d.text(kindNames[p.kind])
	k := &CacheKey{Key: string(append(d.bytes, p.identity()...)), Public: p.record.public(), Lasting: !p.record.uses.Request}
	if p.kind == Get && !p.o.c.foldsKey() && len(p.list.expand) == 0 && !query.HasLookups(p.read.filter) && (p.view == nil || len(p.view.partial) == 0) {
		k.Of, k.ID = p.o.c.name, p.o.c.plainID(p.id)
	} else {
		k.Watched = p.watched()
	}
	return k
}

// lasts reports whether the answer stays the same until something is written.
func (p *Plan) lasts() bool {
	return !p.record.uses.Time && !asks(p.filter()) && (p.view == nil || !slices.ContainsFunc(p.view.partial, func(m partial) bool { return asks(m.where) }))
}

// asks reports whether a filter calls a webhook.
func asks(f query.Filter) bool {
	found := false
	query.Asks(f, func(*query.Ask) { found = true })
	return found
}

// identity is equal for all plans that show the same, whatever is stored.
func (p *Plan) identity() string {
	var d identity
	if p.kind == Aggregate {
		d.text("figures")
		d.flag(p.ask.Count)
		for _, fields := range [][]int{p.ask.Group, p.ask.Sum, p.ask.Avg, p.ask.Min, p.ask.Max} {
			d.numbers(fields)
		}
	} else {
		d.text("list")
		d.order(p.list.sort)
		d.number(p.list.limit)
		d.numbers(p.list.fields)
		d.number(len(p.list.members))
		for _, name := range p.list.members {
			d.text(name)
		}
		d.flag(p.list.rank != nil)
		d.number(p.list.offset)
		d.flag(p.list.backward)
		d.numbers(p.list.distinct)
		d.flag(p.list.beyond != nil)
		if p.list.beyond != nil {
			d.filter(query.Any(p.list.beyond...))
		}
		d.flag(p.list.count)
		d.numbers(p.list.snippets.fields)
		d.expansions(p.list.expand)
	}
	d.text(p.o.c.signature)
	d.filter(p.filter())
	d.view(p.view)
	return d.within(&p.record)
}

// watched returns the collections that the answer depends on, the plan's own first.
func (p *Plan) watched() []*db.Collection {
	w := watched{service: p.o.Service}
	w.add(p.o.c)
	w.filter(p.filter())
	w.view(p.view)
	w.expansions(p.list.expand)
	w.order(p.list.sort)
	return w.list
}

// watched collects collections.
type watched struct {
	service *Service
	list    []*db.Collection
}

func (w *watched) add(c *Collection) {
	if !slices.Contains(w.list, c.stored) {
		w.list = append(w.list, c.stored)
	}
}

// filter adds the collections of a filter's lookups.
func (w *watched) filter(f query.Filter) {
	query.Lookups(f, func(e *query.Exists) {
		w.add(w.service.collections[e.Collection])
		w.filter(e.Where)
	})
}

func (w *watched) view(v *mask) {
	if v == nil {
		return
	}
	for _, p := range v.partial {
		w.filter(p.where)
	}
}

// expansions adds what related documents depend on.
func (w *watched) expansions(list []expansion) {
	for i := range list {
		e := &list[i]
		w.add(e.target)
		w.filter(e.residual)
		w.view(e.view)
		w.order(e.sort)
		w.expansions(e.inner)
	}
}

// sameKey reports whether two values of a field of the key are of one document.
func (c *Collection) sameKey(field int, a, b query.Value) bool {
	fold := c.shape.Fold(field)
	return fold.Of(a).Equal(fold.Of(b))
}

// foldsKey reports whether several spellings of an id are of one document.
func (c *Collection) foldsKey() bool {
	return slices.ContainsFunc(c.stored.KeyFields(), func(i int) bool { return c.shape.Fold(i) != nil })
}

// plainID returns the one spelling of a document's id.
func (c *Collection) plainID(id string) string {
	values, ok := c.stored.ParseID(id)
	if !ok {
		return id
	}
	row := make(query.Row, len(c.fields))
	for n, i := range c.stored.KeyFields() {
		row[i] = c.shape.Fold(i).Of(values[n])
	}
	return c.stored.ID(row)
}

// sign computes the signature of a collection for keys: its identity and its fields.
func (c *Collection) sign() {
	var d identity
	d.text(c.name)
	d.number(len(c.fields))
	for i, f := range c.fields {
		d.text(f.Name)
		d.text(c.stored.Columns[i].Name)
		d.text(string(f.Type))
		d.number(int(f.Sealing))
		d.flag(f.Quoted)
	}
	sum := sha256.Sum256(d.bytes)
	c.signature = string(sum[:16])
}
