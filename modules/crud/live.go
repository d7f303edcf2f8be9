package crud

import (
	"context"
	"slices"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

// Live is a prepared list or aggregate. Package realtime keeps it up to date, and shares it among subscribers with
// identical visibility. It is immutable.
type Live struct {
	// Collection is the collection of the documents.
	Collection *db.Collection
	// Where selects the documents and includes the rules. It may have lookups.
	Where query.Filter
	// Sort is their order, which ends with the key. Limit is their maximum number.
	Sort  []query.SortKey
	Limit int
	// Masks are the conditions for showing some of the fields.
	Masks []Mask
	// Computed is true if the result does not follow from the document's own row: it has related documents, the
	// order of a search, or an aggregate. It must be recomputed when one of Watched changes.
	Computed bool
	// Figures is true for the groups of an aggregate.
	Figures bool
	// Counted requests the number of all matching documents, beyond Limit.
	Counted bool
	// Watched are the collections it depends on, including its own.
	Watched []*db.Collection
	// Timed is true if a rule depends on the time. It must then be prepared again periodically.
	Timed bool
	// Identity is equal for all that show the same, whatever is stored.
	Identity string

	o    *operation
	list *list
	view *mask
	ask  db.Aggregate
}

// Mask is the condition for showing a field.
type Mask struct {
	Field int
	Where query.Filter
}

// Item is a document, or a group, of a computed [Live].
type Item struct {
	// Key is the id; empty for a group.
	Key  string
	JSON []byte
}

// LiveQuery prepares the list of a JSON body for a caller, under the read rules.
func (s *Service) LiveQuery(caller Caller, collection string, body []byte) (*Live, error) {
	return s.liveList(caller, collection, func(o *operation) (*list, error) { return o.listFromBody(body) })
}

// LiveList prepares the list of URL parameters.
func (s *Service) LiveList(caller Caller, collection string, p Params) (*Live, error) {
	return s.liveList(caller, collection, func(o *operation) (*list, error) { return o.listFromParams(p) })
}

// LiveDocument prepares a list of one document, or none.
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

// live determines what the documents of a list depend on.
func (o *operation) live(l *list, v *mask, where query.Filter) (*Live, error) {
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

// LiveAggregate prepares the aggregate of a JSON body.
func (s *Service) LiveAggregate(caller Caller, collection string, body []byte) (*Live, error) {
	o, ask, err := s.prepareAggregate(caller, collection, body)
	if err != nil {
		return nil, err
	}
	return o.liveAggregate(ask), nil
}

func (o *operation) liveAggregate(ask db.Aggregate) *Live {
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

// LiveLookup prepares the documents that a lookup of a filter finds, at most limit of them, in key order.
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

// Linked returns the filter that replaces a lookup once its documents are known. Without links it is whether there
// are any.
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

// finish computes the identity and the dependencies of the list. d describes what is shown.
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

// depends records a collection.
func (l *Live) depends(c *Collection) {
	if !slices.Contains(l.Watched, c.stored) {
		l.Watched = append(l.Watched, c.stored)
	}
}

// looksInto records the collections of a filter's lookups.
func (l *Live) looksInto(f query.Filter) {
	query.Lookups(f, func(e *query.Exists) {
		l.depends(l.o.collections[e.Collection])
		l.looksInto(e.Where)
	})
}

// expands records the dependencies of related documents.
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

// Rows returns the first rows with all fields.
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
		if rows, err = l.recheckVisible(ctx, rows); err != nil || len(rows) == n { // otherwise other rows may take the places of those left out
			return rows, err
		}
	}
	return nil, fault.Errorf(fault.Unavailable, "the documents that the rule looks up changed while it was evaluated; try again")
}

// maxTries limits how often documents are read again because a permission has ended in the meantime.
const maxTries = 5

// recheckVisible leaves out rows that Where no longer selects. It is needed where lookups ran before the rows were read: a
// permission may have ended in between.
func (l *Live) recheckVisible(ctx context.Context, rows []query.Row) ([]query.Row, error) {
	if len(rows) == 0 || l.o.c.correlates || !query.HasLookups(l.Where) {
		return rows, nil
	}
	holds, err := l.o.store.decide(ctx, l.o.c.shape, l.Where, rows)
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

// RowsOf returns the rows of ids of a collection. It is for the server itself: no rule is evaluated.
func (s *Service) RowsOf(ctx context.Context, c *db.Collection, ids []string) ([]query.Row, error) {
	o, err := s.operation(Caller{Admin: true}, c.Name)
	if err != nil {
		return nil, err
	}
	return o.store.Find(ctx, c, db.Find{Query: query.Query{Where: c.ByKeys(ids)}})
}

// Count returns the number of documents over all pages.
func (l *Live) Count(ctx context.Context) (int64, error) {
	if l.Where == query.False {
		return 0, nil
	}
	return l.o.store.Count(ctx, l.Collection, l.Where)
}

// AppendJSON appends a document; shown has for each of Masks whether it holds.
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

// Compute returns the current documents or groups.
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
		rows, err = l.recheckVisible(ctx, rows)
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
