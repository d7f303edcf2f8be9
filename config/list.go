package config

import (
	"slices"
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

// defaultElements checks the default of a list against its bounds.
func (v *validator) defaultElements(f *Field) {
	if !f.Type.IsList() {
		return
	}
	items := query.Typed(f.Type.Element(), f.Default.Value)
	for _, e := range items {
		if len(f.Enum) > 0 && !slices.ContainsFunc(f.Enum, func(l Literal) bool { return l.Value.Equal(e) }) {
			v.fail(f.Default.At, "this default has %s, which is not in enum", e.JSON())
		}
	}
	for _, bound := range []*Literal{f.Min, f.Max} {
		if n := int64(len(items)); bound != nil && (bound == f.Min && n < bound.Value.Int() || bound == f.Max && n > bound.Value.Int()) {
			v.fail(f.Default.At, "this default has %d elements, which min or max does not allow", n)
		}
	}
}

// Element is a field of the type of a list's elements.
func (f *Field) Element() *Field {
	return &Field{At: f.At, Name: f.Name, Type: f.Type.Element(), Required: !f.Nulls, JSON: f.JSON, Pattern: f.Pattern, Enum: f.Enum}
}
