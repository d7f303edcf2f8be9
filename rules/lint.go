package rules

import (
	"fmt"

	"github.com/basalt-dev/basalt/modules/query"
)

// Constant reports whether a rule has the same result for every caller and document although it is not just true
// or false, and that result.
func (r *Rule) Constant() (value, constant bool) {
	if _, plain := r.root.(literal); plain {
		return false, false
	}
	switch constantOf(r.root, map[query.Path]any{}) {
	case isTrue:
		return true, true
	case isFalse:
		return false, true
	}
	return false, false
}

type truth uint8

const (
	depends truth = iota
	isTrue
	isFalse
)

func truthOf(b bool) truth {
	if b {
		return isTrue
	}
	return isFalse
}

// constantOf decides a condition from literals alone. equal collects the equalities of fields in the surrounding
// conjunction.
func constantOf(n node, equal map[query.Path]any) truth {
	switch n := n.(type) {
	case literal:
		return truthOf(n.value == true)
	case not:
		switch constantOf(n.term, map[query.Path]any{}) {
		case isTrue:
			return isFalse
		case isFalse:
			return isTrue
		}
	case logical:
		if !n.and {
			equal = map[query.Path]any{}
		}
		left := constantOf(n.left, equal)
		if !n.and {
			equal = map[query.Path]any{}
		}
		right := constantOf(n.right, equal)
		absorbing := truthOf(!n.and)
		switch {
		case left == absorbing || right == absorbing:
			return absorbing
		case left == right:
			return left
		}
	case comparison:
		left, leftKnown := n.left.(literal)
		right, rightKnown := n.right.(literal)
		if leftKnown && rightKnown {
			return truthOf(compareKnown(n.op, left.value, right.value) != n.negate)
		}
		if f, ok := n.left.(field); ok && rightKnown && n.op == query.Eq && !n.negate {
			if other, ok := equal[f.path]; ok && !compareKnown(query.Eq, other, right.value) {
				return isFalse
			}
			equal[f.path] = right.value
		}
	}
	return depends
}

// Index is a choice of indexes, one of which would serve a condition of a rule.
type Index struct {
	// Collection is empty for the rule's own.
	Collection string
	Fields     []string
}

// Indexes returns the indexes that the rule needs to avoid reading every document. It is empty if no index would
// help.
func (r *Rule) Indexes() []Index {
	needs, served := indexesOf(r.root)
	if !served {
		needs = nil
	}
	var out []Index
	for _, i := range append(needs, lookupIndexes(r.root)...) {
		seen := false
		for _, o := range out {
			seen = seen || fmt.Sprint(o) == fmt.Sprint(i)
		}
		if !seen {
			out = append(out, i)
		}
	}
	return out
}

// indexesOf returns the indexes that serve a condition, and whether an index can.
func indexesOf(n node) ([]Index, bool) {
	one := func(n node) ([]Index, bool) {
		f, ok := n.(field)
		if !ok || f.path.Sub != "" || f.typ == query.TypeBool || f.typ.Kind() == query.KindJSON {
			return nil, false
		}
		return []Index{{Fields: []string{f.path.Field}}}, true
	}
	switch n := n.(type) {
	case comparison:
		if n.op != query.Eq || n.negate || isNil(n.left) || isNil(n.right) {
			return nil, false
		}
		if i, ok := one(n.left); ok {
			return i, true
		}
		return one(n.right)
	case inclusion:
		return one(n.item)
	case lookup:
		for _, t := range n.terms {
			if i, ok := one(t.value); ok && t.op == "==" && len(n.terms) > 1 {
				return i, true
			}
		}
	case logical:
		left, leftOK := indexesOf(n.left)
		right, rightOK := indexesOf(n.right)
		leftKnown, rightKnown := isKnown(n.left), isKnown(n.right)
		switch {
		case leftKnown:
			return right, rightOK
		case rightKnown:
			return left, leftOK
		case !n.and:
			return append(left, right...), leftOK && rightOK
		case leftOK && rightOK && len(left) == 1 && len(right) == 1:
			return []Index{{Fields: append(append([]string{}, left[0].Fields...), right[0].Fields...)}}, true
		case leftOK && (!rightOK || len(left) <= len(right)):
			return left, true
		}
		return right, rightOK
	}
	return nil, false
}

func isNil(n node) bool {
	l, ok := n.(literal)
	return ok && l.value == nil
}

// isKnown reports whether a condition uses no document.
func isKnown(n node) bool {
	known := true
	walk(n, func(n node) {
		switch n.(type) {
		case field, lookup, fetched, changed:
			known = false
		}
	})
	return known
}

// lookupIndexes returns what the lookups of a condition need.
func lookupIndexes(n node) []Index {
	var out []Index
	walk(n, func(n node) {
		l, ok := n.(lookup)
		if !ok {
			return
		}
		i := Index{Collection: l.collection}
		for _, t := range l.terms {
			if t.op == "==" && t.path.Sub == "" && t.typ != query.TypeBool && t.typ.Kind() != query.KindJSON {
				i.Fields = append(i.Fields, t.path.Field)
			}
		}
		if i.Fields != nil {
			out = append(out, i)
		}
	})
	return out
}

// Reads calls visit for each field of doc that the rule uses.
func (r *Rule) Reads(visit func(field string)) {
	walk(r.root, func(n node) {
		switch n := n.(type) {
		case field:
			visit(n.path.Field)
		case changed:
			for _, p := range n.paths {
				visit(p.Field)
			}
		}
	})
}
