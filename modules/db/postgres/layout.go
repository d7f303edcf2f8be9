package postgres

import (
	"slices"

	"github.com/basalt-dev/basalt/modules/db"
	sqldb "github.com/basalt-dev/basalt/modules/db/sql"
	"github.com/basalt-dev/basalt/modules/query"
)

// layout is how a collection is written, and what its table does with what is written.
//
// The values of the columns are text, an integer, float8, boolean, timestamptz, jsonb or bytea. Integers of all sizes
// are compared without conversion, which can use their indexes; so are both sizes of floats, and times without a
// zone, which are interpreted as UTC.
type layout struct {
	sqldb.Table
	made    []int // the fields that the database may set or change
	changes bool  // whether it may change a given value
	hooks   int   // the changes that fire its triggers and rules
	alters  []int // the fields of which it may store another value than it is sent
	lists   []int // the fields that are lists
	guarded bool  // whether its columns have their guards
	equal   []equality
}

// equality is how an index finds the values of a column that does not compare by its bytes.
type equality struct {
	typ      string   // of the column, in SQL; empty if no index does
	operator string   // that equals, which is not always in a schema that is searched
	labels   []string // the only strings that are of the type; nil if all are
	bytes    bool     // whether strings that it takes as equal are not to Basalt, which compares their bytes
}

// equalityOf returns the equality of a column. What enums are equal to a string is not asked once a table has changed.
func equalityOf(c column, guarded, folds bool) equality {
	switch {
	case c.typ == "enum" && !guarded && c.named != "":
		return equality{c.named, " = ", c.labels, false}
	case c.typ == "citext" && c.named != "":
		return equality{c.named, " OPERATOR(" + c.schema + ".=) ", nil, !folds}
	case c.loose:
		return equality{"text", " = ", nil, true}
	case c.typ == "character":
		return equality{"bpchar", " = ", nil, true}
	}
	return equality{}
}

// newLayout returns the layout of a collection, with guards or without.
func newLayout(d *Driver, c *db.Collection, guarded bool) *layout {
	l := &layout{guarded: guarded}
	columns := make([]sqldb.Column, len(c.Columns))
	l.equal = make([]equality, len(c.Columns))
	for i := range columns {
		of := d.column(c, i)
		columns[i] = sqldb.Column{Name: quote(c.Columns[i].Name), Type: of.typ, Kind: c.Columns[i].Type.Kind(), Parts: parts[of.typ], Fills: of.fills, Defaults: of.defaults, NotNull: of.notNull && !guarded}
		if columns[i].Kind == query.KindString {
			fold := d.foldOf(of, c.Columns[i].Type)
			l.equal[i] = equalityOf(of, guarded, fold != nil)
			if fold != nil {
				columns[i].Folding = &sqldb.Folding{Fold: fold, Order: lowered, Text: lowered, Same: l.equal[i].operator}
			}
		}
		if columns[i].Kind == query.KindDate || columns[i].Kind == query.KindDecimal {
			columns[i].Parts = nil
		}
		if of.typ == "enum" || slices.Contains(textual, of.typ) {
			columns[i].Type, columns[i].Parts = ofColumn, asText
			of.changes = of.changes || of.typ != "enum"
			if of.typ == "inet" {
				columns[i].Parts = inetAsText
			}
		}
		if t := c.Columns[i].Type; t.IsList() {
			columns[i].Parts = []string{"to_jsonb(", ")"}
			if t.Element() == query.TypeDecimal { // with all digits
				columns[i].Parts = []string{"to_jsonb(", "::text[])"}
			}
			if of.typ == "real[]" {
				columns[i].Parts = []string{"to_jsonb(", "::float8[])"}
			}
			if of.typ == "enum[]" || of.typ == "citext[]" {
				columns[i].Type, l.equal[i] = of.named, equality{of.named, "", of.labels, of.typ == "citext[]" && d.foldOf(of, t) == nil || of.typ != "citext[]" && guarded}
				if of.typ == "citext[]" { // which takes any string
					l.equal[i].labels = nil
				}
			}
			l.lists = append(l.lists, i)
		}
		columns[i].Bare, columns[i].Sorts = isUTC(&columns[i]), of.typ == "uuid"
		if g, ok := guards[of.typ]; ok && guarded && columns[i].Kind != query.KindDecimal {
			columns[i].Parts, columns[i].Guarded = g.parts(g.cast), true
		}
		if columns[i].Kind == query.KindString && (!of.bytewise || columns[i].Type == ofColumn) {
			if columns[i].Collate = syntax.Collate; of.loose { // whose = takes other strings as equal
				columns[i].Parts, columns[i].Collate = []string{"", "::text" + syntax.Collate}, ""
			}
		}
		if i == c.Key && c.Parts != nil { // not stored
			continue
		}
		l.hooks |= of.hooks
		of.changes = of.changes || of.typ == "numeric" && columns[i].Kind == query.KindFloat || of.typ == "uuid" && c.Columns[i].Type != query.TypeUUID || of.typ == "date" && columns[i].Kind == query.KindTime
		if of.changes || of.alters {
			l.alters = append(l.alters, i)
		}
		if of.fills || of.defaults || of.changes || of.typ == "jsonb" {
			l.made = append(l.made, i)
			l.changes = l.changes || of.changes
		}
	}
	l.Table = sqldb.NewTable(c, tableName(c.Table), columns)
	return l
}

