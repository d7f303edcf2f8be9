package rules

import (
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/modules/syntax"
)

// CompileChannel parses a rule of a channel. It may use auth, request and the parameters of the channel's name, as
// params.id or as id. Fold it with a Next that has the parameters in order.
func CompileChannel(source string, params []string, scope Scope) (*Rule, error) {
	fields := make([]query.Field, len(params))
	for i, name := range params {
		fields[i] = query.Field{Name: name, Type: query.TypeString, NotNull: true}
	}
	return CompileCall(source, fields, scope)
}

// CompileCall parses a rule of something with parameters and without a document: a channel, a function, an event.
// It may use auth, request and the parameters, as params.id, as request.params.id or as id. Fold it with a Next
// that has the parameters in order.
func CompileCall(source string, params []query.Field, scope Scope) (*Rule, error) {
	scope.Shape = query.NewShape(params)
	c := &compiler{scope: scope, params: map[string]node{}, channel: true}
	for i, f := range params {
		c.params[f.Name] = nextField{i, query.Path{Field: f.Name}, f.Type, true}
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

// channelParameter returns the node for params.name, or request.params.name.
func (c *compiler) channelParameter(n *syntax.Member) (node, bool) {
	if !c.channel || !isParams(n.Node) {
		return nil, false
	}
	name, ok := n.Property.(*syntax.String)
	if !ok {
		fail(n.Property, "name a parameter")
	}
	parameter := c.params[name.Value]
	if parameter == nil {
		fail(n.Property, "there is no parameter %q here%s", name.Value, fault.DidYouMean(name.Value, c.scope.Shape.Names()))
	}
	return parameter, true
}

func isParams(n syntax.Node) bool {
	switch n := n.(type) {
	case *syntax.Identifier:
		return n.Value == "params"
	case *syntax.Member:
		id, ok := n.Node.(*syntax.Identifier)
		name, text := n.Property.(*syntax.String)
		return ok && text && id.Value == "request" && name.Value == "params"
	}
	return false
}
