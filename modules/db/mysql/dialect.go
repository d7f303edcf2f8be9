package mysql

import (
	"math"
	"slices"
	"strings"

	"github.com/basalt-dev/basalt/modules/db"
	sqldb "github.com/basalt-dev/basalt/modules/db/sql"
	"github.com/basalt-dev/basalt/modules/query"
)

// dialect writes the statements of MariaDB and MySQL.
type dialect struct {
	driver *Driver
	syntax sqldb.Syntax
}

func newDialect(d *Driver) *dialect {
	return &dialect{d, sqldb.Syntax{
		True: "TRUE", False: "FALSE", Same: " <=> ", Floor: [2]string{"CAST(floor(", ") AS SIGNED)"},
		Position: "instr", Last: [2]string{"right(", ", "}, Chars: "char_length",
		JSONString: "'STRING'", JSONArray: "'ARRAY'", JSONObject: "'OBJECT'", Collate: " COLLATE " + d.flavor.collation,
		Exclusive: " FOR UPDATE", Shared: " LOCK IN SHARE MODE", SeeksOr: true,
	}}
}

func (d *dialect) Syntax() *sqldb.Syntax { return &d.syntax }

func (d *dialect) Table(c *db.Collection) *sqldb.Table { return &d.driver.layout(c).Table }

// Param writes a decimal itself: as a string it would be compared as a float.
func (d *dialect) Param(b *sqldb.Builder, v query.Value) {
	if v.Kind() == query.KindDecimal {
		b.Write(v.Text()) // digits, a sign and a point
		return
	}
	b.Question(v)
}

func (d *dialect) Stored(b *sqldb.Builder, field int, v query.Value) {
	switch c := &b.Table.Columns[field]; {
	case c.Made(v) && c.Type != numbered:
		b.Write("DEFAULT")
	case v.IsNull():
		b.Write("NULL")
	case strings.HasPrefix(c.Type, bits):
		b.Write(bitsOf(c.Type, v.Text()))
	case c.Kind == query.KindJSON:
		b.Question(query.String(storedJSON(v)))
	default:
		d.Param(b, v)
	}
}

// bitsOf writes a text of 0 and 1 as bits of a type such as bit(8). Another text becomes more bytes than any has, which the
// database refuses.
func bitsOf(typ, text string) string {
	if typ != bits+number(len(text))+")" || strings.Trim(text, "01") != "" {
		return "'no bits of any column'"
	}
	return "b'" + text + "'"
}

// Compare decides what the type of a column could not: comparisons with values beyond it.
func (d *dialect) Compare(b *sqldb.Builder, field int, op query.CompareOp, v query.Value) {
	c := &b.Table.Columns[field]
	if side := beyond(c.Kind, v); side != 0 {
		d.compareBeyond(b, field, op, side)
		return
	}
	switch {
	case c.Hides && v.Kind() == c.Kind:
		d.compareHidden(b, field, op, v)
	case c.Kind == query.KindBool && op == query.Eq && !v.Bool(): // an index can find these
		b.Name(field)
		b.Write(" = FALSE")
	case c.Kind == query.KindDecimal:
		b.Value(field)
		bound, exact := decimalBound(v.Text())
		switch {
		case exact:
		case op == query.Eq:
			b.Write(" IS NULL AND FALSE")
			return
		case op == query.Lt || op == query.Le: // the bound is below v: x < v is x <= bound
			op = query.Le
		default:
			op = query.Gt
		}
		b.Write(sqldb.Symbol(op) + bound)
	case op == query.Eq && c.Type == spelled:
		d.In(b, field, []query.Value{v})
	case op != query.Eq && c.Sorts && isUUID(v):
		b.Name(field)
		b.Write(sqldb.Symbol(op))
		d.Param(b, v)
	case op == query.Eq && c.Type == otherwise: // an index of the column finds the candidates
		b.Write("(")
		b.Name(field)
		b.Write(" = ")
		d.Param(b, v)
		b.Write(" AND ")
		b.Compare(field, op, v)
		b.Write(")")
	default:
		b.Compare(field, op, v)
	}
}

// isUUID reports whether a string is a uuid in its one spelling, which [query.Spell] gives to each.
func isUUID(v query.Value) bool {
	canonical, ok := query.UUID{}.Canonical(v.Text())
	return ok && canonical == v.Text()
}

// compareBeyond compares with a value after all values of a column, if side is 1, or before them, if it is -1.
func (d *dialect) compareBeyond(b *sqldb.Builder, field int, op query.CompareOp, side int) {
	below := op == query.Lt || op == query.Le
	if op == query.Eq || below != (side > 0) {
		b.Bool(false)
		return
	}
	b.Value(field)
	b.Write(" IS NOT NULL")
}

