package mysql

import (
	"slices"
	"strconv"
	"strings"

	"github.com/basalt-dev/basalt/modules/db"
	sqldb "github.com/basalt-dev/basalt/modules/db/sql"
	"github.com/basalt-dev/basalt/modules/query"
)

// layout is how a collection is written, and what its table does with what is written.
type layout struct {
	sqldb.Table
	dialect *dialect
	made    []int // the fields that the database may set or change
	changes bool  // whether it may change a given value
	alters  []int // the fields of which it may store another value than it is sent
	search  string
}

// otherwise is the type of columns of strings that do not compare by their bytes. Values that are equal by their bytes
// are so to the column, too.
const otherwise = "compares otherwise"

// spelled is the type of columns of uuids that compare by their bytes, where capitals are another spelling.
const spelled = "compares spellings"

// numbered is the type of a column that numbers the rows. To MariaDB its default is zero, and null is the next number.
const numbered = "numbered"

// bits begins the type of columns of bits, which are read and written as a text of 0 and 1.
const bits = "bit("

// layout returns the layout of a collection. [Driver.remember] invalidates layouts.
func (d *Driver) layout(c *db.Collection) *layout {
	if l, ok := d.layouts.Load(c); ok {
		return l.(*layout)
	}
	d.hiding.Lock()
	defer d.hiding.Unlock()
	l, _ := d.layouts.LoadOrStore(c, newLayout(d, c))
	return l.(*layout)
}

// faithful are the types that store what they are sent or nothing, besides those of own tables.
var faithful = []string{"int", "mediumint", "smallint", "tinyint", "tinytext", "uuid", "json"}

// Alters implements [db.Alterer].
func (d *Driver) Alters(c *db.Collection) []int { return d.layout(c).alters }

func newLayout(d *Driver, c *db.Collection) *layout {
	l := &layout{dialect: newDialect(d), search: quote(searchColumn(c))}
	columns := make([]sqldb.Column, len(c.Columns))
	for i := range columns {
		of := d.column(c, i)
		columns[i] = sqldb.Column{Name: quote(c.Columns[i].Name), Fills: of.fills, Defaults: of.defaults}
		switch kind := c.Columns[i].Type.Kind(); {
		case of.numbered:
			columns[i].Type = numbered
			if d.hides(c, i) && of.mayHide(kind) {
				columns[i].Parts, columns[i].Hides = of.hiding(), true
			}
		case kind == query.KindString && of.charset == "utf8mb4" && of.collation == d.flavor.collation:
		case kind == query.KindString && of.typ == "bit":
			columns[i].Type, columns[i].Parts = of.full, bitwise(of.full, d.flavor.collation)
		case kind == query.KindString:
			columns[i].Parts = bytewise(of, c.Columns[i].Type, d.flavor.collation)
			if of.charset != "" || c.Columns[i].Type == query.TypeUUID { // others refuse what is none of their values
				columns[i].Type = otherwise
			}
			if c.Columns[i].Type == query.TypeUUID && strings.HasSuffix(of.collation, "_bin") {
				columns[i].Type, columns[i].Parts = spelled, lowerIfUpper(of, d.flavor.collation)
			}
			if of.charset != "" {
				columns[i].Loose = of.collation
			}
			// Letters and digits in the places of a uuid have one order, in whatever case they are stored.
			columns[i].Sorts = c.Columns[i].Type == query.TypeUUID && strings.HasSuffix(of.collation, "_ci")
		case kind == query.KindFloat && of.typ != "double":
			columns[i].Parts = []string{"(", " + 0e0)"}
		case kind == query.KindBool && of.typ == "bit":
			columns[i].Parts = []string{"(", " + 0)"}
		case kind == query.KindBool && of.truthy:
			columns[i].Parts = []string{"(", " <> 0)"}
		case d.hides(c, i) && of.mayHide(kind):
			columns[i].Parts, columns[i].Hides = of.hiding(), true
		}
		if i == c.Key && c.Parts != nil { // not stored
			continue
		}
		if of.changes && !slices.Contains(faithful, of.typ) || of.alters {
			l.alters = append(l.alters, i)
		}
		if of.fills || of.defaults || of.changes {
			l.made = append(l.made, i)
			l.changes = l.changes || of.changes
		}
	}
	l.Table = sqldb.NewTable(c, tableName(c.Table), columns)
	return l
}

// lowerIfUpper are the parts that make a uuid in capitals the one in small letters. One with both stays as it is: so an
// index finds each by two spellings.
func lowerIfUpper(c column, collation string) []string {
	before, after := "(", ""
	if c.charset != "utf8mb4" {
		before, after = "(CONVERT(", " USING utf8mb4)"
	}
	return []string{before + "if(", " = upper(", "), lower(", "), ", ")" + after + " COLLATE " + collation + ")"}
}

// bytewise are the parts that make a column of another program a string that compares by its bytes.
func bytewise(c column, t query.Type, collation string) []string {
	before, after := "(", ""
	if c.charset != "utf8mb4" { // or no string to the database
		before, after = "(CONVERT(", " USING utf8mb4)"
	}
	if t == query.TypeUUID { // which may be stored in capitals
		before, after = before+"lower(", ")"+after
	}
	return []string{before, after + " COLLATE " + collation + ")"}
}

// bitwise are the parts that make bits a text of 0 and 1, as long as the column is.
func bitwise(typ, collation string) []string {
	length := strings.TrimSuffix(strings.TrimPrefix(typ, bits), ")")
	return []string{"(CONVERT(lpad(bin(", " + 0), " + length + ", '0') USING utf8mb4) COLLATE " + collation + ")"}
}

// makes reports whether the database may store something different from the given rows.
func (l *layout) makes(rows []query.Row) bool {
	return l.changes || slices.ContainsFunc(rows, func(row query.Row) bool {
		return slices.ContainsFunc(l.made, func(i int) bool { return l.Columns[i].Made(row[i]) })
	})
}

// tableName quotes a name that may include a database.
func tableName(name string) string {
	if schema, table, ok := strings.Cut(name, "."); ok {
		return quote(schema) + "." + quote(table)
	}
	return quote(name)
}

func number(n int) string { return strconv.Itoa(n) }
