package sqldb

import (
	"github.com/basalt-dev/basalt/modules/query"
)

// Rower is a [Dialect] whose database compares rows of columns, as in (a, b) > (1, 2), and seeks the first such row in an index.
// A page begins so: a condition on the first column alone would begin at the first of many rows that have the same there.
type Rower interface {
	// InRow reports whether a column can stand in a row that is compared with values, and writes the column or, if it is to be
	// the other side, the value. It writes nothing where it cannot, or for [Ask].
	InRow(b *Builder, field int, v query.Value, side Side) bool
}

// Side is a side of a comparison of rows.
type Side int

// The sides; Ask writes neither.
const (
	Ask Side = iota
	OfColumns
	OfValues
)

// place is a column in an order, and a value in it.
type place struct {
	field int
	value query.Value
}

// and writes a conjunction.
func (b *Builder) and(terms []query.Filter) {
	row, or, first, op := b.rowAfter(terms)
	if row == nil {
		b.join(terms, " AND ")
		return
	}
	_, compares := b.dialect.(Rower)
	b.Write("(")
	n := 0
	for i, t := range terms {
		if compares && i == or || !compares && i == first {
			continue
		}
		b.between(n, "", " AND ")
		if n++; !compares || i != first {
			b.Filter(t)
			continue
		}
		b.rowSide(row, OfColumns)
		b.Write(Symbol(op))
		b.rowSide(row, OfValues)
	}
	b.Write(")")
}

func (b *Builder) rowSide(row []place, side Side) {
	b.Write("(")
	for i, p := range row {
		if i > 0 {
			b.Write(", ")
		}
		b.dialect.(Rower).InRow(b, p.field, p.value, side)
	}
	b.Write(")")
}

// rowAfter finds, in a conjunction, what package query makes of a cursor: a >= 1 AND (a > 1 OR a = 1 AND b > 2). It returns the row, nil
// if there is none, and which of the terms say it.
func (b *Builder) rowAfter(terms []query.Filter) (row []place, or, first int, op query.CompareOp) {
	rower, can := b.dialect.(Rower)
	if !can && !b.syntax.SeeksOr {
		return nil, 0, 0, 0
	}
	for or, t := range terms {
		if _, is := t.(*query.Or); !is {
			continue
		}
		if row, op = b.rowOf(t, rower, nil, 0); row == nil {
			continue
		}
		for first, t := range terms {
			c, is := t.(*query.Compare) // op+1 is op or equal
			if is && c.Op == op+1 && b.rowField(c) == row[0].field && c.Value == row[0].value {
				return row, or, first, op
			}
		}
	}
	return nil, 0, 0, 0
}

// rowOf reads a > 1 OR a = 1 AND (b > 2 OR …), in which all comparisons go the same way. A rower of nil refuses no column.
func (b *Builder) rowOf(f query.Filter, rower Rower, row []place, op query.CompareOp) ([]place, query.CompareOp) {
	later, last := f.(*query.Compare)
	var and *query.And
	if or, is := f.(*query.Or); is && len(or.Terms) == 2 {
		later, _ = or.Terms[0].(*query.Compare)
		and, _ = or.Terms[1].(*query.And)
	}
	if later == nil || !last && and == nil || later.Op != query.Gt && later.Op != query.Lt || row != nil && later.Op != op {
		return nil, 0
	}
	p := place{b.rowField(later), later.Value}
	if p.field < 0 || rower != nil && !rower.InRow(b, p.field, p.value, Ask) {
		return nil, 0
	}
	row = append(row, p)
	if last {
		return row, later.Op
	}
	if len(and.Terms) != 2 {
		return nil, 0
	}
	if same, is := and.Terms[0].(*query.Compare); !is || same.Op != query.Eq || same.Path != later.Path || same.Value != later.Value {
		return nil, 0
	}
	return b.rowOf(and.Terms[1], rower, row, later.Op)
}

// rowField returns the column of a comparison with a value of its kind that compares by its bytes; -1 for others.
func (b *Builder) rowField(c *query.Compare) int {
	i := b.Index(c.Path)
	if c.Path.Sub != "" || c.Value.IsNull() || i < 0 {
		return -1
	}
	of := &b.Table.Columns[i]
	if of.Kind == query.KindJSON || of.Kind != c.Value.Kind() || of.Folding != nil || of.Hides || of.Guarded {
		return -1
	}
	return i
}
