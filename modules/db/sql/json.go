package sqldb

import "github.com/basalt-dev/basalt/modules/query"

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
