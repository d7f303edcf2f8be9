package rules_test

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/vm"
	"github.com/expr-lang/expr/vm/runtime"

	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/rules"
)

// oracle computes claims with expr's virtual machine: lookups are functions, and comparisons are replaced, so that nil equals
// only the literal nil. It has no code in common with rules.
type oracle struct {
	program *vm.Program
	scope   map[string]*query.Shape
}

// claimEnv is what a claim may use. The functions are set when it is computed.
func claimEnv() map[string]any {
	return map[string]any{
		"auth":   map[string]any{},
		"pluck":  func(string, map[string]any, string) ([]any, error) { return nil, nil },
		"exists": func(string, map[string]any) (bool, error) { return false, nil },
		"get":    func(string, any, string) (any, error) { return nil, nil },
		"now":    func() time.Time { return time.Time{} },
	}
}

func compileOracle(source string, collections map[string]*query.Shape) (*oracle, error) {
	options := []expr.Option{expr.Env(claimEnv()), expr.Patch(absentInClaims{})}
	for name, holds := range claimComparisons {
		options = append(options, expr.Function(name, func(args ...any) (any, error) {
			return args[0] != nil && args[1] != nil && holds(args[0], args[1]), nil
		}, new(func(any, any) bool)))
	}
	for name, f := range claimComputations {
		options = append(options, expr.Function(name, f))
	}
	program, err := expr.Compile(source, options...)
	if err != nil {
		return nil, err
	}
	return &oracle{program, collections}, nil
}

// claimComparisons are the comparisons of a claim. All its values come from the caller or from lookups, so nil
// equals only the literal nil.
var claimComparisons = map[string]func(a, b any) bool{
	"absent_equal":   equal,
	"absent_in":      runtime.In,
	"absent_less":    runtime.Less,
	"absent_most":    runtime.LessOrEqual,
	"absent_greater": runtime.More,
	"absent_least":   runtime.MoreOrEqual,
}

// claimComputations are what is deliberately not as with expr: what is computed of nil is nil, as is what has no JSON form or is
// not there.
var claimComputations = map[string]func(args ...any) (any, error){
	"absent_arithmetic": func(args ...any) (any, error) {
		if args[1] == nil || args[2] == nil || args[0] == "%" && runtime.ToFloat64(args[2]) == 0 {
			return nil, nil
		}
		switch args[0] {
		case "+":
			return fromExpr(runtime.Add(args[1], args[2])), nil
		case "-":
			return fromExpr(runtime.Subtract(args[1], args[2])), nil
		case "*":
			return fromExpr(runtime.Multiply(args[1], args[2])), nil
		case "/":
			return fromExpr(runtime.Divide(args[1], args[2])), nil
		case "%":
			return fromExpr(runtime.Modulo(args[1], args[2])), nil
		}
		return fromExpr(runtime.Exponent(args[1], args[2])), nil
	},
	"absent_negative": func(args ...any) (any, error) {
		if args[0] == nil {
			return nil, nil
		}
		return runtime.Subtract(0, args[0]), nil // never -0
	},
	"absent_condition": func(args ...any) (any, error) { return args[0] != nil && args[0].(bool), nil },
	"absent_at": func(args ...any) (any, error) {
		list := fromExpr(args[0]).([]any)
		i := args[1].(int)
		if i < 0 {
			i += len(list)
		}
		if i < 0 || i >= len(list) {
			return nil, nil
		}
		return list[i], nil
	},
	"absent_call": func(args ...any) (any, error) {
		if slices.Contains(args, nil) {
			return nil, nil
		}
		return judged(args[0].(string), args[1:])
	},
}

// equal is ==, but lists that hold nil equal nothing.
func equal(a, b any) bool { return !has(a, isNone) && !has(b, isNone) && runtime.Equal(a, b) }

func isNone(v any) bool { return v == nil }

// wordNil is the literal nil, as a condition of a lookup.
type wordNil struct{}

// absentInClaims replaces the language's own comparisons by claimComparisons.
type absentInClaims struct{}

