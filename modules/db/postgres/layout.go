package postgres

import (
	"slices"
	"strings"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// layout is the prepared SQL of a collection.
type layout struct {
	col     *db.Collection
	table   string // quoted
	columns []written
	stored  []int  // the fields with a column
	made    []int  // those that the database may set or change
	changes bool   // whether it may change a given value
	hooks   int    // the changes that fire its triggers and rules
	guarded bool   // whether its columns have their guards
	insert  string // the beginning of an insert of all of them
}

// written is a column with its name quoted. Between before and after it is a value of its field's kind: text, an
// integer, float8, boolean, timestamptz, jsonb or bytea. Integers of all sizes are compared without conversion,
// which can use their indexes; so are both sizes of floats.
type written struct {
	column
	name, before, after string
	guard               *guard // nil where every value is converted
}

func newLayout(d *Driver, c *db.Collection, guarded bool) *layout {
	l := &layout{col: c, guarded: guarded, table: tableName(c.Table), columns: make([]written, len(c.Columns)), stored: c.Stored()}
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
		if g, ok := guards[w.typ]; ok && guarded {
			w.guard = &g
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

// utc reports whether a column has times without a zone, which are interpreted as UTC. They are compared and
// sorted without conversion, which can use an index.
func (w *written) utc() bool { return w.typ == "timestamp without time zone" || w.typ == "date" }

// makes reports whether the database may store something different from the given rows, such as another order of
// the members of an object. That matters to callers who receive the stored rows.
func (l *layout) makes(rows []query.Row) bool {
	return l.changes || slices.ContainsFunc(rows, func(row query.Row) bool {
		return slices.ContainsFunc(l.made, func(i int) bool {
			return l.columns[i].made(row[i]) || len(rows) < copyRows && row[i].Kind() == query.KindJSON && len(row[i].Text()) > 2
		})
	})
}

// made reports whether the database replaces this value.
func (w *written) made(v query.Value) bool {
	return v.IsNull() && w.fills || v == query.LeftOut && w.defaults
}

// layout returns the layout of a collection. [Driver.remember] invalidates layouts.
func (d *Driver) layout(c *db.Collection) *layout {
	if l, ok := d.layouts.Load(c); ok {
		return l.(*layout)
	}
	l, _ := d.layouts.LoadOrStore(c, newLayout(d, c, false))
	return l.(*layout)
}
