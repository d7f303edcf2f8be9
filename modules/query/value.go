package query

import (
	"cmp"
	"encoding/base64"
	"errors"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// Kind is the type of a [Value] at run time.
type Kind uint8

// The kinds of values. KindJSON is an array or an object; a JSON scalar has the scalar's kind.
const (
	KindNull Kind = iota
	KindBool
	KindInt
	KindFloat
	KindString
	KindTime
	KindBytes
	KindJSON
	KindDate
	KindDecimal
)

var kindNames = [...]string{"null", "bool", "int", "float", "string", "time", "bytes", "json", "date", "decimal"}

// String returns the kind's name in the configuration.
func (k Kind) String() string { return kindNames[k] }

// Value is one scalar or JSON text. The zero Value is null. Values are immutable. == compares their
// representation; use [Value.Equal] to compare their meaning.
type Value struct {
	kind Kind
	bits uint64 // bool, int, float bits, or microseconds or days since 1970
	text string // string, bytes, compact JSON, or the canonical text of a decimal
}

// Null is the absent value.
var Null = Value{}

// LeftOut is the null of a field without a given value, for which a database may have a default.
var LeftOut = Value{bits: 1}

// Bool returns a boolean value.
func Bool(b bool) Value {
	if b {
		return Value{kind: KindBool, bits: 1}
	}
	return Value{kind: KindBool}
}

// Int returns an integer value.
func Int(i int64) Value { return Value{kind: KindInt, bits: uint64(i)} }

// Float returns a number. Negative zero becomes zero; NaN and infinities, which JSON cannot represent, become
// null.
func Float(f float64) Value {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return Null
	}
	return Double(f)
}

// Double returns a number from a database, which may be an infinity or NaN. All NaN are equal. A NaN with its sign
// bit set sorts before every number, any other one after: databases differ, and the driver sets the sign
// accordingly.
func Double(f float64) Value {
	switch {
	case f == 0:
		f = 0
	case math.IsNaN(f):
		f = math.Copysign(math.NaN(), math.Copysign(1, f)) // one form of each
	}
	return Value{kind: KindFloat, bits: math.Float64bits(f)}
}

// String returns a string value.
func String(s string) Value { return Value{kind: KindString, text: s} }

// Time returns an instant, rounded down to microseconds. If microseconds cannot represent it, it is [Forever] or
// [Always].
func Time(t time.Time) Value {
	const limit = math.MaxInt64 / 1_000_000
	switch s := t.Unix(); {
	case s >= limit:
		return Forever
	case s <= -limit:
		return Always
	}
	return Micros(t.UnixMicro())
}

// Micros returns the instant that many microseconds after 1970-01-01 UTC.
func Micros(us int64) Value { return Value{kind: KindTime, bits: uint64(us)} }

// The infinite times: the infinity of PostgreSQL, after every instant, and -infinity, before all.
var (
	Forever = Micros(math.MaxInt64)
	Always  = Micros(math.MinInt64)
)

// Bytes returns a byte string, stored as a string of the same bytes.
func Bytes(b string) Value { return Value{kind: KindBytes, text: b} }

// RawJSON returns the value of a JSON text, which must be valid. A scalar becomes a value of the scalar's kind;
// arrays and objects keep their text.
func RawJSON(text string) Value {
	if text == "" {
		return Null
	}
	switch text[0] {
	case '{', '[':
		return Value{kind: KindJSON, text: text}
	case 'n':
		return Null
	case 't', 'f':
		return Bool(text[0] == 't')
	case '"':
		b, err := jsontext.AppendUnquote(nil, text)
		if err != nil {
			return Null
		}
		return String(string(b))
	}
	v, ok := ParseNumber(text)
	if !ok { // larger than any float: compares as infinite, and keeps its text
		f, err := strconv.ParseFloat(text, 64)
		if !errors.Is(err, strconv.ErrRange) {
			return Null
		}
		v = Double(f)
		v.text = text
	}
	return exactly(v, text)
}