// lowered are the parts that make a citext what it compares by: what lower makes of it in the language of the database.
var lowered = []string{"lower(", `::text COLLATE "default") COLLATE "C"`}

// ofColumn is the type of columns whose parameters get it from the column, because their texts are read by it.
const ofColumn = "of the column"

// asText are the parts of a column that is read as its text.
var asText = []string{"", "::text"}

// inetAsText is how PostgreSQL prints an inet; a cast adds /32 to one address.
var inetAsText = []string{"(CASE WHEN masklen(", ") = CASE family(", ") WHEN 4 THEN 32 ELSE 128 END THEN host(", ") ELSE ", "::text END)"}

// parts make columns of other types the types of values.
var parts = map[string][]string{
	"character varying": {"", "::text"}, "character": {"", "::text"}, "uuid": {"", "::text"}, "citext": {"", "::text"}, "name": {"", "::text"},
	"numeric":                     {"", "::float8"},
	"timestamp without time zone": {"(", "::timestamp AT TIME ZONE 'UTC')"},
	"date":                        {"(", "::timestamp AT TIME ZONE 'UTC')"},
	"json":                        {"", "::jsonb"},
}

// isUTC reports whether a column of times has no zone. They are compared and sorted without conversion, which can
// use an index, and read so, too: converting a far date into a timestamp can fail.
func isUTC(c *sqldb.Column) bool {
	return c.Kind == query.KindTime && (c.Type == "timestamp without time zone" || c.Type == "date")
}

// Alters implements [db.Alterer].
func (d *Driver) Alters(c *db.Collection) []int { return d.layout(c).alters }

// makes reports whether the database may store something different from the given rows, such as another order of
// the members of an object. That matters to callers who receive the stored rows.
func (l *layout) makes(rows []query.Row) bool {
	return l.changes || slices.ContainsFunc(rows, func(row query.Row) bool {
		return slices.ContainsFunc(l.made, func(i int) bool {
			return l.Columns[i].Made(row[i]) || len(rows) < copyRows && row[i].Kind() == query.KindJSON && len(row[i].Text()) > 2
		})
	})
}

// layout returns the layout of a collection. [Driver.remember] invalidates layouts.
func (d *Driver) layout(c *db.Collection) *layout {
	if l, ok := d.layouts.Load(c); ok {
		return l.(*layout)
	}
	l, _ := d.layouts.LoadOrStore(c, newLayout(d, c, false))
	return l.(*layout)
}