// The first and the last of the times and dates that a column takes.
var (
	firstTime = query.Micros(-62167219200 * 1_000_000)
	lastTime  = query.Micros(253402300800*1_000_000 - 1)
	firstDate = query.Days(-719528)
	lastDate  = query.Days(2932896)
)

// beyond returns 1 if a value is after all that a column of a kind can have, -1 if it is before them, and 0 otherwise.
func beyond(kind query.Kind, v query.Value) int {
	outside := func(first, last query.Value) int {
		switch {
		case v.Int() > last.Int():
			return 1
		case v.Int() < first.Int():
			return -1
		}
		return 0
	}
	switch v.Kind() {
	case query.KindTime:
		return outside(firstTime, lastTime)
	case query.KindDate:
		return outside(firstDate, lastDate)
	case query.KindFloat:
		if f := v.Float(); math.IsInf(f, 0) || math.IsNaN(f) {
			if math.Signbit(f) {
				return -1
			}
			return 1
		}
	case query.KindDecimal:
		return beyondDecimal(v.Text())
	}
	return 0
}

// Pattern uses LIKE, which compares as the collation does. No collation folds A to Z and nothing else, so that a pattern
// without case is a regular expression.
func (d *dialect) Pattern(b *sqldb.Builder, pattern string, fold bool) {
	if !fold {
		b.Write(" LIKE ")
		b.Question(query.String(pattern))
		return
	}
	b.Write(" REGEXP ")
	b.Question(query.String(foldedPattern(query.PatternParts(pattern))))
}

// foldedPattern writes a pattern without case as a regular expression. What follows a % is looked for once, at its first
// place, which is enough unless the string has to end there: an atomic group never comes back to look for another. So the
// time is that of one look for each, and not of all their combinations, which the library would give up.
func foldedPattern(parts []query.PatternPart) string {
	last := -1 // the last %
	for i, part := range parts {
		if part.Any {
			last = i
		}
	}
	var out strings.Builder
	out.WriteString(`(?s)\A`)
	open := false
	for i, part := range parts {
		switch {
		case part.Any:
			if open {
				out.WriteString(")")
			}
			if open = i != last; open {
				out.WriteString("(?>.*?")
			} else {
				out.WriteString(".*")
			}
		case part.One:
			out.WriteString(".")
		default:
			for _, r := range part.Text {
				writeFolded(&out, r)
			}
		}
	}
	return out.String() + `\z`
}

// writeFolded writes a character of a regular expression, a letter of ASCII in both cases.
func writeFolded(out *strings.Builder, r rune) {
	switch {
	case 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z':
		out.WriteString("[" + strings.ToUpper(string(r)) + strings.ToLower(string(r)) + "]")
	case r < 128 && !('0' <= r && r <= '9') && r > ' ':
		out.WriteString(`\` + string(r))
	default:
		out.WriteRune(r)
	}
}

func (d *dialect) Lists(b *sqldb.Builder, field int, v query.Value) bool {
	c := &b.Table.Columns[field]
	return v.Kind() == c.Kind && c.Kind != query.KindDecimal && beyond(c.Kind, v) == 0
}

func (d *dialect) In(b *sqldb.Builder, field int, values []query.Value) {
	switch c := &b.Table.Columns[field]; {
	case len(values) == 0:
		b.Bool(false)
	case c.Hides:
		b.Name(field)
		for n, v := range values {
			if n == 0 {
				b.Write(" IN (")
			} else {
				b.Write(", ")
			}
			b.Question(v)
		}
		b.Write(")")
	case c.Type == otherwise, c.Type == spelled:
		b.Write("(")
		b.Name(field)
		candidates := values
		if c.Type == spelled {
			candidates = slices.Clone(values)
			for _, v := range values {
				candidates = append(candidates, query.String(strings.ToUpper(v.Text())))
			}
		}
		for n, v := range candidates {
			if n == 0 {
				b.Write(" IN (")
			} else {
				b.Write(", ")
			}
			b.Question(v)
		}
		b.Write(") AND ")
		b.In(field, values)
		b.Write(")")
	default:
		b.In(field, values)
	}
}

// Aggregate sums as decimals, which is exact. An average is rounded once, to a float.
func (d *dialect) Aggregate(b *sqldb.Builder, function string, field int) {
	decimal := b.Table.Columns[field].Kind == query.KindDecimal
	switch {
	case decimal && function == "avg":
		b.Write("concat(")
		b.Call("sum", field)
		b.Write(", '/', ")
		b.Call("count", field)
		b.Write(")")
	case function == "avg":
		b.Write("(")
		b.Call(function, field)
		b.Write(" + 0e0)")
	default:
		b.Call(function, field)
	}
}
