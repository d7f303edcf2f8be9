package sqlite

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// builder writes one statement. Values are always parameters; names come from the collection, never from a client.
//
// A condition that is NULL counts as false everywhere: AND and OR preserve that, and a negation is written `(…) IS
// NOT TRUE`.
type builder struct {
	col  *db.Collection
	sql  []byte
	args []query.Value
	// alias qualifies the columns of col; it is empty outside lookups.
	alias string
	depth int // nesting of lookups
}

func (b *builder) start(col *db.Collection) {
	b.col, b.sql, b.args, b.alias, b.depth = col, b.sql[:0], b.args[:0], "", 0
}

func (b *builder) write(s string) { b.sql = append(b.sql, s...) }

func (b *builder) name(name string) {
	b.sql = append(b.sql, '"')
	b.sql = append(b.sql, strings.ReplaceAll(name, `"`, `""`)...)
	b.sql = append(b.sql, '"')
}

func (b *builder) arg(v query.Value) {
	b.sql = append(b.sql, '?')
	b.args = append(b.args, v)
}

func (b *builder) columns(fields []int) {
	for i, f := range fields {
		if i > 0 {
			b.write(", ")
		}
		b.name(b.col.Columns[f].Name)
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
	for i, key := range sort {
		b.write([]string{" ORDER BY ", ", "}[min(i, 1)])
		b.name(b.col.Columns[b.col.Shape.Index(key.Field)].Name)
		if key.Desc {
			b.write(" DESC")
		}
	}
}

// limit writes the number itself: there are few distinct ones, and the planner may use it.
func (b *builder) limit(n int) {
	if n > 0 {
		b.write(" LIMIT ")
		b.sql = strconv.AppendInt(b.sql, int64(n), 10)
	}
}

func (b *builder) filter(f query.Filter) {
	switch f := f.(type) {
	case query.Const:
		b.write(map[query.Const]string{true: "1", false: "0"}[f])
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
		b.operand(f.Left)
		if f.Op == query.Eq {
			b.write(" IS ")
		} else {
			b.write(symbol(f.Op))
		}
		b.operand(f.Right)
	case *query.In:
		b.in(f)
	case *query.Text:
		b.text(f)
	case *query.Has:
		b.has(f)
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

// column returns the column of a path.
func (b *builder) column(p query.Path) db.Column { return b.col.Columns[b.col.Shape.Index(p.Field)] }

// operand writes the value at a path. In a json field it is an SQL value only for a scalar.
func (b *builder) operand(p query.Path) {
	if !b.isJSON(p) {
		b.qualified(p)
		return
	}
	b.json("json_extract", p)
}

// qualified writes the column of a path.
func (b *builder) qualified(p query.Path) {
	b.write(b.alias)
	b.name(b.column(p).Name)
}

// json writes a call on the path inside a json field. The keys were checked by [query.Shape.Path] and contain
// neither quotes nor backslashes.
func (b *builder) json(function string, p query.Path) {
	b.write(function)
	b.write("(")
	b.qualified(p)
	b.write(", '$")
	if p.Sub != "" {
		for key := range strings.SplitSeq(p.Sub, ".") {
			b.write(`."` + key + `"`)
		}
	}
	b.write("')")
}

func (b *builder) isJSON(p query.Path) bool { return b.column(p).Type == query.TypeJSON }

func symbol(op query.CompareOp) string {
	return [...]string{" = ", " < ", " <= ", " > ", " >= "}[op]
}

func (b *builder) compare(f *query.Compare) {
	if b.isJSON(f.Path) {
		b.compareJSON(f)
		return
	}
	b.operand(f.Path)
	switch {
	case f.Value.IsNull():
		b.write(" IS NULL")
	case isNaN(f.Value):
		b.write(map[bool]string{true: " IS NOT NULL", false: " IS NULL AND 0"}[f.Op.Holds(query.Int(0), f.Value)])
	default:
		b.write(symbol(f.Op))
		b.arg(f.Value)
	}
}

// isNaN reports whether a value is NaN, which SQLite stores as null: every number is on the same side of it.
func isNaN(v query.Value) bool { return v.Kind() == query.KindFloat && math.IsNaN(v.Float()) }

// compareJSON compares only with values of the same JSON type, which SQLite alone does not.
func (b *builder) compareJSON(f *query.Compare) {
	v := f.Value
	switch {
	case v.IsNull():
		b.write("coalesce(")
		b.json("json_type", f.Path)
		b.write(", 'null') = 'null'")
		return
	case v.Kind() == query.KindBool:
		// The order of booleans: false, true.
		var matching []string
		for _, x := range []bool{false, true} {
			if f.Op.Holds(query.Bool(x), v) {
				matching = append(matching, "'"+strconv.FormatBool(x)+"'")
			}
		}
		if matching == nil {
			b.write("0")
			return
		}
		b.json("json_type", f.Path)
		b.write(" IN (" + strings.Join(matching, ", ") + ")")
		return
	}
	b.write("(")
	b.json("json_type", f.Path)
	if v.IsNumber() {
		b.write(" IN ('integer', 'real')")
		if isNaN(v) {
			b.write(map[bool]string{true: ")", false: " AND 0)"}[f.Op.Holds(query.Int(0), v)])
			return
		}
	} else {
		b.write(" = 'text'")
	}
	b.write(" AND ")
	b.operand(f.Path)
	b.write(symbol(f.Op))
	b.arg(v)
	b.write(")")
}

func (b *builder) in(f *query.In) {
	if b.isJSON(f.Path) {
		terms := make([]query.Filter, len(f.Values))
		for i, v := range f.Values {
			terms[i] = &query.Compare{Path: f.Path, Op: query.Eq, Value: v}
		}
		b.join(terms, " OR ")
		return
	}
	values := make([]query.Value, 0, len(f.Values))
	null := false
	for _, v := range f.Values {
		if v.IsNull() {
			null = true
		} else {
			values = append(values, v)
		}
	}
	if null {
		b.write("(")
		b.operand(f.Path)
		b.write(" IS NULL OR ")
	}
	b.operand(f.Path)
	b.write(" IN (")
	// Repeating the last value up to a power of two limits the number of distinct statements.
	for i := 0; i < len(values) || i&(i-1) != 0; i++ {
		if i > 0 {
			b.write(", ")
		}
		b.arg(values[min(i, len(values)-1)])
	}
	b.write(")")
	if null {
		b.write(")")
	}
}

func (b *builder) text(f *query.Text) {
	b.write("(")
	if b.isJSON(f.Path) {
		b.json("json_type", f.Path)
		b.write(" = 'text' AND ")
	}
	switch {
	case f.Text == "":
		b.operand(f.Path)
		b.write(" IS NOT NULL")
	case f.Op == query.Contains:
		b.write("instr(")
		b.operand(f.Path)
		b.write(", ")
		b.arg(query.String(f.Text))
		b.write(") > 0")
	case f.Op == query.StartsWith:
		// A range can use an index: text sorts by code points.
		b.operand(f.Path)
		b.write(" >= ")
		b.arg(query.String(f.Text))
		if end := after(f.Text); end != "" {
			b.write(" AND ")
			b.operand(f.Path)
			b.write(" < ")
			b.arg(query.String(end))
		}
	default:
		b.write("substr(")
		b.operand(f.Path)
		b.write(", -" + strconv.Itoa(utf8.RuneCountInString(f.Text)) + ") = ")
		b.arg(query.String(f.Text))
	}
	b.write(")")
}

// after returns the smallest string above all strings with this prefix, empty if there is none.
func after(text string) string {
	for text != "" {
		last, size := utf8.DecodeLastRuneInString(text)
		text = text[:len(text)-size]
		switch last {
		case utf8.MaxRune:
			continue
		case 0xd7ff: // what follows are surrogates, which are no characters
			return text + string(rune(0xe000))
		}
		return text + string(last+1)
	}
	return ""
}

func (b *builder) has(f *query.Has) {
	b.write("(")
	b.json("json_type", f.Path)
	b.write(" = 'array' AND EXISTS (SELECT 1 FROM ")
	unqualified := b.alias
	if b.alias == "" { // json_each has its own columns, such as value and type
		b.alias = quote(b.col.Table) + "."
	}
	b.json("json_each", f.Path)
	b.alias = unqualified
	b.write(" AS e WHERE ")
	v := f.Value
	switch {
	case v.IsNull():
		b.write("e.type = 'null'")
	case v.Kind() == query.KindBool:
		b.write("e.type = '" + strconv.FormatBool(v.Bool()) + "'")
	default:
		b.write(map[bool]string{true: "e.type IN ('integer', 'real')", false: "e.type = 'text'"}[v.IsNumber()])
		b.write(" AND e.value = ")
		b.arg(v)
	}
	b.write("))")
}

func (b *builder) length(f *query.Length) {
	if b.isJSON(f.Path) {
		b.write("CASE ")
		b.json("json_type", f.Path)
		b.write(" WHEN 'text' THEN length(")
		b.operand(f.Path)
		b.write(") WHEN 'array' THEN ")
		b.json("json_array_length", f.Path)
		b.write(" END")
	} else {
		b.write("length(")
		b.operand(f.Path)
		b.write(")")
	}
	b.write(symbol(f.Op))
	b.arg(query.Int(f.Value))
}
