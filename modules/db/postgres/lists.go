package postgres

import (
	"math"
	"slices"
	"strings"

	sqldb "github.com/basalt-dev/basalt/modules/db/sql"
	"github.com/basalt-dev/basalt/modules/query"
)

// Lists are arrays. They are read as jsonb, so that conditions on their length and on null are those of json fields.

// asLists gives the elements of lists their form.
func (l *layout) asLists(rows []query.Row) {
	for _, i := range l.lists {
		element := l.Collection.Columns[i].Type.Element()
		for _, row := range rows {
			row[i] = query.AsList(element, row[i])
		}
	}
}

// elementOf is the type of the elements of a column, empty if it is no list.
func elementOf(b *sqldb.Builder, field int) query.Type {
	return b.Table.Collection.Columns[field].Type.Element()
}

// list writes elements as an array of the column's type.
func list(b *sqldb.Builder, field int, elements []query.Value) {
	element := elementOf(b, field)
	kind := element.Kind()
	b.Numbered(sqldb.Arg{Native: array(kind, elements)})
	b.Write("::")
	if kind == query.KindDecimal {
		b.Write("text")
	} else {
		b.Write(paramTypes[kind])
	}
	b.Write("[]::")
	b.Write(b.Table.Columns[field].Type)
}

// hasElement writes the condition that a list has an element, in the form that a GIN index serves.
func (d dialect) hasElement(b *sqldb.Builder, field int, v query.Value) {
	e, ok := query.Coerce(elementOf(b, field), v)
	typ := b.Table.Columns[field].Type
	switch {
	case !ok || e.IsNull() || e.Kind() == query.KindInt && !inRange(typ, e.Int()):
		b.Bool(false)
		return
	case d.textually(b, field, e):
		b.Numbered(sqldb.Arg{Value: e})
		b.Write("::text = ANY(")
		b.Name(field)
		b.Write("::text[])")
		return
	case typ == "real[]": // which would round the value
		b.Param(e)
		b.Write(" = ANY(")
		b.Name(field)
		b.Write(")")
		return
	}
	b.Name(field)
	b.Write(" @> ")
	list(b, field, []query.Value{e})
}

// textually reports whether an element is compared as a text: citext may compare otherwise, and an enum takes no others.
func (d dialect) textually(b *sqldb.Builder, field int, e query.Value) bool {
	equal := &d.driver.layout(b.Table.Collection).equal[field]
	return equal.typ != "" && (equal.bytes || equal.labels != nil && !slices.Contains(equal.labels, e.Text()))
}

// inRange reports whether an element of an array of integers can have a value.
func inRange(typ string, n int64) bool {
	switch {
	case strings.HasPrefix(typ, "integer"):
		return n >= math.MinInt32 && n <= math.MaxInt32
	case strings.HasPrefix(typ, "smallint"):
		return n >= math.MinInt16 && n <= math.MaxInt16
	}
	return true
}
