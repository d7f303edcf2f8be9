package sqldb

import (
	"strconv"
	"strings"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// Find writes the statement of a Find and returns the fields of its columns.
func (b *Builder) Find(f db.Find) []int {
	fields := f.Fields
	if fields == nil {
		fields = b.Table.Stored
	}
	b.Write("SELECT ")
	b.Columns(fields)
	b.Write(" FROM ")
	table := b.Table.Name
	if f.PerLimit > 0 {
		table = rankedRows
		b.ranked(f)
	} else {
		b.Write(b.Table.Name)
		b.Where(f.Where)
	}
	if f.Rank != nil {
		b.dialect.Rank(b, f.Rank)
	} else {
		b.order(f.Sort, table)
	}
	b.limit(f.Limit)
	if f.Offset > 0 {
		b.Write(" OFFSET ")
		b.Param(query.Int(int64(f.Offset)))
	}
	switch f.Lock {
	case db.Exclusive:
		b.Write(b.syntax.Exclusive)
	case db.Shared:
		b.Write(b.syntax.Shared)
	}
	return fields
}

// rankedRows is the name of the rows of a Find with PerLimit.
const rankedRows = "ranked"

// ranked writes the rows of a Find that are among the first of their group.
func (b *Builder) ranked(f db.Find) {
	b.Write("(SELECT *, row_number() OVER (PARTITION BY ")
	for n, i := range f.Per {
		b.between(n, "", ", ")
		b.Name(i)
	}
	b.order(f.Sort, b.Table.Name)
	b.Write(") AS basalt_rank FROM ")
	b.Write(b.Table.Name)
	b.Where(f.Where)
	b.Write(") AS " + rankedRows + " WHERE basalt_rank <= ")
	b.Param(query.Int(int64(f.PerLimit)))
}

// order makes null the smallest value, or the largest where a key says so. The columns are those of a table, of which there may be others of the same name
// in the answer.
func (b *Builder) order(sort []query.SortKey, table string) {
	for n, key := range sort {
		b.between(n, " ORDER BY ", ", ")
		if key.Sub != "" {
			b.orderInside(key)
			continue
		}
		notNull := key.Of == nil && b.Table.notNull(b.Index(query.Path{Field: key.Field}))
		if key.NullLargest && !notNull {
			b.sortKey(key, table)
			b.Write(" IS NULL")
			if key.Desc {
				b.Write(" DESC")
			}
			b.Write(", ")
		}
		b.sortKey(key, table)
		if key.Desc {
			b.Write(" DESC")
		}
		switch {
		case notNull || key.NullLargest:
		case key.Desc:
			b.Write(b.syntax.NullsLast)
		default:
			b.Write(b.syntax.NullsFirst)
		}
	}
}

// sortKey writes what a key orders by.
func (b *Builder) sortKey(key query.SortKey, table string) {
	if key.Of != nil {
		alias := b.Alias
		b.Alias = table + "."
		b.reach(key.Of.Steps, key.Field)
		b.Alias = alias
		return
	}
	i := b.Table.Collection.Shape.Index(key.Field)
	switch c := &b.Table.Columns[i]; {
	case c.Sorts:
		b.Write(table)
		b.Write(".")
		b.Write(c.Name)
	case c.Bare:
		b.Name(i)
	default:
		b.Sorted(i)
	}
}

// limit writes the number itself: there are few distinct ones, and the planner may use it.
func (b *Builder) limit(n int) {
	if n > 0 {
		b.Write(" LIMIT ")
		b.Int(n)
	}
}

// Count writes the statement of a count.
func (b *Builder) Count(where query.Filter) {
	b.Write("SELECT count(*) FROM ")
	b.Write(b.Table.Name)
	b.Where(where)
}

// Aggregate writes the statement of an aggregate and returns the kinds of its columns.
func (b *Builder) Aggregate(a db.Aggregate) []query.Kind {
	b.Write("SELECT ")
	var kinds []query.Kind
	next := func(kind query.Kind) {
		if len(kinds) > 0 {
			b.Write(", ")
		}
		kinds = append(kinds, kind)
	}
	// Prefixed names avoid collisions with groups by fields called count or sum.
	named := func() {
		b.Write(" AS basalt_")
		b.Write(strconv.Itoa(len(kinds)))
	}
	for _, f := range a.Group {
		next(b.Table.Columns[f].Kind)
		if b.Table.Columns[f].Folding == nil {
			b.Value(f)
			continue
		}
		b.Write("min(") // one of those that are equal
		b.Value(f)
		b.Write(")")
	}
	if a.Count {
		next(query.KindInt)
		b.Write("count(*)")
		named()
	}
	for _, of := range []struct {
		function string
		fields   []int
	}{{"sum", a.Sum}, {"avg", a.Avg}, {"min", a.Min}, {"max", a.Max}} {
		for _, f := range of.fields {
			kind := b.Table.Columns[f].Kind
			switch {
			case of.function != "avg":
			case kind == query.KindDecimal: // the sum and the number of values, see Averages
				b.averages = append(b.averages, len(kinds))
				kind = query.KindString
			default:
				kind = query.KindFloat
			}
			next(kind)
			b.dialect.Aggregate(b, of.function, f)
			named()
		}
	}
	b.Write(" FROM ")
	b.Write(b.Table.Name)
	b.Where(a.Where)
	for i, f := range a.Group {
		b.between(i, " GROUP BY ", ", ")
		if b.Table.Columns[f].Folding == nil {
			b.Value(f)
		} else {
			b.Sorted(f)
		}
	}
	for i, f := range a.Group {
		b.between(i, " ORDER BY ", ", ")
		b.Sorted(f)
		b.Write(b.syntax.NullsFirst)
	}
	b.limit(a.Limit)
	return kinds
}

// Averages replaces the sums and numbers in the rows of an aggregate by averages. Databases would round each in its own
// way.
func (b *Builder) Averages(rows []query.Row) {
	for _, row := range rows {
		for _, i := range b.averages {
			text, n, _ := strings.Cut(row[i].Text(), "/")
			sum, ok := query.StoredDecimal(text)
			count, err := strconv.ParseInt(n, 10, 64)
			row[i] = query.Null
			if ok && err == nil {
				row[i] = query.Average(sum, count)
			}
		}
	}
}

// Call writes a call of a function with a column.
func (b *Builder) Call(function string, field int) {
	b.Write(function)
	b.Write("(")
	b.Ordered(field)
	b.Write(")")
}

// Insert writes the statement that stores some fields of rows.
func (b *Builder) Insert(fields []int, rows ...query.Row) {
	if len(fields) == len(b.Table.Stored) {
		b.Write(b.Table.insert)
	} else {
		b.Write(b.Table.insertInto(fields))
	}
	for r, row := range rows {
		b.between(r, "(", ", (")
		for n, i := range fields {
			if n > 0 {
				b.Write(", ")
			}
			b.dialect.Stored(b, i, row[i])
		}
		b.Write(")")
	}
}

// Update writes the statement of an update, without the rows that it may return.
func (b *Builder) Update(u db.Update) {
	b.Write("UPDATE ")
	b.Write(b.Table.Name)
	for n, a := range u.Set {
		b.between(n, " SET ", ", ")
		b.Name(a.Field)
		b.Write(" = ")
		b.dialect.Stored(b, a.Field, a.Value)
	}
	b.Where(u.Where)
}

// Delete writes the statement of a delete.
func (b *Builder) Delete(where query.Filter) {
	b.Write("DELETE FROM ")
	b.Write(b.Table.Name)
	b.Where(where)
}

// Returning makes a change return columns of the rows that it has written. Not every database can.
func (b *Builder) Returning(fields []int) {
	b.Write(" RETURNING ")
	b.Columns(fields)
}
