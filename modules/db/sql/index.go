package sqldb

import (
	"slices"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// CreateIndex writes the statement that creates an index. literal writes a value in SQL. An index that is not unique has
// the order of a page: it ends with the key.
func (b *Builder) CreateIndex(name string, x db.Index, literal func(Arg) string) {
	c := b.Table.Collection
	fields, desc := x.Fields, x.Desc
	b.Write("CREATE ")
	if x.Unique {
		b.Write("UNIQUE ")
	} else {
		last := desc[len(desc)-1]
		for _, i := range c.KeyFields() {
			if !slices.Contains(fields, i) {
				fields, desc = append(slices.Clip(fields), i), append(slices.Clip(desc), last)
			}
		}
	}
	b.Write("INDEX ")
	b.Write(name)
	b.Write(" ON ")
	b.Write(b.Table.Name)
	for n, i := range fields {
		b.between(n, " (", ", ")
		b.Name(i)
		if desc[n] {
			b.Write(" DESC")
		}
		switch {
		case b.Table.notNull(i):
		case desc[n]:
			b.Write(b.syntax.NullsLast)
		default:
			b.Write(b.syntax.NullsFirst)
		}
	}
	b.Write(")")
	if x.Where != nil {
		b.Write(" WHERE ")
		b.Condition(x.Where, literal)
	}
}

// Condition writes the condition of an index, which takes no parameters. literal writes a value in SQL.
func (b *Builder) Condition(f query.Filter, literal func(Arg) string) {
	b.literal = literal
	b.Filter(single(f))
	b.literal = nil
}

// single replaces lists of values by comparisons with each.
func single(f query.Filter) query.Filter {
	terms := func(from []query.Filter) []query.Filter {
		out := make([]query.Filter, len(from))
		for i, t := range from {
			out[i] = single(t)
		}
		return out
	}
	switch f := f.(type) {
	case *query.And:
		return query.All(terms(f.Terms)...)
	case *query.Or:
		return query.Any(terms(f.Terms)...)
	case *query.Not:
		return query.Negate(single(f.Term))
	case *query.In:
		each := make([]query.Filter, len(f.Values))
		for i, v := range f.Values {
			each[i] = &query.Compare{Path: f.Path, Op: query.Eq, Value: v}
		}
		return query.Any(each...)
	}
	return f
}
