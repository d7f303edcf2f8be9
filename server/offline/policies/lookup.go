package policies

import (
	"slices"
	"strings"
)

// match is what the column that a lookup selects is compared with.
type match struct {
	op   string
	with value
}

// maxBranches bounds the alternatives of one lookup, each of which becomes an exists().
const maxBranches = 16

var lookupOperators = map[string]string{"<": "$lt", "<=": "$lte", ">": "$gt", ">=": "$gte"}

// branch is one alternative of a lookup: what the row that is looked for has, and what has nothing to do with it.
type branch struct {
	fields []field
	beside cond
	narrow bool // see [cond]
}

// field is a test of a field of the row that is looked for.
type field struct{ name, op, text string }

// exists is when a lookup finds a row, or when it finds none.
func (s *scope) exists(from *source, m *match, want bool) (cond, error) {
	if from.table == "" {
		return never, refuse("a SELECT without a table has no translation here")
	}
	t := s.schema.Tables[qualified(from.table)]
	if t == nil || t.Collection == "" {
		return never, refuse("%s is no collection", from.table)
	}
	in := &scope{schema: s.schema, table: t, alias: from.alias, outer: s, definer: s.definer, depth: s.depth + 1, needs: s.needs}
	if in.depth > maxCalls {
		return never, refuse("lookups in lookups have no translation")
	}
	if !in.definer { // the database refuses a lookup of who may not read the table
		if t.looked().equal(never) {
			return never, refuse("callers may not read all columns of %s, or it is a view: a lookup in it has no translation", from.table)
		}
		s.need(t.looked())
	}
	all := []branch{{beside: always}}
	var err error
	if from.where != nil {
		if all, err = in.branches(from.where, all); err != nil {
			return never, err
		}
	}
	if m != nil {
		v, err := in.value(from.what)
		if err != nil || v.inner == "" || v.in != in {
			return never, refuse("a lookup of what is no column has no translation")
		}
		if all, err = in.tested(m.op, v, m.with, all); err != nil {
			return never, err
		}
	}
	if t.Secured && !in.definer {
		if all, err = in.seen(all); err != nil {
			return never, err
		}
	}
	return s.found(t, all, want)
}

// found writes the alternatives.
func (s *scope) found(t *Table, all []branch, want bool) (cond, error) {
	out := never
	for i, b := range all {
		if slices.ContainsFunc(all[:i], func(other branch) bool { return narrower(b, other) }) {
			continue // another finds all that it finds
		}
		if slices.ContainsFunc(all[i+1:], func(other branch) bool { return narrower(b, other) && !narrower(other, b) }) {
			continue
		}
		parts := make([]string, 0, len(b.fields))
		byName := map[string][]field{}
		var names []string
		for _, f := range b.fields {
			if byName[f.name] == nil {
				names = append(names, f.name)
			}
			if !slices.Contains(byName[f.name], f) {
				byName[f.name] = append(byName[f.name], f)
			}
		}
		for _, name := range names {
			text, err := filterOf(byName[name])
			if err != nil {
				return never, err
			}
			parts = append(parts, literal("string", name)+": "+text)
		}
		out = or(out, and(b.beside, is("exists("+literal("string", t.Collection)+", {"+strings.Join(parts, ", ")+"})")).narrowed(b.narrow))
	}
	if want {
		return out, nil
	}
	return opposed(out) // whether a row is found is never unknown
}

// narrower reports whether a finds nothing that b does not find.
func narrower(a, b branch) bool {
	if !b.beside.equal(always) && !b.beside.equal(a.beside) {
		return false
	}
	for _, f := range b.fields {
		if !slices.Contains(a.fields, f) {
			return false
		}
	}
	return true
}