// ParseNumber reads a JSON number: an int if it has no fraction or exponent and fits 64 bits, otherwise a float.
// It reports false for a number that no float can hold.
func ParseNumber(text string) (Value, bool) {
	if !strings.ContainsAny(text, ".eE") {
		if i, err := strconv.ParseInt(text, 10, 64); err == nil {
			return Int(i), true
		}
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsInf(f, 0) {
		return Null, false
	}
	return Float(f), true
}

// Kind returns the value's kind.
func (v Value) Kind() Kind { return v.kind }

// IsNull reports whether the value is null.
func (v Value) IsNull() bool { return v.kind == KindNull }

// IsNumber reports whether the value is an int or a float.
func (v Value) IsNumber() bool { return v.kind == KindInt || v.kind == KindFloat }

// Bool returns the boolean, false for any other kind.
func (v Value) Bool() bool { return v.kind == KindBool && v.bits == 1 }

// Int returns the integer, the microseconds of a time, or the days of a date.
func (v Value) Int() int64 { return int64(v.bits) }

// Float returns the number as a float.
func (v Value) Float() float64 {
	if v.kind == KindInt {
		return float64(int64(v.bits))
	}
	return math.Float64frombits(v.bits)
}

// Text returns the string, the bytes or the JSON text.
func (v Value) Text() string { return v.text }

// Time returns the instant of a time value, in UTC.
func (v Value) Time() time.Time { return time.UnixMicro(int64(v.bits)).UTC() }

// Equal reports whether two values mean the same. Null equals null; an int equals a float of the same value; JSON
// compares by structure.
func (v Value) Equal(w Value) bool {
	if v.kind == KindJSON && w.kind == KindJSON {
		return v.text == w.text || canonicalJSON(v.text) == canonicalJSON(w.text)
	}
	if v.IsNumber() && w.IsNumber() {
		order, _ := v.Compare(w)
		return order == 0
	}
	return v == w || v.IsNull() && w.IsNull()
}

func (v Value) isNaN() bool { return v.kind == KindFloat && math.IsNaN(v.Float()) }

// nanRank is -1 or 1 for a NaN, and 0 for any other number.
func (v Value) nanRank() int {
	switch {
	case !v.isNaN():
		return 0
	case math.Signbit(v.Float()):
		return -1
	}
	return 1
}

// Compare orders two values of the same type: -1, 0 or 1. It reports false if they have no order: one is null or
// JSON, or their types differ.
func (v Value) Compare(w Value) (int, bool) {
	switch {
	case v.kind == w.kind && (v.kind == KindInt || v.kind == KindTime || v.kind == KindDate):
		return cmp.Compare(int64(v.bits), int64(w.bits)), true
	case v.isNaN() || w.isNaN():
		return cmp.Compare(v.nanRank(), w.nanRank()), v.IsNumber() && w.IsNumber()
	case v.kind == KindFloat && w.kind == KindFloat:
		return cmp.Compare(v.Float(), w.Float()), true
	case v.kind == KindInt && w.kind == KindFloat:
		return compareIntFloat(int64(v.bits), w.Float()), true
	case v.kind == KindFloat && w.kind == KindInt:
		return -compareIntFloat(int64(w.bits), v.Float()), true
	case v.kind != w.kind:
		return 0, false
	case v.kind == KindDecimal:
		return cmp.Compare(compareDecimals(v.text, w.text), 0), true
	case v.kind == KindString || v.kind == KindBytes:
		return cmp.Compare(v.text, w.text), true
	case v.kind == KindBool:
		return cmp.Compare(v.bits, w.bits), true
	}
	return 0, false
}

// compareIntFloat compares without rounding the int: 2^53+1 is larger than 2^53 as a float.
func compareIntFloat(i int64, f float64) int {
	const limit = 1 << 63
	if f >= limit {
		return -1
	}
	if f < -limit {
		return 1
	}
	whole := math.Trunc(f)
	if c := cmp.Compare(i, int64(whole)); c != 0 {
		return c
	}
	return cmp.Compare(0, f-whole)
}

// AppendJSON appends the value in the format of the API: times as RFC 3339, bytes as base64, and what these cannot
// represent as in [Value.appendTime] and [Value.appendFloat].
func (v Value) AppendJSON(dst []byte) []byte {
	switch v.kind {
	case KindBool:
		return strconv.AppendBool(dst, v.bits == 1)
	case KindInt:
		return strconv.AppendInt(dst, int64(v.bits), 10)
	case KindFloat:
		return v.appendFloat(dst)
	case KindString:
		return appendQuote(dst, v.text)
	case KindTime:
		dst = append(dst, '"')
		dst = v.appendTime(dst)
		return append(dst, '"')
	case KindDecimal:
		if decimalRank(v.text) != 0 {
			return append(append(append(dst, '"'), v.text...), '"')
		}
		return append(dst, v.text...)
	case KindDate:
		return append(v.appendDate(append(dst, '"')), '"')
	case KindBytes:
		dst = append(dst, '"')
		dst = base64.StdEncoding.AppendEncode(dst, []byte(v.text))
		return append(dst, '"')
	case KindJSON:
		return append(dst, v.text...)
	}
	return append(dst, "null"...)
}

// JSON returns the value in the format of the API.
func (v Value) JSON() string { return string(v.AppendJSON(nil)) }

// appendQuote is jsontext.AppendQuote with a fast path for strings that need no escape.
func appendQuote(dst []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || c >= 0x7f {
			// An error means invalid UTF-8, which is written as replacement characters.
			out, _ := jsontext.AppendQuote(dst, s)
			return out
		}
	}
	dst = append(dst, '"')
	dst = append(dst, s...)
	return append(dst, '"')
}
