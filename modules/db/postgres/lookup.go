package postgres

import (
	"strconv"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// exists writes a lookup. If its own conditions are narrowed by an index, it is written as `field IN (SELECT …)`,
// which is evaluated once for all rows. Otherwise it is evaluated row by row, by its link.
func (b *builder) exists(f *query.Exists) {
	inner := b.col.Related[f.Collection]
	if len(f.Links) == 1 && f.Links[0].Op == query.Eq && f.Links[0].Inner != inner.KeyPath() && inner.Narrows(f.Where) && b.sameKind(inner, f.Links[0]) {
		b.hoisted(inner, f)
		return
	}
	b.write("EXISTS ")
	b.subquery(inner, -1, f, f.Links)
}

func (b *builder) sameKind(inner *db.Collection, l query.Link) bool {
	return inner.Columns[inner.Shape.Index(l.Inner.Field)].Type.Kind() == b.kind(l.Outer)
}

// hoisted writes a lookup with one equal link as membership in a set that is computed once. Neither the set nor an
// equal link matches null.
func (b *builder) hoisted(inner *db.Collection, f *query.Exists) {
	link := f.Links[0]
	b.column(b.index(link.Outer))
	b.write(" IN ")
	b.subquery(inner, inner.Shape.Index(link.Inner.Field), f, nil)
}

// subquery writes `(SELECT what FROM … WHERE links AND where)`; what is a field, or -1 for 1.
func (b *builder) subquery(inner *db.Collection, what int, f *query.Exists, links []query.Link) {
	outer, outerAlias := b.col, b.alias
	if outerAlias == "" {
		outerAlias = b.layout.table + "."
	}
	b.depth++
	alias := "l" + strconv.Itoa(b.depth)
	within := func() { b.within(inner, alias+".") }
	without := func() { b.within(outer, outerAlias) }
	within()
	b.write("(SELECT ")
	if what < 0 {
		b.write("1")
	} else {
		b.column(what)
	}
	b.write(" FROM " + b.layout.table + " AS " + alias)
	joint := " WHERE "
	for _, l := range links {
		b.write(joint)
		joint = " AND "
		b.link(l, within, without)
	}
	if f.Where != query.True {
		b.write(joint)
		b.filter(f.Where)
	}
	b.write(")")
	b.depth--
	if without(); b.depth == 0 {
		b.alias = ""
	}
}

// link writes the condition between two documents, which null does not satisfy.
func (b *builder) link(l query.Link, within, without func()) {
	inner, innerKind := b.index(l.Inner), b.kind(l.Inner)
	side := b.column
	if l.Op != query.Eq {
		side = b.ordered
	}
	without()
	outer, outerKind := b.index(l.Outer), b.kind(l.Outer)
	within()
	innerSide := func() { side(inner) }
	outerSide := func() {
		without()
		side(outer)
		within()
	}
	switch {
	case innerKind == query.KindFloat && outerKind == query.KindInt:
		b.intFieldAgainstFloat(outerSide, l.Op.Flip(), innerSide, false)
	case innerKind == query.KindInt && outerKind == query.KindFloat:
		b.intFieldAgainstFloat(innerSide, l.Op, outerSide, false)
	default:
		innerSide()
		b.write(symbol(l.Op))
		outerSide()
	}
}
