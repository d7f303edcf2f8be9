package postgres

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// builder writes one statement. Values are always typed parameters; names come from the collection, never from a
// client.
//
// A condition that is NULL counts as false everywhere: AND and OR preserve that, and a negation is written `(…) IS
// NOT TRUE`.
type builder struct {
	driver *Driver
	col    *db.Collection
	layout *layout // of col
	sql    []byte
	args   []any
	alias  string // qualifier of columns, empty outside lookups
	depth  int    // nesting of lookups
	// inserts is true if the statement converts new values, not stored ones.
	inserts bool
	// guardings counts the guards that the driver had added.
	guardings int64
}

func (d *Driver) build(col *db.Collection) *builder {
	return &builder{driver: d, col: col, guardings: d.guardings.Load(), layout: d.layout(col), sql: make([]byte, 0, 768)}
}

// within switches the columns to those of another collection.
func (b *builder) within(col *db.Collection, alias string) {
	b.col, b.layout, b.alias = col, b.driver.layout(col), alias
}

func (b *builder) write(s string) { b.sql = append(b.sql, s...) }

// arg writes a parameter of a PostgreSQL type.
func (b *builder) arg(v any, typ string) {
	b.args = append(b.args, v)
	b.sql = strconv.AppendInt(append(b.sql, '$'), int64(len(b.args)), 10)
	b.write("::" + typ)
}

func (b *builder) index(p query.Path) int { return b.col.Shape.Index(p.Field) }

func (b *builder) kind(p query.Path) query.Kind { return b.col.Columns[b.index(p)].Type.Kind() }

// raw writes the column unchanged.
func (b *builder) raw(i int) {
	b.write(b.alias)
	b.write(b.layout.columns[i].name)
}

// column writes the column as a value of its field's kind.
func (b *builder) column(i int) {
	w := &b.layout.columns[i]
	if w.guard != nil {
		b.shown(i, w.guard.cast)
		return
	}
	b.write(w.before)
	b.write(b.alias)
	b.write(w.name)
	b.write(w.after)
}

// null writes the condition that the field is null.
func (b *builder) null(i int) {
	if b.layout.columns[i].guard != nil {
		b.column(i)
	} else {
		b.raw(i)
	}
	b.write(" IS NULL")
}

// ordered writes the column in a form that sorts as the field does.
func (b *builder) ordered(i int) {
	b.column(i)
	if b.col.Columns[i].Type.Kind() == query.KindString && !b.layout.columns[i].bytewise {
		b.write(` COLLATE "C"`)
	}
}

// columns writes columns in the form that the decoder reads.
func (b *builder) columns(fields []int) {
	for i, f := range fields {
		if i > 0 {
			b.write(", ")
		}
		if b.layout.columns[f].utc() { // converting a far date into a timestamp can fail
			b.raw(f)
		} else {
			b.column(f)
		}
	}
	if b.layout.guarded {
		b.present(fields)
	}
}

func (b *builder) where(f query.Filter) {
	if f == nil || f == query.True {
		return
	}
	b.write(" WHERE ")
	b.filter(f)
}

func (b *builder) order(sort []query.SortKey) {
	for n, key := range sort {
		b.write([]string{" ORDER BY ", ", "}[min(n, 1)])
		i := b.col.Shape.Index(key.Field)
		if b.layout.columns[i].utc() {
			b.raw(i)
		} else {
			b.ordered(i)
		}
		switch {
		case b.col.Shape.Fields[i].NotNull && key.Desc:
			b.write(" DESC")
		case b.col.Shape.Fields[i].NotNull:
		case key.Desc:
			b.write(" DESC NULLS LAST")
		default:
			b.write(" NULLS FIRST")
		}
	}
}

func (b *builder) limit(n int) {
	if n > 0 {
		b.write(" LIMIT ")
		b.sql = strconv.AppendInt(b.sql, int64(n), 10)
	}
}

func (b *builder) filter(f query.Filter) {
	switch f := f.(type) {
	case query.Const:
		b.write(strconv.FormatBool(bool(f)))
	case *query.And:
		b.join(f.Terms, " AND ")
	case *query.Or:
		b.join(f.Terms, " OR ")
	case *query.Not:
		b.write("(")
		b.filter(f.Term)
		b.write(") IS NOT TRUE")
	case *query.Compare:
		b.compare(f)
	case *query.CompareFields:
		b.compareFields(f)
	case *query.In:
		b.in(f)
	case *query.Text:
		b.text(f)
	case *query.Has:
		b.write("(")
		b.json(f.Path)
		b.write(" @> ")
		b.arg(jsonText(query.MakeArray([]query.Value{f.Value})), "jsonb")
		b.write(")")
	case *query.Length:
		b.length(f)
	case *query.Exists:
		b.exists(f)
	case *query.Search:
		b.search(f)
	}
}

