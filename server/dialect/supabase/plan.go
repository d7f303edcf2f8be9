package supabase

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

// plan is what a request asks of a table, and of those that are embedded in its rows.
type plan struct {
	t      *table
	items  []item
	where  []condition
	order  []ordering
	limit  int // -1 for none
	offset int
	embeds []*embed // of the items with an embedding, in their order
	// shown are the columns that are asked for, where nothing else is, and nothing is to be done with their values.
	shown []shown
	// chosen are the names of the fields to read, nil for all of them.
	chosen []string
	// stripped leaves nulls out of the answer.
	stripped bool
	// late says that the table is known when the function of the embedding has answered; kept is what it is asked then.
	late bool
	kept []kept
}

// strip leaves nulls out, also in what is embedded.
func (p *plan) strip(stripped bool) {
	p.stripped = stripped
	for _, e := range p.embeds {
		e.plan.strip(stripped)
	}
}

// shown is a column as it stands in an answer.
type shown struct {
	name  []byte // quoted, with the colon
	field int
}

// shows returns the columns that a plan asks for; nil if it asks for more than columns as they are.
func (p *plan) shows() []shown {
	var out []shown
	add := func(name string, field int) {
		out = append(out, shown{append(query.String(name).AppendJSON(nil), ':'), field})
	}
	for _, it := range p.items {
		switch {
		case it.star:
			for i, name := range p.t.stored {
				if i > 0 || !p.t.composed() {
					add(name, i)
				}
			}
		case it.embed != nil || it.computed != nil || it.function != "" || casts[it.cast] != nil || len(it.column.path) > 0:
			return nil
		case it.alias != "":
			add(it.alias, p.t.index(it.column.field))
		default:
			add(it.column.last(), p.t.index(it.column.field))
		}
	}
	return out
}

// embed is an embedded table.
type embed struct {
	*plan
	relation
	name          string // in the answer
	also          string // the name of the table, which filters may use besides
	inner, spread bool
	none          bool // rows that have none are asked for
	// computed is set where a function makes the rows.
	computed *computed
}

// plan resolves what is selected of a table. left is how many more tables may be embedded: each is a query.
func (d *Dialect) plan(t *table, items []item, left *int) (*plan, error) {
	p := &plan{t: t, items: items, limit: -1}
	for i := range items {
		it := &items[i]
		if it.embed == nil {
			if err := p.selects(it); err != nil {
				if it.computed = d.computes(t, it.column.field); it.computed == nil || len(it.column.path) > 0 || it.function != "" {
					return nil, err
				}
			}
			continue
		}
		if *left--; *left < 0 {
			return nil, problem{Status: http.StatusBadRequest, Code: "54000", Message: "more resources are embedded than limits.expansions allows"}
		}
		e, err := d.embeds(t, it.embed, left)
		if err != nil {
			return nil, err
		}
		if it.alias != "" {
			e.name = it.alias
		}
		if slices.ContainsFunc(p.embeds, func(o *embed) bool { return o.name == e.name && !e.spread }) {
			return nil, problem{Status: http.StatusBadRequest, Code: "42712", Message: `table name "` + fault.Clip(e.name) + `" specified more than once`}
		}
		p.embeds = append(p.embeds, e)
	}
	p.shown, p.chosen = p.shows(), p.selection()
	var err error
	if p.figured() {
		_, err = p.cells(nil)
	}
	return p, err
}

// embeds resolves an embedding: of related rows, or of those that a function makes of a row.
func (d *Dialect) embeds(t *table, of *embedding, left *int) (*embed, error) {
	e := &embed{name: of.name, inner: of.inner, spread: of.spread}
	var err error
	if e.relation, err = d.relate(t, of); err != nil {
		if e.computed = d.computes(t, of.name); e.computed == nil {
			return nil, err
		}
		e.computed.plan = func(t *table) (*plan, error) { return d.plan(t, of.items, left) }
		e.plan = &plan{items: of.items, limit: -1, late: true}
		return e, nil
	}
	e.also = e.target.name
	e.plan, err = d.plan(e.target, of.items, left)
	return e, err
}

