package sqlite

import (
	"strconv"

	"github.com/ncruces/go-sqlite3"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

func (c *conn) find(col *db.Collection, f db.Find) ([]query.Row, error) {
	fields := c.builder.find(col, f)
	s, err := c.bound()
	if err != nil {
		return nil, err
	}
	rows, err := c.rows(s, col, fields, f.Limit, f.Bytes)
	s.Reset()
	return rows, err
}

// find writes the statement of a Find and returns the fields of its columns.
func (b *builder) find(col *db.Collection, f db.Find) []int {
	b.start(col)
	b.write("SELECT ")
	fields := f.Fields
	if fields == nil {
		fields = col.Stored()
	}
	b.columns(fields)
	b.write(" FROM ")
	if f.PerLimit > 0 {
		b.ranked(f)
	} else {
		b.name(col.Table)
		b.where(f.Where)
	}
	if f.Rank != nil {
		b.byRank(f.Rank)
	} else {
		b.order(f.Sort)
	}
	b.limit(f.Limit)
	if f.Offset > 0 {
		b.write(" OFFSET ")
		b.arg(query.Int(int64(f.Offset)))
	}
	return fields
}

// ranked writes the rows of a Find that are among the first of their group.
func (b *builder) ranked(f db.Find) {
	b.write("(SELECT *, row_number() OVER (PARTITION BY ")
	b.name(b.col.Columns[f.Per].Name)
	b.order(f.Sort)
	b.write(") AS basalt_rank FROM ")
	b.name(b.col.Table)
	b.where(f.Where)
	b.write(") AS ranked WHERE basalt_rank <= ")
	b.arg(query.Int(int64(f.PerLimit)))
}

// rows steps through a statement whose columns are the fields. The strings of all rows share one allocation, and
// so do their values, in blocks.
func (c *conn) rows(s *sqlite3.Stmt, col *db.Collection, fields []int, limit, bytes int) ([]query.Row, error) {
	width := len(col.Columns)
	guess := 8
	if limit > 0 {
		guess = min(limit, 64)
	}
	values := make([]query.Value, 0, guess*width)
	c.text, c.spans = c.text[:0], c.spans[:0]
	count := 0
	for s.Step() {
		count++
		base := len(values)
		for range width {
			values = append(values, query.Null)
		}
		for i, field := range fields {
			values[base+field] = c.column(s, i, col.Columns[field].Type, base+field)
		}
		if db.Full(bytes, len(values), len(c.text)) {
			c.text, c.spans = nil, c.spans[:0]
			return nil, db.ErrTooLarge
		}
	}
	if err := s.Err(); err != nil {
		return nil, err
	}
	text := string(c.text)
	for _, sp := range c.spans {
		part := text[sp.from:sp.to]
		switch col.Columns[sp.value%width].Type {
		case query.TypeJSON:
			values[sp.value] = query.RawJSON(part)
		case query.TypeBytes:
			values[sp.value] = query.Bytes(part)
		default:
			values[sp.value] = query.String(part)
		}
	}
	rows := make([]query.Row, count)
	for i := range rows {
		rows[i] = query.Row(values[i*width : (i+1)*width : (i+1)*width])
	}
	return rows, nil
}

// column returns a value of the current row. A string is recorded for value number at.
func (c *conn) column(s *sqlite3.Stmt, i int, t query.Type, at int) query.Value {
	kind := s.ColumnType(i)
	if kind == sqlite3.NULL {
		return query.Null
	}
	switch t.Kind() {
	case query.KindInt:
		return query.Int(s.ColumnInt64(i))
	case query.KindFloat:
		return query.Double(s.ColumnFloat(i))
	case query.KindBool:
		return query.Bool(s.ColumnInt64(i) != 0)
	case query.KindTime:
		return query.Micros(s.ColumnInt64(i))
	}
	from := len(c.text)
	c.text = append(c.text, s.ColumnRawText(i)...)
	c.spans = append(c.spans, span{at, from, len(c.text)})
	return query.Null
}

func (c *conn) count(col *db.Collection, where query.Filter) (int64, error) {
	c.builder.count(col, where)
	s, err := c.bound()
	if err != nil {
		return 0, err
	}
	defer s.Reset()
	if !s.Step() {
		return 0, s.Err()
	}
	return s.ColumnInt64(0), nil
}

// count writes the statement of a count.
func (b *builder) count(col *db.Collection, where query.Filter) {
	b.start(col)
	b.write("SELECT count(*) FROM ")
	b.name(col.Table)
	b.where(where)
}

// aggregate writes the statement of an aggregate and returns the types of its columns.
func (b *builder) aggregate(col *db.Collection, a db.Aggregate) []query.Type {
	b.start(col)
	b.write("SELECT ")
	var types []query.Type
	each := func(function string, fields []int, typ func(int) query.Type) {
		for _, f := range fields {
			if len(types) > 0 {
				b.write(", ")
			}
			types = append(types, typ(f))
			b.write(function)
			b.name(col.Columns[f].Name)
			b.write(") AS basalt_" + strconv.Itoa(len(types)))
		}
	}
	own := func(f int) query.Type { return col.Columns[f].Type }
	for i, f := range a.Group {
		if i > 0 {
			b.write(", ")
		}
		b.name(col.Columns[f].Name)
		types = append(types, own(f))
	}
	if a.Count {
		if len(types) > 0 {
			b.write(", ")
		}
		types = append(types, query.TypeInt)
		b.write("count(*) AS basalt_" + strconv.Itoa(len(types)))
	}
	each("sum(", a.Sum, own)
	each("avg(", a.Avg, func(int) query.Type { return query.TypeFloat })
	each("min(", a.Min, own)
	each("max(", a.Max, own)
	b.write(" FROM ")
	b.name(col.Table)
	b.where(a.Where)
	for i, f := range a.Group {
		b.write([]string{" GROUP BY ", ", "}[min(i, 1)])
		b.name(col.Columns[f].Name)
	}
	for i, f := range a.Group {
		b.write([]string{" ORDER BY ", ", "}[min(i, 1)])
		b.name(col.Columns[f].Name)
	}
	b.limit(a.Limit)
	return types
}

func (c *conn) aggregate(col *db.Collection, a db.Aggregate) ([][]query.Value, error) {
	types := c.builder.aggregate(col, a)
	s, err := c.bound()
	if err != nil {
		return nil, err
	}
	defer s.Reset()
	var rows [][]query.Value
	for s.Step() {
		row := make([]query.Value, len(types))
		for i, t := range types {
			c.text, c.spans = c.text[:0], c.spans[:0]
			if row[i] = c.column(s, i, t, 0); len(c.spans) > 0 {
				row[i] = query.String(string(c.text))
				if t == query.TypeBytes {
					row[i] = query.Bytes(string(c.text))
				}
			}
		}
		rows = append(rows, row)
	}
	return rows, s.Err()
}
