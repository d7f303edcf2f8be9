package crud

import (
	"context"
	"slices"
	"strconv"

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
	// Fleeting is true if no one comes back to it, such as a part of a stream that has been sent: nothing is kept for those who
	// might.
	Fleeting bool

	plan *Plan
	// compute makes the documents of a composed one.
	compute func(context.Context) ([]Item, error)
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

// Live returns what keeps the answer up to date: of a Get a list of one document, or none.
func (p *Plan) Live() (*Live, error) {
	switch {
	case p.kind == Get && p.read.byRow:
		return nil, ErrOneByOne
	case p.list.per != nil || p.list.offset != 0 && !p.list.byOffset():
		return nil, fault.FieldErrorf("offset", "live", "a live query begins with its first document")
	case p.list.after != "" && p.list.byOffset():
		return nil, fault.FieldErrorf("after", "live", "a live search has one page, and so has a live list that is sorted by related documents")
	}
	var err error
	query.Natives(p.filter(), func(n *query.Native) {
		err = fault.FieldErrorf("filter", "unsupported", "the test %q of %s is known to the database alone, and cannot be followed", string(n.Op), n.Field)
	})
	if err != nil {
		return nil, err
	}
	return p.live(), nil
}

func (p *Plan) live() *Live {
	sort := p.list.sort
	if p.kind == Get {
		sort = p.o.c.stored.KeyOrder(false)
	}
	live := &Live{
		Collection: p.o.c.stored, Where: p.filter(), Sort: sort, Limit: p.list.limit, Counted: p.list.count,
		Computed: p.kind == Aggregate || len(p.list.expand) > 0 || p.list.snippets.fields != nil || p.list.byOffset(), Figures: p.kind == Aggregate,
		Watched: p.watched(), Timed: p.record.uses.Time, Identity: p.identity(), plan: p,
	}
	if p.view != nil {
		for _, m := range p.view.partial {
			live.Masks = append(live.Masks, Mask{m.field, m.where})
		}
	}
	if p.list.beyond != nil {
		live.Where = query.All(query.Any(p.list.beyond...), live.Where)
	}
	return live
}

// Within returns the same list with up to so many documents, which may be more than a page has.
func (l *Live) Within(limit int) *Live {
	out := *l
	out.Limit, out.Identity = limit, "within "+strconv.Itoa(limit)+"\n"+l.Identity
	return &out
}

// LiveLookup prepares the documents that a lookup of a filter finds, at most limit of them, in key order.
func (s *Service) LiveLookup(e *query.Exists, limit int) (*Live, error) {
	c, err := s.collection(e.Collection)
	if err != nil {
		return nil, err
	}
	p := &Plan{o: s.on(c, Caller{Admin: true}), list: list{sort: c.stored.KeyOrder(false), limit: limit}, where: e.Where}
	p.o.record = &p.record
	return p.live(), nil
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

// Rows returns the first rows with all fields.
func (l *Live) Rows(ctx context.Context, limit int) ([]query.Row, error) {
	if l.Where == query.False {
		return nil, nil
	}
	for range maxTries {
		rows, err := l.plan.o.store.Find(ctx, l.Collection, db.Find{Query: query.Query{Where: l.Where, Sort: l.Sort, Limit: limit}, Bytes: l.plan.o.Limits.Answer})
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
	if len(rows) == 0 || l.plan.o.c.correlates || !query.HasLookups(l.Where) {
		return rows, nil
	}
	holds, err := l.plan.o.store.decide(ctx, l.plan.o.c.shape, l.Where, rows)
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
	return l.plan.o.store.Count(ctx, l.Collection, l.Where)
}

// AppendJSON appends a document; shown has for each of Masks whether it holds.
func (l *Live) AppendJSON(dst []byte, row query.Row, shown []bool) []byte {
	doc := Document{c: l.plan.o.c, row: row, fields: l.plan.list.fields, members: l.plan.list.members}
	if view := l.plan.view; view != nil {
		doc.masked = view.hidden
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
	if l.compute != nil {
		return l.compute(ctx)
	}
	o := l.plan.o
	o.record = nil
	o.store.work = &work{now: o.Now()}
	o.now = o.store.work.now
	if l.Figures {
		rows, err := o.groups(ctx, l.plan.ask)
		if err != nil {
			return nil, err
		}
		g := groups{o.c, l.plan.ask, rows}
		items := make([]Item, len(rows))
		for i, row := range rows {
			items[i].JSON = g.appendGroup(nil, row)
		}
		return items, nil
	}
	if l.Where == query.False {
		return nil, nil
	}
	rows, err := o.store.Find(ctx, l.Collection, db.Find{Query: query.Query{Where: l.Where, Sort: l.Sort, Limit: l.Limit}, Rank: l.plan.list.rank, Bytes: o.room()})
	if err == nil {
		rows, err = l.recheckVisible(ctx, rows)
	}
	if err != nil {
		return nil, err
	}
	docs, err := o.documents(ctx, l.plan.view, rows, l.plan.list.fields)
	if err == nil {
		l.plan.list.snippets.into(docs)
		chosen(docs, l.plan.list.members)
		err = o.expandInto(ctx, docs, l.plan.list.expand)
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
