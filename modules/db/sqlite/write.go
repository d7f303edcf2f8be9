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
	all := c.dialect.Table(col).Stored
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
		c.build(col).Insert(fields, row)
		if made != nil {
			err = c.insertMade(row, made)
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
		if facts.follows {
			if err := c.readBack(col, row, facts); err != nil {
				return err
			}
		}
	}
	return nil
}

// readBack reads the row that the last statement has inserted, as its triggers have left it. One that they have removed
// stays as it is.
func (c *conn) readBack(col *db.Collection, row query.Row, facts *facts) error {
	b := c.build(col)
	b.Write("SELECT ")
	b.Columns(b.Table.Stored)
	b.Write(" FROM " + b.Table.Name)
	if facts.rowid {
		b.Write(" WHERE _rowid_ = ")
		b.Question(query.Int(c.db.LastInsertRowID()))
	} else {
		b.Where(col.ByKey(col.ID(row)))
	}
	s, err := c.bound()
	if err != nil {
		return err
	}
	rows, err := c.rows(s, b.Table.Kinds, b.Table.Stored, 1, 0)
	s.Reset()
	if err == nil && len(rows) == 1 {
		copy(row, rows[0])
	}
	return err
}

// readAgain replaces rows by what triggers have left of them.
func (c *conn) readAgain(col *db.Collection, rows []query.Row) error {
	for i, row := range rows {
		now, err := c.find(col, db.Find{Query: query.Query{Where: col.ByKey(col.ID(row))}})
		if err != nil {
			return err
		}
		if len(now) == 1 {
			rows[i] = now[0]
		}
	}
	return nil
}

// insertMade runs an insert and reads the values that the database has set.
func (c *conn) insertMade(row query.Row, made []int) error {
	c.builder.Returning(made)
	s, err := c.bound()
	if err != nil {
		return err
	}
	rows, err := c.rows(s, c.builder.Table.Kinds, made, 1, 0)
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
	// computed are those that it computes.
	computed []int
	// ignores is true if a trigger may replace the requested change, by RAISE(IGNORE).
	ignores bool
	// follows is true if triggers of another program may change what was written, after it was. RETURNING has it as it
	// was before.
	follows bool
	// rowid is true if the table has rowids.
	rowid bool
}

const (
	// generated are the columns that a table computes.
	generated = "SELECT lower(name) FROM pragma_table_xinfo(?) WHERE hidden > 1"
	// others are the triggers of other programs; followers are those that run after a change of a row.
	others    = `SELECT name FROM sqlite_schema WHERE type = 'trigger' AND lower(tbl_name) = lower(?) AND name NOT LIKE '%\_basalt\_%' ESCAPE '\'`
	followers = others + ` AND sql LIKE '%AFTER%'`
)

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
		err = c.each(generated, col.Table, func(name string) {
			f.computed = append(f.computed, slices.DeleteFunc(slices.Clone(f.filled), func(i int) bool { return strings.ToLower(col.Columns[i].Name) != name })...)
		})
	}
	if err == nil {
		err = c.each("SELECT name FROM sqlite_schema WHERE type = 'trigger' AND lower(tbl_name) = lower(?) AND sql LIKE '%RAISE%(%IGNORE%)%'", col.Table, func(string) { f.ignores = true })
	}
	if err == nil {
		err = c.each(followers, col.Table, func(string) { f.follows = true })
	}
	if err == nil {
		err = c.each("SELECT name FROM pragma_table_list(?) WHERE type = 'table' AND NOT wr", col.Table, func(string) { f.rowid = true })
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
	if computed := c.known[col].computed; computed != nil { // [conn.selected] has asked for it
		u.Set = slices.DeleteFunc(slices.Clone(u.Set), func(a db.Assignment) bool { return a.Value.IsNull() && slices.Contains(computed, a.Field) })
		if len(u.Set) == 0 { // nothing that the database does not make itself
			rows, err := c.find(col, db.Find{Query: query.Query{Where: u.Where}})
			return int64(len(rows)), rows, err
		}
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
	b := c.build(col)
	b.Update(u)
	if !u.Return {
		return c.affect()
	}
	fields := b.Table.Stored
	b.Returning(fields)
	s, err := c.bound()
	if err != nil {
		return 0, nil, err
	}
	rows, err := c.rows(s, b.Table.Kinds, fields, 1, 0)
	s.Reset()
	if err == nil && c.known[col].follows { // [conn.selected] has asked for it
		err = c.readAgain(col, rows)
	}
	return int64(len(rows)), rows, err
}

func (c *conn) remove(col *db.Collection, where query.Filter) (int64, error) {
	selected, err := c.selected(col, where) // deletes replaced by a trigger are not counted
	if err != nil {
		return 0, err
	}
	c.build(col).Delete(where)
	n, _, err := c.affect()
	return max(n, selected), err
}

func (c *conn) affect() (int64, []query.Row, error) {
	s, err := c.bound()
	if err != nil {
		return 0, nil, err
	}
	defer c.ended()
	if err := s.Exec(); err != nil {
		return 0, nil, err
	}
	return c.db.Changes(), nil, nil // excludes changes by triggers
}
