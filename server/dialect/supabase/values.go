package supabase

import (
	"regexp/syntax"
	"strconv"
	"strings"
	"time"

	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

// values reads the text of a value for a column. Inside a json field, ->> compares texts, so that both a string and what
// is written like it are meant.
func (p place) values(text string) ([]query.Value, error) {
	if p.typ == query.TypeJSON {
		if len(p.column.path) == 0 || !p.column.text {
			if v, err := query.ParseJSON([]byte(text), nested); err == nil {
				if v.Kind() == query.KindJSON {
					return nil, unsupported("comparing " + p.column.String() + " with an array or an object; use cs")
				}
				return []query.Value{v}, nil
			}
			return []query.Value{query.String(text)}, nil
		}
		return scalars(text), nil
	}
	v, ok := parseValue(p.typ, text)
	if !ok {
		return nil, problem{Status: 400, Code: "22P02", Message: "invalid input syntax for type " + nameOf(p.typ) + `: "` + fault.Clip(text) + `"`}
	}
	return []query.Value{v}, nil
}

// scalars are the JSON values that are written like a string.
func scalars(text string) []query.Value {
	out := []query.Value{query.String(text)}
	if v, err := query.ParseJSON([]byte(text), 1); err == nil && v.Kind() != query.KindString && v.Kind() != query.KindJSON && !v.IsNull() {
		out = append(out, v)
	}
	return out
}

// nameOf is what PostgreSQL calls a type.
func nameOf(t query.Type) string {
	switch t {
	case query.TypeInt:
		return "bigint"
	case query.TypeFloat:
		return "double precision"
	case query.TypeDecimal:
		return "numeric"
	case query.TypeBool:
		return "boolean"
	case query.TypeTime:
		return "timestamp with time zone"
	case query.TypeJSON:
		return "jsonb"
	case query.TypeBytes:
		return "bytea"
	case query.TypeUUID, query.TypeDate:
		return string(t)
	}
	return "text"
}

// timeForms are the forms of a time besides RFC 3339 that clients write. One without a zone is in UTC.
var timeForms = []string{"2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999Z07:00", "2006-01-02 15:04:05.999999999Z07", "2006-01-02 15:04:05.999999999", "2006-01-02T15:04:05.999999999Z07", "2006-01-02T15:04", "2006-01-02 15:04", time.DateOnly}

// parseValue reads the text of a value of a type.
func parseValue(t query.Type, text string) (query.Value, bool) {
	switch t.Kind() {
	case query.KindInt:
		n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
		if err != nil {
			v, ok := query.ParseNumber(text)
			return v, ok
		}
		return query.Int(n), true
	case query.KindFloat:
		return query.ParseNumber(text)
	case query.KindBool:
		switch strings.ToLower(text) {
		case "true", "t", "1", "yes", "on":
			return query.Bool(true), true
		case "false", "f", "0", "no", "off":
			return query.Bool(false), true
		}
		return query.Null, false
	case query.KindTime:
		if v, ok := query.Coerce(t, query.String(text)); ok {
			return v, true
		}
		for _, form := range timeForms {
			if at, err := time.Parse(form, text); err == nil {
				return query.Time(at), true
			}
		}
		return query.Null, false
	}
	return query.Coerce(t, query.String(text))
}

// asPattern writes a regular expression as a pattern, if it is one of text, ., .*, .+ and the ends.
func asPattern(expression string, fold bool) (pattern string, folds, ok bool) {
	if len(expression) > 1000 {
		return "", false, false
	}
	re, err := syntax.Parse(expression, syntax.Perl|syntax.DotNL)
	if err != nil {
		return "", false, false
	}
	parts := []*syntax.Regexp{re}
	if re.Op == syntax.OpConcat {
		parts = re.Sub
	}
	out, starts, ends := "", false, false
	for i, part := range parts {
		anything := len(part.Sub) == 1 && part.Sub[0].Op == syntax.OpAnyChar
		switch {
		case part.Op == syntax.OpEmptyMatch:
		case part.Op == syntax.OpBeginText && i == 0:
			starts = true
		case part.Op == syntax.OpEndText && i == len(parts)-1:
			ends = true
		case part.Op == syntax.OpLiteral && part.Flags&syntax.FoldCase == 0:
			out += query.EscapePattern(string(part.Rune))
		case part.Op == syntax.OpAnyChar:
			out += "_"
		case part.Op == syntax.OpStar && anything:
			out += "%"
		case part.Op == syntax.OpPlus && anything:
			out += "_%"
		default:
			return "", false, false
		}
	}
	if !starts {
		out = "%" + out
	}
	if !ends {
		out += "%"
	}
	return out, fold, true
}
