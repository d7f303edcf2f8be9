package dbtest

import (
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/vm"
	"pgregory.net/rapid"

	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/rules"
)

// machine evaluates a rule with the virtual machine of the expression language. Its comparisons are replaced by
// two-valued ones, because the machine fails on nil. Everything else is the machine's: parsing, control flow,
// closures, functions.
//
// Values from the claims or from get have types of their own, so that their nil is distinct from a nil of the
// document: it is absent, which equals only the literal nil.
type machine struct {
	source  string
	program *vm.Program
	err     error
	auth    map[string]any
	request rules.Request
}

type (
	// nothing is an absent value.
	nothing struct{}
	// wordNil is the literal nil, as a condition of exists.
	wordNil struct{}
	// foreign is an object that does not come from the document.
	foreign map[string]any
)

func isNothing(v any) bool { return v == nil || v == any(nothing{}) }

// abroad marks a value that does not come from the document.
func abroad(v any) any {
	switch v := v.(type) {
	case nil:
		return nothing{}
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = abroad(v[i])
		}
		return out
	case map[string]any:
		out := foreign{}
		for name := range v {
			out[name] = abroad(v[name])
		}
		return out
	}
	return v
}

func memberOf(base, key any) any {
	switch base := base.(type) {
	case foreign:
		if sub, isClaims := base["sub"]; isClaims && key == "id" {
			return sub
		}
		if v, ok := base[key.(string)]; ok {
			return v
		}
		return nothing{}
	case map[string]any:
		return base[key.(string)]
	case []any:
		if i, ok := key.(int); ok && i < len(base) {
			return base[i]
		}
	case nil:
		return nil // a path into a json field
	}
	return nothing{}
}

func newMachine(source string, auth map[string]any, request rules.Request, around []query.Row) *machine {
	m := &machine{source: source, auth: auth, request: request}
	function := func(name string, f func(args ...any) any) expr.Option {
		return expr.Function(name, func(args ...any) (any, error) { return f(args...), nil })
	}
	m.program, m.err = expr.Compile(source, expr.Env(map[string]any{}), expr.AllowUndefinedVariables(), expr.DisableBuiltin("get"), expr.DisableBuiltin("now"),
		expr.Patch(twoValued{}),
		function("two_compare", func(a ...any) any { return compareAny(a[0].(string), a[1], a[2]) }),
		function("two_text", func(a ...any) any {
			s, ok1 := a[1].(string)
			p, ok2 := a[2].(string)
			return ok1 && ok2 && map[string]query.TextOp{"contains": query.Contains, "startsWith": query.StartsWith, "endsWith": query.EndsWith}[a[0].(string)].Holds(s, p)
		}),
		function("like", func(a ...any) any { return like(a[0], a[1], false) }),
		function("ilike", func(a ...any) any { return like(a[0], a[1], true) }),
		function("two_in", func(a ...any) any {
			list, _ := a[1].([]any)
			for _, v := range list {
				if compareAny("==", a[0], v) {
					return true
				}
			}
			return false
		}),
		function("two_bool", func(a ...any) any { return a[0] == true }),
		function("two_not", func(a ...any) any { return a[0] != true }),
		function("two_member", func(a ...any) any { return memberOf(a[0], a[1]) }),
		function("two_nil", func(a ...any) any { return isNothing(a[0]) }),
		function("two_else", func(a ...any) any {
			if isNothing(a[0]) {
				return a[1]
			}
			return a[0]
		}),
		function("two_length", func(a ...any) any {
			switch v := a[0].(type) {
			case string:
				return int64(utf8.RuneCountInString(v))
			case []any:
				return int64(len(v))
			}
			return nothing{}
		}),
		function("two_list", func(a ...any) any {
			list, _ := a[0].([]any)
			return append([]any{}, list...)
		}),
		function("two_minus", func(a ...any) any {
			switch x := a[0].(type) {
			case int64, int:
				y, ok := number(a[1]).(int64)
				n, _ := number(x).(int64)
				if ok {
					return n - y
				}
			case time.Time:
				if d, ok := a[1].(time.Duration); ok {
					return x.Add(-d)
				}
			case query.Date:
				if d, ok := a[1].(time.Duration); ok {
					return x - query.Date(d/(24*time.Hour))
				}
			}
			return nothing{}
		}),
		function("now", func(...any) any { return request.Time }),
		function("today", func(...any) any { return query.DateOf(request.Time).Any() }),
		function("exists", func(a ...any) any {
			for _, r := range around {
				if memberHas(r, a[1].(map[string]any)) {
					return true
				}
			}
			return false
		}),
		function("get", func(a ...any) any {
			for _, r := range around {
				if id, ok := a[1].(string); ok && r[0].Text() == id {
					return abroad(asMap(members, r))
				}
			}
			return nothing{}
		}),
	)
	return m
}

