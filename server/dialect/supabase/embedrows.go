package supabase

import (
	"context"
	"slices"

	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/query"
)

// embed reads what is embedded in rows: one list for each embedding, under the rules of its own table. A table of which
// the caller may read nothing has no rows.
func (rd reader) embed(ctx context.Context, p *plan, rows []*row) error {
	if len(rows) == 0 {
		return nil
	}
	for _, r := range rows {
		r.inner = make([][]*row, len(p.embeds))
	}
	if err := rd.compute(ctx, p, rows); err != nil {
		return err
	}
	for n, e := range p.embeds {
		if e.none || e.computed != nil {
			continue
		}
		here := p.t.shape.Index(e.here)
		meet := e.meets(p.t, here)
		found, err := rd.below(ctx, e, p.values(here, rows, meet), meet)
		if refusedRead(err) {
			continue
		}
		if err != nil {
			return err
		}
		for _, r := range rows {
			if v, shown := r.value(here); shown && !v.IsNull() {
				r.inner[n] = e.part(found[meet(v)], rd.docs.Limits.Page)
			}
		}
	}
	return nil
}

// meets returns the one form of the values of a field that lead to the same rows.
func (e *embed) meets(from *table, here int) func(query.Value) query.Value {
	if e.through != nil {
		return query.Between(from.shape, here, e.through.shape, e.through.shape.Index(e.left))
	}
	return query.Between(from.shape, here, e.target.shape, e.target.shape.Index(e.there))
}

// values are those of a field in rows, as far as the caller may see them, in one form.
func (p *plan) values(field int, rows []*row, meet func(query.Value) query.Value) []query.Value {
	var out []query.Value
	for _, r := range rows {
		if v, shown := r.value(field); shown && !v.IsNull() {
			out = append(out, meet(v))
		}
	}
	return out
}

// below returns the rows of an embedding for each of the values that they belong to.
func (rd reader) below(ctx context.Context, e *embed, values []query.Value, meet func(query.Value) query.Value) (map[query.Value][]*row, error) {
	if len(values) == 0 {
		return nil, nil
	}
	if e.through == nil {
		rows, err := rd.of(ctx, e, e.there, values)
		if err != nil {
			return nil, err
		}
		return group(e.target, e.there, rows, meet), nil
	}
	links, err := rd.links(ctx, e, values)
	if err != nil {
		return nil, err
	}
	left, right := e.through.shape.Index(e.left), e.through.shape.Index(e.right)
	id := e.target.shape.Index(e.there)
	meetRight := query.Between(e.through.shape, right, e.target.shape, id)
	var wanted []query.Value
	for _, l := range links {
		if v, shown := l.Value(right); shown && !v.IsNull() {
			wanted = append(wanted, meetRight(v))
		}
	}
	if len(wanted) == 0 {
		return nil, nil
	}
	rows, err := rd.of(ctx, e, e.there, wanted)
	if err != nil {
		return nil, err
	}
	to := map[query.Value][]query.Value{} // from the target to what it belongs to
	for _, l := range links {
		from, _ := l.Value(left)
		at, shown := l.Value(right)
		from, at = meet(from), meetRight(at)
		if shown && !slices.Contains(to[at], from) {
			to[at] = append(to[at], from)
		}
	}
	out := map[query.Value][]*row{}
	for _, r := range rows { // in their order
		v, _ := r.value(id)
		for _, from := range to[meetRight(v)] {
			out[from] = append(out[from], r)
		}
	}
	return out, nil
}

// links reads the rows of the table between.
func (rd reader) links(ctx context.Context, e *embed, values []query.Value) ([]crud.Document, error) {
	plan, err := rd.docs.Prepare(rd.caller, crud.Read{
		Collection: e.through.name, Page: &crud.Page{Limit: 1_000_000}, Of: e.left, Values: values, Needs: []int{e.through.shape.Index(e.right)},
	})
	if err != nil {
		return nil, err
	}
	result, err := plan.Run(ctx)
	return result.Documents, err
}

// of reads the rows of an embedding whose field has one of the values, in their order.
func (rd reader) of(ctx context.Context, e *embed, field string, values []query.Value) ([]*row, error) {
	read, ask, err := e.read()
	if err != nil {
		return nil, err
	}
	read.Of, read.Values = field, values
	read.Needs = append(read.Needs, e.target.shape.Index(field))
	ask.Limit = 1_000_000 // as far as limits.page goes
	if e.figured() {      // which are about all rows
		read.Unsorted = true
	} else if e.limit >= 0 && e.through == nil {
		ask.Limit = max(1, e.limit+e.offset)
		read.Unsorted = false // which are the first must not change with each query
	}
	if _, moved := e.nullable(); moved {
		ask.Limit = 1_000_000
	}
	read.Page = &ask
	plan, err := rd.docs.Prepare(rd.caller, read)
	if err != nil {
		return nil, err
	}
	result, err := plan.Run(ctx)
	if err != nil {
		return nil, err
	}
	rows := rowsOf(result.Documents)
	if at, moved := e.nullable(); moved {
		i := e.target.shape.Index(at.Field)
		rank := func(r *row) int {
			v, _ := r.value(i)
			if v.IsNull() != e.order[0].nullsFirst {
				return 1
			}
			return 0
		}
		slices.SortStableFunc(rows, func(a, b *row) int { return rank(a) - rank(b) })
	}
	return rows, rd.embed(ctx, e.plan, rows)
}

func group(t *table, field string, rows []*row, meet func(query.Value) query.Value) map[query.Value][]*row {
	i := t.shape.Index(field)
	out := map[query.Value][]*row{}
	for _, r := range rows {
		if v, shown := r.value(i); shown {
			out[meet(v)] = append(out[meet(v)], r)
		}
	}
	return out
}

// part applies the offset and the limit of an embedding to the rows of one value, of which a page has at most so many.
func (e *embed) part(rows []*row, page int) []*row {
	if e.figured() {
		return rows
	}
	rows = rows[min(e.offset, len(rows)):]
	if e.limit >= 0 {
		page = min(e.limit, page)
	}
	return rows[:min(page, len(rows))]
}
