package postgres

import (
	"slices"
	"strings"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// layout is a collection as statements write it, made once.
type layout struct {
	col     *db.Collection
	table   string // quoted
	columns []written
	stored  []int  // the fields that have a column
	filled  []int  // those of them that the database fills in
	insert  string // the beginning of an insert of all of them
}

// written is a column with its name quoted; between before and after it is a value of its field's kind:
// text, an integer, float8, boolean, timestamptz, jsonb or bytea. Integers of all sizes compare with each
// other by themselves, and by their indexes, and so do both sizes of floats.
type written struct {
	column
	name, before, after string
}

func newLayout(d *Driver, c *db.Collection) *layout {
	l := &layout{col: c, table: tableName(c.Table), columns: make([]written, len(c.Columns)), stored: c.Stored()}
	names := make([]string, 0, len(c.Columns))
	for i := range c.Columns {
		w := written{column: d.column(c, i), name: quote(c.Columns[i].Name)}
		switch w.typ {
		case "character varying", "character", "uuid", "citext", "enum", "name":
			w.after = "::text"
		case "numeric":
			w.after = "::float8"
		case "timestamp without time zone", "date":
			w.before, w.after = "(", "::timestamp AT TIME ZONE 'UTC')"
		case "json":
			w.after = "::jsonb"
		}
		l.columns[i] = w
	}
	for _, i := range l.stored {
		names = append(names, l.columns[i].name)
		if l.columns[i].fills {
			l.filled = append(l.filled, i)
		}
	}
	l.insert = "INSERT INTO " + l.table + " (" + strings.Join(names, ", ") + ") VALUES "
	return l
}

// utc reports whether a column has times of no zone, which are taken to be in UTC. They compare and order
// as they are, so that an index serves.
func (w *written) utc() bool { return w.typ == "timestamp without time zone" || w.typ == "date" }

// fills reports whether the database fills something in when it stores a row.
func (l *layout) fills(row query.Row) bool {
	return slices.ContainsFunc(l.filled, func(i int) bool { return row[i].IsNull() })
}

// layout returns the layout of a collection. What [Driver.remember] learns makes them anew.
func (d *Driver) layout(c *db.Collection) *layout {
	if l, ok := d.layouts.Load(c); ok {
		return l.(*layout)
	}
	l, _ := d.layouts.LoadOrStore(c, newLayout(d, c))
	return l.(*layout)
}
