package crud

import (
	"context"
	"slices"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

// Get returns one document. A missing and a hidden document give the same error. The parameter `select` names the
// fields to show.
func (s *Service) Get(ctx context.Context, caller Caller, collection, id string, p Params) (Document, error) {
	g, err := s.prepareGet(caller, collection, id, p)
	if err != nil {
		return Document{}, err
	}
	return g.document(ctx)
}

// single prepares the read of one document.
type single struct {
	*operation
	id         string
	read       readFilter
	view       *mask
	fields     []int
	expansions []expansion
}

func (s *Service) prepareGet(caller Caller, collection, id string, p Params) (*single, error) {
	o, err := s.operation(caller, collection)
	if err != nil {
		return nil, err
	}
	if err := p.known("select", "expand"); err != nil {
		return nil, err
	}
	if o.c.cached {
		o.record = &record{}
	}
	g := &single{operation: o, id: id}
	if g.read, err = o.reading(); err != nil {
		return nil, err
	}
	if g.expansions, err = o.expansions(splitOutside(p["expand"])); err != nil {
		return nil, err
	}
	if names, ok := p["select"]; ok {
		if g.fields, err = o.selection(split(names)); err != nil {
			return nil, err
		}
	}
	if g.view, err = o.view(); err != nil {
		return nil, err
	}
	for _, i := range g.fields {
		if g.view.isHidden(i) {
			return nil, o.masked("select", i)
		}
	}
	return g, nil
}

func (g *single) document(ctx context.Context) (Document, error) {
	row, err := g.one(ctx, g.id, g.read, db.Unlocked)
	if err != nil {
		return Document{}, err
	}
	docs, err := g.documents(ctx, g.view, []query.Row{row}, g.fields)
	if err == nil {
		err = g.expandInto(ctx, docs, g.expansions)
	}
	if err != nil {
		return Document{}, err
	}
	return docs[0], nil
}

// one finds the row of an id that passes a gate.
func (o *operation) one(ctx context.Context, id string, g readFilter, lock db.Lock) (query.Row, error) {
	where := o.byID(id, g.filter)
	if where == query.False {
		return nil, ErrNotFound
	}
	rows, err := o.store.Find(ctx, o.c.stored, db.Find{Query: query.Query{Where: where, Limit: 1}, Lock: lock})
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, ErrNotFound
	}
	if g.byRow {
		ok, err := o.readable(ctx, rows[0])
		if err != nil {
			return nil, err
		}
		if !ok {
			return nil, ErrNotFound
		}
	}
	return rows[0], nil
}

// byID returns the filter for the row of an id that also passes the residuals.
func (o *operation) byID(id string, residuals ...query.Filter) query.Filter {
	if !o.c.validID(id) {
		return query.False
	}
	return query.All(append([]query.Filter{o.c.stored.ByKey(id)}, residuals...)...)
}

// List returns a page for the parameters of a URL.
func (s *Service) List(ctx context.Context, caller Caller, collection string, p Params) (Page, error) {
	o, err := s.operation(caller, collection)
	if err != nil {
		return Page{}, err
	}
	return o.list(ctx, func() (*list, error) { return o.listFromParams(p) })
}

func (o *operation) list(ctx context.Context, parse func() (*list, error)) (Page, error) {
	l, v, matching, err := o.prepared(parse)
	if err != nil {
		return Page{}, err
	}
	return o.page(ctx, l, v, matching)
}

