package crud

import (
	"context"
	"slices"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/rules"
)

// Get returns one document. One that is missing and one that is hidden are the same error. The
// parameter `select` names the fields to show.
func (s *Service) Get(ctx context.Context, caller Caller, collection, id string, p Params) (Document, error) {
	o, err := s.operation(caller, collection)
	if err != nil {
		return Document{}, err
	}
	if err := p.known("select", "expand"); err != nil {
		return Document{}, err
	}
	if err := noExpand(p["expand"] != ""); err != nil {
		return Document{}, err
	}
	var fields []int
	if names, ok := p["select"]; ok {
		if fields, err = o.selection(split(names)); err != nil {
			return Document{}, err
		}
	}
	residual, err := o.verdict(rules.Read, nil, nil)
	if err != nil {
		return Document{}, err
	}
	row, err := o.one(ctx, id, residual, false)
	if err != nil {
		return Document{}, err
	}
	return Document{o.c, row, fields}, nil
}

// one finds the row of an id that passes a residual.
func (o *operation) one(ctx context.Context, id string, residual query.Filter, lock bool) (query.Row, error) {
	where := o.byID(id, residual)
	if where == query.False {
		return nil, errNotFound
	}
	rows, err := o.store.Find(ctx, o.c.stored, db.Find{Query: query.Query{Where: where, Limit: 1}, Lock: lock})
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, errNotFound
	}
	return rows[0], nil
}

// byID returns the filter for the row of an id that passes the residuals as well.
func (o *operation) byID(id string, residuals ...query.Filter) query.Filter {
	if !validID(id) {
		return query.False
	}
	return query.All(append([]query.Filter{o.c.stored.ByKey(id)}, residuals...)...)
}

// List returns a page of what the parameters of a URL ask for.
func (s *Service) List(ctx context.Context, caller Caller, collection string, p Params) (Page, error) {
	o, err := s.operation(caller, collection)
	if err != nil {
		return Page{}, err
	}
	return o.list(ctx, func() (*list, error) { return o.listFromParams(p) })
}

// Query returns a page of what a JSON body asks for.
func (s *Service) Query(ctx context.Context, caller Caller, collection string, body []byte) (Page, error) {
	o, err := s.operation(caller, collection)
	if err != nil {
		return Page{}, err
	}
	return o.list(ctx, func() (*list, error) { return o.listFromBody(body) })
}

func (o *operation) list(ctx context.Context, parse func() (*list, error)) (Page, error) {
	residual, err := o.verdict(rules.Read, nil, nil)
	if err != nil {
		return Page{}, err
	}
	l, err := parse()
	if err != nil {
		return Page{}, err
	}
	matching := query.All(l.where, residual)
	where := matching
	if l.after != "" {
		after, err := o.Cursors.After(o.c.name, o.c.shape, l.sort, l.after)
		if err != nil {
			return Page{}, err
		}
		where = query.All(after, matching)
	}
	page := Page{Items: []Document{}, Total: -1}
	if where != query.False {
		find := db.Find{Query: query.Query{Where: where, Sort: l.sort, Limit: l.limit + 1}, Fields: o.fetched(l)}
		rows, err := o.store.Find(ctx, o.c.stored, find)
		if err != nil {
			return Page{}, err
		}
		if len(rows) > l.limit {
			rows = rows[:l.limit]
			page.Next = o.Cursors.Make(o.c.name, o.c.shape, l.sort, rows[len(rows)-1])
		}
		page.Items = make([]Document, len(rows))
		for i, row := range rows {
			page.Items[i] = Document{o.c, row, l.fields}
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

// fetched are the fields to read: those to show and those that the cursor is made of.
func (o *operation) fetched(l *list) []int {
	if l.fields == nil {
		return nil
	}
	fields := slices.Clone(l.fields)
	for _, k := range l.sort {
		if i := o.c.shape.Index(k.Field); !slices.Contains(fields, i) {
			fields = append(fields, i)
		}
	}
	return fields
}