// like tests a pattern by a regular expression, independently of the code under test.
func like(text, pattern any, fold bool) bool {
	s, ok1 := text.(string)
	p, ok2 := pattern.(string)
	if !ok1 || !ok2 {
		return false
	}
	if fold {
		ascii := func(r rune) rune {
			if 'A' <= r && r <= 'Z' {
				return r + 'a' - 'A'
			}
			return r
		}
		s, p = strings.Map(ascii, s), strings.Map(ascii, p)
	}
	out, escaped := "", false
	for _, r := range p {
		switch {
		case escaped || !strings.ContainsRune(`%_\`, r):
			out, escaped = out+regexp.QuoteMeta(string(r)), false
		case r == '\\':
			escaped = true
		default:
			out += map[rune]string{'%': ".*", '_': "."}[r]
		}
	}
	if escaped {
		out += `\\`
	}
	return regexp.MustCompile(`(?s)\A` + out + `\z`).MatchString(s)
}

func (m *machine) run(t *rapid.T, row query.Row) bool {
	if m.err != nil {
		t.Fatalf("%s: the machine does not take it: %v", m.source, m.err)
	}
	env := map[string]any{"doc": asMap(shape, row), "auth": nothing{}, "nothing": nothing{}, "word_nil": wordNil{}}
	if m.auth != nil {
		env["auth"] = abroad(m.auth)
	}
	out, err := expr.Run(m.program, env)
	if err != nil {
		t.Fatalf("%s: the machine fails: %v", m.source, err)
	}
	return out == true
}

func asMap(s *query.Shape, row query.Row) map[string]any {
	out := map[string]any{}
	for i, f := range s.Fields {
		out[f.Name] = row[i].Any()
	}
	return out
}

func memberHas(r query.Row, conditions map[string]any) bool {
	for name, want := range conditions {
		got := r[members.Index(name)].Any()
		operators, ok := want.(map[string]any)
		if !ok {
			operators = map[string]any{"$eq": want}
		}
		for op, arg := range operators {
			held := false
			switch list, _ := arg.([]any); {
			case op == "$in":
				for _, v := range list {
					held = held || !isNothing(v) && compareAny("==", got, v)
				}
			case isNothing(arg):
				held = op == "$ne"
			case arg == any(wordNil{}):
				held = (got == nil) == (op == "$eq") && (op == "$eq" || op == "$ne")
			default:
				held = compareAny(map[string]string{"$eq": "==", "$ne": "!=", "$gt": ">", "$gte": ">=", "$lt": "<", "$lte": "<="}[op], got, arg)
			}
			if !held {
				return false
			}
		}
	}
	return true
}

func number(v any) any {
	if i, ok := v.(int); ok {
		return int64(i)
	}
	return v
}

// compareAny compares as the design defines it, independently of the code under test.
func compareAny(op string, a, b any) bool {
	if a == any(nothing{}) || b == any(nothing{}) {
		return op == "!="
	}
	x, y := valueOf(a), valueOf(b)
	for _, t := range []query.Type{query.TypeTime, query.TypeDate, query.TypeBytes, query.TypeDecimal} {
		if x.Kind() == t.Kind() && takes(t, y) {
			if c, ok := query.Coerce(t, y); ok {
				y = c
			}
		}
		if y.Kind() == t.Kind() && takes(t, x) {
			if c, ok := query.Coerce(t, x); ok {
				x = c
			}
		}
	}
	order, ordered := x.Compare(y)
	switch op {
	case "==":
		return x.Equal(y)
	case "!=":
		return !x.Equal(y)
	case "<":
		return ordered && order < 0
	case "<=":
		return ordered && order <= 0
	case ">":
		return ordered && order > 0
	}
	return ordered && order >= 0
}

// takes reports whether a value of another kind may be one of the type.
func takes(t query.Type, v query.Value) bool {
	return v.Kind() == query.KindString || t == query.TypeDecimal && v.IsNumber()
}

func valueOf(v any) query.Value {
	switch v := v.(type) {
	case bool:
		return query.Bool(v)
	case int:
		return query.Int(int64(v))
	case int64:
		return query.Int(v)
	case float64:
		return query.Double(v)
	case string:
		return query.String(v)
	case time.Time:
		return query.Time(v)
	case query.Decimal:
		return query.KnownDecimal(string(v))
	case query.Date:
		return query.Days(int64(v))
	case []byte:
		return query.Bytes(string(v))
	case []any:
		return query.RawJSON("[]")
	case map[string]any, foreign:
		return query.RawJSON("{}")
	}
	return query.Null
}

// twoValued replaces the operators on which the machine would fail.
type twoValued struct{}

// Visit implements ast.Visitor; children come before their parents.
func (twoValued) Visit(n *ast.Node) {
	call := func(name string, args ...ast.Node) {
		ast.Patch(n, &ast.CallNode{Callee: &ast.IdentifierNode{Value: name}, Arguments: args})
	}
	boolean := func(n ast.Node) ast.Node {
		return &ast.CallNode{Callee: &ast.IdentifierNode{Value: "two_bool"}, Arguments: []ast.Node{n}}
	}
	switch node := (*n).(type) {
	case *ast.BinaryNode:
		_, nilLeft := node.Left.(*ast.NilNode)
		_, nilRight := node.Right.(*ast.NilNode)
		switch {
		case nilRight && node.Operator == "??":
			node.Right = &ast.IdentifierNode{Value: "nothing"}
		case nilLeft && (node.Operator == "==" || node.Operator == "!="):
			node.Left, node.Right, nilRight = node.Right, node.Left, true
		}
		switch node.Operator {
		case "??":
			call("two_else", node.Left, node.Right)
		case "==", "!=", "<", "<=", ">", ">=":
			if nilRight && node.Operator == "==" {
				call("two_nil", node.Left)
				return
			}
			if nilRight && node.Operator == "!=" {
				call("two_not", &ast.CallNode{Callee: &ast.IdentifierNode{Value: "two_nil"}, Arguments: []ast.Node{node.Left}})
				return
			}
			call("two_compare", &ast.StringNode{Value: node.Operator}, node.Left, node.Right)
		case "contains", "startsWith", "endsWith":
			call("two_text", &ast.StringNode{Value: node.Operator}, node.Left, node.Right)
		case "in":
			call("two_in", node.Left, node.Right)
		case "-":
			call("two_minus", node.Left, node.Right)
		case "&&", "||":
			node.Left, node.Right = boolean(node.Left), boolean(node.Right)
		}
	case *ast.UnaryNode:
		if node.Operator == "!" || node.Operator == "not" {
			call("two_not", node.Node)
		}
	case *ast.ConditionalNode:
		node.Cond = boolean(node.Cond)
		for _, branch := range []*ast.Node{&node.Exp1, &node.Exp2} {
			if _, isNil := (*branch).(*ast.NilNode); isNil {
				*branch = &ast.IdentifierNode{Value: "nothing"}
			}
		}
	case *ast.PairNode:
		if _, isNil := node.Value.(*ast.NilNode); isNil {
			node.Value = &ast.IdentifierNode{Value: "word_nil"}
		}
	case *ast.MemberNode:
		call("two_member", node.Node, node.Property)
	case *ast.BuiltinNode:
		switch node.Name {
		case "len":
			call("two_length", node.Arguments...)
		case "any", "all", "none":
			node.Arguments[0] = &ast.CallNode{Callee: &ast.IdentifierNode{Value: "two_list"}, Arguments: []ast.Node{node.Arguments[0]}}
		}
	case *ast.PredicateNode:
		node.Node = boolean(node.Node)
	}
}
