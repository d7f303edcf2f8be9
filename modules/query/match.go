package query

import (
	"strings"
	"unicode/utf8"
)

// Answer reports whether a lookup, or a webhook, is true for a row.
type Answer func(f Filter, s *Shape, row Row) bool

// Match reports whether a row of the shape satisfies the filter. Lookups are evaluated by answer, which may be nil
// if there are none.
func Match(f Filter, s *Shape, row Row, answer Answer) bool {
	switch f := f.(type) {
	case Const:
		return bool(f)
	case *And:
		for _, t := range f.Terms {
			if !Match(t, s, row, answer) {
				return false
			}
		}
		return true
	case *Or:
		for _, t := range f.Terms {
			if Match(t, s, row, answer) {
				return true
			}
		}
		return false
	case *Not:
		return !Match(f.Term, s, row, answer)
	case *Compare:
		fold := s.foldAt(f.Path)
		return f.Op.Holds(fold.Of(s.Get(row, f.Path)), fold.Of(f.Value))
	case *CompareFields:
		fold := Joint(s.foldAt(f.Left), s.foldAt(f.Right))
		return f.Op.Holds(fold.Of(s.Get(row, f.Left)), fold.Of(s.Get(row, f.Right)))
	case *In:
		fold := s.foldAt(f.Path)
		v := fold.Of(s.Get(row, f.Path))
		for _, w := range f.Values {
			if v.Equal(fold.Of(w)) {
				return true
			}
		}
		return false
	case *Text:
		v := s.Get(row, f.Path)
		fold := s.foldAt(f.Path)
		return v.Kind() == KindString && f.Op.Holds(fold.Key(v.Text()), fold.Key(f.Text))
	case *Has:
		fold := s.foldAt(f.Path)
		for _, e := range s.Get(row, f.Path).Elements() {
			if fold.Of(e).Equal(fold.Of(f.Value)) {
				return true
			}
		}
		return false
	case *Length:
		n, ok := length(s.Get(row, f.Path))
		return ok && f.Op.Holds(Int(n), Int(f.Value))
	case *Search:
		return f.match(s, row)
	case *Exists, *Ask:
		return answer(f, s, row)
	}
	return false
}

// Holds reports whether the test is true for two strings.
func (op TextOp) Holds(s, part string) bool {
	switch op {
	case Contains:
		return strings.Contains(s, part)
	case StartsWith:
		return strings.HasPrefix(s, part)
	case EndsWith:
		return strings.HasSuffix(s, part)
	}
	return matchPattern(s, part, op == ILike)
}

func length(v Value) (int64, bool) {
	switch {
	case v.Kind() == KindString:
		return int64(utf8.RuneCountInString(v.Text())), true
	case v.Kind() == KindJSON && v.Text()[0] == '[':
		return int64(len(v.Elements())), true
	}
	return 0, false
}

// Tables returns an Answer that evaluates lookups on rows in memory, by name of their collection.
func Tables(shapes map[string]*Shape, rows map[string][]Row) Answer {
	var answer Answer
	answer = func(f Filter, s *Shape, row Row) bool {
		e, ok := f.(*Exists)
		if !ok { // webhooks are not called in memory
			return false
		}
		inner := shapes[e.Collection]
		for _, r := range rows[e.Collection] {
			if e.linked(inner, r, s, row) && Match(e.Where, inner, r, answer) {
				return true
			}
		}
		return false
	}
	return answer
}

func (f *Exists) linked(inner *Shape, r Row, outer *Shape, row Row) bool {
	for _, l := range f.Links {
		if !l.HoldsBetween(inner, outer, inner.Get(r, l.Inner), outer.Get(row, l.Outer)) {
			return false
		}
	}
	return true
}

// Holds reports whether the link is true for the values of the two documents.
func (l Link) Holds(inner, outer Value) bool {
	return !inner.IsNull() && l.Op.Holds(inner, outer)
}
