package rules

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/parser"

	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
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
	mentionsDoc       bool
	trace             bool
	spans             []string // texts of the traced nodes
}

func (c *compiler) compile(source string) (rule *Rule, err error) {
	tree, err := parse(source)
	if err != nil {
		return nil, err
	}
	rule, err = c.tree(tree.Node)
	var wrong *Error
	if errors.As(err, &wrong) {
		wrong.Offset = bytesOf(source, wrong.Offset)
	}
	if rule != nil {
		rule.source = source
	}
	return rule, err
}

// bytesOf returns where the character of a number is in a source. The parser counts characters.
func bytesOf(source string, character int) int {
	for i := range source {
		if character == 0 {
			return i
		}
		character--
	}
	return len(source)
}

func (c *compiler) tree(n ast.Node) (rule *Rule, err error) {
	defer func() {
		// node exits by panic(*Error): that keeps a deep recursion readable.
		if r := recover(); r != nil {
			e, ok := r.(*Error)
			if !ok {
				panic(r)
			}
			rule, err = nil, e
		}
	}()
	root := c.node(n)
	if left := maxNodes; !weigh(root, &left) {
		return nil, &Error{0, fmt.Sprintf("the rule has more than %d parts after its functions are expanded", maxNodes)}
	}
	c.check(root, n)
	return &Rule{scope: c.scope, root: root, mentionsDoc: c.mentionsDoc, uses: usesOf(root), spans: c.spans}, nil
}

// parse reads an expression within its limits. Errors are *Error.
func parse(source string) (*parser.Tree, error) {
	if len(source) > maxSource {
		return nil, &Error{0, fmt.Sprintf("the rule is longer than %d bytes", maxSource)}
	}
	if !utf8.ValidString(source) {
		return nil, &Error{0, "the rule is not valid UTF-8"}
	}
	if at := tooNested(source); at >= 0 {
		return nil, &Error{at, fmt.Sprintf("the rule is nested more than %d deep", maxNesting)}
	}
	config := conf.CreateNew()
	config.MaxNodes = 1000
	tree, err := parser.ParseWithConfig(source, config)
	if err != nil {
		offset, message := query.Syntax(source, err)
		return nil, &Error{bytesOf(source, offset), message}
	}
	return tree, nil
}

// tooNested returns where brackets or prefix operators exceed the limit, -1 if nowhere.
func tooNested(source string) int {
	depth, prefixes := 0, 0
	for i := range len(source) {
		switch source[i] {
		case '(', '[', '{':
			if depth++; depth > maxNesting {
				return i
			}
		case ')', ']', '}':
			depth--
		case '!', '-', '?':
			if prefixes++; prefixes > 8*maxNesting {
				return i
			}
		}
	}
	if strings.Count(source, "not ") > 8*maxNesting {
		return 0
	}
	return -1
}

func fail(n ast.Node, format string, args ...any) {
	panic(&Error{n.Location().From, fmt.Sprintf(format, args...)})
}

// node compiles a node of the parser. With trace, conditions are wrapped so that their result can be reported.
func (c *compiler) node(n ast.Node) node {
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

func (c *compiler) untraced(n ast.Node) node {
	switch n := n.(type) {
	case *ast.NilNode:
		return literal{nil}
	case *ast.BoolNode:
		return literal{n.Value}
	case *ast.IntegerNode:
		return literal{int64(n.Value)}
	case *ast.FloatNode:
		return literal{n.Value}
	case *ast.StringNode:
		return literal{n.Value}
	case *ast.ChainNode:
		return c.node(n.Node)
	case *ast.IdentifierNode:
		return c.identifier(n)
	case *ast.MemberNode:
		return c.member(n)
	case *ast.UnaryNode:
		switch n.Operator {
		case "!", "not":
			return not{c.node(n.Node)}
		case "-":
			return negative{c.node(n.Node)}
		case "+":
			return c.node(n.Node)
		}
	case *ast.BinaryNode:
		return c.binary(n)
	case *ast.ConditionalNode:
		return choice{c.node(n.Cond), c.node(n.Exp1), c.node(n.Exp2)}
	case *ast.ArrayNode:
		l := list{items: make([]node, len(n.Nodes))}
		for i, e := range n.Nodes {
			l.items[i] = c.node(e)
		}
		return l
	case *ast.MapNode:
		o := object{}
		for _, p := range n.Pairs {
			pair := p.(*ast.PairNode)
			o.keys = append(o.keys, c.node(pair.Key))
			o.values = append(o.values, c.node(pair.Value))
		}
		return o
	case *ast.VariableDeclaratorNode:
		value := c.node(n.Value)
		c.locals = append(c.locals, n.Name)
		if isNil(value) { // a name of the word nil is the word
			c.nils = append(c.nils, len(c.locals)-1)
			body := c.node(n.Expr)
			c.locals, c.nils = c.locals[:len(c.locals)-1], c.nils[:len(c.nils)-1]
			return body
		}
		l := let{len(c.locals) - 1, value, c.node(n.Expr)}
		c.locals = c.locals[:len(c.locals)-1]
		return l
	case *ast.PointerNode:
		if n.Name == "" {
			if slot := c.local("#"); slot >= 0 {
				return local{slot}
			}
		}
		fail(n, "#%s is not supported; # is the element of any, all, none, one, filter, map and count", n.Name)
	case *ast.BuiltinNode:
		return c.builtin(n, n.Name, n.Arguments)
	case *ast.CallNode:
		if id, ok := n.Callee.(*ast.IdentifierNode); ok {
			return c.builtin(n, id.Value, n.Arguments)
		}
		if m, ok := n.Callee.(*ast.MemberNode); ok {
			notAMethod(m)
		}
		fail(n, "only functions can be called, not methods")
	}
	fail(n, "this kind of expression cannot be used in a rule")
	return nil
}

// notAMethod refuses a method, and says what to write.
func notAMethod(m *ast.MemberNode) {
	name, ok := m.Property.(*ast.StringNode)
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

func (c *compiler) identifier(n *ast.IdentifierNode) node {
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
func (c *compiler) allowed(n ast.Node, name string) {
	switch {
	case c.claim:
		fail(n, "a claim is about the account, and there is no %s; it has auth, and finds documents by pluck, exists and get", name)
	case name == "doc" && !c.doc && !c.update:
		fail(n, "doc is the stored document, and there is none here; use next, the document as it would be stored")
	case name == "next" && !c.next:
		fail(n, "next is the document that a write would store, and this operation stores none; use doc")
	}
}

func (c *compiler) binary(n *ast.BinaryNode) node {
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
