package mysql

import (
	"strings"
	"unicode/utf8"

	"github.com/basalt-dev/basalt/modules/query"
)

// id returns the id of a row of the binary log, empty if the log does not say it.
func (t *watched) id(values []any) string {
	c := t.collection
	row := make(query.Row, len(c.Columns))
	for n, i := range c.KeyFields() {
		if t.keys[n] < 0 || t.keys[n] >= len(values) {
			return ""
		}
		v, ok := keyValue(c.Columns[i].Type.Kind(), t.columns[n], values[t.keys[n]])
		if !ok {
			return ""
		}
		row[i] = v
	}
	return c.ID(row)
}

// keyValue reads a value of the log.
func keyValue(kind query.Kind, of column, v any) (query.Value, bool) {
	if n, ok := integer(v, of); ok {
		switch kind {
		case query.KindInt:
			return query.Int(n), true
		case query.KindBool:
			return query.Bool(n != 0), true
		}
		return query.Null, false // the number of a value of an enum
	}
	var text string
	switch v := v.(type) {
	case string:
		text = v
	case []byte:
		text = string(v)
	default:
		return query.Null, false
	}
	switch kind {
	case query.KindString:
		return query.String(text), of.charset == "utf8mb4" && utf8.ValidString(text) || of.charset != "" && ascii(text)
	case query.KindBytes:
		return query.Bytes(text), of.typ != "binary" // which has lost its zeros at the end
	case query.KindTime:
		return instant(text)
	case query.KindDate:
		return query.ParseDate(text)
	case query.KindDecimal:
		return query.StoredDecimal(text)
	}
	return query.Null, false
}

func ascii(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r >= utf8.RuneSelf })
}

// integer returns an integer. The log does not say whether it has a sign.
func integer(v any, of column) (int64, bool) {
	unsigned := strings.HasSuffix(of.full, "unsigned")
	switch v := v.(type) {
	case int8:
		if unsigned {
			return int64(uint8(v)), true
		}
		return int64(v), true
	case int16:
		if unsigned {
			return int64(uint16(v)), true
		}
		return int64(v), true
	case int32:
		switch {
		case unsigned && of.typ == "mediumint": // which has three bytes
			return int64(uint32(v) & 0xffffff), true
		case unsigned:
			return int64(uint32(v)), true
		}
		return int64(v), true
	case int64:
		return v, true
	case int:
		return int64(v), true
	}
	return 0, false
}
