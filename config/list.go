package config

import (
	"strings"

	"github.com/basalt-dev/basalt/modules/query"
)

// patterned reports whether a value, or the elements of one, can match a pattern.
func patterned(t query.Type) bool {
	if t.IsList() {
		t = t.Element()
	}
	return t.Kind() == query.KindString
}

// list checks a field of type list, and gives it the type with its elements.
func (v *validator) list(f *Field) {
	names := make([]string, len(query.ElementTypes))
	for i, t := range query.ElementTypes {
		names[i] = string(t)
	}
	switch {
	case f.Of == "":
		v.fail(f.At, "a list says what its elements are, as in { type: list, of: string }")
	case !query.IsElement(f.Of):
		v.fail(f.At, "there are lists of %s, not of %q%s", strings.Join(names, ", "), f.Of, didYouMean(string(f.Of), names))
	default:
		f.Type = query.ListOf(f.Of)
		return
	}
	f.Type = query.ListOf(query.TypeString)
}

// Element is a field of the type of a list's elements.
func (f *Field) Element() *Field {
	return &Field{At: f.At, Name: f.Name, Type: f.Type.Element(), Required: true, JSON: f.JSON, Pattern: f.Pattern, Enum: f.Enum}
}
