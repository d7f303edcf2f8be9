package query

import (
	"slices"
)

// Filter is an immutable boolean tree over the fields of one document. Its nodes are the ten types of this file,
// [Exists], [Search], [Ask] and [Native], and no others. Build it with the functions, which simplify, not from the types. It
// must not be changed afterwards. A nil Filter is not valid.
type Filter interface {
	appendCanonical(dst []byte) []byte
}

// Const is a constant filter: True or False.
type Const bool

// The constant filters.
const (
	True  = Const(true)
	False = Const(false)
)

// And is true if all of its two or more terms are.
type And struct{ Terms []Filter }

// Or is true if one of its two or more terms is.
type Or struct{ Terms []Filter }

// Not is true if its term is not.
type Not struct{ Term Filter }

// CompareOp is a comparison. Negations are written with [Not].
type CompareOp uint8

// The comparisons.
const (
	Eq CompareOp = iota
	Lt
	Le
	Gt
	Ge
)

// String returns the operator's symbol.
func (op CompareOp) String() string { return [...]string{"==", "<", "<=", ">", ">="}[op] }

// Flip returns the operator for swapped sides.
func (op CompareOp) Flip() CompareOp { return [...]CompareOp{Eq, Gt, Ge, Lt, Le}[op] }

// Holds reports whether the comparison is true for two values.
func (op CompareOp) Holds(a, b Value) bool {
	if op == Eq {
		return a.Equal(b)
	}
	order, ok := a.Compare(b)
	if !ok {
		return false
	}
	switch op {
	case Lt:
		return order < 0
	case Le:
		return order <= 0
	case Gt:
		return order > 0
	}
	return order >= 0
}

// Compare compares a field with a value. The value is a scalar, of the field's own type unless the field is json.
type Compare struct {
	Path  Path
	Op    CompareOp
	Value Value
}

// CompareFields compares two fields of the document.
type CompareFields struct {
	Left  Path
	Op    CompareOp
	Right Path
}

// In is true if the field equals one of the two or more values.
type In struct {
	Path   Path
	Values []Value
}

// TextOp is a test on a string.
type TextOp uint8

// The string tests, case-sensitive but for ILike. Like and ILike test the whole string against a pattern.
const (
	Contains TextOp = iota
	StartsWith
	EndsWith
	Like
	ILike
)

// String returns the operator's name.
func (op TextOp) String() string {
	return [...]string{"contains", "startsWith", "endsWith", "like", "ilike"}[op]
}

// Text tests a string. It is false for other types. Build the patterns of Like and ILike with [TextTest].
type Text struct {
	Path Path
	Op   TextOp
	Text string
}

// Has is true if the json field is an array with an element equal to the value, a scalar.
type Has struct {
	Path  Path
	Value Value
}

// Length compares the length of a string, in code points, or of a json array, in elements, with a number. It is
// false for other types.
type Length struct {
	Path  Path
	Op    CompareOp
	Value int64
}

// All returns the conjunction of the filters. It flattens, drops True, and is False if one of them is.
func All(filters ...Filter) Filter { return join(filters, False) }

// Any returns the disjunction of the filters, simplified the same way.
func Any(filters ...Filter) Filter { return join(filters, True) }

// join builds a conjunction (absorbing False) or a disjunction (absorbing True).
func join(filters []Filter, absorbing Const) Filter {
	var single Filter
	var terms []Filter
	var of *joined
	add := func(f Filter) {
		switch {
		case single == nil && terms == nil:
			single = f
		case terms == nil:
			of = &joined{}
			if terms = of.room[:0]; len(filters) > len(of.room) {
				terms = make([]Filter, 0, len(filters))
			}
			terms = append(terms, single, f)
		default:
			terms = append(terms, f)
		}
	}
	for _, f := range filters {
		switch f := f.(type) {
		case Const:
			if f == absorbing {
				return absorbing
			}
		case *And:
			if absorbing == False {
				for _, t := range f.Terms {
					add(t)
				}
			} else {
				add(f)
			}
		case *Or:
			if absorbing == True {
				for _, t := range f.Terms {
					add(t)
				}
			} else {
				add(f)
			}
		default:
			add(f)
		}
	}
	switch {
	case single == nil:
		return !absorbing
	case terms == nil:
		return single
	case absorbing == False:
		of.and.Terms = terms
		return &of.and
	}
	of.or.Terms = terms
	return &of.or
}

// joined is a conjunction or disjunction with room for the terms of most, in one allocation.
type joined struct {
	and  And
	or   Or
	room [3]Filter
}

// Negate returns the negation of a filter.
func Negate(f Filter) Filter {
	switch f := f.(type) {
	case Const:
		return !f
	case *Not:
		return f.Term
	}
	return &Not{f}
}

// OneOf returns the filter that the field equals one of the values.
func OneOf(p Path, values []Value) Filter {
	distinct := make([]Value, 0, len(values))
	if len(values) <= 16 {
		for _, v := range values {
			if !slices.Contains(distinct, v) {
				distinct = append(distinct, v)
			}
		}
	} else {
		seen := make(map[Value]bool, len(values))
		for _, v := range values {
			if !seen[v] {
				seen[v] = true
				distinct = append(distinct, v)
			}
		}
	}
	switch len(distinct) {
	case 0:
		return False
	case 1:
		return &Compare{p, Eq, distinct[0]}
	}
	return &In{p, distinct}
}

// Within reports whether a filter has at most n nodes; each value of an [In] counts as one. Shared nodes count
// each time. The work is limited by n.
func Within(f Filter, n int) bool { return take(f, n) >= 0 }

// take returns the rest of a budget of nodes, negative if it is not enough.
func take(f Filter, n int) int {
	n--
	switch f := f.(type) {
	case *And:
		n = takeAll(f.Terms, n)
	case *Or:
		n = takeAll(f.Terms, n)
	case *Not:
		if n >= 0 {
			n = take(f.Term, n)
		}
	case *In:
		n -= len(f.Values)
	case *Exists:
		if n -= len(f.Links); n >= 0 {
			n = take(f.Where, n)
		}
	}
	return n
}

func takeAll(terms []Filter, n int) int {
	for _, t := range terms {
		if n < 0 {
			break
		}
		n = take(t, n)
	}
	return n
}

// Leaves calls visit for every leaf node.
func Leaves(f Filter, visit func(Filter)) {
	switch f := f.(type) {
	case *And:
		for _, t := range f.Terms {
			Leaves(t, visit)
		}
	case *Or:
		for _, t := range f.Terms {
			Leaves(t, visit)
		}
	case *Not:
		Leaves(f.Term, visit)
	default:
		visit(f)
	}
}

// Paths calls visit for every path of this document that the filter uses.
func Paths(f Filter, visit func(Path)) {
	Leaves(f, func(leaf Filter) {
		switch f := leaf.(type) {
		case *Compare:
			visit(f.Path)
		case *CompareFields:
			visit(f.Left)
			visit(f.Right)
		case *In:
			visit(f.Path)
		case *Text:
			visit(f.Path)
		case *Has:
			visit(f.Path)
		case *Length:
			visit(f.Path)
		case *Exists:
			for _, l := range f.Links {
				visit(l.Outer)
			}
		case *Native:
			visit(Path{Field: f.Field})
		case *Search:
			for _, name := range f.Fields {
				visit(Path{Field: name})
			}
		}
	})
}
