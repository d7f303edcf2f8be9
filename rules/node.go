package rules

import "github.com/basalt-dev/basalt/modules/query"

// A node is one step of a compiled rule. It is built from the parser's tree after names are resolved and
// everything that cannot be evaluated is refused.
type node interface{}

type (
	literal struct{ value any }

	// field is doc.path.
	field struct {
		path query.Path
		typ  query.Type
	}
	// nextField is next.path.
	nextField struct {
		index int
		path  query.Path
		typ   query.Type
		// parameter is true for a parameter instead of a field; a nil parameter is absent.
		parameter bool
	}
	// variable is auth or request, whole.
	variable struct{ name string }
	// claim is auth.name, the most common node.
	claim struct{ name string }
	// member is base.key or base[key] of a known value.
	member struct{ base, key node }
	// local is a variable: # in a closure, or one declared by let.
	local struct{ slot int }
	// let binds a slot while body is evaluated.
	let struct {
		slot        int
		value, body node
	}

	not      struct{ term node }
	negative struct{ term node }
	logical  struct {
		and         bool
		left, right node
	}
	comparison struct {
		op          query.CompareOp
		negate      bool
		left, right node
	}
	inclusion struct{ item, list node }
	textTest  struct {
		op         query.TextOp
		text, part node
	}
	regex      struct{ text, pattern node }
	choice     struct{ cond, yes, no node }
	coalesce   struct{ left, right node }
	length     struct{ of node }
	arithmetic struct {
		op          string
		left, right node
	}
	list    struct{ items []node }
	object  struct{ keys, values []node }
	changed struct{ paths []query.Path }
	// now is now(), or today() with date.
	now struct{ date bool }
	// quantifier is all, any, none, one, filter, map or count over a known array.
	quantifier struct {
		name       string
		over, body node
		slot       int
	}
	// lookup is exists(collection, {…}). In a claim it is asked at once, and so is fetched.
	lookup struct {
		collection string
		terms      []lookupTerm
	}
	// fetched is get(collection, id).path; without a path it is not a value yet.
	fetched struct {
		collection string
		shape      *query.Shape
		id         node
		path       query.Path
		typ        query.Type
		profile    bool // it is written as auth.profile
	}
	// webhook calls a server of the admin.
	webhook struct{ url string }
	// traced is a condition whose result is reported.
	traced struct {
		span int
		node
	}
	// call is one of the language's functions over known values.
	call struct {
		name string
		*function
		args  []node
		value any // of literals
	}
	// plucked is pluck(collection, {…}, field), of a claim.
	plucked struct {
		lookup
		path query.Path
	}
)

// lookupTerm is a condition on one field of the looked-up document.
type lookupTerm struct {
	path  query.Path
	typ   query.Type
	op    string // ==, !=, <, <=, >, >=, in, not in
	value node
	// hashed is the position of a hashed field, -1 for any other.
	hashed int
}

// walk visits a node and all below it.
func walk(n node, visit func(node)) {
	visit(n)
	for _, b := range below(n) {
		walk(b, visit)
	}
}

// weigh subtracts the nodes of a tree from a budget, and reports whether it was enough.
func weigh(n node, budget *int) bool {
	if _, same := n.(traced); !same { // with the trace, a rule has as many parts as without it
		*budget--
	}
	if *budget < 0 {
		return false
	}
	for _, b := range below(n) {
		if !weigh(b, budget) {
			return false
		}
	}
	return true
}

// below returns the children of a node.
func below(n node) []node {
	switch n := n.(type) {
	case member:
		return []node{n.base, n.key}
	case let:
		return []node{n.value, n.body}
	case not:
		return []node{n.term}
	case negative:
		return []node{n.term}
	case logical:
		return []node{n.left, n.right}
	case comparison:
		return []node{n.left, n.right}
	case inclusion:
		return []node{n.item, n.list}
	case textTest:
		return []node{n.text, n.part}
	case regex:
		return []node{n.text, n.pattern}
	case choice:
		return []node{n.cond, n.yes, n.no}
	case coalesce:
		return []node{n.left, n.right}
	case length:
		return []node{n.of}
	case arithmetic:
		return []node{n.left, n.right}
	case list:
		return n.items
	case object:
		return append(append([]node{}, n.keys...), n.values...)
	case quantifier:
		return []node{n.over, n.body}
	case lookup:
		out := make([]node, len(n.terms))
		for i, t := range n.terms {
			out[i] = t.value
		}
		return out
	case fetched:
		return []node{n.id}
	case plucked:
		return []node{n.lookup}
	case traced:
		return []node{n.node}
	case call:
		return n.args
	}
	return nil
}