// filterOf joins the tests of one field.
func filterOf(tests []field) (string, error) {
	if len(tests) == 1 && tests[0].op == "" {
		return tests[0].text, nil
	}
	var parts []string
	seen := map[string]bool{}
	for _, f := range tests {
		if f.op == "" {
			f.op = "$eq"
		}
		if seen[f.op] {
			return "", refuse("two tests of %s in one lookup have no translation", f.name)
		}
		seen[f.op] = true
		parts = append(parts, literal("string", f.op)+": "+f.text)
	}
	if seen["$eq"] && len(parts) > 1 {
		return "", refuse("two tests of %s in one lookup have no translation", tests[0].name)
	}
	return "{" + strings.Join(parts, ", ") + "}", nil
}

// seen narrows a lookup to the rows that the policies of its table show the caller: lookups of rules see all.
func (s *scope) seen(all []branch) ([]branch, error) {
	granted := s.table.granted("SELECT")
	var out []branch
	for _, p := range s.table.Policies {
		if p.Command != "ALL" && p.Command != "SELECT" {
			continue
		}
		if p.Restrictive {
			return nil, refuse("a lookup in %s, which has a restrictive policy, has no translation", s.table.Name)
		}
		if p.Using == "" { // it allows nothing
			continue
		}
		n, err := parse(p.Using)
		if err != nil {
			return nil, refuse("a lookup in %s, whose policy %s has no translation: %w", s.table.Name, p.Name, err)
		}
		in := *s
		in.outer = nil // a policy sees the row alone
		more, err := in.branches(n, all)
		if err != nil {
			return nil, refuse("a lookup in %s, whose policy %s has no translation: %w", s.table.Name, p.Name, err)
		}
		for _, b := range more {
			b.beside = and(b.beside, and(granted, s.schema.callers(p.Roles)))
			if !b.beside.equal(never) {
				out = append(out, b)
			}
		}
		if len(out) > maxBranches {
			return nil, refuse("the lookup in %s has too many alternatives", s.table.Name)
		}
	}
	return out, nil
}

// branches adds a condition to the alternatives of a lookup.
func (s *scope) branches(n *node, all []branch) ([]branch, error) {
	switch {
	case n.op == "not" && inverse[n.args[0].op] != "":
		return s.branches(inverted(n.args[0]), all)
	case n.op == "is true":
		return s.branches(n.args[0], all)
	case n.op == "is false":
		return s.branches(inverted(n.args[0]), all)
	case n.op == "and":
		all, err := s.branches(n.args[0], all)
		if err != nil {
			return nil, err
		}
		return s.branches(n.args[1], all)
	case n.op == "or":
		left, err := s.branches(n.args[0], all)
		if err != nil {
			return nil, err
		}
		right, err := s.branches(n.args[1], all)
		if len(left)+len(right) > maxBranches {
			return nil, refuse("the lookup has too many alternatives")
		}
		return append(left, right...), err
	case n.op == "any" && n.name == "=" && !s.concerns(n.args[1]) && s.concerns(n.args[0]):
		return s.oneOf(n, all)
	case !s.concerns(n):
		at := s
		if s.outer != nil {
			at = s.outer
		}
		c, err := at.isTrue(n)
		if err != nil {
			return nil, err
		}
		return beside(all, c), nil
	}
	return s.test(n, all)
}

var inverse = map[string]string{"and": "or", "or": "and", "not": "not"}

// inverted is NOT of a condition, moved inwards.
func inverted(n *node) *node {
	switch n.op {
	case "not":
		return n.args[0]
	case "and", "or":
		return &node{op: inverse[n.op], args: []*node{inverted(n.args[0]), inverted(n.args[1])}}
	}
	return &node{op: "not", args: []*node{n}}
}

// concerns reports whether a condition is about the row that is looked for.
func (s *scope) concerns(n *node) bool { return s.about(n, s) }

// about reports whether a condition with names of this scope is about the row of another one.
func (s *scope) about(n *node, row *scope) bool {
	if n == nil {
		return false
	}
	if n.op == "column" {
		at, _, b, err := s.find(n.name)
		if b != nil {
			return b.in.about(b.n, row)
		}
		return err != nil || at == row // the error is reported where it is translated
	}
	if n.from != nil {
		inner := &scope{schema: s.schema, table: s.schema.Tables[qualified(n.from.table)], alias: n.from.alias, outer: s}
		if inner.about(n.from.what, row) || inner.about(n.from.where, row) {
			return true
		}
	}
	return slices.ContainsFunc(n.args, func(arg *node) bool { return s.about(arg, row) })
}

