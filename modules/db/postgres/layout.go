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
	made    []int  // those of them that the database may fill in or change
	changes bool   // whether it may change one that has a value
	hooks   int    // the changes that its triggers and rules have a say in
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
		l.hooks |= l.columns[i].hooks
		if w := l.columns[i]; w.fills || w.defaults || w.changes || w.typ == "jsonb" {
			l.made = append(l.made, i)
			l.changes = l.changes || w.changes
		}
	}
	l.insert = "INSERT INTO " + l.table + " (" + strings.Join(names, ", ") + ") VALUES "
	return l
}

// utc reports whether a column has times of no zone, which are taken to be in UTC. They compare and order
// as they are, so that an index serves.
func (w *written) utc() bool { return w.typ == "timestamp without time zone" || w.typ == "date" }

// makes reports whether the database may store something else than some rows have: another order of the
// members of an object, for one, which matters to who waits for an answer.
func (l *layout) makes(rows []query.Row) bool {
	return l.changes || slices.ContainsFunc(rows, func(row query.Row) bool {
		return slices.ContainsFunc(l.made, func(i int) bool {
			return l.columns[i].made(row[i]) || len(rows) < copyRows && row[i].Kind() == query.KindJSON && len(row[i].Text()) > 2
		})
	})
}

// made reports whether the database makes a value in the place of this one.
func (w *written) made(v query.Value) bool {
	return v.IsNull() && w.fills || v == query.LeftOut && w.defaults
}

// layout returns the layout of a collection. What [Driver.remember] learns makes them anew.
func (d *Driver) layout(c *db.Collection) *layout {
	if l, ok := d.layouts.Load(c); ok {
		return l.(*layout)
	}
	l, _ := d.layouts.LoadOrStore(c, newLayout(d, c))
	return l.(*layout)
}