// selects checks a column that is asked for.
func (p *plan) selects(it *item) error {
	switch {
	case it.star || it.function == "count" && it.column.field == "":
		return nil
	case it.column.field == "count" && len(it.column.path) == 0 && p.t.index("count") < 0: // as it was written once
		it.column, it.function = column{}, "count"
		return nil
	}
	i := p.t.index(it.column.field)
	if i < 0 {
		return p.t.noColumn(it.column.field)
	}
	if len(it.column.path) > 0 && p.t.shape.Fields[i].Type != query.TypeJSON {
		return unsupported("a path into " + it.column.field + ", which is of type " + nameOf(p.t.shape.Fields[i].Type))
	}
	if _, ok := casts[it.cast]; !ok {
		return unsupported("the cast to " + fault.Clip(it.cast))
	}
	return nil
}

// aggregates reports whether figures are asked for instead of rows.
func (p *plan) aggregates() bool {
	return slices.ContainsFunc(p.items, func(it item) bool { return it.function != "" })
}

// embedded returns the embedding of a name.
func (p *plan) embedded(name string) *embed {
	for _, e := range p.embeds {
		if e.name == name {
			return e
		}
	}
	for _, e := range p.embeds {
		if e.also == name {
			return e
		}
	}
	return nil
}

// farthest is the largest limit and offset: their sum is a number, too.
const farthest = 1 << 60

// reserved are the parameters that are no filters.
var reserved = []string{"select", "columns", "on_conflict"}

// parameters applies the filters, the order and the limits of a call.
func (p *plan) parameters(c *call) error {
	for _, o := range c.query {
		if slices.Contains(reserved, o.name) {
			continue
		}
		if err := p.parameter(o.name, o.name, o.value); err != nil {
			return err
		}
	}
	return nil
}

func (p *plan) parameter(whole, name, value string) (err error) {
	if p.late {
		p.kept = append(p.kept, kept{whole, name, value})
		return nil
	}
	switch name {
	case "order":
		p.order, err = parseOrder(value)
		return err
	case "limit", "offset":
		n, err := strconv.Atoi(value)
		if n = min(n, farthest); err != nil || n < 0 {
			return problem{Status: http.StatusBadRequest, Code: "PGRST100", Message: name + " is a whole number from 0 on"}
		}
		if name == "limit" {
			p.limit = n
		} else {
			p.offset = n
		}
		return nil
	case "and", "or", "not.and", "not.or":
		tree, err := parseTree(value, strings.HasSuffix(name, "or"), strings.HasPrefix(name, "not"))
		p.where = append(p.where, tree)
		return err
	}
	if head, rest, ok := strings.Cut(name, "."); ok && !strings.Contains(head, "->") {
		if e := p.embedded(head); e != nil {
			return e.parameter(whole, rest, value)
		}
		return problem{Status: http.StatusBadRequest, Code: "PGRST108", Message: "'" + fault.Clip(head) + "' is not an embedded resource in this request", Hint: "Verify that '" + fault.Clip(head) + "' is included in the 'select' query parameter."}
	}
	if e := p.embedded(name); e != nil && p.t.index(name) < 0 {
		switch value {
		case "is.null":
			e.none = true
		case "not.is.null":
			e.inner = true
		default:
			return problem{Status: http.StatusBadRequest, Code: "PGRST120", Message: "Bad operator on the '" + fault.Clip(name) + "' embedded resource", Details: "Only is null or not is null filters are allowed on embedded resources"}
		}
		return nil
	}
	at, err := parseColumn(name)
	if err != nil {
		return err
	}
	test, err := parseTest(at, value)
	p.where = append(p.where, test)
	return err
}

// filter translates the filters of a table.
func (p *plan) filter() (query.Filter, error) {
	if len(p.where) == 0 {
		return query.True, nil
	}
	return p.t.filter(&condition{terms: p.where}, false)
}

// related are the relations that the rows must have, or must not.
func (p *plan) related() ([]crud.Related, error) {
	var out []crud.Related
	for _, e := range p.embeds {
		if e.computed != nil || !e.inner && !e.none {
			continue
		}
		where, err := e.filter()
		if err != nil {
			return nil, err
		}
		inner, err := e.plan.related()
		if err != nil {
			return nil, err
		}
		r := crud.Related{Collection: e.target.name, Inner: e.there, Outer: e.here, Where: where, Related: inner, None: e.none}
		if e.through != nil {
			r.Outer = e.right
			r.None = false
			r = crud.Related{Collection: e.through.name, Inner: e.left, Outer: e.here, Related: []crud.Related{r}, None: e.none}
		}
		out = append(out, r)
	}
	return out, nil
}
