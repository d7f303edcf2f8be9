package rules

import (
	"github.com/expr-lang/expr/ast"

	"github.com/basalt-dev/basalt/modules/query"
)

// CompileChannel parses a rule of a channel. It looks at auth, request and the parameters of the channel's name,
// as params.id or as id. It is folded with a Next that has them, in their order.
func CompileChannel(source string, params []string, scope Scope) (*Rule, error) {
	fields := make([]query.Field, len(params))
	for i, name := range params {
		fields[i] = query.Field{Name: name, Type: query.TypeString, NotNull: true}
	}
	scope.Shape = query.NewShape(fields)
	c := &compiler{scope: scope, params: map[string]node{}, channel: true}
	for i, name := range params {
		c.params[name] = nextField{i, query.Path{Field: name}, query.TypeString}
	}
	r, err := c.compile(source)
	if err != nil {
		return nil, err
	}
	if err := c.decides(r); err != nil {
		return nil, err
	}
	r.op = Read
	return r, nil
}

// channelParameter returns the node for params.name.
func (c *compiler) channelParameter(n *ast.MemberNode) (node, bool) {
	id, ok := n.Node.(*ast.IdentifierNode)
	if !ok || !c.channel || id.Value != "params" {
		return nil, false
	}
	name, ok := n.Property.(*ast.StringNode)
	if !ok {
		fail(n.Property, "name a parameter of the channel")
	}
	parameter := c.params[name.Value]
	if parameter == nil {
		fail(n.Property, "the name of the channel has no parameter %q%s", name.Value, query.DidYouMean(name.Value, c.scope.Shape.Names()))
	}
	return parameter, true
}
