package supabase

import (
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/server/dialect"
)

// Figures about rows that have been read, those of a relation or of a function, are added up here.

// cell is one member of an object of figures: a figure, or a column of its group.
type cell struct {
	name, function string
	p              *plan
	field          int // of the table of p, -1 for none
	item           item
	via            []int // the embeddings that lead from the row to the one it is of
}

// cells are the members of the objects of a plan with figures. Those of resources that are spread into it are among them.
func (p *plan) cells(via []int) ([]cell, error) {
	var out []cell
	next := 0
	for _, it := range p.items {
		switch {
		case it.embed != nil && (!p.embeds[next].spread || p.embeds[next].many):
			return nil, unsupported("an aggregate beside an embedded resource")
		case it.embed != nil:
			inner, err := p.embeds[next].cells(append(slices.Clone(via), next))
			if err != nil {
				return nil, err
			}
			out = append(out, inner...)
			next++
		case it.star:
			for i, name := range p.t.stored {
				if i > 0 || !p.t.composed() {
					out = append(out, cell{name: name, p: p, field: i, via: via})
				}
			}
		default:
			c := cell{name: it.alias, function: it.function, p: p, field: p.t.index(it.column.field), item: it, via: via}
			switch {
			case c.name != "":
			case it.function != "":
				c.name = it.function
			default:
				c.name = it.column.last()
			}
			out = append(out, c)
		}
	}
	return out, nil
}

// figured reports whether a plan has figures, itself or in what is spread into it.
func (p *plan) figured() bool {
	return p.aggregates() || slices.ContainsFunc(p.embeds, func(e *embed) bool { return e.spread && !e.many && e.figured() })
}

// of returns the value of a cell in a row. there says whether there is a row that it is of.
func (c *cell) of(r *row) (v query.Value, there bool) {
	for _, n := range c.via {
		if r.inner == nil || len(r.inner[n]) == 0 {
			return query.Null, false
		}
		r = r.inner[n][0]
	}
	if c.field < 0 {
		return query.Null, true
	}
	v, shown := r.value(c.field)
	if !shown {
		return query.Null, true
	}
	for _, step := range c.item.column.path {
		v = inside(v, step)
	}
	if c.item.column.text {
		v = asText(v)
	}
	if convert := casts[c.item.cast]; convert != nil && c.function == "" {
		v = convert(v)
	}
	return v, true
}

// tally returns the figures of rows, one object for each group.
func (p *plan) tally(rows []*row) ([][]member, error) {
	cells, err := p.cells(nil)
	if err != nil {
		return nil, err
	}
	groups := map[string][]*row{}
	var order []string
	for _, r := range rows {
		var id []byte
		for i := range cells {
			if cells[i].function == "" {
				v, _ := cells[i].of(r)
				id = append(v.AppendJSON(id), 0)
			}
		}
		if _, ok := groups[string(id)]; !ok {
			order = append(order, string(id))
		}
		groups[string(id)] = append(groups[string(id)], r)
	}
	if len(order) == 0 && !slices.ContainsFunc(cells, func(c cell) bool { return c.function == "" }) {
		order = []string{""} // the figures of no rows
	}
	var out [][]member
	for _, id := range order {
		members := make([]member, len(cells))
		for i := range cells {
			members[i] = member{cells[i].name, cells[i].figure(groups[id]).AppendJSON(nil)}
		}
		out = append(out, members)
	}
	return out, nil
}

// tallied answers with the figures of rows.
func (c *call) tallied(p *plan, rows []*row) (dialect.Response, error) {
	groups, err := p.tally(rows)
	if err != nil {
		return dialect.Response{}, err
	}
	w := &writer{ctx: c.Context, left: c.dialect.Crud.Limits.Answer}
	objects := make([][]byte, len(groups))
	for i, members := range groups {
		objects[i] = p.appendObject(w, nil, members)
	}
	if err := w.failed(); err != nil {
		return dialect.Response{}, err
	}
	return c.objects(objects)
}

// figure is the value of a cell for the rows of a group.
func (c *cell) figure(rows []*row) query.Value {
	if c.function == "" {
		v, _ := c.of(rows[0])
		return v
	}
	var values []query.Value
	n := 0
	for _, r := range rows {
		v, there := c.of(r)
		if there {
			n++
		}
		if !v.IsNull() {
			values = append(values, v)
		}
	}
	out := query.Null
	switch {
	case c.function == "count" && c.field < 0:
		out = query.Int(int64(n))
	case c.function == "count":
		out = query.Int(int64(len(values)))
	case len(values) == 0:
	case c.function == "min" || c.function == "max":
		out = values[0]
		for _, v := range values[1:] {
			if order, ok := v.Compare(out); ok && (order < 0) == (c.function == "min") && order != 0 {
				out = v
			}
		}
	default:
		out = added(values, c.function == "avg")
	}
	if convert := casts[c.item.cast]; convert != nil {
		out = convert(out)
	}
	return out
}

// added is the exact sum of numbers, or their average.
func added(values []query.Value, average bool) query.Value {
	sum, digits := new(big.Rat), 0
	for _, v := range values {
		text := asText(v).Text()
		n, ok := new(big.Rat).SetString(text)
		if !ok || v.Kind() == query.KindBool { // which is not finite, or no number
			return query.Null
		}
		if _, fraction, ok := strings.Cut(text, "."); ok && v.Kind() == query.KindDecimal {
			digits = max(digits, len(fraction))
		}
		sum.Add(sum, n)
	}
	if average || values[0].Kind() == query.KindFloat {
		if average {
			sum.Quo(sum, new(big.Rat).SetInt64(int64(len(values))))
		}
		f, _ := sum.Float64()
		return query.Float(f)
	}
	text := sum.FloatString(digits)
	if n, err := strconv.ParseInt(text, 10, 64); err == nil && digits == 0 {
		return query.Int(n)
	}
	out, _ := query.Coerce(query.TypeDecimal, query.String(text))
	return out
}
