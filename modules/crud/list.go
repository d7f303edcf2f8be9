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
	if r.Body != nil {
		parsed, err = p.o.listFromBody(r.Body)
	} else {
		parsed, err = p.o.listFromParams(r.Params)
	}
	if err != nil {
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
	return p.place()
}

// place reads the cursor of a list. A ranked order has no fields to continue from: its cursor is the number of
// earlier documents, and is valid for the same filter only.
func (p *Plan) place() (err error) {
	switch l := &p.list; {
	case l.after == "":
	case l.rank != nil:
		l.offset, err = p.o.Cursors.Offset(p.rankScope(), l.after)
	default:
		l.beyond, err = p.o.Cursors.After(p.o.c.name, p.o.c.shape, l.sort, l.after)
	}
	return err
}

func (p *Plan) rankScope() string { return p.o.c.name + "\n" + query.Canonical(p.where) }

// page finds the documents of a list.
func (p *Plan) page(ctx context.Context) (_ Result, err error) {
	o, l := &p.o, &p.list
	where := p.where
	if l.beyond != nil {
		where = query.All(l.beyond, where)
	}
	out := Result{Documents: []Document{}, plan: p, total: -1}
	if where != query.False {
		find := db.Find{Query: query.Query{Where: where, Sort: l.sort, Limit: l.limit + 1}, Fields: p.fetched(), Rank: l.rank, Offset: l.offset, Bytes: o.room()}
		rows, err := o.store.Find(ctx, o.c.stored, find)
		if err != nil {
			return Result{}, err
		}
		if len(rows) > l.limit {
			rows = rows[:l.limit]
			if l.rank != nil {
				out.next = o.Cursors.MakeOffset(p.rankScope(), l.offset+l.limit)
			} else {
				out.next = o.Cursors.Make(o.c.name, o.c.shape, l.sort, rows[len(rows)-1])
			}
		}
		if out.Documents, err = o.documents(ctx, p.view, rows, l.fields); err == nil {
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
	for _, e := range l.expand {
		if needed := e.field; !e.many && !slices.Contains(fields, needed) {
			fields = append(fields, needed)
		}
	}
	if len(l.expand) > 0 && !slices.Contains(fields, key) {
		fields = append(fields, key)
	}
	for _, k := range l.sort {
		if i := p.o.c.shape.Index(k.Field); !slices.Contains(fields, i) {
			fields = append(fields, i)
		}
	}
	return fields
}