func (b *builder) join(terms []query.Filter, operator string) {
	b.write("(")
	for i, t := range terms {
		if i > 0 {
			b.write(operator)
		}
		b.filter(t)
	}
	b.write(")")
}

// json writes the path inside a json field. The operator accepts object keys only, and the keys were checked by
// [query.Shape.Path].
func (b *builder) json(p query.Path) {
	if p.Sub == "" {
		b.column(b.index(p))
		return
	}
	b.write("(")
	b.column(b.index(p))
	for key := range strings.SplitSeq(p.Sub, ".") {
		b.write(" -> '" + key + "'")
	}
	b.write(")")
}

func jsonText(v query.Value) string { return normalJSON(v.JSON()) }

func symbol(op query.CompareOp) string {
	return [...]string{" = ", " < ", " <= ", " > ", " >= "}[op]
}

func (b *builder) compare(f *query.Compare) {
	i, kind := b.index(f.Path), b.kind(f.Path)
	switch {
	case kind == query.KindJSON:
		b.compareJSON(f)
	case f.Value.IsNull():
		b.null(i)
	case kind == query.KindInt && f.Value.Kind() == query.KindFloat:
		b.intAgainstFloat(i, f.Op, f.Value.Float())
	case kind == query.KindFloat && f.Value.Kind() == query.KindInt:
		b.floatAgainstInt(i, f.Op, f.Value.Int())
	case f.Op == query.Eq && b.layout.columns[i].typ == "uuid":
		if !canonicalUUID(f.Value.Text()) {
			b.write("false")
			return
		}
		b.raw(i)
		b.write(" = ")
		b.arg(f.Value.Text(), "text::uuid")
	case f.Value == far:
		b.compareFar(i, f.Op)
	case b.layout.columns[i].utc():
		b.raw(i)
		b.write(symbol(f.Op) + "(")
		b.value(f.Value)
		b.write(" AT TIME ZONE 'UTC')")
	default:
		if f.Op == query.Eq {
			b.column(i)
		} else {
			b.ordered(i)
		}
		b.write(symbol(f.Op))
		b.value(f.Value)
	}
}

// value writes a scalar as a parameter.
func (b *builder) value(v query.Value) {
	switch v.Kind() {
	case query.KindBool:
		b.arg(v.Bool(), "boolean")
	case query.KindInt:
		b.arg(v.Int(), "int8")
	case query.KindFloat:
		b.arg(v.Float(), "float8")
	case query.KindTime:
		b.arg(instant(v), "timestamptz")
	case query.KindBytes:
		b.arg([]byte(v.Text()), "bytea")
	default:
		b.arg(v.Text(), "text")
	}
}

// compareJSON compares only with values of the same JSON type.
func (b *builder) compareJSON(f *query.Compare) {
	v := f.Value
	switch {
	case v.IsNull():
		b.write("(")
		b.json(f.Path)
		b.write(" IS NULL OR ")
		b.json(f.Path)
		b.write(" = 'null'::jsonb)")
	case v.Kind() == query.KindBool:
		// The order of booleans: false, true.
		var matching []string
		for _, x := range []bool{false, true} {
			if f.Op.Holds(query.Bool(x), v) {
				matching = append(matching, "'"+strconv.FormatBool(x)+"'::jsonb")
			}
		}
		if matching == nil {
			b.write("false")
			return
		}
		b.json(f.Path)
		b.write(" IN (" + strings.Join(matching, ", ") + ")")
	case f.Op == query.Eq && !v.Ordinary():
		b.write("false") // no JSON number equals it
	case f.Op == query.Eq:
		b.json(f.Path)
		b.write(" = ")
		b.arg(jsonScalar(v), "jsonb")
	case v.IsNumber(): // CASE, because the conversion fails on what is no number
		b.write("CASE WHEN jsonb_typeof(")
		b.json(f.Path)
		b.write(") = 'number' THEN (")
		b.json(f.Path)
		b.write(")::numeric" + symbol(f.Op))
		b.arg(jsonScalar(v), "text::numeric")
		b.write(" END")
	default:
		b.write("(jsonb_typeof(")
		b.json(f.Path)
		b.write(") = 'string' AND (")
		b.json(f.Path)
		b.write(` #>> '{}') COLLATE "C"` + symbol(f.Op))
		b.arg(v.Text(), "text")
		b.write(")")
	}
}

func jsonScalar(v query.Value) string {
	if v.Kind() == query.KindFloat {
		return decimal(v.Float())
	}
	return v.JSON()
}

func (b *builder) compareFields(f *query.CompareFields) {
	left, right := b.kind(f.Left), b.kind(f.Right)
	if left != right {
		op, ints, floats := f.Op, f.Left, f.Right
		if left == query.KindFloat {
			op, ints, floats = op.Flip(), floats, ints
		}
		b.intFieldAgainstFloat(func() { b.column(b.index(ints)) }, op, func() { b.column(b.index(floats)) }, true)
		return
	}
	if f.Op == query.Eq {
		b.column(b.index(f.Left))
		b.write(" IS NOT DISTINCT FROM ")
		b.column(b.index(f.Right))
		return
	}
	b.ordered(b.index(f.Left))
	b.write(symbol(f.Op))
	b.ordered(b.index(f.Right))
}

