package query

import (
	"encoding/base64"
	"fmt"
	"strings"
	"time"

	"github.com/basalt-dev/basalt/modules/fault"
)

// Coerce converts the value to one that a field of the type can hold or be compared with: a string becomes a time,
// a date or bytes for fields of that type. It reports false if the types do not fit. Null fits every type.
func Coerce(t Type, v Value) (Value, bool) {
	want := t.Kind()
	switch {
	case want == KindJSON && t != TypeJSON:
		return coerceList(t.Element(), v)
	case t == TypeUUID && v.kind == KindString:
		text, ok := UUID{}.Canonical(v.text)
		return String(text), ok
	case t == TypeJSON && (v.kind == KindDate || v.kind == KindDecimal): // which JSON does not have
		return Null, false
	case v.IsNull() || v.kind == want || t == TypeJSON:
		return v.Rounded(), true
	case (want == KindInt || want == KindFloat) && v.IsNumber():
		return v.Rounded(), true
	case want == KindDecimal:
		return toDecimal(v)
	case want == KindTime && v.kind == KindString:
		return parseInstant(v.text)
	case want == KindDate && v.kind == KindString:
		return ParseDate(v.text)
	case want == KindBytes && v.kind == KindString:
		b, err := base64.StdEncoding.DecodeString(v.text)
		return Bytes(string(b)), err == nil
	}
	return Null, false
}

// Now returns what now is to a field: a time, or a date in UTC. It reports false for fields of other types.
func Now(t Type, now time.Time) (Value, bool) {
	switch t {
	case TypeTime:
		return Time(now), true
	case TypeDate:
		return DateOf(now), true
	}
	return Null, false
}

// Comparison returns the filter `path op value`. It reports false if the types do not fit. The caller then decides
// between the filter false, which is the meaning, and an error, which is more helpful.
func Comparison(p Path, t Type, op CompareOp, v Value) (Filter, bool) {
	c, ok := Coerce(t, v)
	if !ok || c.Kind() == KindJSON {
		return False, false
	}
	if op != Eq && c.IsNull() {
		return False, true
	}
	return &Compare{p, op, p.stored(c)}, true
}

// stored returns a value in the form in which a path has it: in JSON a time, a date and a uuid are strings.
func (p Path) stored(v Value) Value {
	if p.Sub == "" {
		return v
	}
	return InJSON(v)
}

// InJSON returns a value as a member of a JSON object has it.
func InJSON(v Value) Value {
	if v.kind == KindTime || v.kind == KindDate {
		return String(strings.Trim(v.JSON(), `"`))
	}
	return v
}

// Membership returns the filter `path in values`. It reports false if a value does not fit.
func Membership(p Path, t Type, values []Value) (Filter, bool) {
	fit := make([]Value, 0, len(values))
	whole := true
	for _, v := range values {
		c, ok := Coerce(t, v)
		if !ok || c.Kind() == KindJSON {
			whole = false
			continue
		}
		fit = append(fit, p.stored(c))
	}
	return OneOf(p, fit), whole
}

// TextTest returns the filter `path op text`. It reports false if the field does not hold strings.
func TextTest(p Path, t Type, op TextOp, text string) (Filter, bool) {
	if t.Kind() != KindString && t != TypeJSON {
		return False, false
	}
	if op == Like || op == ILike {
		return patternTest(p, op, text), true
	}
	return &Text{p, op, text}, true
}

// typeError is the client's error for a value of the wrong type.
func typeError(p Path, t Type, v Value) *fault.Error {
	if t.IsList() {
		return fault.FieldErrorf(p.String(), "type", "%s is a list, which is compared with nil only; ask for an element, as in \"x\" in %s", p, p)
	}
	form := string(t)
	switch t {
	case TypeTime:
		form = `time, as RFC 3339 text like "2026-01-31T12:00:00Z"`
	case TypeDecimal:
		form = `decimal, as a number or text like "19.99", with at most 300 digits before the point and 300 after it`
	case TypeDate:
		form = `date, as text like "2026-01-31"`
	case TypeBytes:
		form = "bytes, as base64 text"
	case TypeUUID:
		form = `uuid, as text like "0191e7a0-0000-7000-8000-000000000001"`
	case TypeID, TypeRef:
		form = "string"
	case TypeJSON:
		form = "string, number, bool or null"
	}
	got := v.Kind().String()
	if v.Kind() == KindJSON {
		got = map[byte]string{'[': "an array", '{': "an object"}[v.text[0]]
	}
	return fault.FieldErrorf(p.String(), "type", "expected %s, got %s", form, got)
}

func unsupported(field, what string, args ...any) *fault.Error {
	return fault.FieldErrorf(fault.Clip(field), "unsupported", "%s", fmt.Sprintf(what, args...))
}
