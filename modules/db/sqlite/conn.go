package sqlite

import (
	"errors"
	"slices"
	"strings"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/ext/fts5"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

// maxStatements limits the prepared statements of a connection. Filters have an unlimited number of forms.
const maxStatements = 300

// conn is one connection with its prepared statements. One goroutine uses it at a time.
type conn struct {
	db         *sqlite3.Conn
	statements map[string]*sqlite3.Stmt
	builder    builder
	// known caches schema information by collection.
	known map[*db.Collection]*facts
	text  []byte // all strings of the rows being read, concatenated
	spans []span
}

type span struct{ value, from, to int }

func open(path, setup string) (*conn, error) {
	c, err := sqlite3.Open(uriOf(path))
	if err != nil {
		return nil, err
	}
	if err := fts5.Register(c); err != nil {
		return nil, err
	}
	if err := c.BusyTimeout(busyTimeout); err != nil {
		return nil, err
	}
	if err := c.Exec(setup); err != nil {
		return nil, err
	}
	return &conn{db: c, statements: map[string]*sqlite3.Stmt{}}, nil
}

func (c *conn) close() error {
	c.forget()
	return c.db.Close()
}

func (c *conn) forget() {
	for sql, s := range c.statements {
		_ = s.Close() // a statement's close repeats the error of its last step
		delete(c.statements, sql)
	}
}

// prepare returns the prepared statement for a text. The caller must reset it after use.
func (c *conn) prepare(sql string) (*sqlite3.Stmt, error) {
	if s, ok := c.statements[sql]; ok {
		return s, nil
	}
	if len(c.statements) >= maxStatements {
		c.forget()
	}
	s, _, err := c.db.PrepareFlags(sql, sqlite3.PREPARE_PERSISTENT)
	if err != nil {
		return nil, err
	}
	c.statements[sql] = s
	return s, nil
}

// exec runs a statement without parameters or rows.
func (c *conn) exec(sql string) error {
	s, err := c.prepare(sql)
	if err != nil {
		return err
	}
	return s.Exec()
}

// bound returns the builder's statement with its parameters.
func (c *conn) bound() (*sqlite3.Stmt, error) {
	b := &c.builder
	s := c.statements[string(b.sql)] // does not allocate
	if s == nil {
		var err error
		if s, err = c.prepare(string(b.sql)); err != nil {
			return nil, err
		}
	}
	for i, a := range b.args {
		if err := bind(s, i+1, a); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func bind(s *sqlite3.Stmt, i int, v query.Value) error {
	switch v.Kind() {
	case query.KindNull:
		return s.BindNull(i)
	case query.KindBool:
		return s.BindBool(i, v.Bool())
	case query.KindInt, query.KindTime:
		return s.BindInt64(i, v.Int())
	case query.KindFloat:
		return s.BindFloat(i, v.Float())
	case query.KindBytes:
		return s.BindBlob(i, []byte(v.Text()))
	}
	return s.BindText(i, v.Text())
}

// stored returns a field's value in the form of its column.
func stored(t query.Type, v query.Value) query.Value {
	if t == query.TypeJSON && !v.IsNull() {
		return query.String(string(v.AppendJSON(nil)))
	}
	return v
}

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
	b.write(") WHERE basalt_rank <= ")
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

func (c *conn) insert(col *db.Collection, rows []query.Row) error {
	facts, err := c.facts(col)
	if err != nil {
		return err
	}
	if facts.ignores {
		return c.whole(func() error { return c.insertRows(col, rows, facts) })
	}
	return c.insertRows(col, rows, facts)
}

func (c *conn) insertRows(col *db.Collection, rows []query.Row, facts *facts) (err error) {
	b := &c.builder
	all := col.Stored()
	for _, row := range rows {
		fields, made := all, []int(nil)
		for _, i := range facts.filled {
			if row[i] == query.LeftOut {
				made = append(made, i)
			}
		}
		if made != nil {
			fields = slices.DeleteFunc(slices.Clone(all), func(i int) bool { return slices.Contains(made, i) })
		}
		b.start(col)
		b.write("INSERT INTO ")
		b.name(col.Table)
		b.write(" (")
		b.columns(fields)
		b.write(") VALUES (")
		for n, i := range fields {
			if n > 0 {
				b.write(", ")
			}
			b.arg(stored(col.Columns[i].Type, row[i]))
		}
		b.write(")")
		if made != nil {
			err = c.insertMade(col, row, made)
		} else {
			err = c.run()
		}
		if err == nil && facts.ignores && c.db.Changes() == 0 {
			err = errNotStored
		}
		if err != nil {
			return err
		}
		if row[col.Key].IsNull() && numbered(col) {
			row[col.Key] = query.Int(c.db.LastInsertRowID())
		}
	}
	return nil
}

// insertMade runs an insert and reads the values that the database has set.
func (c *conn) insertMade(col *db.Collection, row query.Row, made []int) error {
	c.builder.write(" RETURNING ")
	c.builder.columns(made)
	s, err := c.bound()
	if err != nil {
		return err
	}
	rows, err := c.rows(s, col, made, 1, 0)
	s.Reset()
	if err != nil {
		return err
	}
	if len(rows) == 0 {
		return errNotStored
	}
	for _, i := range made {
		row[i] = rows[0][i]
	}
	return nil
}

func (c *conn) run() error {
	s, err := c.bound()
	if err != nil {
		return err
	}
	return s.Exec()
}

// facts are what a write must know about a table. None of it applies to Basalt's own tables.
type facts struct {
	// filled are the fields that the database computes or has a default for.
	filled []int
	// ignores is true if a trigger may replace the requested change, by RAISE(IGNORE).
	ignores bool
}

func (c *conn) facts(col *db.Collection) (*facts, error) {
	if f := c.known[col]; f != nil {
		return f, nil
	}
	f := &facts{}
	err := c.each("SELECT lower(name) FROM pragma_table_xinfo(?) WHERE dflt_value IS NOT NULL OR hidden > 1", col.Table, func(name string) {
		for _, i := range col.Stored() {
			if strings.ToLower(col.Columns[i].Name) == name {
				f.filled = append(f.filled, i)
			}
		}
	})
	if err == nil {
		err = c.each("SELECT name FROM sqlite_schema WHERE type = 'trigger' AND lower(tbl_name) = lower(?) AND sql LIKE '%RAISE%(%IGNORE%)%'", col.Table, func(string) { f.ignores = true })
	}
	if err != nil {
		return nil, err
	}
	if c.known == nil {
		c.known = map[*db.Collection]*facts{}
	}
	c.known[col] = f
	return f, nil
}

// each calls f for the strings that a statement returns for a table.
func (c *conn) each(sql, table string, f func(string)) error {
	s, _, err := c.db.Prepare(sql)
	if err != nil {
		return err
	}
	defer s.Close()
	if err := s.BindText(1, table); err != nil {
		return err
	}
	for s.Step() {
		f(s.ColumnText(0))
	}
	return s.Err()
}

var errNotStored = fault.Errorf(fault.Invalid, "the database does not store this: a trigger of its own leaves it out")

// selected counts the rows that a change selects, if triggers of the table may replace the change; else it returns
// -1.
func (c *conn) selected(col *db.Collection, where query.Filter) (int64, error) {
	f, err := c.facts(col)
	if err != nil || !f.ignores {
		return -1, err
	}
	return c.count(col, where)
}

func (c *conn) update(col *db.Collection, u db.Update) (int64, []query.Row, error) {
	selected, err := c.selected(col, u.Where)
	if err != nil {
		return 0, nil, err
	}
	if selected < 0 {
		return c.change(col, u)
	}
	var n int64
	var rows []query.Row
	err = c.whole(func() error {
		if n, rows, err = c.change(col, u); err == nil && n < selected {
			err = errNotStored
		}
		return err
	})
	return n, rows, err
}

// whole runs f in a savepoint, which is rolled back if f fails.
func (c *conn) whole(f func() error) error {
	if err := c.exec("SAVEPOINT hook"); err != nil {
		return err
	}
	if err := f(); err != nil {
		return errors.Join(err, c.exec("ROLLBACK TO hook"), c.exec("RELEASE hook"))
	}
	return c.exec("RELEASE hook")
}

func (c *conn) change(col *db.Collection, u db.Update) (int64, []query.Row, error) {
	b := &c.builder
	b.start(col)
	b.write("UPDATE ")
	b.name(col.Table)
	b.write(" SET ")
	for i, a := range u.Set {
		if i > 0 {
			b.write(", ")
		}
		b.name(col.Columns[a.Field].Name)
		b.write(" = ")
		b.arg(stored(col.Columns[a.Field].Type, a.Value))
	}
	b.where(u.Where)
	if !u.Return {
		return c.affect()
	}
	b.write(" RETURNING ")
	fields := col.Stored()
	b.columns(fields)
	s, err := c.bound()
	if err != nil {
		return 0, nil, err
	}
	rows, err := c.rows(s, col, fields, 1, 0)
	s.Reset()
	return int64(len(rows)), rows, err
}

func (c *conn) remove(col *db.Collection, where query.Filter) (int64, error) {
	selected, err := c.selected(col, where) // deletes replaced by a trigger are not counted
	if err != nil {
		return 0, err
	}
	b := &c.builder
	b.start(col)
	b.write("DELETE FROM ")
	b.name(col.Table)
	b.where(where)
	n, _, err := c.affect()
	return max(n, selected), err
}

func (c *conn) affect() (int64, []query.Row, error) {
	s, err := c.bound()
	if err != nil {
		return 0, nil, err
	}
	if err := s.Exec(); err != nil {
		return 0, nil, err
	}
	return c.db.Changes(), nil, nil // excludes changes by triggers
}

func (c *conn) count(col *db.Collection, where query.Filter) (int64, error) {
	b := &c.builder
	b.start(col)
	b.write("SELECT count(*) FROM ")
	b.name(col.Table)
	b.where(where)
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
	b := &c.builder
	b.start(col)
	b.write("SELECT ")
	var types []query.Type
	each := func(function string, fields []int, typ func(int) query.Type) {
		for _, f := range fields {
			if len(types) > 0 {
				b.write(", ")
			}
			b.write(function)
			b.name(col.Columns[f].Name)
			b.write(")")
			types = append(types, typ(f))
		}
	}
	own := func(f int) query.Type { return col.Columns[f].Type }
	each("(", a.Group, own)
	if a.Count {
		if len(types) > 0 {
			b.write(", ")
		}
		b.write("count(*)")
		types = append(types, query.TypeInt)
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
