package syntax_test

import (
	"fmt"
	"strings"

	"github.com/basalt-dev/basalt/modules/syntax"
)

// shape writes a tree without places.
func shape(n syntax.Node) string {
	var b strings.Builder
	syntax.Walk(n, func(n syntax.Node) {
		switch n := n.(type) {
		case *syntax.Unary:
			fmt.Fprintf(&b, "unary %s ", n.Operator)
		case *syntax.Binary:
			fmt.Fprintf(&b, "binary %s ", n.Operator)
		case *syntax.Conditional:
			fmt.Fprintf(&b, "choice %t ", n.If)
		case *syntax.Member:
			fmt.Fprintf(&b, "member %t %t ", n.Optional, n.Method)
		case *syntax.Slice:
			fmt.Fprintf(&b, "slice %t %t ", n.From == nil, n.To == nil)
		case *syntax.Call:
			fmt.Fprintf(&b, "call %d ", len(n.Arguments))
		case *syntax.Let:
			fmt.Fprintf(&b, "let %s ", n.Name)
		case *syntax.Sequence:
			fmt.Fprintf(&b, "sequence %d ", len(n.Nodes))
		case *syntax.Array:
			fmt.Fprintf(&b, "array %d ", len(n.Nodes))
		case *syntax.Map:
			fmt.Fprintf(&b, "map %d ", len(n.Pairs))
		case *syntax.Chain, *syntax.Predicate, *syntax.Pair:
			fmt.Fprintf(&b, "%T ", n)
		default:
			fmt.Fprintf(&b, "%T %s ", n, n)
		}
	})
	return b.String()
}
