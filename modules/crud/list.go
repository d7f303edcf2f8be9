package crud

import (
	"context"
	"slices"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

// prepareList prepares a page of documents.
func (p *Plan) prepareList(r Read) error {
	residual, err := p.o.readFilter()
	if err != nil {
		return err
	}
	var parsed *list
	if r.Page != nil {
		parsed, err = p.o.listOf(r.Page)
	} else if r.Body != nil {
		parsed, err = p.o.listFromBody(r.Body)
	} else {
		parsed, err = p.o.listFromParams(r.Params)
	}
	if err != nil {
		return err
	}
	if err := p.o.extend(parsed, r); err != nil {
		return err
	}
	p.list = *parsed
	if p.view, err = p.o.view(); err != nil {
		return err
	}
	where, err := p.o.permitted(p.view, &p.list)
	if err != nil {
		return err
	}
	p.where = query.All(where, residual)
	p.list.backward = r.Backward
	if err := p.place(); err != nil {
		return err
	}
	return p.position(r)
}

// position applies what a list is asked for besides its parameters.
func (p *Plan) position(r Read) error {
	p.list.needs = r.Needs
	if r.Unsorted && r.Distinct == nil && p.list.after == "" {
		p.list.sort, p.list.unsorted = nil, true
	}
	if r.Offset != 0 {
		if r.Offset < 0 || p.list.after != "" {
			return fault.FieldErrorf("offset", "min", "offset is a whole number from 0, and cannot be combined with after")
		}
		p.list.offset = r.Offset
	}
	if r.Distinct != nil {
		if err := p.distinct(r); err != nil {
			return err
		}
	}
	if r.Of == "" {
		return nil
	}
	i, err := p.o.field("of", r.Of)
	if err != nil {
		return err
	}
	p.list.per = &per{i, r.Values}
	_, err = p.o.guard(p.view, query.OneOf(query.Path{Field: r.Of}, []query.Value{query.Null}))
	return err
}

// distinct restricts a list to the first document of each value of fields together, which the caller may read in every
// document.
func (p *Plan) distinct(r Read) error {
	if p.list.after != "" || p.list.rank != nil {
		return fault.FieldErrorf("distinct", "unsupported", "one document of each value is for lists alone: not of later pages, or by rank")
	}
	for _, name := range r.Distinct {
		i, err := p.o.sortField(name)
		if err == nil {
			err = p.o.sortable(p.view, i)
		}
		if err != nil {
			return err
		}
		p.list.distinct = append(p.list.distinct, i)
	}
	return nil
}

// per are the documents whose field has one of the values.
type per struct {
	field  int
	values []query.Value
}

// perValue finds the documents of a list for each of the values that it belongs to.
func (p *Plan) perValue(ctx context.Context) (Result, error) {
	o, l := &p.o, &p.list
	out := Result{Documents: []Document{}, plan: p, total: -1}
	for some := range slices.Chunk(distinct(l.per.values), maxParameters) {
		where, err := o.guard(p.view, query.OneOf(query.Path{Field: o.c.fields[l.per.field].Name}, some))
		if err != nil {
			return Result{}, err
		}
		if where = query.All(where, p.where); where == query.False {
			continue
		}
		// One more than the limit, to detect that there are too many.
		find := db.Find{Query: query.Query{Where: where, Sort: l.sort, Limit: o.Limits.Documents - o.store.work.try.documents + 1}, Fields: p.fetched(), Bytes: o.room()}
		if l.per.field != key {
			find.Per, find.PerLimit = []int{l.per.field}, l.limit
			if l.distinct != nil { // who asked takes as many as the limit says
				find.Per, find.PerLimit = append(find.Per, l.distinct...), 1
			} else if l.unsorted { // the first of them are any
				find.PerLimit = 0
			}
		}
		rows, err := o.store.Find(ctx, o.c.stored, find)
		if err != nil {
			return Result{}, err
		}
		if err := o.expands(len(rows)); err != nil {
			return Result{}, err
		}
		o.keeps(rows)
		docs, err := o.documents(ctx, p.view, rows, l.fields)
		if err != nil {
			return Result{}, err
		}
		chosen(docs, l.members)
		out.Documents = append(out.Documents, docs...)
	}
	return out, nil
}

// place reads the cursor of a list. A ranked order, and one by related documents, has no fields to continue from: its cursor is the number of
// earlier documents, and is valid for the same filter only.
func (p *Plan) place() (err error) {
	switch l := &p.list; {
	case l.backward && l.byOffset():
		return fault.FieldErrorf("sort", "unsupported", "an order by other documents, or by relevance, is read forwards only")
	case l.after == "":
	case l.backward:
		l.beyond, err = p.o.Cursors.Before(p.o.c.name, p.o.c.shape, l.sort, l.after)
	case l.byOffset():
		l.offset, err = p.o.Cursors.Offset(p.rankScope(), l.after)
	default:
		l.beyond, err = p.o.Cursors.After(p.o.c.name, p.o.c.shape, l.sort, l.after)
	}
	return err
}

func (p *Plan) rankScope() string {
	var d identity
	if p.list.rank == nil {
		d.order(p.list.sort)
	}
	return p.o.c.name + "\n" + query.Canonical(p.where) + string(d.bytes)
}

// page finds the documents of a list.
func (p *Plan) page(ctx context.Context) (_ Result, err error) {
	o, l := &p.o, &p.list
	if l.per != nil {
		return p.perValue(ctx)
	}
	out := Result{Documents: []Document{}, plan: p, total: -1}
	rows, err := p.rows(ctx)
	if err != nil {
		return Result{}, err
	}
	if len(rows) > 0 {
		if len(l.expand) > 0 || o.request != nil {
			o.keeps(rows)
		}
		if len(rows) > l.limit {
			rows = rows[:l.limit]
			if l.distinct == nil {
				out.last = rows[len(rows)-1]
			}
		}
		if l.backward {
			slices.Reverse(rows)
		}
		if out.Documents, err = o.documents(ctx, p.view, rows, l.fields); err == nil {
			l.snippets.into(out.Documents)
			chosen(out.Documents, l.members)
			err = o.expandInto(ctx, out.Documents, l.expand)
		}
		if err != nil {
			return Result{}, err
		}
	}
	if l.count {
		out.total = 0
		if p.where != query.False {
			if out.total, err = o.store.Count(ctx, o.c.stored, p.where); err != nil {
				return Result{}, err
			}
		}
	}
	return out, nil
}

// rows reads the rows of a page, and one more if there are more. Most pages lie in the first of the ranges that follow
// their cursor.
func (p *Plan) rows(ctx context.Context) (rows []query.Row, err error) {
	l := &p.list
	ranges, sort := l.beyond, l.sort
	if l.backward {
		sort = query.Reversed(sort)
	}
	if ranges == nil {
		ranges = []query.Filter{query.True}
	}
	for _, part := range ranges {
		where := query.All(part, p.where)
		if where == query.False {
			continue
		}
		more, err := p.o.store.Find(ctx, p.o.c.stored, p.find(where, sort, l.limit+1-len(rows)))
		if err != nil {
			return nil, err
		}
		if rows = append(rows, more...); len(rows) > l.limit {
			break
		}
	}
	return rows, nil
}

// find is what a page asks the database for.
func (p *Plan) find(where query.Filter, sort []query.SortKey, limit int) db.Find {
	l := &p.list
	find := db.Find{
		Query:  query.Query{Where: where, Sort: sort, Limit: limit},
		Fields: p.fetched(), Rank: l.rank, Offset: l.offset, Bytes: p.o.room(),
	}
	if l.distinct != nil {
		find.Per, find.PerLimit = l.distinct, 1
	}
	return find
}

// permitted returns the filter of a list with the rules of the fields it uses. It refuses an order or a selection
// by fields that the caller may not read.
func (o *operation) permitted(v *mask, l *list) (query.Filter, error) {
	for _, k := range l.sort {
		if k.Of != nil { // which was permitted when it was followed
			continue
		}
		if err := o.sortable(v, o.c.shape.Index(k.Field)); err != nil {
			return nil, err
		}
	}
	if err := o.shows(v, l.fields); err != nil {
		return nil, err
	}
	return o.guard(v, l.where)
}

// fetched returns the fields to read: those to show and those of the cursor, or all if what is shown depends on
// others.
func (p *Plan) fetched() []int {
	l := &p.list
	if l.fields == nil || p.view != nil && len(p.view.partial) > 0 {
		return nil
	}
	fields := slices.Clone(l.fields)
	for _, i := range slices.Concat(l.needs, l.snippets.fields) {
		if !slices.Contains(fields, i) {
			fields = append(fields, i)
		}
	}
	for _, i := range l.distinct {
		if !slices.Contains(fields, i) {
			fields = append(fields, i)
		}
	}
	if l.per != nil && !slices.Contains(fields, l.per.field) {
		fields = append(fields, l.per.field)
	}
	for _, e := range l.expand {
		if needed := e.field; !e.many && !slices.Contains(fields, needed) {
			fields = append(fields, needed)
		}
	}
	if len(l.expand) > 0 && !slices.Contains(fields, key) {
		fields = append(fields, key)
	}
	for _, k := range l.sort {
		if k.Of != nil {
			continue
		}
		if i := p.o.c.shape.Index(k.Field); !slices.Contains(fields, i) {
			fields = append(fields, i)
		}
	}
	return fields
}
