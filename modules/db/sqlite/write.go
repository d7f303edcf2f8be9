package sqlite

import (
	"errors"
	"slices"
	"strings"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

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
		b.insert(col, fields, row)
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

// insert writes the statement that stores some fields of a row.
func (b *builder) insert(col *db.Collection, fields []int, row query.Row) {
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
	fields := c.builder.update(col, u)
	if !u.Return {
		return c.affect()
	}
	s, err := c.bound()
	if err != nil {
		return 0, nil, err
	}
	rows, err := c.rows(s, col, fields, 1, 0)
	s.Reset()
	return int64(len(rows)), rows, err
}

// update writes the statement of an update and returns the fields of its columns, if it returns rows.
func (b *builder) update(col *db.Collection, u db.Update) []int {
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
		return nil
	}
	b.write(" RETURNING ")
	fields := col.Stored()
	b.columns(fields)
	return fields
}

func (c *conn) remove(col *db.Collection, where query.Filter) (int64, error) {
	selected, err := c.selected(col, where) // deletes replaced by a trigger are not counted
	if err != nil {
		return 0, err
	}
	c.builder.remove(col, where)
	n, _, err := c.affect()
	return max(n, selected), err
}

// remove writes the statement of a delete.
func (b *builder) remove(col *db.Collection, where query.Filter) {
	b.start(col)
	b.write("DELETE FROM ")
	b.name(col.Table)
	b.where(where)
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
