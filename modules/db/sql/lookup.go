package sqldb

import (
	"strconv"

	"github.com/basalt-dev/basalt/modules/query"
)

// exists writes a lookup. If its own conditions are narrowed by an index, it is written as `field IN (SELECT …)`,
// which is evaluated once for all rows. Otherwise it is evaluated row by row, by its link.
func (b *Builder) exists(f *query.Exists) {
	inner := b.dialect.Table(b.Table.Collection.Related[f.Collection])
	if b.hoists(inner, f) {
		link := f.Links[0]
		form := b.Value
		if folding(&b.Table.Columns[b.Index(link.Outer)], &inner.Columns[inner.Collection.Shape.Index(link.Inner.Field)]) != nil {
			form = b.Sorted
		}
		form(b.Index(link.Outer))
		b.Write(" IN ")
		b.subquery(inner, func() { form(inner.Collection.Shape.Index(link.Inner.Field)) }, f, nil)
		return
	}
	b.Write("EXISTS ")
	b.subquery(inner, func() { b.Write("1") }, f, f.Links)
}

// hoists reports whether a lookup is membership in a set that is computed once. Neither the set nor an equal link
// matches null.
func (b *Builder) hoists(inner *Table, f *query.Exists) bool {
	if len(f.Links) != 1 || f.Links[0].Op != query.Eq || f.Links[0].Inner == inner.Collection.KeyPath() || !inner.Collection.Narrows(f.Where) {
		return false
	}
	link := f.Links[0]
	return b.syntax.ExactNumbers || inner.Columns[inner.Collection.Shape.Index(link.Inner.Field)].Kind == b.Table.Columns[b.Index(link.Outer)].Kind
}

// reach writes the value of a field of the document that lookups lead to.
func (b *Builder) reach(steps []*query.Exists, field string) {
	if len(steps) == 0 {
		b.Sorted(b.Table.Collection.Shape.Index(field))
		return
	}
	inner := b.dialect.Table(b.Table.Collection.Related[steps[0].Collection])
	b.subquery(inner, func() { b.reach(steps[1:], field) }, steps[0], steps[0].Links)
}

// subquery writes `(SELECT what FROM … WHERE links AND where)`; what is written with the inner table as the current one.
func (b *Builder) subquery(inner *Table, what func(), f *query.Exists, links []query.Link) {
	outer, around := b.Table, b.Alias
	qualifier := around
	if qualifier == "" {
		qualifier = outer.Name + "."
	}
	b.depth++
	alias := "l" + strconv.Itoa(b.depth)
	b.Table, b.Alias = inner, alias+"."
	b.Write("(SELECT ")
	what()
	b.Write(" FROM ")
	b.Write(inner.Name)
	b.Write(" AS ")
	b.Write(alias)
	for n, l := range links {
		b.between(n, " WHERE ", " AND ")
		b.compareColumns(b.own(b.Index(l.Inner)), l.Op, operand{outer, qualifier, outer.Collection.Shape.Index(l.Outer.Field)}, false)
	}
	if f.Where != query.True {
		b.between(len(links), " WHERE ", " AND ")
		b.Filter(f.Where)
	}
	b.Write(")")
	b.depth--
	b.Table, b.Alias = outer, around
}
