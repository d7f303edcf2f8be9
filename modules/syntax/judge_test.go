package syntax_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/parser"

	"github.com/basalt-dev/basalt/modules/syntax"
)

// boundless are limits that no test exceeds which is not about them. expr has none but for nodes, which are counted otherwise:
// a call is one there if the language has the function, an if is none, and what is in the tree twice, as the a of a ?: b, is
// one too, so that 64 of them in each other are more than anyone can go through.
var boundless = syntax.Limits{Bytes: 1 << 30, Depth: 1000, Nodes: 1 << 30}

// differences are what expr accepts and this parser refuses, by a part of the message, each with its reason.
var differences = []struct{ message, reason string }{
	{"without quotes", "a not \"in\" b is a not in b for expr, because it compares the value of the token and not its kind"},
	{`\U begins no character`, `"\UFFFFFFFF" overflows in expr: it is a byte that is not UTF-8, and no character`},
}

// judge compares a source with what expr makes of it, and reports whether both accept it.
func judge(t testing.TB, source string) bool {
	t.Helper()
	want, refused := library(source)
	got, err := syntax.Parse(source, boundless)
	switch {
	case err != nil:
		var e *syntax.Error
		if !errors.As(err, &e) || e.Offset < 0 || e.Offset > e.End || e.End > len(source) || e.Message == "" {
			t.Errorf("%q is refused by %#v", source, err)
		}
		if refused == nil && !deliberate(e) {
			t.Errorf("%q is accepted by expr, and refused here: %v", source, err)
		}
		return false
	case refused != nil:
		t.Errorf("%q is refused by expr, and accepted here as %s: %v", source, got, refused)
		return false
	}
	places := make([]int, 0, len(source)+1) // of characters
	for i := range source {
		places = append(places, i)
	}
	if difference := compare(got, want, append(places, len(source))); difference != "" {
		t.Errorf("%q: %s", source, difference)
		return false
	}
	return true
}

func deliberate(e *syntax.Error) bool {
	for _, d := range differences {
		if strings.Contains(e.Message, d.message) {
			return true
		}
	}
	return false
}

func library(source string) (root ast.Node, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("expr panics: %v", r)
		}
	}()
	tree, err := parser.ParseWithConfig(source, &conf.Config{})
	if err != nil {
		return nil, err
	}
	return tree.Node, nil
}

