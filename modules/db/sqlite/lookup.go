package sqlite

import (
	"strconv"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// Correlates implements [db.Correlator].
func (d *Driver) Correlates() {}

// exists writes a lookup. If its own conditions are narrowed by an index, it is written as `field IN (SELECT …)`,
// which is evaluated once for all rows. Otherwise it is evaluated row by row, by its link.
func (b *builder) exists(f *query.Exists) {
	inner := b.col.Related[f.Collection]
	if len(f.Links) == 1 && f.Links[0].Op == query.Eq && f.Links[0].Inner != inner.KeyPath() && inner.Narrows(f.Where) {
		b.hoisted(inner, f)
		return
	}
	b.write("EXISTS ")
	b.subquery(inner, "1", f, f.Links)
}

// hoisted writes a lookup with one equal link as membership in a set that is computed once. Neither the set nor an
// equal link matches null.
func (b *builder) hoisted(inner *db.Collection, f *query.Exists) {
	link := f.Links[0]
	b.operand(link.Outer)
	b.write(" IN ")
	b.subquery(inner, link.Inner.Field, f, nil)
}

// subquery writes `(SELECT what FROM … WHERE links AND where)`; what is 1 or a field.
func (b *builder) subquery(inner *db.Collection, what string, f *query.Exists, links []query.Link) {
	outer, outerAlias := b.col, b.alias
	if outerAlias == "" {
		outerAlias = quote(outer.Table) + "."
	}
	b.depth++
	alias := "l" + strconv.Itoa(b.depth)
	within := func() { b.col, b.alias = inner, alias+"." }
	without := func() { b.col, b.alias = outer, outerAlias }
	within()
	b.write("(SELECT ")
	if what == "1" {
		b.write("1")
	} else {
		b.qualified(query.Path{Field: what})
	}
	b.write(" FROM ")
	b.name(inner.Table)
	b.write(" AS " + alias)
	joint := " WHERE "
	for _, l := range links {
		b.write(joint)
		joint = " AND "
		b.operand(l.Inner)
		if l.Op == query.Eq {
			b.write(" = ")
		} else {
			b.write(symbol(l.Op))
		}
		without()
		b.operand(l.Outer)
		within()
	}
	if f.Where != query.True {
		b.write(joint)
		b.filter(f.Where)
	}
	b.write(")")
	b.col, b.alias = outer, outerAlias
	if b.depth--; b.depth == 0 {
		b.alias = ""
	}
}
