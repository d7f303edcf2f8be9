package sqlite

import (
	"errors"
	"fmt"
	"strings"

	"github.com/basalt-dev/basalt/modules/db"
	sqldb "github.com/basalt-dev/basalt/modules/db/sql"
	"github.com/basalt-dev/basalt/modules/query"
)

// A column of another program takes values of any type, whatever it is declared as (datatype3, section 3). A value that is
// none of the field reads as null, so it has to be null in conditions, too, and a rule decides alike in SQL and in memory. A
// column that has such values is hidden behind an expression that makes them null. Whether it has is asked when the tables
// are synced; a column where one turns up later is hidden from then on, and the statement that has read it runs again.

// errHidden is the error of a statement that has read what its conditions did not know of.
var errHidden = errors.New("a column has values that are none of its field")

// hiding are the parts that make a value null that is none of a kind; nil for JSON, see [dialect.guards].
func hiding(kind query.Kind) []string {
	typed := "' THEN "
	switch kind {
	case query.KindInt, query.KindTime:
		return []string{"CASE WHEN typeof(", ") = 'integer" + typed, " END"}
	case query.KindBool:
		return []string{"CASE WHEN typeof(", ") = 'integer" + typed, " <> 0 END"}
	case query.KindFloat:
		return []string{"CASE WHEN typeof(", ") IN ('real', 'integer') THEN ", " END"}
	case query.KindString:
		return []string{"CASE WHEN typeof(", ") = 'text" + typed, " END COLLATE BINARY"}
	case query.KindBytes:
		return []string{"CASE WHEN typeof(", ") = 'blob" + typed, " END"}
	case query.KindDate:
		return []string{"CASE WHEN typeof(", ") = 'text' AND (date(", ") IS ", " OR ", " IN ('infinity', '-infinity')) THEN ", " END COLLATE BINARY"}
	case query.KindDecimal:
		return []string{"CASE WHEN typeof(", ") = 'text' AND basalt_decimal_text(", ") IS NOT NULL THEN ", " END COLLATE BINARY"}
	}
	return nil
}

// hides reports whether a column is hidden.
func (d *dialect) hides(c *db.Collection, field int) bool {
	_, ok := d.hidden.Load(collated(c.Table, c.Columns[field].Name))
	return ok
}

// hide hides a column from now on.
func (d *dialect) hide(c *db.Collection, field int) {
	if hiding(c.Columns[field].Type.Kind()) == nil || d.hides(c, field) {
		return
	}
	d.making.Lock()
	defer d.making.Unlock()
	d.hidden.Store(collated(c.Table, c.Columns[field].Name), true)
	d.hidings.Add(1)
	d.tables.Clear()
}

// probe hides the columns of a collection that have such values. Tables that are STRICT have few, which show when they
// are read.
func (c *conn) probe(col *db.Collection) error {
	if _, again := c.dialect.probed.LoadOrStore(strings.ToLower(col.Table), true); again {
		return nil
	}
	strict, err := c.number("SELECT coalesce(max(strict), 0) FROM pragma_table_list WHERE schema = 'main' AND lower(name) = " + "'" + strings.ReplaceAll(strings.ToLower(col.Table), "'", "''") + "'")
	if err != nil || strict == 1 {
		return err
	}
	var fields []int
	var odd []string
	for _, i := range col.Stored() {
		name, kind := quote(col.Columns[i].Name), col.Columns[i].Type.Kind()
		parts := hiding(kind)
		if parts == nil {
			continue
		}
		fields = append(fields, i)
		condition := name + " IS NOT NULL AND " + strings.Join(parts, name) + " IS NULL"
		if kind == query.KindBool {
			condition = name + " NOT IN (0, 1)"
		}
		odd = append(odd, "coalesce(max("+condition+"), 0)")
	}
	if fields == nil {
		return nil
	}
	s, _, err := c.db.Prepare("SELECT " + strings.Join(odd, ", ") + " FROM " + quote(col.Table))
	if err != nil {
		return fmt.Errorf("looking through %s: %w", col.Table, err)
	}
	defer s.Close()
	if s.Step() {
		for n, i := range fields {
			if s.ColumnBool(n) {
				c.dialect.hide(col, i)
			}
		}
	}
	return s.Err()
}

// finds reports whether an index of a hidden column finds what equals a value; there may be more than that.
func (d *dialect) finds(b *sqldb.Builder, field int) bool {
	c := &b.Table.Columns[field]
	return c.Hides && c.Kind != query.KindBool
}
