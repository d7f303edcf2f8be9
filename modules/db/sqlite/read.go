package sqlite

import (
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/ncruces/go-sqlite3"

	"github.com/basalt-dev/basalt/modules/db"
	sqldb "github.com/basalt-dev/basalt/modules/db/sql"
	"github.com/basalt-dev/basalt/modules/query"
)

func (c *conn) find(col *db.Collection, f db.Find) ([]query.Row, error) {
	fields := c.build(col).Find(f)
	s, err := c.bound()
	if err != nil {
		return nil, err
	}
	before := c.dialect.hidings.Load()
	rows, err := c.rows(s, c.builder.Table.Kinds, fields, f.Limit, f.Bytes)
	s.Reset()
	if err == nil && c.dialect.hidings.Load() != before {
		return nil, errHidden
	}
	return rows, err
}

// rows steps through a statement. Its columns are the fields, nil for all of them, of rows of these kinds.
func (c *conn) rows(s *sqlite3.Stmt, kinds []query.Kind, fields []int, limit, bytes int) ([]query.Row, error) {
	defer c.ended()
	read := &c.read
	read.Start(kinds, limit)
	var lost []lostValue
	for row := 0; s.Step(); row++ {
		read.Next()
		if fields == nil {
			for i, kind := range kinds {
				column(read, s, i, kind, i)
			}
		}
		for i, field := range fields {
			if !column(read, s, i, kinds[field], field) {
				lost = append(lost, lostValue{row, field})
			}
		}
		if read.Full(bytes) {
			c.read = sqldb.Rows{}
			return nil, db.ErrTooLarge
		}
	}
	if err := s.Err(); err != nil {
		return nil, err
	}
	out := read.Done()
	for _, l := range lost {
		if kinds[l.field] == query.KindJSON {
			c.dialect.guards.Store(true) // SQLite reads more than JSON
		}
		c.dialect.hide(c.builder.Table.Collection, l.field)
		c.dialect.unshown.Report(c.builder.Table.Collection, out[l.row], l.field, time.Now())
	}
	return out, nil
}

// lostValue is a stored value that is none of its field.
type lostValue struct{ row, field int }

// lenient accepts all JSON that a client can read.
var lenient = []jsontext.Options{jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)}

// isJSON reports whether a stored text is JSON; another program may have written it.
func isJSON(text []byte) bool { return jsontext.Value(text).IsValid(lenient...) }

// column reads a value of the current row. It reports false for a value of another type than is due, and for a string
// that is no JSON, date or decimal where it should be. It stays null.
func column(into *sqldb.Rows, s *sqlite3.Stmt, i int, kind query.Kind, field int) bool {
	typ := s.ColumnType(i)
	if typ == sqlite3.NULL {
		return true
	}
	if !holds(typ, kind) {
		return false
	}
	switch kind {
	case query.KindInt:
		into.Set(field, query.Int(s.ColumnInt64(i)))
	case query.KindFloat:
		into.Set(field, query.Double(s.ColumnFloat(i)))
	case query.KindBool:
		into.Set(field, query.Bool(s.ColumnInt64(i) != 0))
	case query.KindTime:
		into.Set(field, query.Micros(s.ColumnInt64(i)))
	case query.KindDecimal:
		from := len(into.Text)
		text, ok := appendDecimal(into.Text, s.ColumnRawText(i))
		if !ok {
			return false
		}
		into.Text = text
		into.Keep(field, from)
	case query.KindDate:
		d, ok := query.ParseDate(string(s.ColumnRawText(i)))
		if !ok || !d.Ordinary() { // other dates do not sort as their texts
			return false
		}
		into.Set(field, d)
	default:
		from := len(into.Text)
		into.Text = append(into.Text, s.ColumnRawText(i)...)
		if kind == query.KindJSON && !isJSON(into.Text[from:]) {
			into.Text = into.Text[:from]
			return false
		}
		into.Keep(field, from)
	}
	return true
}

// holds reports whether a stored value of a type may be one of a kind.
func holds(typ sqlite3.Datatype, kind query.Kind) bool {
	switch kind {
	case query.KindInt, query.KindBool, query.KindTime:
		return typ == sqlite3.INTEGER
	case query.KindFloat:
		return typ == sqlite3.INTEGER || typ == sqlite3.FLOAT
	case query.KindBytes:
		return typ == sqlite3.BLOB
	}
	return typ == sqlite3.TEXT
}

func (c *conn) count(col *db.Collection, where query.Filter) (int64, error) {
	c.build(col).Count(where)
	s, err := c.bound()
	if err != nil {
		return 0, err
	}
	defer c.ended()
	return first(s)
}

func (c *conn) aggregate(col *db.Collection, a db.Aggregate) ([][]query.Value, error) {
	kinds := c.build(col).Aggregate(a)
	s, err := c.bound()
	if err != nil {
		return nil, err
	}
	defer s.Reset()
	rows, err := c.rows(s, kinds, nil, a.Limit, 0)
	if err != nil {
		return nil, err
	}
	c.builder.Averages(rows)
	out := make([][]query.Value, len(rows))
	for i, row := range rows {
		out[i] = row
	}
	return out, nil
}
