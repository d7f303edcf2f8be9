package mysql

import (
	"math"
	"strconv"
	"strings"

	sqldb "github.com/basalt-dev/basalt/modules/db/sql"
	"github.com/basalt-dev/basalt/modules/query"
)

// extract writes what is at a path inside a json field.
func extract(b *sqldb.Builder, p query.Path) {
	b.Write("json_extract(")
	b.Value(b.Index(p))
	b.Write(", '$")
	if p.Sub != "" {
		for key := range strings.SplitSeq(p.Sub, ".") {
			b.Write(`."`)
			b.Write(key)
			b.Write(`"`)
		}
	}
	b.Write("')")
}

func (d *dialect) JSONType(b *sqldb.Builder, p query.Path) {
	b.Write("json_type(")
	extract(b, p)
	b.Write(")")
}

func (d *dialect) JSONText(b *sqldb.Builder, p query.Path) {
	b.Write("json_unquote(")
	extract(b, p)
	b.Write(")")
}

func (d *dialect) JSONLength(b *sqldb.Builder, p query.Path) {
	b.Write("json_length(")
	extract(b, p)
	b.Write(")")
}

func (d *dialect) JSONNull(b *sqldb.Builder, p query.Path) {
	b.Write("coalesce(")
	d.JSONType(b, p)
	b.Write(", 'NULL') = 'NULL'")
}

func (d *dialect) JSONBool(b *sqldb.Builder, p query.Path, values []bool) {
	b.Write("(")
	d.JSONType(b, p)
	b.Write(" = 'BOOLEAN' AND ")
	d.JSONText(b, p)
	b.Write(" IN (")
	for i, v := range values {
		if i > 0 {
			b.Write(", ")
		}
		b.Write("'" + strconv.FormatBool(v) + "'")
	}
	b.Write("))")
}

// integers and floats are the types of numbers.
const (
	integers = "'INTEGER'"
	floats   = "'DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER'"
)

func (d *dialect) JSONCompare(b *sqldb.Builder, f *query.Compare) {
	if !f.Value.IsNumber() {
		b.JSONCompareText(f)
		return
	}
	d.compareNumber(b, f.Op, f.Value, func() { d.JSONType(b, f.Path) }, func() { d.JSONText(b, f.Path) })
}

// compareNumber compares what is a number with one, without rounding either. Integers may have more than 64 bits. typ and text write its type and its text.
func (d *dialect) compareNumber(b *sqldb.Builder, op query.CompareOp, v query.Value, typ, text func()) {
	b.Write("CASE WHEN ")
	typ()
	b.Write(" = " + integers + " THEN ")
	if v.Kind() == query.KindInt {
		compareAs(b, text, "CAST(", " AS DECIMAL(65))", op, v)
	} else if same, n, constant, always := sqldb.IntBound(op, v.Float()); constant && math.Abs(v.Float()) > 1<<63 && beyond(query.KindFloat, v) == 0 {
		compareAs(b, text, "(", " + 0e0)", op, v) // an integer of another program may have more bits
	} else if constant {
		b.Bool(always)
	} else {
		compareAs(b, text, "CAST(", " AS DECIMAL(65))", same, query.Int(n))
	}
	b.Write(" WHEN ")
	typ()
	b.Write(" IN (" + floats + ") THEN ")
	switch side := beyond(query.KindFloat, v); {
	case side != 0:
		b.Bool(op != query.Eq && (op == query.Lt || op == query.Le) == (side > 0))
	case v.Kind() == query.KindFloat:
		compareAs(b, text, "(", " + 0e0)", op, v)
	default:
		if same, f, never := sqldb.FloatBound(op, v.Int()); never {
			b.Bool(false)
		} else {
			compareAs(b, text, "(", " + 0e0)", same, query.Double(f))
		}
	}
	b.Write(" END")
}

// compareAs compares a text between the parts that make it a number.
func compareAs(b *sqldb.Builder, text func(), before, after string, op query.CompareOp, v query.Value) {
	b.Write(before)
	text()
	b.Write(after)
	b.Write(sqldb.Symbol(op))
	b.Question(v)
}

// JSONOrder compares as floats, and what is equal then exactly: large integers have more digits than a float.
func (d *dialect) JSONOrder(b *sqldb.Builder, p query.Path, ending string) {
	for n, as := range [][2]string{{"(", " + 0e0)"}, {"CAST(", " AS DECIMAL(65))"}} {
		if n > 0 {
			b.Write(", ")
		}
		b.Write("CASE WHEN ")
		d.JSONType(b, p)
		b.Write(" IN (" + integers + ", " + floats + ") THEN " + as[0])
		d.JSONText(b, p)
		b.Write(as[1] + " END")
		b.Write(ending)
	}
}

// JSONHas looks at each element: JSON_CONTAINS also looks into arrays inside.
func (d *dialect) JSONHas(b *sqldb.Builder, p query.Path, v query.Value) {
	b.Write("(")
	d.JSONType(b, p)
	b.Write(" = 'ARRAY' AND EXISTS (SELECT 1 FROM json_table(")
	alias := b.Alias
	if alias == "" { // the table of the elements has columns, too
		b.Alias = b.Table.Name + "."
	}
	extract(b, p)
	b.Alias = alias
	b.Write(", '$[*]' COLUMNS (basalt_e json PATH '$')) AS basalt_elements WHERE ")
	switch {
	case v.IsNull():
		b.Write("json_type(basalt_e) = 'NULL'")
	case v.Kind() == query.KindBool:
		b.Write("json_type(basalt_e) = 'BOOLEAN' AND json_unquote(basalt_e) = '" + strconv.FormatBool(v.Bool()) + "'")
	case v.IsNumber():
		d.compareNumber(b, query.Eq, v, func() { b.Write("json_type(basalt_e)") }, func() { b.Write("json_unquote(basalt_e)") })
	default:
		b.Write("json_type(basalt_e) = 'STRING' AND json_unquote(basalt_e)" + d.syntax.Collate + " = ")
		b.Question(v)
	}
	b.Write("))")
}

// storedJSON writes JSON with the integers beyond 64 bits as floats, which they are everywhere else.
func storedJSON(v query.Value) string {
	text := v.JSON()
	if !sqldb.LongDigits(text) {
		return text
	}
	return sqldb.RewriteNumbers(text, storedNumber)
}

func storedNumber(text string) string {
	v, ok := query.ParseNumber(text)
	if !ok || v.Kind() != query.KindFloat || strings.ContainsAny(text, ".eE") {
		return text
	}
	return strconv.FormatFloat(v.Float(), 'e', -1, 64)
}
