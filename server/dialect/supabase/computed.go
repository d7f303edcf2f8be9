package supabase

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/modules/services/wire"
)

// A function of PostgreSQL that takes a row of a table is a column of it, or a relation. It is called once for all rows of a
// page, under its rule, with the rows as the caller sees them: a masked column is null in it.

// computed is such a function.
type computed struct {
	dialect                 *Dialect
	service, function, name string
	// plan makes the plan of the rows that it returns.
	plan func(*table) (*plan, error)
	// at is the place of a column among those of its plan.
	at int
}

// kept is a parameter for a plan whose table is not known yet.
type kept struct{ whole, name, value string }

// computes returns the function of a database that a name means for rows of a table, nil if there is none that is exposed.
func (d *Dialect) computes(t *table, name string) *computed {
	if t.c.Database == "" {
		return nil
	}
	for _, service := range slices.Sorted(keysOf(d.Config.Services)) {
		s := d.Config.Services[service]
		if s.Driver == "database" && s.Database == t.c.Database && s.Functions[name] != nil {
			return &computed{dialect: d, service: service, function: name, name: name}
		}
	}
	return nil
}

func keysOf[T any](m map[string]T) func(func(string) bool) {
	return func(yield func(string) bool) {
		for name := range m {
			if !yield(name) {
				return
			}
		}
	}
}

// computes reports whether a plan has something that functions make of its rows.
func (p *plan) computes() bool {
	return slices.ContainsFunc(p.items, func(it item) bool { return it.computed != nil }) || slices.ContainsFunc(p.embeds, func(e *embed) bool { return e.computed != nil })
}

// compute calls the functions of a plan for rows.
func (rd reader) compute(ctx context.Context, p *plan, rows []*row) error {
	if !p.computes() || rd.call == nil {
		return nil
	}
	whole := p.t.wholeRows(rows)
	for i := range p.items {
		c := p.items[i].computed
		if c == nil {
			continue
		}
		_, values, err := rd.each(p.t, c, whole)
		if err != nil {
			return err
		}
		c.at = len(rows[0].computed)
		for n, r := range rows {
			value := []byte("null")
			if list := values[n].Elements(); len(list) > 0 {
				value = list[0].AppendJSON(nil)
			}
			r.computed = append(r.computed, value)
		}
	}
	for n, e := range p.embeds {
		if e.computed == nil {
			continue
		}
		direct, values, err := rd.each(p.t, e.computed, whole)
		if is := (problem{}); errors.As(err, &is) && is.Code == "42703" {
			return noRelation(p.t, &embedding{name: e.computed.name}, "")
		}
		if err != nil {
			return err
		}
		if direct.Columns == nil {
			return noRelation(p.t, &embedding{name: e.computed.name}, "")
		}
		if err := rd.related(ctx, e, n, direct, rows, values); err != nil {
			return err
		}
	}
	return nil
}

// wholeRows are rows as JSON, for functions.
func (t *table) wholeRows(rows []*row) []byte {
	out := []byte{'['}
	for i, r := range rows {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, '{')
		first := true
		for f, name := range t.stored {
			if f == 0 && t.composed() || t.shape.Fields[f].Type == query.TypeBytes { // which JSON does not have as PostgreSQL
				continue
			}
			if !first {
				out = append(out, ',')
			}
			first = false
			out = append(query.String(name).AppendJSON(out), ':')
			out = r.appendField(out, f)
		}
		out = append(out, '}')
	}
	return append(out, ']')
}

// each calls a function for rows, and returns a list for each.
func (rd reader) each(t *table, c *computed, rows []byte) (*wire.Direct, []query.Value, error) {
	direct := &wire.Direct{Of: cmp.Or(t.c.Table, t.name), Rows: rows}
	result, err := rd.call(c.service, c.function, []byte("{}"), direct)
	if errors.Is(err, db.ErrNoFunction) {
		return nil, nil, problem{Status: http.StatusBadRequest, Code: "42703", Message: "column " + t.name + "." + fault.Clip(c.name) + " does not exist"}
	}
	if err != nil {
		return nil, nil, called(c.name, err)
	}
	return direct, query.RawJSON(string(result)).Elements(), nil
}

// related gives rows what a function makes of them.
func (rd reader) related(ctx context.Context, e *embed, n int, direct *wire.Direct, rows []*row, values []query.Value) error {
	if e.late {
		if err := e.resolve(e.computed.dialect.resultTable(e.computed.name, direct), direct); err != nil {
			return err
		}
	}
	where, err := e.filter()
	if err == nil {
		err = e.arranges()
	}
	if err != nil {
		return err
	}
	query.Natives(where, func(n *query.Native) { err = unsupported("the test " + string(n.Op) + " of what a function returns") })
	if err != nil {
		return err
	}
	var all []*row
	for i, r := range rows {
		var found []*row
		for _, v := range values[i].Elements() {
			if made := e.t.madeOf(v); query.Match(where, e.t.shape, made.made, nil) {
				found = append(found, made)
			}
		}
		e.arrange(found)
		r.inner[n] = e.part(found, rd.docs.Limits.Page)
		all = append(all, r.inner[n]...)
	}
	return rd.embed(ctx, e.plan, all)
}

// resolve makes the plan of an embedding whose table is known now.
func (e *embed) resolve(t *table, direct *wire.Direct) error {
	p, err := e.computed.plan(t)
	if err != nil {
		return err
	}
	for _, k := range e.kept {
		if err := p.parameter(k.whole, k.name, k.value); err != nil {
			return err
		}
	}
	p.strip(e.stripped)
	e.plan, e.target, e.many = p, t, direct.Set && !direct.One
	return nil
}

// member is the value of a computed column.
func (c *computed) member(w *writer, it item, r *row) member {
	name, value := it.alias, []byte("null")
	if name == "" {
		name = c.name
	}
	if c.at < len(r.computed) {
		value = r.computed[c.at]
	}
	if convert := casts[it.cast]; convert != nil {
		value = convert(query.RawJSON(string(value))).AppendJSON(nil)
	}
	return member{name, w.spend(value)}
}

// narrowedLate refuses to count, or to cut, rows that have to have what a function makes: it is known when they are read.
func (p *plan) narrowedLate(c *call, cut bool) error {
	if !slices.ContainsFunc(p.embeds, func(e *embed) bool { return e.computed != nil && (e.inner || e.none) }) {
		return nil
	}
	if cut || p.offset > 0 || c.prefer.count != "" || slices.ContainsFunc(p.embeds, func(e *embed) bool { return e.none && e.computed != nil }) {
		return unsupported("a count, a limit, an offset or is.null together with !inner of what a function returns")
	}
	return nil
}

// withMade leaves out rows that lack what a function has to make of them.
func (p *plan) withMade(rows []*row) []*row {
	return slices.DeleteFunc(rows, func(r *row) bool {
		for n, e := range p.embeds {
			if e.computed != nil && e.inner && (r.inner == nil || len(r.inner[n]) == 0) {
				return true
			}
		}
		return false
	})
}
