package supabase

import (
	"errors"
	"net/http"
	"slices"

	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/rules"
	"github.com/basalt-dev/basalt/server/dialect"
)

// errRollback undoes what a call has written that only asks what it would.
var errRollback = errors.New("supabase: rolled back")

// together runs f in one transaction, where the database of the table has them.
func (c *call) together(t *table, f func(docs *crud.Service) error) error {
	switch {
	case c.docs().Atomic(t.name):
	case c.prefer.rollback:
		return unsupported("tx=rollback in a database without transactions")
	default:
		return f(c.docs())
	}
	err := c.docs().Transaction(c.Context, t.name, func(docs *crud.Service, _ db.Store) error {
		err := f(docs)
		if err == nil && c.prefer.rollback {
			err = errRollback
		}
		return err
	})
	if errors.Is(err, errRollback) {
		return nil
	}
	return err
}

// returning is the plan of the rows that a write returns. Its filters, order and limits are those of the write.
func (d *Dialect) returning(c *call, t *table) (*plan, error) {
	p, err := d.selected(c, t)
	if err == nil && p.figured() {
		err = unsupported("an aggregate of what is written")
	}
	if err == nil && c.prefer.representation {
		err = d.allows(c, p)
	}
	return p, err
}

// insert answers POST: one row, or an array of them, all or none.
func (d *Dialect) insert(c *call) (dialect.Response, error) {
	t, err := d.table(c, rules.Create)
	if err != nil {
		return dialect.Response{}, err
	}
	p, err := d.returning(c, t)
	if err != nil {
		return dialect.Response{}, err
	}
	rows, err := c.objectsOf(t, d.Crud.Limits.Depth)
	if err != nil {
		return dialect.Response{}, err
	}
	var docs []crud.Document
	created := true
	switch {
	case c.ifMatch() != "" && !c.prefer.merge:
		err = problem{Status: http.StatusBadRequest, Code: "PGRST100", Message: "If-Match is for a row that is there", Hint: "Leave it out of an insert, or send PUT, PATCH or DELETE."}
	case c.ifMatch() != "" && len(rows) != 1:
		err = c.matched(len(rows))
	case len(rows) == 0:
	case c.prefer.merge || c.prefer.ignore:
		docs, created, err = d.upsert(c, t, rows)
	case c.prefer.rollback:
		err = c.together(t, func(service *crud.Service) error {
			made, err := service.Create(c.Context, c.Caller, t.name, query.MakeArray(rows).AppendJSON(nil))
			docs = made.Items
			return err
		})
	default:
		var made crud.Created
		made, err = c.docs().Create(c.Context, c.Caller, t.name, query.MakeArray(rows).AppendJSON(nil))
		docs = made.Items
	}
	if err != nil {
		return dialect.Response{}, t.written(rules.Create, err, rows...)
	}
	status := http.StatusCreated
	if !created {
		status = http.StatusOK
	}
	return d.changed(c, p, docs, status)
}

// objectsOf reads the rows of a body. The parameter columns names those that are taken of them; one that a row lacks is
// null, or its default with missing=default.
func (c *call) objectsOf(t *table, depth int) ([]query.Value, error) {
	v, err := query.ParseJSON(c.Body, depth)
	if err != nil {
		return nil, problem{Status: http.StatusBadRequest, Code: "PGRST102", Message: "Empty or invalid json", Details: err.Error()}
	}
	rows := []query.Value{v}
	if v.Kind() == query.KindJSON && v.Text()[0] == '[' {
		rows = v.Elements()
	}
	for i, r := range rows {
		rows[i] = t.rename(r)
	}
	given := c.query.get("columns")
	if given == "" {
		return rows, nil
	}
	columns, err := parseList("("+given+")", "(", ")")
	if err != nil {
		return nil, err
	}
	for n, name := range columns {
		i := t.index(name)
		if i < 0 {
			return nil, t.unfit(fault.FieldError{Field: name, Code: "unknown_field"})
		}
		columns[n] = t.shape.Fields[i].Name
	}
	c.named = columns
	for i, r := range rows {
		rows[i] = c.taken(t, r, columns)
	}
	return rows, nil
}

// taken returns the columns of a row.
func (c *call) taken(t *table, r query.Value, columns []string) query.Value {
	out := []byte{'{'}
	add := func(name string, v query.Value) {
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = v.AppendJSON(append(query.String(name).AppendJSON(out), ':'))
	}
	seen := map[string]bool{}
	r.Members(func(name string, v query.Value) bool {
		seen[name] = true
		if slices.Contains(columns, name) {
			add(name, v)
		}
		return true
	})
	for _, name := range columns {
		if !seen[name] && !c.prefer.missing && name != t.shape.Fields[0].Name {
			add(name, query.Null)
		}
	}
	return query.RawJSON(string(append(out, '}')))
}
