package rules

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"unicode/utf8"

	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/modules/syntax"
)

// Compile parses a rule and checks it against the fields of its collection. Errors are *Error.
func Compile(source string, scope Scope, op Op) (*Rule, error) {
	return compileRule(source, scope, op, false)
}

func compileRule(source string, scope Scope, op Op, trace bool) (*Rule, error) {
	c := &compiler{scope: scope, doc: op != Create, next: op == Create || op == Update, update: op == Update, trace: trace}
	r, err := c.compile(source)
	if err != nil {
		return nil, err
	}
	if err := c.decides(r); err != nil {
		return nil, err
	}
	r.op = op
	if !trace {
		r.traced = sync.OnceValues(func() (*Rule, error) { return compileRule(source, scope, op, true) })
	}
	return r, nil
}

// decides refuses a rule that is not true or false.
func (c *compiler) decides(r *Rule) error {
	d := c.static(r.root)
	what := d.never
	switch {
	case what != "":
	case d.class == lengthClass:
		what = "a length"
	case d.class == valueClass && d.typ != query.TypeBool && !d.unknown():
		what = "a field of type " + string(d.typ)
	default:
		return nil
	}
	return &Error{0, fmt.Sprintf("a rule is true or false, and this one is %s; compare it with something, as in auth.id != nil", what)}
}

// CompileValue parses the expression of a forced value: it may use auth, request and next, but not doc or, by a
// lookup, other documents.
func CompileValue(source string, scope Scope) (*Rule, error) {
	c := &compiler{scope: scope, next: true}
	r, err := c.compile(source)
	if err == nil && c.static(r.root).dependent() {
		return nil, &Error{0, "a forced value cannot look documents up; store what it needs in the token's claims"}
	}
	return r, err
}

type compiler struct {
	scope             Scope
	doc, next, update bool
	channel           bool     // the rule is one of a channel
	forRole           bool     // the rule is a role
	claim             bool     // it is a claim, which looks up at once
	locals            []string // names of let variables and closures; the position is the slot
	nils              []int    // those of locals that are the word nil
	base              int      // the first of locals that is visible
	params            map[string]node
	calling           []string // functions that are being inlined
	lookups           int      // lookups that are being compiled, inside each other
	expanded          int      // parts that have been compiled, each time that a function is put in
	mentionsDoc       bool
	trace             bool
	spans             []string // texts of the traced nodes
}

func (c *compiler) compile(source string) (rule *Rule, err error) {
	root, err := parse(source)
	if err != nil {
		return nil, err
	}
	if rule, err = c.tree(root); rule != nil {
		rule.source = source
	}
	return rule, err
}

func (c *compiler) tree(n syntax.Node) (rule *Rule, err error) {
	defer func() {
		// node exits by panic(*Error): that keeps a deep recursion readable.
		if r := recover(); r != nil {
			switch e := r.(type) {
			case *Error:
				rule, err = nil, e
			case expansion:
				rule, err = nil, e.at
			default:
				panic(r)
			}
		}
	}()
	root := c.node(n)
	if left := maxNodes; !weigh(root, &left) {
		return nil, tooLarge().at
	}
	c.check(root, n)
	return &Rule{scope: c.scope, root: root, mentionsDoc: c.mentionsDoc, calls: hasCalls(root), uses: usesOf(root), spans: c.spans}, nil
}

// expansion is the panic about a rule that is too large with its functions put in: no place in one of them is the wrong one.
type expansion struct{ at *Error }

func tooLarge() expansion {
	return expansion{&Error{0, fmt.Sprintf("the rule has more than %d parts after its functions are expanded", maxNodes)}}
}

// parse reads an expression within its limits. Errors are *Error.
func parse(source string) (syntax.Node, error) {
	if !utf8.ValidString(source) {
		return nil, &Error{0, "the rule is not valid UTF-8"}
	}
	root, err := syntax.Parse(source, syntax.Limits{Bytes: maxSource, Depth: maxNesting, Nodes: maxParsed})
	var wrong *syntax.Error
	if errors.As(err, &wrong) {
		message := wrong.Message
		if wrong.Excess != 0 {
			message = "the rule is " + message
		}
		return nil, &Error{wrong.Offset, message}
	}
	return root, err
}

