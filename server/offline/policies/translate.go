package policies

import (
	"encoding/json"
	"strings"
)

// SQL has three values: a condition is true, false or unknown, and only what is true lets a row pass. So each is translated
// into when it is true, and, where it is negated, into when it is false.

func literal(op, text string) string {
	if op != "string" {
		return text
	}
	var quoted strings.Builder
	out := json.NewEncoder(&quoted)
	out.SetEscapeHTML(false)
	if err := out.Encode(text); err != nil { // a string is never refused
		panic(err)
	}
	return strings.TrimSuffix(quoted.String(), "\n")
}

var opposite = map[string]string{"=": "<>", "<>": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">", "~~": "!~~", "!~~": "~~", "~~*": "!~~*", "!~~*": "~~*"}

var turned = map[string]string{"=": "=", "<>": "<>", "<": ">", ">": "<", "<=": ">=", ">=": "<="}

// isTrue is when a condition is true.
func (s *scope) isTrue(n *node) (cond, error) { return s.holds(n, true) }

// holds is when a condition is true, or when it is false; neither is when it is unknown.
func (s *scope) holds(n *node, want bool) (cond, error) {
	switch n.op {
	case "and", "or":
		a, err := s.holds(n.args[0], want)
		if err != nil {
			return never, err
		}
		b, err := s.holds(n.args[1], want)
		if (n.op == "and") == want {
			return and(a, b), err
		}
		return or(a, b), err
	case "not":
		return s.holds(n.args[0], !want)
	case "bool":
		return known((n.name == "true") == want), nil
	case "null":
		return never, nil
	case "is null", "is not null":
		return s.isNull(n, (n.op == "is null") == want)
	case "is true", "is false", "is not true", "is not false":
		positive := !strings.HasPrefix(n.op, "is not")
		c, err := s.holds(n.args[0], strings.HasSuffix(n.op, "true"))
		if positive == want || err != nil {
			return c, err
		}
		return opposed(c)
	case "same":
		return s.same(n, want)
	case "exists":
		if called(n.from.what) {
			return never, refuse("EXISTS of what is computed has no translation")
		}
		return s.exists(n.from, nil, want)
	case "any":
		return s.any(n, want)
	case "column":
		return s.truth(n, want)
	case "subquery":
		if n.from.table == "" {
			return s.holds(n.from.what, want)
		}
		if !want {
			return never, refuse("the opposite of a lookup of a value has no translation")
		}
		if err := s.single(n.from); err != nil {
			return never, err
		}
		if what := n.from.what; opposite[what.op] != "" { // SELECT role = 'admin' FROM …
			from := *n.from
			if from.where = what; n.from.where != nil {
				from.where = &node{op: "and", args: []*node{n.from.where, what}}
			}
			return s.exists(&from, nil, true)
		}
		return s.exists(n.from, &match{op: "=", with: value{text: "true", kind: "bool", present: always}}, true)
	case "call":
		return s.called(n, want)
	case "?", "@>", "<@":
		return s.member2(n, want)
	}
	if _, ok := opposite[n.op]; !ok {
		return never, refuse("%s has no translation", describe(n))
	}
	op := n.op
	if !want {
		op = opposite[op]
	}
	return s.compare(op, n.args[0], n.args[1], n.op)
}

// truth is a column of type bool.
func (s *scope) truth(n *node, want bool) (cond, error) {
	_, _, b, err := s.find(n.name)
	if err != nil {
		return never, err
	}
	if b != nil {
		return b.in.holds(b.n, want)
	}
	v, err := s.column(n.name)
	if err != nil || v.kind != "bool" || v.inner != "" {
		return never, refuse("the column %s is no condition", n.name)
	}
	return is(v.text + " == " + map[bool]string{true: "true", false: "false"}[want]), nil
}

func (s *scope) called(n *node, want bool) (cond, error) {
	if n.name == "coalesce" && len(n.args) == 2 && n.args[1].op == "bool" {
		c, err := s.holds(n.args[0], want)
		if err != nil || (n.args[1].name == "true") != want {
			return c, err
		}
		other, err := s.holds(n.args[0], !want) // unknown counts as well
		if err != nil {
			return never, err
		}
		return opposed(other)
	}
	b, err := s.inlined(n)
	if err != nil {
		return never, err
	}
	return b.in.holds(b.n, want)
}

func (s *scope) isNull(n *node, want bool) (cond, error) {
	v, err := s.value(n.args[0])
	if err != nil {
		return never, err
	}
	if v.inner != "" || v.lookup != nil {
		return never, refuse("a null that is looked up has no translation here")
	}
	present := v.present
	if want {
		if present.known == nil && strings.HasSuffix(present.text(), " != nil") {
			return is(strings.TrimSuffix(present.text(), " != nil") + " == nil"), nil
		}
		return not(present), nil
	}
	return present, nil
}

// same is IS NOT DISTINCT FROM, which has two values.
func (s *scope) same(n *node, want bool) (cond, error) {
	a, b, err := s.pair(n.args[0], n.args[1])
	if err != nil {
		return never, err
	}
	if a.claim || b.claim || a.role || b.role || a.inner != "" || b.inner != "" || a.lookup != nil || b.lookup != nil || a.loose || b.loose || !fit(a, b) {
		return never, refuse("IS DISTINCT FROM of these has no translation")
	}
	if want {
		return is(a.text + " == " + b.text), nil
	}
	return is(a.text + " != " + b.text), nil
}

func (s *scope) pair(l, r *node) (a, b value, err error) {
	if a, err = s.value(l); err == nil {
		b, err = s.value(r)
	}
	return a, b, err
}

