package query

import (
	"math"
	"slices"
	"strings"

	"github.com/basalt-dev/basalt/modules/fault"
)

// A list is kept as the JSON array of its elements, each in the form of the API, but for decimals, which are strings
// with all their digits. So two elements are equal if their JSON is.

const listOf = "list of "

// ElementTypes are the types of which there are lists.
var ElementTypes = []Type{TypeString, TypeInt, TypeFloat, TypeBool, TypeTime, TypeDate, TypeUUID, TypeDecimal}

// ListOf returns the type of lists of a type.
func ListOf(element Type) Type { return listOf + element }

// IsList reports whether the values of a type are lists.
func (t Type) IsList() bool { return strings.HasPrefix(string(t), listOf) }

// Element is the type of the elements of a list, empty for other types.
func (t Type) Element() Type {
	if !t.IsList() {
		return ""
	}
	return t[len(listOf):]
}

// IsElement reports whether there are lists of a type.
func IsElement(t Type) bool { return slices.Contains(ElementTypes, t) }

// AsElement returns a value as an element of a list of the type. It reports false for one that is none, such as null.
func AsElement(t Type, v Value) (Value, bool) {
	v, ok := Coerce(t, v)
	if !ok || v.IsNull() || v.kind == KindJSON {
		return Null, false
	}
	switch t {
	case TypeInt:
		if f := v.Float(); v.kind == KindFloat && f == math.Trunc(f) && math.Abs(f) < 1<<63 {
			v = Int(int64(f))
		}
		return v, v.kind == KindInt
	case TypeFloat:
		return Float(v.Float()), v.Ordinary()
	case TypeDecimal:
		return String(v.text), true
	case TypeTime, TypeDate:
		return InJSON(v), true
	}
	return v, true
}

// Elements of other programs that are none stay as they are: they are shown, and equal nothing.

// AsList returns an array with elements as those of a list of the type. What is no array is null.
func AsList(element Type, v Value) Value {
	items := v.Elements()
	if items == nil {
		return Null
	}
	for i, e := range items {
		if e, ok := AsElement(element, e); ok {
			items[i] = e
		}
	}
	return MakeArray(items)
}

// coerceList is [Coerce] for a list.
func coerceList(element Type, v Value) (Value, bool) {
	if v.IsNull() {
		return v, true
	}
	items := v.Elements()
	for i, e := range items {
		var ok bool
		if items[i], ok = AsElement(element, e); !ok {
			return Null, false
		}
	}
	return MakeArray(items), items != nil
}

// Typed returns the elements of a list as values of their type.
func Typed(element Type, v Value) []Value {
	items := v.Elements()
	for i, e := range items {
		if typed, ok := Coerce(element, e); ok {
			items[i] = typed
		}
	}
	return items
}

// Known is [Value.Any] for a value of a type.
func Known(t Type, v Value) any {
	if !t.IsList() || v.kind != KindJSON {
		return v.Any()
	}
	items := Typed(t.Element(), v)
	out := make([]any, len(items))
	for i, e := range items {
		out[i] = e.Any()
	}
	return out
}

// HasElement returns the filter for lists, and arrays in json fields, with an element. It reports false if there can be
// none, because the value has another type.
func HasElement(p Path, t Type, v Value) (Filter, bool) {
	if !t.IsList() {
		return &Has{p, v.Rounded()}, v.Kind() != KindJSON
	}
	e, ok := AsElement(t.Element(), v)
	if !ok {
		return False, v.IsNull()
	}
	return &Has{p, e}, true
}

// hasElement is [HasElement] with an error for clients.
func hasElement(p Path, t Type, v Value) (Filter, error) {
	f, ok := HasElement(p, t, v)
	if !ok && t.IsList() {
		return nil, typeError(p, t.Element(), v)
	}
	if !ok {
		return nil, typeError(p, t, v)
	}
	return f, nil
}

// sized returns the filter for lists, and arrays in json fields, whose number of elements compares with a number.
func sized(p Path, t Type, op CompareOp, v Value) (Filter, error) {
	switch {
	case t.Kind() != KindJSON:
		return nil, unsupported(p.String(), "%s is of type %s and has no elements; only lists and json fields do", p, t)
	case v.Kind() != KindInt:
		return nil, fault.FieldErrorf(p.String(), "type", "the number of elements is compared with a whole number")
	case t.IsList():
		return &Length{p, op, v.Int()}, nil
	}
	return All(&Length{p, op, v.Int()}, Negate(&Text{p, StartsWith, ""})), nil
}
