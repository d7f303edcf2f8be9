package sqldb

import (
	"strconv"

	"github.com/basalt-dev/basalt/modules/query"
)

// compareJSON compares only with values of the same JSON type.
func (b *Builder) compareJSON(f *query.Compare) {
	switch f.Value.Kind() {
	case query.KindNull:
		b.dialect.JSONNull(b, f.Path)
	case query.KindBool:
		var matching []bool
		for _, x := range []bool{false, true} { // in their order
			if f.Op.Holds(query.Bool(x), f.Value) {
				matching = append(matching, x)
			}
		}
		if matching == nil {
			b.Bool(false)
			return
		}
		b.dialect.JSONBool(b, f.Path, matching)
	default:
		b.dialect.JSONCompare(b, f)
	}
}

// JSONCompareText compares the value at a path with a string.
func (b *Builder) JSONCompareText(f *query.Compare) {
	b.Write("(")
	b.isString(f.Path)
	b.Write(" AND ")
	b.jsonText(f.Path)
	b.Write(Symbol(f.Op))
	b.Param(f.Value)
	b.Write(")")
}

// isString writes the condition that the value at a path is a string.
func (b *Builder) isString(p query.Path) {
	b.dialect.JSONType(b, p)
	b.Write(" = ")
	b.Write(b.syntax.JSONString)
}

// jsonText writes the string at a path in a form that compares by bytes.
func (b *Builder) jsonText(p query.Path) {
	if b.syntax.Collate == "" {
		b.dialect.JSONText(b, p)
		return
	}
	b.Write("(")
	b.dialect.JSONText(b, p)
	b.Write(")")
	b.Write(b.syntax.Collate)
}

// jsonLength writes the length of the string or array at a path; of other types it is null.
func (b *Builder) jsonLength(p query.Path) {
	b.Write("CASE ")
	b.dialect.JSONType(b, p)
	b.Write(" WHEN ")
	b.Write(b.syntax.JSONString)
	b.Write(" THEN ")
	b.Write(b.syntax.Chars)
	b.Write("(")
	b.dialect.JSONText(b, p)
	b.Write(") WHEN ")
	b.Write(b.syntax.JSONArray)
	b.Write(" THEN ")
	b.dialect.JSONLength(b, p)
	b.Write(" END")
}

// orderInside writes the terms of an order by what is at a path in a json field: by type first, see [query.Ordering], then the
// numbers, then the strings.
func (b *Builder) orderInside(key query.SortKey) {
	p := query.Path{Field: key.Field, Sub: key.Sub}
	ending := ""
	if key.Desc {
		ending = " DESC"
	}
	rank := func(place int) { b.Write(" THEN " + strconv.Itoa(place)) }
	b.Write("CASE WHEN ")
	b.dialect.JSONNull(b, p)
	rank(key.NullRank())
	b.Write(" WHEN ")
	b.dialect.JSONBool(b, p, []bool{false})
	rank(query.RankFalse)
	b.Write(" WHEN ")
	b.dialect.JSONBool(b, p, []bool{true})
	rank(query.RankTrue)
	b.Write(" WHEN ")
	b.isString(p)
	rank(query.RankString)
	b.Write(" WHEN ")
	b.dialect.JSONType(b, p)
	b.Write(" IN (" + b.syntax.JSONArray + ", " + b.syntax.JSONObject + ")")
	rank(query.RankOther)
	b.Write(" ELSE " + strconv.Itoa(query.RankNumber) + " END" + ending + ", ")
	b.dialect.JSONOrder(b, p, ending)
	b.Write(", CASE WHEN ")
	b.isString(p)
	b.Write(" THEN ")
	b.jsonText(p)
	b.Write(" END" + ending)
}
