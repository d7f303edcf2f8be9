package graphql

import (
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

const (
	// maxSame bounds how often one field of an answer is selected: the check that these can be merged compares each with each.
	maxSame = 30
	// maxSteps bounds the selections of a document, fragments included.
	maxSteps = 20_000
)

// flood looks for documents that take long to check, before they are.
type flood struct {
	fragments ast.FragmentDefinitionList
	steps     int
}

// flooded returns why a document is not even checked; nil where it is.
func flooded(doc *ast.QueryDocument) *gqlerror.Error {
	f := flood{fragments: doc.Fragments}
	roots := []ast.SelectionSet{}
	for _, op := range doc.Operations {
		roots = append(roots, op.SelectionSet)
	}
	for _, fragment := range doc.Fragments { // which may be used by none
		roots = append(roots, fragment.SelectionSet)
	}
	for _, set := range roots {
		if err := f.merged([]ast.SelectionSet{set}); err != nil {
			return err
		}
	}
	return nil
}

// merged counts what selections have together, and below.
func (f *flood) merged(sets []ast.SelectionSet) *gqlerror.Error {
	same, inner, seen := map[string]int{}, map[string][]ast.SelectionSet{}, map[string]bool{}
	var walk func(set ast.SelectionSet) *gqlerror.Error
	walk = func(set ast.SelectionSet) *gqlerror.Error {
		for _, s := range set {
			if f.steps++; f.steps > maxSteps {
				return gqlerror.Errorf("the document selects too many fields, fragments included, or has a fragment within itself")
			}
			var err *gqlerror.Error
			switch s := s.(type) {
			case *ast.Field:
				if same[s.Alias]++; same[s.Alias] > maxSame {
					return gqlerror.Errorf("one of the fields is selected more than %d times", maxSame)
				}
				if s.SelectionSet != nil {
					inner[s.Alias] = append(inner[s.Alias], s.SelectionSet)
				}
			case *ast.InlineFragment:
				err = walk(s.SelectionSet)
			case *ast.FragmentSpread:
				if fragment := f.fragments.ForName(s.Name); fragment != nil && !seen[s.Name] {
					seen[s.Name] = true
					err = walk(fragment.SelectionSet)
				}
			}
			if err != nil {
				return err
			}
		}
		return nil
	}
	for _, set := range sets {
		if err := walk(set); err != nil {
			return err
		}
	}
	for _, below := range inner {
		if err := f.merged(below); err != nil {
			return err
		}
	}
	return nil
}
