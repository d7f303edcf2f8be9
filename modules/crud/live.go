package crud

import (
	"context"
	"slices"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

// Live is a list, or figures, that package realtime keeps up to date for those who may see the same of it.
// It is immutable.
type Live struct {
	// Collection is where the documents are.
	Collection *db.Collection
	// Where selects them, with the rules in it; it may have lookups.
	Where query.Filter
	// Sort is their order, which ends with the key, and Limit how many there are at most.
	Sort  []query.SortKey
	Limit int
	// Masks are the conditions under which some fields are shown.
	Masks []Mask
	// Computed says that what is shown does not follow from a document's own row: it has related documents,
	// the order of a search, or figures. It is to be computed anew when one of Watched has changed.
	Computed bool
	// Figures says that there are no documents, but groups of an aggregate.
	Figures bool
	// Counted asks for the number of all documents, besides those within Limit.
	Counted bool
	// Watched are the collections that it depends on, its own among them.
	Watched []*db.Collection
	// Timed says that a rule looks at the time, so that it is to be prepared again every now and then.
	Timed bool
	// Identity is the same for all that show the same, whatever is stored.
	Identity string

	o    *operation
	list *list
	view *view
	ask  db.Aggregate
}

// Mask is the condition under which a field is shown.
type Mask struct {
	Field int
	Where query.Filter
}

// Item is a document, or a group, of a [Live] that is computed.
type Item struct {
	// Key is the id; empty for a group.
	Key  string
	JSON []byte
}

// LiveQuery prepares the list of a JSON body for a caller, by the rules of a read.
func (s *Service) LiveQuery(caller Caller, collection string, body []byte) (*Live, error) {
	return s.liveList(caller, collection, func(o *operation) (*list, error) { return o.listFromBody(body) })
}

// LiveList prepares the list of the parameters of a URL.
func (s *Service) LiveList(caller Caller, collection string, p Params) (*Live, error) {
	return s.liveList(caller, collection, func(o *operation) (*list, error) { return o.listFromParams(p) })
}

// LiveDocument prepares the list of one document, or none.
func (s *Service) LiveDocument(caller Caller, collection, id string) (*Live, error) {
	return s.liveList(caller, collection, func(o *operation) (*list, error) {
		l := &list{where: o.byID(id), limit: 1}
		var err error
		l.sort, err = o.sort(nil)
		return l, err
	})
}

func (s *Service) liveList(caller Caller, collection string, parse func(*operation) (*list, error)) (*Live, error) {
	o, l, v, where, err := s.preparedList(caller, collection, parse)
	if err != nil {
		return nil, err
	}
	live, err := o.live(l, v, where)
	if err != nil {
		return nil, err
	}
	if l.after != "" && l.rank != nil {
		return nil, fault.FieldErrorf("after", "live", "a live search has one page")
	}
	if l.beyond != nil {
		live.Where = query.All(l.beyond, where)
	}
	return live, nil
}

// live works out what the documents of a list depend on.
func (o *operation) live(l *list, v *view, where query.Filter) (*Live, error) {
	live := &Live{
		Collection: o.c.stored, Where: where, Sort: l.sort, Limit: l.limit, Counted: l.count,
		Computed: len(l.expand) > 0 || l.rank != nil, o: o, list: l, view: v,
	}
	if v != nil {
		for _, p := range v.partial {
			live.Masks = append(live.Masks, Mask{p.field, p.where})
		}
	}
	for i := range l.expand {
		live.expands(&l.expand[i])
	}
	var d identity
	d.text("list")
	d.order(l.sort)
	d.number(l.limit)
	d.numbers(l.fields)
	d.flag(l.rank != nil)
	d.number(l.offset)
	d.flag(l.beyond != nil)
	if l.beyond != nil {
		d.filter(l.beyond)
	}
	d.flag(l.count)
	d.expansions(l.expand)
	live.finish(&d)
	return live, nil
}

// LiveAggregate prepares the figures that a JSON body asks for.
func (s *Service) LiveAggregate(caller Caller, collection string, body []byte) (*Live, error) {
	o, ask, err := s.figures(caller, collection, body)
	if err != nil {
		return nil, err
	}
	return o.liveFigures(ask), nil
}

func (o *operation) liveFigures(ask db.Aggregate) *Live {
	live := &Live{Collection: o.c.stored, Where: ask.Where, Computed: true, Figures: true, o: o, ask: ask}
	var d identity
	d.text("figures")
	d.flag(ask.Count)
	for _, fields := range [][]int{ask.Group, ask.Sum, ask.Avg, ask.Min, ask.Max} {
		d.numbers(fields)
	}
	live.finish(&d)
	return live
}

// LiveLookup prepares the documents that a lookup of a filter finds, at most limit of them, in the order of
// their keys.
func (s *Service) LiveLookup(e *query.Exists, limit int) (*Live, error) {
	o, err := s.operation(Caller{Admin: true}, e.Collection)
	if err != nil {
		return nil, err
	}
	o.record = &record{}
	live := &Live{Collection: o.c.stored, Where: e.Where, Sort: o.c.stored.KeyOrder(false), Limit: limit, o: o}
	var d identity
	d.text("lookup")
	d.number(limit)
	live.finish(&d)
	return live, nil
}

// Linked returns the filter that a lookup is for a document, when these are the documents that it finds. Without
// links it is whether there are any.
func Linked(e *query.Exists, shape *query.Shape, rows []query.Row) query.Filter {
	if len(e.Links) == 0 {
		return query.Const(len(rows) > 0)
	}
	tuples := make([][]query.Value, len(rows))
	for i, row := range rows {
		for _, l := range e.Links {
			tuples[i] = append(tuples[i], shape.Get(row, l.Inner))
		}
	}
	return linked(e, tuples)
}

// finish works out the identity, and what the list depends on. d has what is shown.
func (l *Live) finish(d *identity) {
	d.text(l.o.c.signature)
	d.filter(l.Where)
	d.view(l.view)
	l.Identity, l.Timed = d.within(l.o.record), l.o.record.uses.Time
	l.depends(l.o.c)
	l.looksInto(l.Where)
	for _, m := range l.Masks {
		l.looksInto(m.Where)
	}
}

// depends notes a collection.
func (l *Live) depends(c *Collection) {
	if !slices.Contains(l.Watched, c.stored) {
		l.Watched = append(l.Watched, c.stored)
	}
}

// looksInto notes the collections of a filter's lookups.
func (l *Live) looksInto(f query.Filter) {
	query.Lookups(f, func(e *query.Exists) {
		l.depends(l.o.collections[e.Collection])
		l.looksInto(e.Where)
	})
}

// expands notes what related documents depend on.
func (l *Live) expands(e *expansion) {
	l.depends(e.target)
	l.looksInto(e.residual)
	if e.view != nil {
		for _, p := range e.view.partial {
			l.looksInto(p.where)
		}
	}
	for i := range e.inner {
		l.expands(&e.inner[i])
	}
}

// Rows finds the first rows, whole.
func (l *Live) Rows(ctx context.Context, limit int) ([]query.Row, error) {
	if l.Where == query.False {
		return nil, nil
	}
	for range maxTries {
		rows, err := l.o.store.Find(ctx, l.Collection, db.Find{Query: query.Query{Where: l.Where, Sort: l.Sort, Limit: limit}, Bytes: l.o.Limits.Answer})
		if err != nil {
			return nil, err
		}
		n := len(rows)
		if rows, err = l.still(ctx, rows); err != nil || len(rows) == n { // otherwise there may be others in their place
			return rows, err
		}
	}
	return nil, fault.Errorf(fault.Unavailable, "the documents that the rule looks up change while it is asked; try again")
}

// maxTries bounds how often documents are read again because a permission has ended meanwhile.
const maxTries = 5

// still leaves out rows that Where does not select any more, where its lookups were made before the rows were
// read: a permission may have ended in between.
func (l *Live) still(ctx context.Context, rows []query.Row) ([]query.Row, error) {
	if len(rows) == 0 || l.o.c.correlates || !query.HasLookups(l.Where) {
		return rows, nil
	}
	holds, err := l.o.store.decide(ctx, l.o.c, l.Where, rows)
	if err != nil {
		return nil, err
	}
	out := rows[:0]
	for i, row := range rows {
		if holds[i] {
			out = append(out, row)
		}
	}
	return out, nil
}

// RowsOf finds the rows of ids of a collection. It is for the server itself: no rule is asked.
func (s *Service) RowsOf(ctx context.Context, c *db.Collection, ids []string) ([]query.Row, error) {
	o, err := s.operation(Caller{Admin: true}, c.Name)
	if err != nil {
		return nil, err
	}
	return o.store.Find(ctx, c, db.Find{Query: query.Query{Where: c.ByKeys(ids)}})
}

// Count returns how many documents there are over all pages.
func (l *Live) Count(ctx context.Context) (int64, error) {
	if l.Where == query.False {
		return 0, nil
	}
	return l.o.store.Count(ctx, l.Collection, l.Where)
}

// AppendJSON appends a document; shown says for each of Masks whether it holds.
func (l *Live) AppendJSON(dst []byte, row query.Row, shown []bool) []byte {
	doc := Document{c: l.o.c, row: row, fields: l.list.fields}
	if l.view != nil {
		doc.masked = l.view.hidden
		if len(shown) > 0 {
			doc.masked = slices.Clone(doc.masked)
			for i, m := range l.Masks {
				doc.masked[m.Field] = !shown[i]
			}
		}
	}
	return doc.AppendJSON(dst)
}

// Compute finds the documents or groups as they are now.
func (l *Live) Compute(ctx context.Context) ([]Item, error) {
	o := *l.o
	o.record = nil
	o.store.work = &work{now: o.Now()}
	o.now = o.store.work.now
	if l.Figures {
		g, err := o.groups(ctx, l.ask)
		if err != nil {
			return nil, err
		}
		items := make([]Item, len(g.rows))
		for i, row := range g.rows {
			items[i].JSON = g.appendGroup(nil, row)
		}
		return items, nil
	}
	if l.Where == query.False {
		return nil, nil
	}
	rows, err := o.store.Find(ctx, l.Collection, db.Find{Query: query.Query{Where: l.Where, Sort: l.Sort, Limit: l.Limit}, Rank: l.list.rank, Bytes: o.room()})
	if err == nil {
		rows, err = l.still(ctx, rows)
	}
	if err != nil {
		return nil, err
	}
	docs, err := o.documents(ctx, l.view, rows, l.list.fields)
	if err == nil {
		err = o.expandInto(ctx, docs, l.list.expand)
	}
	if err != nil {
		return nil, err
	}
	items := make([]Item, len(docs))
	size := 0
	for i, doc := range docs {
		items[i] = Item{doc.ID(), doc.append(nil, o.Limits.Answer-size)}
		if size += len(items[i].JSON); size > o.Limits.Answer {
			return nil, o.tooLong()
		}
	}
	return items, nil
}
