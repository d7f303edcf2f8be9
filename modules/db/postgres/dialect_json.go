package postgres

import (
	"strconv"
	"strings"

	sqldb "github.com/basalt-dev/basalt/modules/db/sql"
	"github.com/basalt-dev/basalt/modules/query"
)

// jsonPath writes the path inside a json field. The operator accepts object keys only.
func jsonPath(b *sqldb.Builder, p query.Path) {
	if p.Sub == "" {
		b.Value(b.Index(p))
		return
	}
	b.Write("(")
	b.Value(b.Index(p))
	for key := range strings.SplitSeq(p.Sub, ".") {
		b.Write(" -> '")
		b.Write(key)
		b.Write("'")
	}
	b.Write(")")
}

func (d dialect) JSONType(b *sqldb.Builder, p query.Path) {
	b.Write("jsonb_typeof(")
	jsonPath(b, p)
	b.Write(")")
}

func (d dialect) JSONText(b *sqldb.Builder, p query.Path) {
	jsonPath(b, p)
	b.Write(" #>> '{}'")
}

func (d dialect) JSONLength(b *sqldb.Builder, p query.Path) {
	b.Write("jsonb_array_length(")
	jsonPath(b, p)
	b.Write(")")
}

func (d dialect) JSONNull(b *sqldb.Builder, p query.Path) {
	b.Write("(")
	jsonPath(b, p)
	b.Write(" IS NULL OR ")
	jsonPath(b, p)
	b.Write(" = 'null'::jsonb)")
}

func (d dialect) JSONBool(b *sqldb.Builder, p query.Path, values []bool) {
	jsonPath(b, p)
	b.Write(" IN (")
	for i, v := range values {
		if i > 0 {
			b.Write(", ")
		}
		b.Write("'" + strconv.FormatBool(v) + "'::jsonb")
	}
	b.Write(")")
}

func (d dialect) JSONCompare(b *sqldb.Builder, f *query.Compare) {
	switch {
	case f.Op == query.Eq && !f.Value.Ordinary():
		b.Bool(false) // no JSON number equals it
	case f.Op == query.Eq:
		jsonPath(b, f.Path)
		b.Write(" = ")
		param(b, query.String(jsonScalar(f.Value)), "jsonb")
	case f.Value.IsNumber(): // CASE, because the conversion fails on what is no number
		b.Write("CASE WHEN ")
		d.JSONType(b, f.Path)
		b.Write(" = 'number' THEN (")
		jsonPath(b, f.Path)
		b.Write(")::numeric")
		b.Write(sqldb.Symbol(f.Op))
		param(b, query.String(jsonScalar(f.Value)), "text::numeric")
		b.Write(" END")
	default:
		b.JSONCompareText(f)
	}
}

func (d dialect) JSONOrder(b *sqldb.Builder, p query.Path, ending string) {
	b.Write("CASE WHEN ")
	d.JSONType(b, p)
	b.Write(" = 'number' THEN (")
	jsonPath(b, p)
	b.Write(")::numeric END")
	b.Write(ending)
}

func (d dialect) JSONHas(b *sqldb.Builder, p query.Path, v query.Value) {
	if i := b.Index(p); elementOf(b, i) != "" {
		d.hasElement(b, i, v)
		return
	}
	b.Write("(")
	jsonPath(b, p)
	b.Write(" @> ")
	param(b, query.String(jsonText(query.MakeArray([]query.Value{v}))), "jsonb")
	b.Write(")")
}

func jsonText(v query.Value) string { return normalJSON(v.JSON()) }

func jsonScalar(v query.Value) string {
	if v.Kind() == query.KindFloat {
		return decimal(v.Float())
	}
	return v.JSON()
}