// page finds the documents of a prepared list.
func (o *operation) page(ctx context.Context, l *list, v *mask, matching query.Filter) (_ Page, err error) {
	where := matching
	if l.beyond != nil {
		where = query.All(l.beyond, matching)
	}
	page := Page{Items: []Document{}, Total: -1}
	if where != query.False {
		find := db.Find{Query: query.Query{Where: where, Sort: l.sort, Limit: l.limit + 1}, Fields: o.fetched(v, l), Rank: l.rank, Offset: l.offset, Bytes: o.room()}
		rows, err := o.store.Find(ctx, o.c.stored, find)
		if err != nil {
			return Page{}, err
		}
		if len(rows) > l.limit {
			rows = rows[:l.limit]
			if l.rank != nil {
				page.Next = o.Cursors.MakeOffset(o.rankScope(matching), l.offset+l.limit)
			} else {
				page.Next = o.Cursors.Make(o.c.name, o.c.shape, l.sort, rows[len(rows)-1])
			}
		}
		if page.Items, err = o.documents(ctx, v, rows, l.fields); err == nil {
			err = o.expandInto(ctx, page.Items, l.expand)
		}
		if err != nil {
			return Page{}, err
		}
	}
	if l.count {
		page.Total = 0
		if matching != query.False {
			if page.Total, err = o.store.Count(ctx, o.c.stored, matching); err != nil {
				return Page{}, err
			}
		}
	}
	return page, nil
}

// preparedList is prepared, with the operation of the list.
func (s *Service) preparedList(caller Caller, collection string, parse func(*operation) (*list, error)) (o *operation, l *list, v *mask, where query.Filter, err error) {
	if o, err = s.operation(caller, collection); err == nil {
		o.record = &record{}
		l, v, where, err = o.prepared(func() (*list, error) { return parse(o) })
	}
	return o, l, v, where, err
}

// prepared reads a list. It also returns the caller's view and the filter that includes all rules.
func (o *operation) prepared(parse func() (*list, error)) (l *list, v *mask, where query.Filter, err error) {
	residual, err := o.readFilter()
	if err != nil {
		return nil, nil, nil, err
	}
	if l, err = parse(); err != nil {
		return nil, nil, nil, err
	}
	if v, err = o.view(); err != nil {
		return nil, nil, nil, err
	}
	if where, err = o.permitted(v, l); err != nil {
		return nil, nil, nil, err
	}
	where = query.All(where, residual)
	return l, v, where, o.place(l, where)
}

// place reads the cursor of a list. A ranked order has no fields to continue from: its cursor is the number of
// earlier documents, and is valid for the same filter only.
func (o *operation) place(l *list, matching query.Filter) (err error) {
	switch {
	case l.after == "":
	case l.rank != nil:
		l.offset, err = o.Cursors.Offset(o.rankScope(matching), l.after)
	default:
		l.beyond, err = o.Cursors.After(o.c.name, o.c.shape, l.sort, l.after)
	}
	return err
}

func (o *operation) rankScope(matching query.Filter) string {
	return o.c.name + "\n" + query.Canonical(matching)
}

// permitted returns the filter of a list with the rules of the fields it uses. It refuses an order or a selection
// by fields that the caller may not read.
func (o *operation) permitted(v *mask, l *list) (query.Filter, error) {
	for _, k := range l.sort {
		i := o.c.shape.Index(k.Field)
		if o.c.fields[i].Sealing != Plain {
			return nil, fault.FieldErrorf("sort", "sealed", "%s is stored sealed and has no order", k.Field)
		}
		if err := o.whole(v, "sort", i); err != nil {
			return nil, err
		}
	}
	for _, i := range l.fields {
		if v.isHidden(i) {
			return nil, o.masked("select", i)
		}
	}
	return o.guard(v, l.where)
}

// fetched returns the fields to read: those to show and those of the cursor, or all if what is shown depends on
// others.
func (o *operation) fetched(v *mask, l *list) []int {
	if l.fields == nil || v != nil && len(v.partial) > 0 {
		return nil
	}
	fields := slices.Clone(l.fields)
	for _, e := range l.expand {
		if needed := e.field; !e.many && !slices.Contains(fields, needed) {
			fields = append(fields, needed)
		}
	}
	if len(l.expand) > 0 && !slices.Contains(fields, key) {
		fields = append(fields, key)
	}
	for _, k := range l.sort {
		if i := o.c.shape.Index(k.Field); !slices.Contains(fields, i) {
			fields = append(fields, i)
		}
	}
	return fields
}
