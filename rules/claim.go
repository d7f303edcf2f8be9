package rules

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/vm"
	"github.com/expr-lang/expr/vm/runtime"

	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

// Claim is an expression that is computed when a token is created, from auth and lookups. Unlike in a rule
// everything is known then, so it is run, not folded.
type Claim struct {
	program *vm.Program
	scope   map[string]*query.Shape
}

// Finder returns the values of a field in the documents of a filter, at most limit of them.
type Finder func(ctx context.Context, collection string, where query.Filter, field string, limit int) ([]query.Value, error)

// maxPlucked limits the values of one lookup.
const maxPlucked = 1000

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

// CompileClaim compiles an expression over auth, pluck(collection, filter, field), exists(collection, filter),
// get(collection, id, field) and now(), and of the scope the collections and the profile. Errors are *Error.
func CompileClaim(source string, scope Scope) (*Claim, error) {
	if _, err := parse(source); err != nil {
		return nil, err
	}
	tree, err := parser.Parse(source)
	if err != nil {
		return nil, &Error{0, err.Error()}
	}
	profile := profileInClaims{scope.Profile}
	ast.Walk(&tree.Node, profile)
	check := claimChecker{scope: scope}
	ast.Walk(&tree.Node, &check)
	if check.err != nil {
		return nil, check.err
	}
	options := []expr.Option{expr.Env(claimEnv()), expr.Patch(profile), expr.Patch(absentInClaims{})}
	for name, holds := range claimComparisons {
		options = append(options, expr.Function(name, func(args ...any) (any, error) {
			return args[0] != nil && args[1] != nil && holds(args[0], args[1]), nil
		}, new(func(any, any) bool)))
	}
	program, err := expr.Compile(source, options...)
	if err != nil {
		return nil, &Error{0, err.Error()}
	}
	return &Claim{program, scope.Collections}, nil
}

// claimComparisons are the comparisons of a claim. All its values come from the caller or from lookups, so nil
// equals only the literal nil.
var claimComparisons = map[string]func(a, b any) bool{
	"absent_equal":   runtime.Equal,
	"absent_in":      runtime.In,
	"absent_less":    runtime.Less,
	"absent_most":    runtime.LessOrEqual,
	"absent_greater": runtime.More,
	"absent_least":   runtime.MoreOrEqual,
}

// wordNil is the literal nil, as a condition of a lookup.
type wordNil struct{}

// absentInClaims replaces the language's own comparisons by claimComparisons.
type absentInClaims struct{}

// Visit implements ast.Visitor.
func (absentInClaims) Visit(n *ast.Node) {
	switch node := (*n).(type) {
	case *ast.BinaryNode:
		names := map[string]string{"==": "absent_equal", "!=": "absent_equal", "in": "absent_in", "<": "absent_less", "<=": "absent_most", ">": "absent_greater", ">=": "absent_least"}
		name := names[node.Operator]
		if name == "" || name == "absent_equal" && (isWordNil(node.Left) || isWordNil(node.Right)) {
			return
		}
		var compared ast.Node = &ast.CallNode{Callee: &ast.IdentifierNode{Value: name}, Arguments: []ast.Node{node.Left, node.Right}}
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

func isWordNil(n ast.Node) bool {
	_, word := n.(*ast.NilNode)
	return word
}

// claimChecker resolves the collections and fields of lookups.
type claimChecker struct {
	scope Scope
	err   error
}

// Visit implements ast.Visitor.
func (c *claimChecker) Visit(n *ast.Node) {
	if c.err == nil && c.scope.Profile != nil && isProfileNode(*n) {
		c.err = &Error{(*n).Location().From, "auth.profile is a whole document; name a field of it, as in auth.profile." + exampleField(c.scope.Profile.Shape)}
	}
	call, ok := (*n).(*ast.CallNode)
	if !ok || c.err != nil {
		return
	}
	name, ok := call.Callee.(*ast.IdentifierNode)
	if !ok || !slices.Contains([]string{"pluck", "exists", "get"}, name.Value) || len(call.Arguments) == 0 {
		return
	}
	c.err = c.call(call, name.Value)
}

func (c *claimChecker) call(call *ast.CallNode, function string) error {
	mistake := func(n ast.Node, format string, args ...any) error {
		return &Error{n.Location().From, fmt.Sprintf(format, args...)}
	}
	collection, ok := call.Arguments[0].(*ast.StringNode)
	if !ok {
		return mistake(call, "the collection must be a string literal")
	}
	shape := c.scope.Collections[collection.Value]
	if shape == nil {
		return mistake(collection, "there is no collection %q%s", collection.Value, fault.DidYouMean(collection.Value, slices.Sorted(maps.Keys(c.scope.Collections))))
	}
	field := func(n ast.Node, name string, hashed bool) error {
		path, _, err := shape.Path(name)
		if err != nil {
			return mistake(n, "%s", err)
		}
		if f := shape.Fields[shape.Index(path.Field)]; f.Sealed && !(hashed && f.Hashed) {
			return mistake(n, "%s is encrypted or hashed, so nothing can read it", path.Field)
		}
		return nil
	}
	if function != "get" && len(call.Arguments) > 1 {
		conditions, ok := call.Arguments[1].(*ast.MapNode)
		if !ok {
			return mistake(call.Arguments[1], `%s takes conditions on the fields of %s, as in {"user": auth.id}`, function, collection.Value)
		}
		for _, p := range conditions.Pairs {
			key, ok := p.(*ast.PairNode).Key.(*ast.StringNode)
			if !ok {
				return mistake(p, "the field must be a string literal")
			}
			if err := field(key, key.Value, true); err != nil {
				return err
			}
		}
	}
	if function != "exists" && len(call.Arguments) == 3 {
		name, ok := call.Arguments[2].(*ast.StringNode)
		if !ok {
			return mistake(call.Arguments[2], "the field must be a string literal")
		}
		return field(name, name.Value, false)
	}
	return nil
}

// Compute runs the expression with the claims that the token already has; auth.id is `sub`.
func (c *Claim) Compute(ctx context.Context, auth map[string]any, now time.Time, find Finder) (any, error) {
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
				if v = toValue(value); v.IsNull() {
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
		values, err := look(collection, conditions, field, maxPlucked)
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