func fail(n syntax.Node, format string, args ...any) {
	panic(&Error{n.Where().Offset, fmt.Sprintf(format, args...)})
}

// node compiles a node of the parser. With trace, conditions are wrapped so that their result can be reported.
func (c *compiler) node(n syntax.Node) node {
	// Functions that call functions twice each grow exponentially: that is noticed before the tree is there.
	if c.expanded++; c.expanded > 4*maxNodes {
		panic(tooLarge())
	}
	out := c.untraced(n)
	if !c.trace {
		return out
	}
	switch out.(type) {
	case not, logical, comparison, inclusion, textTest, regex, changed, lookup, quantifier:
		c.spans = append(c.spans, n.String())
		return traced{len(c.spans) - 1, out}
	}
	return out
}

func (c *compiler) untraced(n syntax.Node) node {
	switch n := n.(type) {
	case *syntax.Nil:
		return literal{nil}
	case *syntax.Bool:
		return literal{n.Value}
	case *syntax.Int:
		return literal{n.Value}
	case *syntax.Float:
		return literal{n.Value}
	case *syntax.String:
		return literal{n.Value}
	case *syntax.Chain:
		return c.node(n.Node)
	case *syntax.Identifier:
		return c.identifier(n)
	case *syntax.Member:
		return c.member(n)
	case *syntax.Unary:
		switch n.Operator {
		case "!", "not":
			return not{c.node(n.Node)}
		case "-":
			return negative{c.node(n.Node)}
		case "+":
			return c.node(n.Node)
		}
	case *syntax.Binary:
		return c.binary(n)
	case *syntax.Conditional:
		return choice{c.node(n.Cond), c.node(n.Yes), c.node(n.No)}
	case *syntax.Array:
		l := list{items: make([]node, len(n.Nodes))}
		for i, e := range n.Nodes {
			l.items[i] = c.node(e)
		}
		return l
	case *syntax.Map:
		o := object{}
		for _, pair := range n.Pairs {
			o.keys = append(o.keys, c.node(pair.Key))
			o.values = append(o.values, c.node(pair.Value))
		}
		return o
	case *syntax.Let:
		value := c.node(n.Value)
		c.locals = append(c.locals, n.Name)
		if isNil(value) { // a name of the word nil is the word
			c.nils = append(c.nils, len(c.locals)-1)
			body := c.node(n.Body)
			c.locals, c.nils = c.locals[:len(c.locals)-1], c.nils[:len(c.nils)-1]
			return body
		}
		l := let{len(c.locals) - 1, value, c.node(n.Body)}
		c.locals = c.locals[:len(c.locals)-1]
		return l
	case *syntax.Pointer:
		if n.Name == "" {
			if slot := c.local("#"); slot >= 0 {
				return local{slot}
			}
		}
		fail(n, "#%s is not supported; # is the element of any, all, none, one, filter, map and count", n.Name)
	case *syntax.Call:
		if id, ok := n.Callee.(*syntax.Identifier); ok {
			return c.builtin(n, id.Value, n.Arguments)
		}
		if m, ok := n.Callee.(*syntax.Member); ok {
			notAMethod(m)
		}
		fail(n, "only functions can be called, not methods")
	}
	fail(n, "this kind of expression cannot be used in a rule")
	return nil
}

// notAMethod refuses a method, and says what to write.
func notAMethod(m *syntax.Member) {
	name, ok := m.Property.(*syntax.String)
	if !ok {
		return
	}
	switch name.Value {
	case "startsWith", "endsWith", "contains", "matches":
		fail(m.Property, "%s is an operator; write %s %s …", name.Value, m.Node, name.Value)
	case "includes":
		fail(m.Property, "methods cannot be called; write … in %s, or %s contains …", m.Node, m.Node)
	case "size", "length", "len":
		fail(m.Property, "methods cannot be called; write len(%s)", m.Node)
	}
	if functions[name.Value] != nil {
		fail(m.Property, "methods cannot be called; write %s(%s)", name.Value, m.Node)
	}
	if dateParts[name.Value] {
		fail(m.Property, `methods cannot be called; compare %s with a time, add a duration("24h") to it, or take the parts of split(string(today()), "-")`, m.Node)
	}
}

