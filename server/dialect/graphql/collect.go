package graphql

import (
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/basalt-dev/basalt/modules/fault"
)

// selected is a field of a selection, with all that is selected of it.
type selected struct {
	key   string // in the answer
	field *ast.Field
	sets  []ast.SelectionSet
}

// manyFields is how many fields of one selection are looked up by their keys; fewer are compared one by one.
const manyFields = 16

// collect returns the fields of selections in their order: fragments are resolved, @skip and @include applied, and fields
// with the same key are one. It is CollectFields of the specification.
func collect(sets []ast.SelectionSet, vars map[string]any) (out []*selected) {
	return collectOf("", sets, vars)
}

// collectOf is collect for an object that was selected by an interface: fragments on other types are left out. typ is empty
// where the type is known from the selection.
func collectOf(typ string, sets []ast.SelectionSet, vars map[string]any) (out []*selected) {
	applies := func(condition string) bool {
		return typ == "" || condition == "" || condition == typ || condition == nodeType || condition == entityType
	}
	n := 0
	for _, set := range sets {
		n += len(set)
	}
	slab := make([]selected, 0, n) // fragments may need more
	out = make([]*selected, 0, n)
	var at map[string]*selected
	find := func(key string) *selected {
		if len(out) > manyFields {
			if at == nil {
				at = make(map[string]*selected, n)
			}
			for _, s := range out[len(at):] {
				at[s.key] = s
			}
			return at[key]
		}
		for _, s := range out {
			if s.key == key {
				return s
			}
		}
		return nil
	}
	var walk func(set ast.SelectionSet)
	walk = func(set ast.SelectionSet) {
		for _, s := range set {
			switch s := s.(type) {
			case *ast.Field:
				if !included(s.Directives, vars) {
					continue
				}
				known := find(s.Alias)
				if known == nil {
					if len(slab) == cap(slab) {
						slab = make([]selected, 0, 8)
					}
					slab = append(slab, selected{key: s.Alias, field: s})
					known = &slab[len(slab)-1]
					out = append(out, known)
				}
				if s.SelectionSet != nil {
					known.sets = append(known.sets, s.SelectionSet)
				}
			case *ast.InlineFragment:
				if included(s.Directives, vars) && applies(s.TypeCondition) {
					walk(s.SelectionSet)
				}
			case *ast.FragmentSpread:
				if included(s.Directives, vars) && applies(s.Definition.TypeCondition) {
					walk(s.Definition.SelectionSet)
				}
			}
		}
	}
	for _, set := range sets {
		walk(set)
	}
	return out
}

func included(directives ast.DirectiveList, vars map[string]any) bool {
	for _, d := range directives {
		if d.Name != "skip" && d.Name != "include" {
			continue
		}
		v, _ := valueOf(d.Arguments.ForName("if").Value, vars)
		if is, _ := v.(bool); is == (d.Name == "skip") {
			return false
		}
	}
	return true
}

// maxFields bounds the fields of an operation, after its fragments are resolved.
const maxFields = 2_000

// size is what an operation costs, before it runs.
type size struct {
	vars   map[string]any
	fields int
}

// measure counts the fields of an operation, and stops where there are too many of them, or of levels.
func (z *size) measure(set ast.SelectionSet, depth, most int) error {
	if depth > most {
		return fault.FieldErrorf("query", "depth", "selections are nested at most %d deep (graphql.depth)", most)
	}
	for _, s := range set {
		var err error
		switch s := s.(type) {
		case *ast.Field:
			if z.fields++; z.fields > maxFields {
				return fault.FieldErrorf("query", "fields", "an operation has at most %d fields, fragments included", maxFields)
			}
			if s.Name != "__schema" && s.Name != "__type" { // how deep these are, the library checks
				err = z.measure(s.SelectionSet, depth+1, most)
			} else {
				err = z.measure(s.SelectionSet, 0, 64)
			}
		case *ast.InlineFragment:
			err = z.measure(s.SelectionSet, depth, most)
		case *ast.FragmentSpread:
			if z.fields++; z.fields > maxFields { // an empty one costs, too
				return fault.FieldErrorf("query", "fields", "an operation has at most %d fields, fragments included", maxFields)
			}
			err = z.measure(s.Definition.SelectionSet, depth, most)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
