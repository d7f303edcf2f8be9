package crud

import (
	"context"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// prepareGet prepares the read of one document.
func (p *Plan) prepareGet(r Read) (err error) {
	params := r.Params
	if err := params.known("select", "expand"); err != nil {
		return err
	}
	if p.read, err = p.o.reading(); err != nil {
		return err
	}
	if p.list.expand, err = p.o.expansions(splitOutside(params["expand"])); err != nil {
		return err
	}
	names, some := params["select"]
	chosen := split(names)
	if r.Page != nil {
		chosen, some = r.Page.Select, r.Page.Select != nil
	}
	if some {
		if p.list.fields, p.list.members, err = p.o.selection(chosen); err != nil {
			return err
		}
	}
	if p.view, err = p.o.view(); err != nil {
		return err
	}
	p.list.limit = 1
	return p.o.shows(p.view, p.list.fields)
}

// shows refuses a selection of fields that the caller never sees.
func (o *operation) shows(v *mask, fields []int) error {
	for _, i := range fields {
		if v.isHidden(i) {
			return o.masked("select", i)
		}
	}
	return nil
}

// get finds one document. A missing and a hidden document give the same error.
func (p *Plan) get(ctx context.Context) (Result, error) {
	rows, err := p.o.only(ctx, p.id, p.read, db.Unlocked)
	if err != nil {
		return Result{}, err
	}
	if p.o.request != nil {
		p.o.keeps(rows)
	}
	docs, err := p.o.show(ctx, p.first[:], p.view, rows, p.list.fields)
	if err == nil {
		chosen(docs, p.list.members)
		err = p.o.expandInto(ctx, docs, p.list.expand)
	}
	return Result{Documents: docs, plan: p}, err
}

// one finds the row of an id that passes a filter of the read rule.
func (o *operation) one(ctx context.Context, id string, g readFilter, lock db.Lock) (query.Row, error) {
	rows, err := o.only(ctx, id, g, lock)
	if err != nil {
		return nil, err
	}
	return rows[0], nil
}

// only is one that returns a slice of the row.
func (o *operation) only(ctx context.Context, id string, g readFilter, lock db.Lock) ([]query.Row, error) {
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
	return rows, nil
}

// byID returns the filter for the row of an id that also passes the residuals.
func (o *operation) byID(id string, residuals ...query.Filter) query.Filter {
	if !o.c.findsID(id) {
		return query.False
	}
	return query.All(append(append(make([]query.Filter, 0, 4), o.c.stored.ByKey(id)), residuals...)...)
}
