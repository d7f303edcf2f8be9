// Package sqldb is what the drivers of SQL databases share: it renders the statements of package db, and each
// database is a [Dialect] of it.
//
// It is not for running statements, and knows no client library: a driver starts a [Builder], lets it write, and
// runs the text with the arguments. How tables are created and changed is the driver's own, too.
//
// Values are always parameters; names come from the collection, never from a client. A condition that is NULL counts
// as false everywhere: AND and OR preserve that, and a negation is written `(…) IS NOT TRUE`.
package sqldb

import (
	"strconv"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// Builder writes one statement at a time. It may be used again, which saves its memory.
type Builder struct {
	// SQL and Args are what has been written.
	SQL  []byte
	Args []Arg
	// Table is the table whose columns are written, and Alias their qualifier with its dot, which is empty outside
	// lookups.
	Table *Table
	Alias string

	dialect Dialect
	syntax  *Syntax
	depth   int // nesting of lookups
	// literal writes values themselves, where a statement takes no parameters; nil writes parameters.
	literal func(Arg) string
	// averages are the columns of an aggregate that [Builder.Averages] computes.
	averages []int
}

// Arg is one argument: a value or, if Native is not nil, something that is no value, such as an array, in the form
// that the client library of the database takes.
type Arg struct {
	Value  query.Value
	Native any
}

// Start begins a statement on a collection.
func (b *Builder) Start(d Dialect, c *db.Collection) {
	b.SQL, b.Args, b.averages = b.SQL[:0], b.Args[:0], b.averages[:0]
	b.Table, b.Alias, b.depth = d.Table(c), "", 0
	b.dialect, b.syntax, b.literal = d, d.Syntax(), nil
}

// Write writes SQL.
func (b *Builder) Write(sql string) { b.SQL = append(b.SQL, sql...) }

// Int writes a number.
func (b *Builder) Int(n int) { b.SQL = strconv.AppendInt(b.SQL, int64(n), 10) }

// Bool writes a constant condition.
func (b *Builder) Bool(v bool) {
	if v {
		b.Write(b.syntax.True)
	} else {
		b.Write(b.syntax.False)
	}
}

// Question writes a parameter as a question mark.
func (b *Builder) Question(v query.Value) {
	if b.literal != nil {
		b.Write(b.literal(Arg{Value: v}))
		return
	}
	b.SQL = append(b.SQL, '?')
	b.Args = append(b.Args, Arg{Value: v})
}

// Numbered writes a parameter as $1, $2 and so on.
func (b *Builder) Numbered(a Arg) {
	if b.literal != nil {
		b.Write(b.literal(a))
		return
	}
	b.Args = append(b.Args, a)
	b.SQL = strconv.AppendInt(append(b.SQL, '$'), int64(len(b.Args)), 10)
}

// Literal reports whether values are written themselves, as in the condition of an index.
func (b *Builder) Literal() bool { return b.literal != nil }

// Param writes a parameter in the form of the dialect.
func (b *Builder) Param(v query.Value) { b.dialect.Param(b, v) }

// Index returns the position of a path's field.
func (b *Builder) Index(p query.Path) int { return b.Table.Collection.Shape.Index(p.Field) }

// Name writes the name of a column.
func (b *Builder) Name(field int) {
	b.Write(b.Alias)
	b.Write(b.Table.Columns[field].Name)
}

// Value writes a column as a value of its field's kind.
func (b *Builder) Value(field int) { b.value(b.own(field)) }

// Ordered writes a column in a form that sorts as the field does.
func (b *Builder) Ordered(field int) { b.ordered(b.own(field)) }

// Sorted writes a column in the form that its order and its comparisons have.
func (b *Builder) Sorted(field int) { b.sorted(b.own(field)) }

// Key returns what a column is compared with for a string.
func (b *Builder) Key(field int, text string) string {
	if f := b.Table.Columns[field].Folding; f != nil {
		return f.Fold.Key(text)
	}
	return text
}

// Parts writes a column between the parts of an expression.
func (b *Builder) Parts(field int, parts []string) { b.parts(b.own(field), parts) }

// isNull writes the condition that the value of a column is null.
func (b *Builder) isNull(field int) {
	b.nullable(field)
	b.Write(" IS NULL")
}

// nullable writes a column in a form that is null where its value is.
func (b *Builder) nullable(field int) {
	if c := &b.Table.Columns[field]; c.Guarded || c.Hides {
		b.Value(field)
	} else {
		b.Name(field)
	}
}

// Columns writes columns in the form that the driver reads.
func (b *Builder) Columns(fields []int) {
	for i, f := range fields {
		if i > 0 {
			b.Write(", ")
		}
		if c := &b.Table.Columns[f]; c.Bare || c.Hides {
			b.Name(f)
		} else {
			b.Value(f)
		}
	}
	for _, f := range fields {
		if b.Table.Columns[f].Guarded {
			b.Write(", ")
			b.Name(f)
			b.Write(" IS NOT NULL")
		}
	}
}

// operand is a column of the table or, inside a lookup, of one around it.
type operand struct {
	table *Table
	alias string
	field int
}

func (b *Builder) own(field int) operand { return operand{b.Table, b.Alias, field} }

func (o operand) column() *Column { return &o.table.Columns[o.field] }

func (b *Builder) value(o operand) {
	c := o.column()
	if c.Parts != nil {
		b.parts(o, c.Parts)
		return
	}
	b.Write(o.alias)
	b.Write(c.Name)
}

func (b *Builder) parts(o operand, parts []string) {
	for n, part := range parts {
		if n > 0 {
			b.Write(o.alias)
			b.Write(o.column().Name)
		}
		b.Write(part)
	}
}

func (b *Builder) ordered(o operand) {
	b.value(o)
	b.Write(o.column().Collate)
}

func (b *Builder) sorted(o operand) {
	if f := o.column().Folding; f != nil {
		b.parts(o, f.Order)
		return
	}
	b.ordered(o)
}

// between writes what comes before part number n: first before the first of them.
func (b *Builder) between(n int, first, others string) {
	if n == 0 {
		b.Write(first)
	} else {
		b.Write(others)
	}
}