// dateParts are methods of times in Go and JavaScript.
var dateParts = map[string]bool{
	"Year": true, "Month": true, "Day": true, "Hour": true, "Minute": true, "Second": true, "Unix": true, "UnixMilli": true, "Weekday": true, "YearDay": true,
	"Format": true, "UTC": true, "Add": true, "AddDate": true, "Sub": true, "Before": true, "After": true, "Truncate": true, "getTime": true, "getFullYear": true,
}

// local returns the slot of the innermost variable of a name, -1 if there is none.
func (c *compiler) local(name string) int {
	for i := len(c.locals) - 1; i >= c.base; i-- {
		if c.locals[i] == name {
			return i
		}
	}
	return -1
}

func (c *compiler) identifier(n *syntax.Identifier) node {
	if slot := c.local(n.Value); slices.Contains(c.nils, slot) {
		return literal{nil}
	} else if slot >= 0 {
		return local{slot}
	}
	if arg, ok := c.params[n.Value]; ok {
		return arg
	}
	if n.Value == "request" && c.claim {
		fail(n, "a claim is computed for many requests, and there is no request in it; now() is the time")
	}
	switch n.Value {
	case "auth", "request":
		return variable{n.Value}
	case "null":
		return literal{nil}
	case "doc", "next":
		c.allowed(n, n.Value)
		fail(n, "%s is the whole document; name a field, as in %s.%s", n.Value, n.Value, c.scope.Shape.Fields[0].Name)
	case "roles":
		fail(n, "name a role, as in roles.%s", firstOr(c.scope.Roles, "editor"))
	}
	hint := fault.DidYouMean(n.Value, []string{"auth", "request", "doc", "next", "roles"})
	if meant := elsewhere[n.Value]; meant != "" {
		hint = "; write " + meant
	}
	if c.scope.Shape.Index(n.Value) >= 0 {
		hint = fmt.Sprintf("; did you mean doc.%s or next.%s?", n.Value, n.Value)
	}
	fail(n, "there is no variable %q%s", n.Value, hint)
	return nil
}

// elsewhere are names of other systems and languages, and what stands for them here.
var elsewhere = map[string]string{
	"user": "auth", "currentUser": "auth", "current_user": "auth", "me": "auth", "session": "auth", "jwt": "auth", "claims": "auth", "token": "auth",
	"resource": "doc", "record": "doc", "row": "doc", "data": "doc", "old": "doc", "this": "doc", "document": "doc",
	"new": "next", "incoming": "next", "input": "next", "req": "request",
	"undefined": "nil", "NULL": "nil", "None": "nil", "Nil": "nil", "TRUE": "true", "True": "true", "FALSE": "false", "False": "false",
}

// allowed refuses doc and next if the operation has none.
func (c *compiler) allowed(n syntax.Node, name string) {
	switch {
	case c.claim:
		fail(n, "a claim is about the account, and there is no %s; it has auth, and finds documents by pluck, exists and get", name)
	case name == "doc" && !c.doc && !c.update:
		fail(n, "doc is the stored document, and there is none here; use next, the document as it would be stored")
	case name == "next" && !c.next:
		fail(n, "next is the document that a write would store, and this operation stores none; use doc")
	}
}

func (c *compiler) binary(n *syntax.Binary) node {
	left := c.node(n.Left)
	right := c.node(n.Right)
	switch n.Operator {
	case "&&", "and":
		return logical{true, left, right}
	case "||", "or":
		return logical{false, left, right}
	case "==", "!=", "<", "<=", ">", ">=":
		return comparison{query.CompareOps[n.Operator], n.Operator == "!=", left, right}
	case "in":
		return inclusion{left, right}
	case "contains":
		return textTest{query.Contains, left, right}
	case "startsWith":
		return textTest{query.StartsWith, left, right}
	case "endsWith":
		return textTest{query.EndsWith, left, right}
	case "matches":
		if pattern, ok := right.(literal); ok {
			text, _ := pattern.value.(string)
			if err := checkPattern(text); err != nil {
				fail(n.Right, "%s", err)
			}
		}
		return regex{left, right}
	case "??":
		return coalesce{left, right}
	case "+", "-", "*", "/", "%", "**", "^":
		return arithmetic{n.Operator, left, right}
	}
	fail(n, "the operator %s cannot be used in a rule", n.Operator)
	return nil
}