// qualified is the name of a table with its schema.
func qualified(name string) string {
	if strings.Contains(name, ".") {
		return name
	}
	return "public." + name
}

func beside(all []branch, c cond) (out []branch) {
	for _, b := range all {
		if b.beside = and(b.beside, c); !b.beside.equal(never) {
			out = append(out, b)
		}
	}
	return out
}

func with(all []branch, f field) (out []branch) {
	for _, b := range all {
		b.fields = append(slices.Clone(b.fields), f)
		out = append(out, b)
	}
	return out
}

// test adds a test of one field.
func (s *scope) test(n *node, all []branch) ([]branch, error) {
	negated := n.op == "not"
	if negated {
		n = n.args[0]
	}
	switch n.op {
	case "column":
		v, err := s.column(n.name)
		if err != nil || v.kind != "bool" {
			return nil, refuse("the column %s is no condition", n.name)
		}
		return with(all, field{v.inner, "", map[bool]string{true: "true", false: "false"}[!negated]}), nil
	case "is null", "is not null":
		v, err := s.value(n.args[0])
		if err != nil || v.inner == "" {
			return nil, refuse("a null of this has no translation in a lookup")
		}
		if (n.op == "is null") != negated {
			return with(all, field{v.inner, "", "nil"}), nil
		}
		return with(all, field{v.inner, "$ne", "nil"}), nil
	}
	if opposite[n.op] == "" || strings.Contains(n.op, "~") {
		return nil, refuse("%s has no translation in a lookup", describe(n))
	}
	op := n.op
	if negated {
		op = opposite[op]
	}
	a, b, err := s.pair(n.args[0], n.args[1])
	if err != nil {
		return nil, err
	}
	if a.inner != "" && b.inner == "" {
		return s.tested(op, a, b, all)
	}
	if b.inner != "" && a.inner == "" {
		return s.tested(turned[op], b, a, all)
	}
	return nil, refuse("two columns of the row that is looked for have no translation")
}

// tested adds the comparison of a field with a value that is known.
func (s *scope) tested(op string, f, v value, all []branch) ([]branch, error) {
	switch {
	case v.inner != "" || v.lookup != nil || v.role:
		return nil, refuse("a lookup in a lookup has no translation")
	case v.text == "nil" && v.literal == nil:
		return nil, nil // unknown
	case !fit(f, v):
		return nil, refuse("the types of %s and %s are not compared", f.inner, v.text)
	case op == "=":
		all = with(all, field{f.inner, "", v.text})
		for i := range all {
			all[i].narrow = all[i].narrow || v.loose
		}
		return all, nil
	case v.loose:
		return nil, refuse("a value inside json can be compared with = alone")
	case op == "<>" && v.literal != nil: // null is not different, it is unknown
		return with(all, field{f.inner, "$nin", "[nil, " + v.text + "]"}), nil
	case f.kind == "text" || f.kind == "citext" || lookupOperators[op] == "":
		return nil, refuse("%s of %s has no translation in a lookup", op, f.inner)
	}
	return with(all, field{f.inner, lookupOperators[op], v.text}), nil
}

// oneOf adds that a field is one of several values.
func (s *scope) oneOf(n *node, all []branch) ([]branch, error) {
	f, err := s.value(n.args[0])
	if err != nil {
		return nil, err
	}
	set := n.args[1]
	for set.op == "cast" {
		set = set.args[0]
	}
	if f.inner == "" || set.op != "array" {
		return nil, refuse("IN of this has no translation in a lookup")
	}
	texts := make([]string, len(set.args))
	for i, one := range set.args {
		v, err := s.value(one)
		if err != nil || v.literal == nil || !fit(f, v) {
			return nil, refuse("IN has a translation for values that the policy says")
		}
		texts[i] = v.text
	}
	return with(all, field{f.inner, "$in", "[" + strings.Join(texts, ", ") + "]"}), nil
}