// Visit implements ast.Visitor.
func (absentInClaims) Visit(n *ast.Node) {
	switch node := (*n).(type) {
	case *ast.UnaryNode:
		if node.Operator == "-" {
			ast.Patch(n, called("absent_negative", node.Node))
		}
	case *ast.MemberNode:
		if i, ok := node.Property.(*ast.IntegerNode); ok {
			ast.Patch(n, called("absent_at", node.Node, i))
		} else if minus, ok := node.Property.(*ast.CallNode); ok {
			ast.Patch(n, called("absent_at", node.Node, minus))
		}
	case *ast.BuiltinNode:
		if slices.Contains([]string{"all", "any", "none", "one", "filter", "map", "count"}, node.Name) {
			node.Arguments[0] = &ast.BinaryNode{Operator: "??", Left: node.Arguments[0], Right: &ast.ArrayNode{}}
		}
		if _, ours := arities[node.Name]; ours || node.Name == "len" {
			ast.Patch(n, called("absent_call", append([]ast.Node{&ast.StringNode{Value: node.Name}}, node.Arguments...)...))
		}
	case *ast.BinaryNode:
		if slices.Contains([]string{"+", "-", "*", "/", "%", "**"}, node.Operator) {
			ast.Patch(n, called("absent_arithmetic", &ast.StringNode{Value: node.Operator}, node.Left, node.Right))
			return
		}
		if node.Operator == "&&" || node.Operator == "||" {
			node.Left, node.Right = called("absent_condition", node.Left), called("absent_condition", node.Right)
		}
		names := map[string]string{"==": "absent_equal", "!=": "absent_equal", "in": "absent_in", "<": "absent_less", "<=": "absent_most", ">": "absent_greater", ">=": "absent_least"}
		name := names[node.Operator]
		if name == "" || name == "absent_equal" && (isWordNil(node.Left) || isWordNil(node.Right)) {
			return
		}
		compared := called(name, node.Left, node.Right)
		if node.Operator == "!=" {
			compared = &ast.UnaryNode{Operator: "not", Node: compared}
		}
		ast.Patch(n, compared)
	case *ast.CallNode:
		if len(node.Arguments) < 2 {
			return
		}
		conditions, _ := node.Arguments[1].(*ast.MapNode)
		if conditions == nil {
			return
		}
		for _, p := range conditions.Pairs {
			if pair := p.(*ast.PairNode); isWordNil(pair.Value) {
				pair.Value = &ast.ConstantNode{Value: wordNil{}}
			}
		}
	}
}

func called(name string, args ...ast.Node) ast.Node {
	return &ast.CallNode{Callee: &ast.IdentifierNode{Value: name}, Arguments: args}
}

func isWordNil(n ast.Node) bool {
	_, word := n.(*ast.NilNode)
	return word
}

func (c *oracle) compute(ctx context.Context, auth map[string]any, now time.Time, find rules.Finder) (any, error) {
	who := maps.Clone(auth)
	who["id"] = auth["sub"]
	look := func(collection string, conditions map[string]any, field string, limit int) ([]query.Value, error) {
		shape := c.scope[collection]
		var terms []query.Filter
		for name, value := range conditions {
			path, typ, err := shape.Path(name)
			if err != nil {
				return nil, err
			}
			v := query.Null
			if _, word := value.(wordNil); !word {
				if v = stored(value); v.IsNull() {
					return nil, nil // it is absent, and equals nothing
				}
			}
			f, _ := query.Comparison(path, typ, query.Eq, v)
			terms = append(terms, f)
		}
		where := query.Spell(query.All(terms...), shape, nil)
		if where == query.False {
			return nil, nil
		}
		return find(ctx, collection, where, field, limit)
	}
	env := claimEnv()
	env["auth"] = who
	env["now"] = func() time.Time { return now }
	env["pluck"] = func(collection string, conditions map[string]any, field string) ([]any, error) {
		values, err := look(collection, conditions, field, 1000)
		seen := map[query.Value]bool{}
		out := make([]any, 0, len(values))
		for _, v := range values {
			if !seen[v] {
				out = append(out, v.Any())
			}
			seen[v] = true
		}
		return out, err
	}
	env["exists"] = func(collection string, conditions map[string]any) (bool, error) {
		values, err := look(collection, conditions, c.scope[collection].Fields[0].Name, 1)
		return len(values) > 0, err
	}
	env["get"] = func(collection string, id any, field string) (any, error) {
		values, err := look(collection, map[string]any{c.scope[collection].Fields[0].Name: id}, field, 1)
		if err != nil || len(values) == 0 {
			return nil, err
		}
		return values[0].Any(), nil
	}
	return expr.Run(c.program, env)
}

// stored is a value as a field may have it.
func stored(v any) query.Value {
	switch v := v.(type) {
	case string:
		return query.String(v)
	case bool:
		return query.Bool(v)
	case int:
		return query.Int(int64(v))
	case int64:
		return query.Int(v)
	case float64:
		return query.Double(v)
	case time.Time:
		return query.Time(v)
	case []any, map[string]any:
		return query.RawJSON("[]")
	}
	return query.Null
}
