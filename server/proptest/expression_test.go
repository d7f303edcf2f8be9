package proptest

import (
	"slices"
	"strconv"
	"strings"
)

// node is an expression of a rule: it can be written as the configuration has it, and evaluated by what
// DESIGN.md says of it.
type node interface {
	text() string
	eval(*env) value
	walk(func(node))
}

// value is the value of an expression. One that is nil is absent where it comes from the caller or from a
// lookup; the word nil equals it all the same.
type value struct {
	v       any // nil, int64, string, bool, []string
	absent  bool
	literal bool
}

// env is what a rule is asked about.
type env struct {
	world  *world
	caller *caller
	doc    row
}

type (
	literal struct{ v any }
	docOf   struct{ field string }
	nextOf  struct{ field string }
	claim   struct{ name string } // id for sub; empty for auth itself
	address struct{}
	compare struct {
		op   string // == != < <= > >= in startsWith
		a, b node
	}
	not    struct{ of node }
	joined struct {
		op    string // && ||
		terms []node
	}
	// lookup is exists(in, {field: value, …}).
	lookup struct {
		in     string
		fields []string
		values []node
	}
	// fetched is get(in, id).field.
	fetched struct {
		in, field string
		id        node
	}
	changed struct{ fields []string }
)

func (n literal) text() string {
	switch v := n.v.(type) {
	case nil:
		return "nil"
	case string:
		return strconv.Quote(v)
	case []string:
		parts := make([]string, len(v))
		for i := range v {
			parts[i] = strconv.Quote(v[i])
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case int64:
		return strconv.FormatInt(v, 10)
	case bool:
		return strconv.FormatBool(v)
	}
	panic("no such literal")
}
func (n docOf) text() string  { return "doc." + n.field }
func (n nextOf) text() string { return "next." + n.field }
func (n claim) text() string {
	if n.name == "" {
		return "auth"
	}
	return "auth." + n.name
}
func (address) text() string   { return "request.ip" }
func (n compare) text() string { return "(" + n.a.text() + " " + n.op + " " + n.b.text() + ")" }
func (n not) text() string     { return "!(" + n.of.text() + ")" }
func (n joined) text() string {
	parts := make([]string, len(n.terms))
	for i, t := range n.terms {
		parts[i] = t.text()
	}
	return "(" + strings.Join(parts, " "+n.op+" ") + ")"
}
func (n lookup) text() string {
	parts := make([]string, len(n.fields))
	for i, f := range n.fields {
		parts[i] = strconv.Quote(f) + ": " + n.values[i].text()
	}
	return "exists(" + strconv.Quote(n.in) + ", {" + strings.Join(parts, ", ") + "})"
}
func (n fetched) text() string {
	return "get(" + strconv.Quote(n.in) + ", " + n.id.text() + ")." + n.field
}
func (n changed) text() string {
	return "changed(" + strings.Trim(literal{n.fields}.text(), "[]") + ")"
}

func (n literal) walk(f func(node)) { f(n) }
func (n docOf) walk(f func(node))   { f(n) }
func (n nextOf) walk(f func(node))  { f(n) }
func (n claim) walk(f func(node))   { f(n) }
func (n address) walk(f func(node)) { f(n) }
func (n changed) walk(f func(node)) { f(n) }
func (n compare) walk(f func(node)) { f(n); n.a.walk(f); n.b.walk(f) }
func (n not) walk(f func(node))     { f(n); n.of.walk(f) }
func (n joined) walk(f func(node)) {
	f(n)
	for _, t := range n.terms {
		t.walk(f)
	}
}
func (n lookup) walk(f func(node)) {
	f(n)
	for _, v := range n.values {
		v.walk(f)
	}
}
func (n fetched) walk(f func(node)) { f(n); n.id.walk(f) }

func (n literal) eval(*env) value { return value{v: n.v, literal: n.v == nil} }
func (n docOf) eval(e *env) value { return value{v: e.doc.scalar(n.field)} }
func (n nextOf) eval(*env) value  { panic("what is written is not evaluated here") }
func (n changed) eval(*env) value { panic("what is written is not evaluated here") }
func (address) eval(e *env) value { return value{v: e.caller.ip} }
func (n claim) eval(e *env) value {
	if n.name == "" {
		if e.caller.claims == nil {
			return value{absent: true}
		}
		return value{v: "a user"}
	}
	name := n.name
	if name == "id" {
		name = "sub"
	}
	v := e.caller.claims[name]
	return value{v: v, absent: v == nil}
}
func (n not) eval(e *env) value { return truth(!holds(n.of, e)) }
func (n joined) eval(e *env) value {
	is := func(t node) bool { return holds(t, e) }
	if n.op == "||" {
		return truth(slices.ContainsFunc(n.terms, is))
	}
	return truth(!slices.ContainsFunc(n.terms, func(t node) bool { return !is(t) }))
}
func (n compare) eval(e *env) value {
	a, b := n.a.eval(e), n.b.eval(e)
	switch n.op {
	case "==":
		return truth(equal(a, b))
	case "!=":
		return truth(!equal(a, b))
	case "in":
		s, ok := a.v.(string)
		list, _ := b.v.([]string)
		return truth(ok && slices.Contains(list, s))
	case "startsWith":
		s, ok := a.v.(string)
		prefix, also := b.v.(string)
		return truth(ok && also && strings.HasPrefix(s, prefix))
	}
	order, ok := ordered(a.v, b.v)
	if !ok {
		return truth(false)
	}
	return truth(order < 0 && n.op[0] == '<' || order > 0 && n.op[0] == '>' || order == 0 && len(n.op) == 2)
}
func (n lookup) eval(e *env) value {
	values := make([]value, len(n.values))
	for i, v := range n.values {
		values[i] = v.eval(e)
		values[i].absent = values[i].v == nil
	}
	for _, r := range e.world.rows[n.in] {
		all := true
		for i, f := range n.fields {
			all = all && equal(value{v: r.scalar(f)}, values[i])
		}
		if all {
			return truth(true)
		}
	}
	return truth(false)
}
func (n fetched) eval(e *env) value {
	id, ok := n.id.eval(e).v.(string)
	if !ok {
		return value{absent: true}
	}
	r := e.world.find(n.in, id)
	if r == nil {
		return value{absent: true}
	}
	v := r.scalar(n.field)
	return value{v: v, absent: v == nil}
}

func truth(b bool) value { return value{v: b} }

// holds evaluates a condition.
func holds(n node, e *env) bool { return n.eval(e).v == true }

// equal is == of DESIGN.md: what is absent equals the word nil alone.
func equal(a, b value) bool {
	switch {
	case a.v == nil && b.v == nil:
		return a.literal || b.literal || !a.absent && !b.absent
	case a.v == nil || b.v == nil:
		return false
	}
	x, isList := a.v.([]string)
	y, also := b.v.([]string)
	if isList || also {
		return isList && also && slices.Equal(x, y)
	}
	return a.v == b.v
}

func ordered(a, b any) (int, bool) {
	switch x := a.(type) {
	case int64:
		if y, ok := b.(int64); ok {
			return int(min(1, max(-1, sign(x, y)))), true
		}
	case string:
		if y, ok := b.(string); ok {
			return strings.Compare(x, y), true
		}
	}
	return 0, false
}

func sign(x, y int64) int64 {
	switch {
	case x < y:
		return -1
	case x > y:
		return 1
	}
	return 0
}