func (b *builder) in(f *query.In) {
	kind := b.kind(f.Path)
	i := b.index(f.Path)
	mixed := false
	for _, v := range f.Values {
		mixed = mixed || !v.IsNull() && v.Kind() != kind || v == far
	}
	if kind == query.KindJSON || mixed {
		terms := make([]query.Filter, len(f.Values))
		for n, v := range f.Values {
			terms[n] = &query.Compare{Path: f.Path, Op: query.Eq, Value: v}
		}
		b.join(terms, " OR ")
		return
	}
	null := false
	values := make([]query.Value, 0, len(f.Values))
	uuids := b.layout.columns[i].typ == "uuid"
	for _, v := range f.Values {
		switch {
		case v.IsNull():
			null = true
		case !uuids || canonicalUUID(v.Text()):
			values = append(values, v)
		}
	}
	if null {
		b.write("(")
		b.null(i)
		b.write(" OR ")
	}
	if uuids {
		b.raw(i)
	} else {
		b.column(i)
	}
	b.write(" = ANY(")
	b.array(kind, values, uuids)
	b.write(")")
	if null {
		b.write(")")
	}
}

// array writes values of one kind as one parameter, so that one statement serves every length.
func (b *builder) array(kind query.Kind, values []query.Value, uuids bool) {
	switch kind {
	case query.KindInt:
		b.arg(collect(values, query.Value.Int), "int8[]")
	case query.KindFloat:
		b.arg(collect(values, query.Value.Float), "float8[]")
	case query.KindBool:
		b.arg(collect(values, query.Value.Bool), "boolean[]")
	case query.KindTime:
		b.arg(collect(values, instant), "timestamptz[]")
	case query.KindBytes:
		b.arg(collect(values, func(v query.Value) []byte { return []byte(v.Text()) }), "bytea[]")
	default:
		typ := "text[]"
		if uuids {
			typ = "text[]::uuid[]"
		}
		b.arg(collect(values, query.Value.Text), typ)
	}
}

func collect[T any](values []query.Value, f func(query.Value) T) []T {
	out := make([]T, len(values))
	for i, v := range values {
		out[i] = f(v)
	}
	return out
}

// string writes the string at a path. In a json field it is one only where its type says so.
func (b *builder) string(p query.Path) {
	if b.kind(p) != query.KindJSON {
		b.ordered(b.index(p))
		return
	}
	b.write("(")
	b.json(p)
	b.write(` #>> '{}') COLLATE "C"`)
}

func (b *builder) text(f *query.Text) {
	b.write("(")
	if b.kind(f.Path) == query.KindJSON {
		b.write("jsonb_typeof(")
		b.json(f.Path)
		b.write(") = 'string' AND ")
	}
	switch {
	case f.Text == "":
		b.string(f.Path)
		b.write(" IS NOT NULL")
	case f.Op == query.Contains:
		b.write("strpos(")
		b.string(f.Path)
		b.write(", ")
		b.arg(f.Text, "text")
		b.write(") > 0")
	case f.Op == query.StartsWith:
		// A range can use an index: text sorts by code points.
		b.string(f.Path)
		b.write(" >= ")
		b.arg(f.Text, "text")
		if end := after(f.Text); end != "" {
			b.write(" AND ")
			b.string(f.Path)
			b.write(" < ")
			b.arg(end, "text")
		}
	default:
		b.write("right(")
		b.string(f.Path)
		b.write(", " + strconv.Itoa(utf8.RuneCountInString(f.Text)) + ") = ")
		b.arg(f.Text, "text")
	}
	b.write(")")
}

// after returns the smallest string above all strings with this prefix, empty if there is none.
func after(text string) string {
	for text != "" {
		last, size := utf8.DecodeLastRuneInString(text)
		text = text[:len(text)-size]
		switch {
		case last == utf8.MaxRune:
			continue
		case last == 0xd7ff: // what follows are surrogates, which are no characters
			return text + string(rune(0xe000))
		}
		return text + string(last+1)
	}
	return ""
}

func (b *builder) length(f *query.Length) {
	if b.kind(f.Path) == query.KindJSON {
		b.write("CASE jsonb_typeof(")
		b.json(f.Path)
		b.write(") WHEN 'string' THEN char_length(")
		b.json(f.Path)
		b.write(" #>> '{}') WHEN 'array' THEN jsonb_array_length(")
		b.json(f.Path)
		b.write(") END")
	} else {
		b.write("char_length(")
		b.column(b.index(f.Path))
		b.write(")")
	}
	b.write(symbol(f.Op))
	b.arg(f.Value, "int8")
}
