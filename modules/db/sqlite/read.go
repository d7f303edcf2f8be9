package sqlite

import (
	"github.com/ncruces/go-sqlite3"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

func (c *conn) find(col *db.Collection, f db.Find) ([]query.Row, error) {
	fields := c.build(col).Find(f)
	s, err := c.bound()
	if err != nil {
		return nil, err
	}
	rows, err := c.rows(s, fields, f.Limit, f.Bytes)
	s.Reset()
	return rows, err
}

// rows steps through the builder's statement, whose columns are the fields. The strings of all rows share one allocation, and
// so do their values, in blocks.
func (c *conn) rows(s *sqlite3.Stmt, fields []int, limit, bytes int) ([]query.Row, error) {
	table := c.builder.Table
	width := len(table.Columns)
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
			values[base+field] = c.column(s, i, table.Columns[field].Kind, base+field)
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
		switch table.Columns[sp.value%width].Kind {
		case query.KindJSON:
			values[sp.value] = query.RawJSON(part)
		case query.KindBytes:
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
func (c *conn) column(s *sqlite3.Stmt, i int, kind query.Kind, at int) query.Value {
	if s.ColumnType(i) == sqlite3.NULL {
		return query.Null
	}
	switch kind {
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
	c.build(col).Count(where)
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

func (c *conn) aggregate(col *db.Collection, a db.Aggregate) ([][]query.Value, error) {
	kinds := c.build(col).Aggregate(a)
	s, err := c.bound()
	if err != nil {
		return nil, err
	}
	defer s.Reset()
	var rows [][]query.Value
	for s.Step() {
		row := make([]query.Value, len(kinds))
		for i, kind := range kinds {
			c.text, c.spans = c.text[:0], c.spans[:0]
			if row[i] = c.column(s, i, kind, 0); len(c.spans) > 0 {
				row[i] = query.String(string(c.text))
				if kind == query.KindBytes {
					row[i] = query.Bytes(string(c.text))
				}
			}
		}
		rows = append(rows, row)
	}
	return rows, s.Err()
}
