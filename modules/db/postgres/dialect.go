package postgres

import (
	"slices"
	"strconv"

	"github.com/basalt-dev/basalt/modules/db"
	sqldb "github.com/basalt-dev/basalt/modules/db/sql"
	"github.com/basalt-dev/basalt/modules/query"
)

// dialect writes the statements of PostgreSQL. Parameters always have a type.
type dialect struct{ driver *Driver }

var syntax = sqldb.Syntax{
	True: "true", False: "false", Same: " IS NOT DISTINCT FROM ", Floor: [2]string{"floor(", ")::int8"},
	NullsFirst: " NULLS FIRST", NullsLast: " NULLS LAST",
	Position: "strpos", Last: [2]string{"right(", ", "}, Chars: "char_length", Collate: ` COLLATE "C"`,
	JSONString: "'string'", JSONArray: "'array'", JSONObject: "'object'",
	Exclusive: " FOR UPDATE", Shared: " FOR SHARE",
}

func (d dialect) Syntax() *sqldb.Syntax { return &syntax }

func (d dialect) Table(c *db.Collection) *sqldb.Table { return &d.driver.layout(c).Table }

// paramTypes are the types of parameters.
var paramTypes = [...]string{
	query.KindBool: "boolean", query.KindInt: "int8", query.KindFloat: "float8", query.KindString: "text", query.KindTime: "timestamptz", query.KindBytes: "bytea",
	query.KindDate: "date", query.KindDecimal: "text::numeric",
}

func (d dialect) Param(b *sqldb.Builder, v query.Value) { param(b, v, paramTypes[v.Kind()]) }

// param writes a parameter of a type.
func param(b *sqldb.Builder, v query.Value, typ string) {
	b.Numbered(sqldb.Arg{Value: v})
	b.Write("::")
	b.Write(typ)
}

func (d dialect) Stored(b *sqldb.Builder, field int, v query.Value) {
	c := &b.Table.Columns[field]
	switch typ := c.Type; {
	case c.Made(v):
		b.Write("DEFAULT")
	case v.IsNull():
		b.Write("NULL")
	case elementOf(b, field) != "":
		list(b, field, query.Typed(elementOf(b, field), v))
	case typ == "jsonb":
		param(b, query.String(jsonText(v)), typ)
	case typ == "json": // jsonb refuses what could not be shown afterwards
		b.Write("(CASE WHEN ")
		param(b, query.String(jsonText(v)), "text::jsonb")
		b.Write(" IS NOT NULL THEN $")
		b.Int(len(b.Args))
		b.Write("::text::json END)")
	case typ == "uuid":
		param(b, v, "text::uuid")
	case typ == "numeric" && c.Kind == query.KindFloat: // by way of a float it would be rounded to 15 digits
		param(b, query.String(strconv.FormatFloat(v.Float(), 'f', -1, 64)), "text::numeric")
	case typ == ofColumn: // the column gives the parameter its type
		b.Numbered(sqldb.Arg{Value: v})
	case isUTC(c):
		b.Write("(")
		b.Param(v)
		b.Write(" AT TIME ZONE 'UTC')")
		if typ == "date" {
			b.Write("::date")
		}
	default:
		b.Param(v)
	}
}

func (d dialect) Compare(b *sqldb.Builder, field int, op query.CompareOp, v query.Value) {
	switch c := &b.Table.Columns[field]; {
	case c.Type == "uuid" && canonicalUUID(v.Text()): // uuids sort as their texts do
		b.Name(field)
		b.Write(sqldb.Symbol(op))
		param(b, v, "text::uuid")
	case c.Type == "uuid" && op == query.Eq:
		b.Bool(false)
	case op == query.Eq && d.indexed(b, field, v):
		d.equals(b, field, v)
	case v == far:
		compareFar(b, field, op)
	case v.Kind() == query.KindBool && c.Kind == query.KindBool && op == query.Eq && !c.Guarded:
		b.Name(field)
		b.Write(" = " + strconv.FormatBool(v.Bool())) // as of a label: few rows may have one of the two
	case isUTC(c):
		b.Name(field)
		b.Write(sqldb.Symbol(op))
		b.Write("(")
		b.Param(v)
		b.Write(" AT TIME ZONE 'UTC')")
	default:
		b.Compare(field, op, v)
	}
}

// InRow implements [sqldb.Rower]. Both sides are those of Compare.
func (d dialect) InRow(b *sqldb.Builder, field int, v query.Value, side sqldb.Side) bool {
	c := &b.Table.Columns[field]
	if v == far || c.Type == "uuid" && !canonicalUUID(v.Text()) {
		return false
	}
	bare := c.Type == "uuid" || isUTC(c)
	switch {
	case side == sqldb.OfColumns && bare:
		b.Name(field)
	case side == sqldb.OfColumns:
		b.Ordered(field)
	case side == sqldb.OfValues && c.Type == "uuid":
		param(b, v, "text::uuid")
	case side == sqldb.OfValues && bare:
		b.Write("(")
		b.Param(v)
		b.Write(" AT TIME ZONE 'UTC')")
	case side == sqldb.OfValues:
		b.Param(v)
	}
	return true
}

// listed is how many strings are written one by one.
const listed = 20

// indexed reports whether an index of another program finds the values of a column that equal a string.
func (d dialect) indexed(b *sqldb.Builder, field int, values ...query.Value) bool {
	e := &d.driver.layout(b.Table.Collection).equal[field]
	unknown := func(v query.Value) bool { return !slices.Contains(e.labels, v.Text()) }
	return e.typ != "" && len(values) > 0 && len(values) <= listed && (e.labels == nil || !slices.ContainsFunc(values, unknown))
}