// compare returns the first difference between two trees. A call is one node here, whoever defines the function.
func compare(got syntax.Node, want ast.Node, places []int) string {
	if got == nil || want == nil {
		if got == nil && want == nil {
			return ""
		}
		return fmt.Sprintf("%v instead of %v", got, want)
	}
	differ := func() string { return fmt.Sprintf("%T %s instead of %T %s", got, got, want, want) }
	check := func(same bool, pairs ...any) string {
		if !same {
			return differ()
		}
		for i := 0; i < len(pairs); i += 2 {
			of, _ := pairs[i].(syntax.Node)
			judged, _ := pairs[i+1].(ast.Node)
			if d := compare(of, judged, places); d != "" {
				return d
			}
		}
		return ""
	}
	list := func(got []syntax.Node, want []ast.Node) string {
		if len(got) != len(want) {
			return differ()
		}
		for i := range got {
			if d := compare(got[i], want[i], places); d != "" {
				return d
			}
		}
		return ""
	}
	switch want.(type) {
	case *ast.ConditionalNode, *ast.PairNode, *ast.SequenceNode: // an if has no place in expr, a choice that of what follows, and a pair that of its map
	default:
		if at := want.Location(); got.Where() != (syntax.Place{Offset: places[at.From], End: places[at.To]}) {
			return fmt.Sprintf("%T %s is at %v instead of %v", got, got, got.Where(), at)
		}
	}
	switch want := want.(type) {
	case *ast.NilNode:
		_, ok := got.(*syntax.Nil)
		return check(ok)
	case *ast.BoolNode:
		n, ok := got.(*syntax.Bool)
		return check(ok && n.Value == want.Value)
	case *ast.IntegerNode:
		n, ok := got.(*syntax.Int)
		return check(ok && n.Value == int64(want.Value))
	case *ast.FloatNode:
		n, ok := got.(*syntax.Float)
		return check(ok && n.Value == want.Value)
	case *ast.StringNode:
		n, ok := got.(*syntax.String)
		return check(ok && n.Value == want.Value)
	case *ast.BytesNode:
		n, ok := got.(*syntax.Bytes)
		return check(ok && string(n.Value) == string(want.Value))
	case *ast.IdentifierNode:
		n, ok := got.(*syntax.Identifier)
		return check(ok && n.Value == want.Value)
	case *ast.PointerNode:
		n, ok := got.(*syntax.Pointer)
		return check(ok && n.Name == want.Name)
	case *ast.UnaryNode:
		if n, ok := got.(*syntax.Unary); ok {
			return check(n.Operator == want.Operator, n.Node, want.Node)
		}
	case *ast.BinaryNode:
		if n, ok := got.(*syntax.Binary); ok {
			return check(n.Operator == want.Operator, n.Left, want.Left, n.Right, want.Right)
		}
	case *ast.ConditionalNode:
		if n, ok := got.(*syntax.Conditional); ok {
			return check(n.If == !want.Ternary, n.Cond, want.Cond, n.Yes, want.Exp1, n.No, want.Exp2)
		}
	case *ast.MemberNode:
		if n, ok := got.(*syntax.Member); ok {
			return check(n.Optional == want.Optional && n.Method == want.Method, n.Node, want.Node, n.Property, want.Property)
		}
	case *ast.ChainNode:
		if n, ok := got.(*syntax.Chain); ok {
			return check(true, n.Node, want.Node)
		}
	case *ast.SliceNode:
		if n, ok := got.(*syntax.Slice); ok {
			return check(true, n.Node, want.Node, n.From, want.From, n.To, want.To)
		}
	case *ast.CallNode:
		if n, ok := got.(*syntax.Call); ok {
			return check(true, n.Callee, want.Callee) + list(n.Arguments, want.Arguments)
		}
	case *ast.BuiltinNode:
		if n, ok := got.(*syntax.Call); ok {
			callee, ok := n.Callee.(*syntax.Identifier)
			return check(ok && callee.Value == want.Name) + list(n.Arguments, want.Arguments)
		}
	case *ast.PredicateNode:
		if n, ok := got.(*syntax.Predicate); ok {
			return check(true, n.Node, want.Node)
		}
	case *ast.VariableDeclaratorNode:
		if n, ok := got.(*syntax.Let); ok {
			return check(n.Name == want.Name, n.Value, want.Value, n.Body, want.Expr)
		}
	case *ast.SequenceNode:
		if n, ok := got.(*syntax.Sequence); ok {
			return list(n.Nodes, want.Nodes)
		}
	case *ast.ArrayNode:
		if n, ok := got.(*syntax.Array); ok {
			return list(n.Nodes, want.Nodes)
		}
	case *ast.MapNode:
		if n, ok := got.(*syntax.Map); ok && len(n.Pairs) == len(want.Pairs) {
			for i, pair := range n.Pairs {
				judged := want.Pairs[i].(*ast.PairNode)
				if d := check(true, pair.Key, judged.Key, pair.Value, judged.Value); d != "" {
					return d
				}
			}
			return ""
		}
	}
	return differ()
}

// TestParse_Differences shows that each of the deliberate differences is one.
func TestParse_Differences(t *testing.T) {
	t.Parallel()
	for i, source := range []string{`a not "in" b`, `"\UFFFFFFFF"`} {
		_, refused := library(source)
		_, err := syntax.Parse(source, boundless)
		if refused != nil || err == nil || !strings.Contains(err.Error(), differences[i].message) {
			t.Errorf("%s: expr says %v, and this parser %v (%s)", source, refused, err, differences[i].reason)
		}
	}
}
