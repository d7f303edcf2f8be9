package policies

import (
	"slices"
	"strings"
)

// member2 is whether a list has an element: a ? b of json, and a @> of one element.
func (s *scope) member2(n *node, want bool) (cond, error) {
	list, element := n.args[0], n.args[1]
	if n.op == "<@" {
		list, element = element, list
	}
	for element.op == "cast" && element.args[0].op == "array" {
		element = element.args[0]
	}
	if n.op != "?" {
		if element.op != "array" || len(element.args) != 1 {
			return never, refuse("%s has a translation for one element", n.op)
		}
		element = element.args[0]
	}
	return s.contains(list, element, want)
}

// contains is whether a list, of a column or of a claim, has an element.
func (s *scope) contains(list, element *node, want bool) (cond, error) {
	l, v, err := s.pair(list, element)
	if err != nil {
		return never, err
	}
	if l.inner != "" || v.inner != "" || v.lookup != nil || v.role || l.literal != nil || l.kind != "list" && !l.claim || v.kind != "text" && v.kind != "number" {
		return never, refuse("a test of elements has a translation for a list and a value")
	}
	if want {
		return is(v.text + " in " + l.text).narrowed(v.loose), nil
	}
	if v.loose {
		return never, refuse("the opposite of a test of elements with a value of json has no translation")
	}
	if l.kind == "list" { // whose elements may be null
		return never, refuse("the opposite of a test of elements has no translation")
	}
	return and(and(v.present, l.present), is("!("+v.text+" in "+l.text+")")), nil
}

// called reports whether a SELECT computes what it returns, which may be a row where no row is found.
func called(n *node) bool { return n.op == "call" || slices.ContainsFunc(n.args, called) }

// lookup is when the one value that a SELECT returns compares with another.
func (s *scope) lookup(from *source, m *match) (cond, error) {
	if err := s.single(from); err != nil {
		return never, err
	}
	return s.exists(from, m, true)
}

// single refuses a SELECT of a value that may find several rows: which of them counts, if any does, nobody can say.
func (s *scope) single(from *source) error {
	t := s.schema.Tables[qualified(from.table)]
	if t == nil {
		return refuse("%s is no collection", from.table)
	}
	in := &scope{schema: s.schema, table: t, alias: from.alias, outer: s}
	var fixed []string
	var look func(n *node)
	look = func(n *node) {
		switch {
		case n == nil:
		case n.op == "and":
			look(n.args[0])
			look(n.args[1])
		case n.op == "=":
			for i, side := range n.args {
				if side.op == "column" && in.concerns(side) && !in.concerns(n.args[1-i]) {
					fixed = append(fixed, side.name[strings.LastIndexByte(side.name, '.')+1:])
				}
			}
		}
	}
	look(from.where)
	for _, unique := range t.Unique {
		if len(unique) > 0 && !slices.ContainsFunc(unique, func(c string) bool { return !slices.Contains(fixed, c) }) {
			return nil
		}
	}
	return refuse("a lookup in %s that may find several rows has no translation as a value: write EXISTS", from.table)
}

// any is a comparison with one of several: of a list, or of a lookup.
func (s *scope) any(n *node, want bool) (cond, error) {
	set := n.args[1]
	for set.op == "cast" {
		set = set.args[0]
	}
	switch {
	case set.op == "subquery" && set.from.table != "":
		v, err := s.value(n.args[0])
		if err != nil {
			return never, err
		}
		if !want || turned[n.name] == "" {
			return never, refuse("NOT IN of a lookup has no translation: it is unknown where a value is null")
		}
		return s.exists(set.from, &match{op: turned[n.name], with: v}, true)
	case set.op == "array":
		out := known(!want)
		for _, one := range set.args {
			c, err := s.holds(&node{op: n.name, args: []*node{n.args[0], one}}, want)
			if err != nil {
				return never, err
			}
			if want {
				out = or(out, c)
			} else {
				out = and(out, c)
			}
		}
		return out, nil
	case n.name == "=":
		return s.contains(set, n.args[0], want)
	}
	return never, refuse("ANY of this has no translation")
}
