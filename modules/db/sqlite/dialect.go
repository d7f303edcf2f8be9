package sqlite

import (
	"math"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/basalt-dev/basalt/modules/db"
	sqldb "github.com/basalt-dev/basalt/modules/db/sql"
	"github.com/basalt-dev/basalt/modules/query"
)

// dialect writes the statements of SQLite.
type dialect struct {
	tables  sync.Map // *db.Collection to *sqldb.Table
	collate sync.Map // the collations of other programs' columns, by table and column in lower case: these do not compare by bytes
	altered sync.Map // the columns, by table, that may store another value than they are sent
	unshown *db.Unshown
	// guards is true once a string in a json column was not JSON, which fails every statement that looks inside. From then
	// on such a string is null to them.
	guards atomic.Bool
	// guarded is true if tables may have foreign keys that Basalt has made.
	guarded atomic.Bool
	// hidden are the hidden columns, see hidden.go, by table and column in lower case; probed are the tables that were
	// looked through, and hidings counts what was hidden. making guards that a table is made of what is hidden.
	hidden, probed sync.Map
	hidings        atomic.Int64
	making         sync.Mutex
}

var syntax = sqldb.Syntax{
	True: "1", False: "0", Same: " IS ", ExactNumbers: true,
	Position: "instr", Last: [2]string{"substr(", ", -"}, Chars: "length",
	JSONString: "'text'", JSONArray: "'array'", JSONObject: "'object'",
}

func (d *dialect) Syntax() *sqldb.Syntax { return &syntax }

func (d *dialect) Table(c *db.Collection) *sqldb.Table {
	if t, ok := d.tables.Load(c); ok {
		return t.(*sqldb.Table)
	}
	d.making.Lock()
	defer d.making.Unlock()
	columns := make([]sqldb.Column, len(c.Columns))
	for i := range columns {
		columns[i].Name = quote(c.Columns[i].Name)
		if collation, other := d.collate.Load(collated(c.Table, c.Columns[i].Name)); other {
			columns[i].Parts = []string{"", " COLLATE BINARY"}
			if foldOf(c.Columns[i].Type, collation) != nil {
				columns[i].Folding = noCase
			}
		}
		if d.hides(c, i) {
			columns[i].Parts, columns[i].Hides = hiding(c.Columns[i].Type.Kind()), true
			if columns[i].Folding != nil {
				columns[i].Folding = noCaseHiding
			}
		}
	}
	made := sqldb.NewTable(c, quote(c.Table), columns)
	t, _ := d.tables.LoadOrStore(c, &made)
	return t.(*sqldb.Table)
}

// noCase is the comparison of columns with the collation NOCASE, which folds the letters of ASCII, as lower does.
var noCase = &sqldb.Folding{Fold: query.FoldASCII, Order: []string{"", " COLLATE NOCASE"}, Text: []string{"lower(", ")"}}

// noCaseHiding is noCase of a column that is hidden.
var noCaseHiding = &sqldb.Folding{
	Fold: query.FoldASCII, Order: []string{"CASE WHEN typeof(", ") = 'text' THEN ", " END COLLATE NOCASE"}, Text: []string{"lower(CASE WHEN typeof(", ") = 'text' THEN ", " END)"},
}

// foldOf returns the fold of a collation; nil for one of bytes, and for those of others, which are compared by bytes.
func foldOf(t query.Type, collation any) *query.Fold {
	if name, ok := collation.(string); ok && strings.EqualFold(name, "nocase") && t.Kind() == query.KindString && t != query.TypeUUID {
		return query.FoldASCII
	}
	return nil
}

func collated(table, column string) string {
	return strings.ToLower(table) + "." + strings.ToLower(column)
}

func (d *dialect) Param(b *sqldb.Builder, v query.Value) { b.Question(v) }

// Stored writes json as text.
func (d *dialect) Stored(b *sqldb.Builder, field int, v query.Value) {
	if b.Table.Columns[field].Kind == query.KindJSON && !v.IsNull() {
		v = query.String(string(v.AppendJSON(nil)))
	}
	b.Question(v)
}

func (d *dialect) Aggregate(b *sqldb.Builder, function string, field int) {
	decimal := b.Table.Columns[field].Kind == query.KindDecimal
	switch {
	case decimal && function == "sum":
		b.Call("basalt_decimal_sum", field)
	case decimal && function == "avg":
		b.Write("basalt_decimal_text(")
		b.Call("basalt_decimal_sum", field)
		b.Write(") || '/' || ")
		b.Call("count", field)
	default:
		b.Call(function, field)
	}
}

// Compare takes care of NaN, which SQLite stores as null: every number is on the same side of it.
func (d *dialect) Compare(b *sqldb.Builder, field int, op query.CompareOp, v query.Value) {
	if !isNaN(v) {
		if op == query.Eq && d.finds(b, field) {
			b.Name(field)
			b.Write(" = ")
			d.Param(b, v)
			b.Write(" AND ")
		}
		b.Compare(field, op, v)
		return
	}
	if b.Table.Columns[field].Hides {
		b.Value(field)
	} else {
		b.Name(field)
	}
	if op.Holds(query.Int(0), v) {
		b.Write(" IS NOT NULL")
	} else {
		b.Write(" IS NULL AND 0")
	}
}