// fit reports whether two values are compared here as they are there.
func fit(a, b value) bool {
	return a.kind == b.kind || a.literal != nil && a.kind == "text" && b.kind == "citext" || b.literal != nil && b.kind == "text" && a.kind == "citext" || a.text == "nil" || b.text == "nil" ||
		a.kind == "date" && b.literal != nil && b.kind == "text" || b.kind == "date" && a.literal != nil && a.kind == "text"
}

// compare is when a comparison is true. as is the one that the policy has, whose opposite op may be.
func (s *scope) compare(op string, l, r *node, as string) (cond, error) {
	if strings.Contains(op, "~~") {
		return s.like(op, l, r)
	}
	if c, ok, err := s.folder(op, l, r); ok || err != nil {
		return c, err
	}
	a, b, err := s.pair(l, r)
	if err != nil {
		return never, err
	}
	switch {
	case a.lookup != nil && b.lookup == nil:
		if op != as {
			return never, refuse("the opposite of a lookup of a value has no translation")
		}
		return a.in.lookup(a.lookup, &match{op: op, with: b})
	case b.lookup != nil && a.lookup == nil:
		if op != as {
			return never, refuse("the opposite of a lookup of a value has no translation")
		}
		return b.in.lookup(b.lookup, &match{op: turned[op], with: a})
	case a.lookup != nil, a.inner != "", b.inner != "":
		return never, refuse("two lookups in one comparison have no translation")
	case a.role || b.role:
		return ofRole(op, a, b)
	case a.text == "nil" || b.text == "nil":
		return never, nil // unknown
	case a.literal != nil && b.literal != nil && a.kind == "text" && b.kind == "text" && (op == "=" || op == "<>"):
		return known((*a.literal == *b.literal) == (op == "=")), nil
	case !fit(a, b), a.literal != nil && b.literal != nil:
		return never, refuse("%s and %s have types that are not compared", describe(l), describe(r))
	case (a.loose || b.loose) && op != "=":
		return never, refuse("a value inside json can be compared with = alone")
	}
	text := a.text + " " + map[string]string{"=": "==", "<>": "!="}[op] + " " + b.text
	switch op {
	case "=":
		if a.claim || b.claim || a.present.known != nil || b.present.known != nil {
			// one of them is never null, and a claim that is absent equals nothing
			return is(text).narrowed(a.loose || b.loose), nil
		}
		return and(a.present, is(text)).narrowed(a.loose || b.loose), nil
	case "<>":
		return and(and(a.present, b.present), is(text)), nil
	}
	if (a.kind == "text" || a.kind == "citext") && !(a.literal != nil && b.literal != nil) {
		return never, refuse("texts are ordered by their bytes here, and by the database in another way")
	}
	return is(a.text + " " + op + " " + b.text), nil // false where a side is null
}

// ofRole compares the role of the caller.
func ofRole(op string, a, b value) (cond, error) {
	if b.role {
		b = a
	}
	if b.literal == nil || op != "=" && op != "<>" {
		return never, refuse("the role of the caller can be compared with a text alone")
	}
	c := never
	switch *b.literal {
	case "authenticated":
		c = signedIn
	case "anon":
		c = anonymous
	}
	if op == "<>" {
		c = not(c)
	}
	return c, nil
}

func (s *scope) like(op string, l, r *node) (cond, error) {
	a, b, err := s.pair(l, r)
	if err != nil {
		return never, err
	}
	if a.inner != "" || a.lookup != nil || b.literal == nil || a.kind != "text" || a.claim || a.loose {
		return never, refuse("LIKE has a translation for a column and a pattern that the policy says")
	}
	name := "like"
	if strings.HasSuffix(op, "*") {
		name = "ilike"
		if strings.ContainsFunc(*b.literal, func(r rune) bool { return r > 0x7f }) {
			return never, refuse("ILIKE folds A to Z here, and the pattern has other letters")
		}
	}
	text := name + "(" + a.text + ", " + b.text + ")"
	if a.literal != nil {
		return never, refuse("LIKE of a value has no translation")
	}
	if strings.HasPrefix(op, "!") {
		return and(a.present, is("!"+text)), nil
	}
	return is(text), nil
}

// folder is a test of the first folder of the name of an object of the storage.
func (s *scope) folder(op string, l, r *node) (c cond, ok bool, err error) {
	prefix := ""
	path := func(n *node) string {
		for n.op == "cast" {
			n = n.args[0]
		}
		if n.op != "index" || n.args[1].op != "number" || n.args[1].name != "1" || n.args[0].op != "call" || n.args[0].name != "storage.foldername" || len(n.args[0].args) != 1 {
			return ""
		}
		name := n.args[0].args[0]
		if name.op != "column" {
			return ""
		}
		found, c, b, err := s.find(name.name)
		if err != nil || b != nil || !c.Path || found.base == "" {
			return ""
		}
		prefix = c.Prefix
		return found.base + "." + c.Field
	}
	at := path(l)
	if at == "" {
		if at = path(r); at == "" {
			return never, false, nil
		}
		r = l
	}
	v, err := s.value(r)
	if err != nil || op != "=" || v.inner != "" || v.lookup != nil || v.role || v.kind != "text" {
		return never, true, refuse("a folder of an object can be compared by = with a value")
	}
	if v.literal != nil {
		return is(at + " startsWith " + literal("string", prefix+*v.literal+"/")), true, nil
	}
	if !v.claim {
		return never, true, refuse("a folder of an object can be compared with what the token or the policy says")
	}
	begins := v.text
	if prefix != "" {
		begins = literal("string", prefix) + " + " + begins
	}
	return and(v.present, is(at+" startsWith "+begins+` + "/"`)).narrowed(v.loose), true, nil
}
