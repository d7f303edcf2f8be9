package mysql

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/basalt-dev/basalt/modules/db"
	sqldb "github.com/basalt-dev/basalt/modules/db/sql"
	"github.com/basalt-dev/basalt/modules/query"
)

// Columns of other programs may have values that no field has: dates of zeros such as 0000-00-00 and 2024-02-00, days that are
// none such as 2024-02-31, and unsigned numbers beyond 64 bits with a sign. They read as null, so they have to be null in
// conditions, too, and a rule decides alike in SQL and in memory. A column that has such values is hidden behind an expression
// that makes them null; comparisons with = < > IN still find their rows by an index, while orders and nulls do not.
//
// Whether a column has them is asked when the tables are synced, and a column where one turns up later is hidden from then
// on: the statement that has read it runs again.

// noZeros is the comment on columns that have no such values: those of Basalt, and those whose owner says so.
const noZeros = "no zeros"

// probing bounds how long a table is looked through. Columns of a larger one are hidden, unless their comment spares that.
const probing = 20 * time.Second

// hiding are the parts that make a value null that no field has; nil for types that have none.
func (c *column) hiding() []string {
	switch {
	case c.typ == "bigint" && strings.HasSuffix(c.full, "unsigned"):
		return []string{"IF(", " <= 9223372036854775807, ", ", NULL)"}
	case c.typ == "date" || c.typ == "datetime" || c.typ == "timestamp":
		// Functions that refuse such a date make an update fail where it meets one.
		return []string{"IF(dayofmonth(", ") BETWEEN 1 AND elt(month(", "), 31, 28 + (year(", ") % 4 = 0 AND year(", ") % 100 <> 0 OR year(", ") % 400 = 0), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31), ", ", NULL)"}
	}
	return nil
}

// mayHide reports whether a column may have values that the field cannot have.
func (c *column) mayHide(kind query.Kind) bool {
	return c.comment != noZeros && (kind == query.KindInt || kind == query.KindTime || kind == query.KindDate) && c.hiding() != nil
}

func hiddenName(c *db.Collection, field int) string { return c.Table + "\x00" + c.Columns[field].Name }

// hides reports whether a column is hidden.
func (d *Driver) hides(c *db.Collection, field int) bool {
	_, ok := d.hidden.Load(hiddenName(c, field))
	return ok
}

// hide hides a column from now on. It reports false if it was hidden before.
func (d *Driver) hide(c *db.Collection, field int) bool {
	d.hiding.Lock()
	defer d.hiding.Unlock()
	_, before := d.hidden.LoadOrStore(hiddenName(c, field), true)
	if !before {
		d.layouts.Clear()
	}
	return !before
}

// errHidden is the error of a statement that has read what its conditions did not know of. It is to run again.
var errHidden = errors.New("a column has values that no field can have")

// probe hides the columns of a collection's table that have such values.
func (d *Driver) probe(ctx context.Context, c *db.Collection) error {
	ctx, cancel := context.WithTimeout(ctx, probing)
	defer cancel()
	var dates, all []int
	for _, i := range c.Stored() {
		if of := d.column(c, i); d.table(c) != nil && of.mayHide(c.Columns[i].Type.Kind()) && !d.hides(c, i) {
			if all = append(all, i); of.typ != "bigint" {
				dates = append(dates, i)
			}
		}
	}
	if all == nil {
		return nil
	}
	err := d.with(ctx, func(run *sql.Conn) error {
		if len(dates) > 1 { // one look at the table tells, most of the time
			if found, err := d.finds(ctx, run, c, dates); err != nil {
				return err
			} else if !found {
				all = slices.DeleteFunc(all, func(i int) bool { return slices.Contains(dates, i) })
			}
		}
		for _, i := range all {
			found, err := d.finds(ctx, run, c, []int{i})
			if err != nil {
				return err
			}
			if found {
				d.hide(c, i)
			}
		}
		return nil
	})
	if ctx.Err() == nil {
		return err
	}
	for _, i := range all {
		d.hide(c, i)
		d.log.Warn("a table is too large to look for dates of zeros, or numbers without a sign beyond 64 bits, so that orders by this column are not read from an index; if there are none, say so in a comment on the column", "table", c.Table, "column", c.Columns[i].Name, "comment", noZeros)
	}
	return nil
}

// finds reports whether one of some columns has a value that is to be hidden.
func (d *Driver) finds(ctx context.Context, run runner, c *db.Collection, fields []int) (found bool, err error) {
	var b strings.Builder
	b.WriteString("SELECT EXISTS (SELECT 1 FROM " + tableName(c.Table))
	for n, i := range fields {
		of, name := d.column(c, i), quote(c.Columns[i].Name)
		b.WriteString(map[bool]string{true: " WHERE ", false: " OR "}[n == 0])
		if of.typ == "bigint" {
			b.WriteString(name + " > 9223372036854775807")
			continue
		}
		b.WriteString(name + " IS NOT NULL AND " + strings.Join(of.hiding(), name) + " IS NULL")
	}
	b.WriteString(")")
	err = each(ctx, run, b.String(), []any{&found}, func() {})
	return found, err
}

// compareHidden compares a hidden column with a value. The column itself finds the rows by its index.
func (d *dialect) compareHidden(b *sqldb.Builder, field int, op query.CompareOp, v query.Value) {
	if op == query.Eq {
		b.Name(field)
		b.Write(" = ")
		d.Param(b, v)
		return
	}
	b.Write("(")
	b.Name(field)
	b.Write(sqldb.Symbol(op))
	d.Param(b, v)
	b.Write(" AND ")
	b.Value(field)
	b.Write(" IS NOT NULL)")
}
