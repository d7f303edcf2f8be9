package supabase

import (
	"net/http"
	"slices"

	"github.com/basalt-dev/basalt/config"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/modules/services/wire"
	"github.com/basalt-dev/basalt/server/dialect"
)

// The rows that a function of a database returns are filtered, sorted and cut here: they are few (limits.documents), and the
// rule of the function has said who may have them. What is embedded in them is read under the rules of its own table.

// resultTable is the table of a result: that of the collection whose rows they are, or one with the columns of the result.
func (d *Dialect) resultTable(name string, direct *wire.Direct) *table {
	has := func(column string) bool {
		return slices.ContainsFunc(direct.Columns, func(c wire.Column) bool { return c.Name == column })
	}
	for _, t := range d.tables {
		if t.c.Database != direct.Database || t.c.Table != direct.Table {
			continue
		}
		complete := true
		for i, column := range t.stored {
			complete = complete && (i == 0 && t.composed() || has(column))
		}
		if complete {
			return t
		}
	}
	fields := make([]query.Field, len(direct.Columns))
	c := &config.Collection{Name: name, Table: name, Key: config.Names{direct.Columns[0].Name}}
	for i, column := range direct.Columns {
		fields[i] = query.Field{Name: column.Name, Type: query.Type(column.Type)}
		c.Ordered = append(c.Ordered, &config.Field{Name: column.Name, Type: fields[i].Type})
	}
	c.Shape = query.NewShape(fields)
	return newTable(name, c)
}

// madeOf reads a row of a result.
func (t *table) madeOf(v query.Value) *row {
	out := &row{made: make(query.Row, len(t.stored))}
	v.Members(func(name string, member query.Value) bool {
		i := t.index(name)
		if i < 0 || i == 0 && t.composed() {
			return true
		}
		typ := t.shape.Fields[i].Type
		value, ok := query.Coerce(typ, member)
		if !ok && member.Kind() == query.KindString {
			value, ok = parseValue(typ, member.Text())
		}
		if !ok {
			value = member
		}
		out.made[i] = value
		return true
	})
	return out
}

// resultRows answers with the rows of a result.
func (d *Dialect) resultRows(c *call, name string, direct *wire.Direct, result []byte) (dialect.Response, error) {
	t := d.resultTable(name, direct)
	whole := query.RawJSON(string(result))
	values := whole.Elements()
	if !direct.Set {
		values = []query.Value{whole}
	}
	p, err := d.resultPlan(c, t)
	if err != nil {
		return dialect.Response{}, err
	}
	limit, err := p.window(c, d.Crud.Limits.Page)
	if err != nil {
		return dialect.Response{}, err
	}
	where, err := p.filter()
	if err != nil {
		return dialect.Response{}, err
	}
	query.Natives(where, func(n *query.Native) {
		err = unsupported("the test " + string(n.Op) + " of what a function returns")
	})
	if err != nil {
		return dialect.Response{}, err
	}
	if err := p.arranges(); err != nil {
		return dialect.Response{}, err
	}
	var rows []*row
	for _, v := range values {
		if r := t.madeOf(v); query.Match(where, t.shape, r.made, nil) {
			rows = append(rows, r)
		}
	}
	p.arrange(rows)
	reader := reader{c.docs(), c.Caller, c.Call}
	narrowed := slices.ContainsFunc(p.embeds, func(e *embed) bool { return e.inner })
	if narrowed {
		err = reader.embed(c.Context, p, rows)
		rows = p.withInner(rows)
	}
	total := int64(-1)
	if c.prefer.count != "" {
		total = int64(len(rows))
	}
	if !p.figured() {
		rows = rows[min(p.offset, len(rows)):]
		rows = rows[:min(limit, len(rows))]
	}
	if !narrowed {
		err = reader.embed(c.Context, p, rows)
	}
	if err != nil {
		return dialect.Response{}, t.read(err)
	}
	if p.figured() {
		return c.tallied(p, rows)
	}
	if len(rows) == 0 && !direct.Set && !c.form.object && !c.form.csv { // the one row is not wanted
		out := c.typed(dialect.JSON(http.StatusOK, []byte("null")))
		return out, nil
	}
	object := c.form.object
	c.form.object = object || !direct.Set && !c.form.csv
	out, err := c.rows(p, rows)
	if err != nil || !direct.Set {
		return out, err
	}
	out.Status, err = placed(&out, p.offset, len(rows), total)
	if c.Method == http.MethodPost && out.Status == http.StatusPartialContent && object {
		out.Status = http.StatusOK
	}
	return out, err
}

// resultPlan is the plan of the parameters of a call that are about rows.
func (d *Dialect) resultPlan(c *call, t *table) (*plan, error) {
	text := c.query.get("select")
	if text == "" {
		text = "*"
	}
	items, err := parseSelect(text)
	if err != nil {
		return nil, err
	}
	left := d.Crud.Limits.Expansions
	p, err := d.plan(t, items, &left)
	if err != nil {
		return nil, err
	}
	p.strip(c.form.stripped)
	for _, e := range p.embeds {
		if e.none {
			return nil, unsupported("is.null of a resource that is embedded in what a function returns")
		}
	}
	reads := c.Method == http.MethodGet || c.Method == http.MethodHead
	for _, o := range c.query {
		f := &config.Function{}
		if slices.Contains(reserved, o.name) || reads && !c.refines(o.name, f) {
			continue
		}
		if err := p.parameter(o.name, o.name, o.value); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// arranges checks that rows can be sorted here.
func (p *plan) arranges() error {
	for _, o := range p.order {
		if o.of != "" {
			return unsupported("an order of what a function returns by an embedded resource")
		}
	}
	_, err := p.sort()
	return err
}

// arrange sorts rows by the order of a plan.
func (p *plan) arrange(rows []*row) {
	var keys []query.SortKey
	for _, o := range p.order {
		if at, err := p.t.place(o.column); err == nil { // as it was checked
			keys = append(keys, query.SortKey{Field: at.path.Field, Sub: at.path.Sub, Desc: o.desc, NullLargest: o.nullsFirst == o.desc})
		}
	}
	order := query.Ordering(p.t.shape, keys)
	slices.SortStableFunc(rows, func(a, b *row) int { return order(a.made, b.made) })
}

// withInner leaves out rows that lack what they must have.
func (p *plan) withInner(rows []*row) []*row {
	return slices.DeleteFunc(rows, func(r *row) bool {
		if r.inner == nil { // nothing was read
			return true
		}
		for n, e := range p.embeds {
			if e.inner && len(r.inner[n]) == 0 {
				return true
			}
		}
		return false
	})
}