// equals writes that a column equals one of some strings, first as an index serves it. The planner knows each of the
// strings, which it would not in an array.
func (d dialect) equals(b *sqldb.Builder, field int, values ...query.Value) {
	e := &d.driver.layout(b.Table.Collection).equal[field]
	b.Write("(")
	for n, v := range values {
		if n > 0 {
			b.Write(" OR ")
		}
		b.Name(field)
		b.Write("::")
		b.Write(e.typ)
		b.Write(e.operator)
		arg := sqldb.Arg{Value: v}
		if e.labels != nil && !b.Literal() {
			arg.Native = label(v.Text())
		}
		b.Numbered(arg)
		if !b.Literal() { // the cast of an untyped literal is a constant, which an index needs
			b.Write("::text")
		}
		b.Write("::")
		b.Write(e.typ)
		if e.bytes {
			b.Write(" AND ")
			b.Compare(field, query.Eq, v)
		}
	}
	b.Write(")")
}

// label is the argument of a statement that is planned each time: how many rows have a label of an enum differs much, and a
// plan for any of them may look through all rows for one that few have. (A label can get another name, so that it is no
// constant of a statement that is kept.)
type label string

// Pattern names the collation, because ILIKE folds as that of its sides does.
func (d dialect) Pattern(b *sqldb.Builder, pattern string, fold bool) {
	if fold {
		b.Write(" ILIKE (")
	} else {
		b.Write(" LIKE (")
	}
	b.Param(query.String(pattern))
	b.Write(`) COLLATE "C"`)
}

func (d dialect) Lists(b *sqldb.Builder, field int, v query.Value) bool {
	return v.Kind() == b.Table.Columns[field].Kind && v != far
}

// In writes the values as one parameter, so that one statement serves every length.
func (d dialect) In(b *sqldb.Builder, field int, values []query.Value) {
	c := &b.Table.Columns[field]
	if c.Type != "uuid" {
		if d.indexed(b, field, values...) {
			d.equals(b, field, values...)
			return
		}
		if c.Folding != nil {
			b.Sorted(field)
			values = collect(values, c.Folding.Fold.Of)
		} else {
			b.Value(field)
		}
		b.Write(" = ANY(")
		b.Numbered(sqldb.Arg{Native: array(c.Kind, values)})
		if c.Kind == query.KindDecimal {
			b.Write("::text[]::numeric[])")
			return
		}
		b.Write("::")
		b.Write(paramTypes[c.Kind])
		b.Write("[])")
		return
	}
	ids := make([]query.Value, 0, len(values))
	for _, v := range values {
		if canonicalUUID(v.Text()) {
			ids = append(ids, v)
		}
	}
	b.Name(field)
	b.Write(" = ANY(")
	b.Numbered(sqldb.Arg{Native: array(c.Kind, ids)})
	b.Write("::text[]::uuid[])")
}

// array returns values of one kind as an argument.
func array(kind query.Kind, values []query.Value) any {
	switch kind {
	case query.KindInt:
		return elements(values, query.Value.Int)
	case query.KindFloat:
		return elements(values, query.Value.Float)
	case query.KindBool:
		return elements(values, query.Value.Bool)
	case query.KindTime:
		return elements(values, instant)
	case query.KindDate:
		return elements(values, day)
	case query.KindBytes:
		return elements(values, func(v query.Value) []byte { return []byte(v.Text()) })
	}
	return elements(values, query.Value.Text)
}

// elements is collect for an array, in which null stays null.
func elements[T any](values []query.Value, f func(query.Value) T) any {
	if slices.ContainsFunc(values, query.Value.IsNull) {
		out := make([]*T, len(values))
		for i, v := range values {
			if e := f(v); !v.IsNull() {
				out[i] = &e
			}
		}
		return out
	}
	return collect(values, f)
}

func collect[T any](values []query.Value, f func(query.Value) T) []T {
	out := make([]T, len(values))
	for i, v := range values {
		out[i] = f(v)
	}
	return out
}

// Aggregate sums exactly, as a decimal. PostgreSQL has no min and max of booleans and bytes.
func (d dialect) Aggregate(b *sqldb.Builder, function string, field int) {
	c := &b.Table.Columns[field]
	switch {
	case c.Kind == query.KindDecimal && function == "avg":
		b.Write("sum(")
		b.Name(field)
		b.Write(")::text || '/' || count(")
		b.Name(field)
		b.Write(")")
	case c.Kind == query.KindDecimal:
		b.Call(function, field)
	case function == "sum", function == "avg":
		b.Write(function)
		b.Write("(")
		switch {
		case c.Guarded:
			b.Parts(field, guards[c.Type].parts(""))
		case c.Type == "numeric":
			b.Name(field)
		default:
			b.Value(field)
		}
		if function == "sum" && c.Kind == query.KindInt {
			b.Write(")::int8")
		} else {
			b.Write(")::float8")
		}
	case c.Kind == query.KindBool:
		b.Call(map[string]string{"min": "bool_and", "max": "bool_or"}[function], field)
	case c.Kind == query.KindBytes:
		b.Write("(array_agg(")
		b.Value(field)
		b.Write(" ORDER BY ")
		b.Value(field)
		b.Write(map[string]string{"min": "", "max": " DESC"}[function])
		b.Write(") FILTER (WHERE ")
		b.Name(field)
		b.Write(" IS NOT NULL))[1]")
	default:
		b.Call(function, field)
	}
}
