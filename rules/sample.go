package rules

import (
	"fmt"
	"maps"
	"time"

	"github.com/basalt-dev/basalt/modules/query"
)

// Equals returns the fields of doc that the rule compares for equality with what is known, for every document that it lets
// through: those an index can begin with.
func (r *Rule) Equals() []string { return equals(r.root, nil) }

func equals(n node, out []string) []string {
	add := func(n node) bool {
		f, ok := n.(field)
		if ok && f.path.Sub == "" && f.typ.Kind() != query.KindJSON {
			out = append(out, f.path.Field)
		}
		return ok
	}
	switch n := n.(type) {
	case traced:
		return equals(n.node, out)
	case field:
		add(n)
	case comparison:
		if n.op == query.Eq && !n.negate && !isNil(n.left) && !isNil(n.right) && (isKnown(n.left) || isKnown(n.right)) && !add(n.left) {
			add(n.right)
		}
	case logical:
		switch {
		case isKnown(n.left):
			return equals(n.right, out)
		case isKnown(n.right):
			return equals(n.left, out)
		case n.and:
			return equals(n.right, equals(n.left, out))
		}
	}
	return out
}

// Samples returns claims of callers for whom the rule leaves something to look up: signed in, with a value for every claim
// that fits what it is compared with. There is one for each value that the rule itself names, and one with none of these.
func (r *Rule) Samples() []map[string]any {
	s := sampler{base: map[string]any{"sub": Sample(query.TypeString)}}
	walk(r.root, s.visit)
	out := []map[string]any{s.base}
	for _, n := range s.named {
		with := maps.Clone(s.base)
		with[n.name] = n.value
		out = append(out, with)
	}
	return out
}

type named struct {
	name  string
	value any
}

type sampler struct {
	base  map[string]any
	named []named
}

func (s *sampler) visit(n node) {
	switch n := n.(type) {
	case claim:
		s.set(n, Sample(query.TypeString), false)
	case comparison:
		s.pair(n.left, n.right)
		s.pair(n.right, n.left)
	case inclusion:
		if f, ok := typeOf(n.item); ok {
			s.set(n.list, two(f), true)
		}
		if l, ok := n.list.(list); ok {
			for _, item := range l.items {
				s.pair(n.item, item)
			}
		}
		if f, ok := typeOf(n.list); ok {
			s.set(n.item, Sample(f.Element()), true)
		}
	case lookup:
		for _, t := range n.terms {
			if t.op == "in" || t.op == "not in" {
				s.set(t.value, two(t.typ), true)
			} else {
				s.set(t.value, Sample(t.typ), true)
			}
		}
	case fetched:
		s.set(n.id, Sample(n.shape.Fields[0].Type), true)
	}
}

// pair sees a claim that is compared with a field, or with a value of the rule.
func (s *sampler) pair(n, with node) {
	c, isClaim := n.(claim)
	if l, ok := with.(literal); ok && isClaim && l.value != nil {
		s.named = append(s.named, named{c.name, l.value})
	}
	if t, ok := typeOf(with); ok {
		s.set(n, Sample(t), true)
	}
}

// set gives a claim a value; one that fits goes before any other.
func (s *sampler) set(n node, v any, fits bool) {
	c, ok := n.(claim)
	if !ok {
		return
	}
	name := c.name
	if name == "id" {
		name = "sub"
	}
	if _, there := s.base[name]; !there || fits {
		s.base[name] = v
	}
}

func typeOf(n node) (query.Type, bool) {
	switch n := n.(type) {
	case field:
		return n.typ, true
	case fetched:
		return n.typ, true
	}
	return "", false
}

// Sample returns a value of a type, as claims and parameters have it; a list has two.
func Sample(t query.Type) any { return sampleOf(t, 1) }

// two is what `in` looks in.
func two(t query.Type) []any { return []any{sampleOf(t, 1), sampleOf(t, 2)} }

func sampleOf(t query.Type, n int) any {
	at := time.Date(2026, 1, n, 0, 0, 0, 0, time.UTC)
	switch t {
	case query.TypeInt:
		return int64(n)
	case query.TypeFloat:
		return float64(n) + 0.5
	case query.TypeDecimal:
		return fmt.Sprintf("%d.5", n)
	case query.TypeBool:
		return n == 1
	case query.TypeTime:
		return at.Format(time.RFC3339)
	case query.TypeDate:
		return at.Format(time.DateOnly)
	case query.TypeUUID:
		return fmt.Sprintf("00000000-0000-4000-8000-%012d", n)
	case query.TypeBytes:
		return []string{"AA==", "AQ=="}[n-1]
	}
	if t.IsList() {
		return two(t.Element())
	}
	return fmt.Sprintf("sample%d", n)
}

// SampleValue is [Sample] as a value.
func SampleValue(t query.Type) query.Value { return toValue(Sample(t)) }