// InRow implements [sqldb.Rower].
func (d *dialect) InRow(b *sqldb.Builder, field int, v query.Value, side sqldb.Side) bool {
	if isNaN(v) {
		return false
	}
	switch side {
	case sqldb.OfColumns:
		b.Ordered(field)
	case sqldb.OfValues:
		d.Param(b, v)
	}
	return true
}

func isNaN(v query.Value) bool { return v.Kind() == query.KindFloat && math.IsNaN(v.Float()) }

// globs writes what stands for itself in a pattern but not in that of GLOB.
var globs = strings.NewReplacer("*", "[*]", "?", "[?]", "[", "[[]")

// Pattern uses that LIKE folds the letters of ASCII and no others, and that GLOB folds none.
func (d *dialect) Pattern(b *sqldb.Builder, pattern string, fold bool) {
	if fold {
		b.Write(" LIKE ")
		b.Question(query.String(pattern))
		b.Write(` ESCAPE '\'`)
		return
	}
	var glob strings.Builder
	for _, part := range query.PatternParts(pattern) {
		switch {
		case part.Any:
			glob.WriteByte('*')
		case part.One:
			glob.WriteByte('?')
		default:
			globs.WriteString(&glob, part.Text)
		}
	}
	b.Write(" GLOB ")
	b.Question(query.String(glob.String()))
}

func (d *dialect) Lists(*sqldb.Builder, int, query.Value) bool { return true }

func (d *dialect) In(b *sqldb.Builder, field int, values []query.Value) { b.In(field, values) }

// jsonCall writes a call of a function on the path inside a json field.
func (d *dialect) jsonCall(b *sqldb.Builder, function string, p query.Path) {
	b.Write(function)
	b.Write("(")
	if d.guards.Load() {
		b.Write("CASE WHEN json_valid(")
		b.Name(b.Index(p))
		b.Write(") THEN ")
		b.Name(b.Index(p))
		b.Write(" END")
	} else {
		b.Name(b.Index(p))
	}
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

func (d *dialect) JSONType(b *sqldb.Builder, p query.Path) { d.jsonCall(b, "json_type", p) }

// JSONText writes an SQL value, which is the string, or the value of another scalar.
func (d *dialect) JSONText(b *sqldb.Builder, p query.Path) { d.jsonCall(b, "json_extract", p) }

func (d *dialect) JSONLength(b *sqldb.Builder, p query.Path) { d.jsonCall(b, "json_array_length", p) }

func (d *dialect) JSONNull(b *sqldb.Builder, p query.Path) {
	b.Write("coalesce(")
	d.JSONType(b, p)
	b.Write(", 'null') = 'null'")
}

// JSONBool uses that true and false are types.
func (d *dialect) JSONBool(b *sqldb.Builder, p query.Path, values []bool) {
	d.JSONType(b, p)
	b.Write(" IN (")
	for i, v := range values {
		if i > 0 {
			b.Write(", ")
		}
		b.Write("'" + strconv.FormatBool(v) + "'")
	}
	b.Write(")")
}

func (d *dialect) JSONCompare(b *sqldb.Builder, f *query.Compare) {
	if !f.Value.IsNumber() {
		b.JSONCompareText(f)
		return
	}
	b.Write("(")
	d.JSONType(b, f.Path)
	b.Write(" IN ('integer', 'real')")
	switch {
	case !isNaN(f.Value):
		b.Write(" AND ")
		d.JSONText(b, f.Path)
		b.Write(sqldb.Symbol(f.Op))
		b.Question(f.Value)
	case !f.Op.Holds(query.Int(0), f.Value):
		b.Write(" AND 0")
	}
	b.Write(")")
}

func (d *dialect) JSONOrder(b *sqldb.Builder, p query.Path, ending string) {
	b.Write("CASE WHEN ")
	d.JSONType(b, p)
	b.Write(" IN ('integer', 'real') THEN ")
	d.JSONText(b, p)
	b.Write(" END")
	b.Write(ending)
}

func (d *dialect) JSONHas(b *sqldb.Builder, p query.Path, v query.Value) {
	b.Write("(")
	d.JSONType(b, p)
	b.Write(" = 'array' AND EXISTS (SELECT 1 FROM ")
	alias := b.Alias
	if alias == "" { // json_each has its own columns, such as value and type
		b.Alias = b.Table.Name + "."
	}
	d.jsonCall(b, "json_each", p)
	b.Alias = alias
	b.Write(" AS e WHERE ")
	switch {
	case v.IsNull():
		b.Write("e.type = 'null'")
	case v.Kind() == query.KindBool:
		b.Write("e.type = '" + strconv.FormatBool(v.Bool()) + "'")
	case v.IsNumber():
		b.Write("e.type IN ('integer', 'real') AND e.value = ")
		b.Question(v)
	default:
		b.Write("e.type = 'text' AND e.value = ")
		b.Question(v)
	}
	b.Write("))")
}
