package rules

import (
	"slices"

	"github.com/expr-lang/expr/builtin"

	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/modules/syntax"
)

var quantifiers = []string{"all", "any", "none", "one", "filter", "map", "count"}

// functions of the expression language that are pure and bounded by the size of their arguments.
var functions = []string{
	"abs", "ceil", "floor", "round", "int", "float", "string", "trim", "trimPrefix", "trimSuffix", "upper", "lower",
	"split", "replace", "join", "indexOf", "lastIndexOf", "hasPrefix", "hasSuffix", "max", "min", "mean", "median",
	"duration", "date", "first", "last", "keys", "values", "reverse", "uniq", "concat", "flatten", "sort", "type",
}

func (c *compiler) builtin(n syntax.Node, name string, arguments []syntax.Node) node {
	arity := func(low, high int) {
		if len(arguments) < low || len(arguments) > high {
			fail(n, "%s takes %d argument(s), not %d", name, low, len(arguments))
		}
	}
	switch {
	case name == "now", name == "today":
		arity(0, 0)
		return now{name == "today"}
	case name == "len":
		arity(1, 1)
		return length{c.node(arguments[0])}
	case name == "changed":
		return c.changed(n, arguments)
	case name == "exists":
		arity(2, 2)
		return c.exists(n, arguments)
	case name == "get":
		arity(2, 2)
		return c.get(n, arguments)
	case name == "like", name == "ilike":
		arity(2, 2)
		op := map[string]query.TextOp{"like": query.Like, "ilike": query.ILike}[name]
		return textTest{op, c.node(arguments[0]), c.node(arguments[1])}
	case name == "webhook":
		arity(1, 1)
		return c.webhook(arguments[0])
	case c.scope.Functions[name] != nil:
		return c.inline(n, c.scope.Functions[name], arguments)
	case slices.Contains(quantifiers, name):
		if name == "count" && len(arguments) == 1 {
			return length{c.node(arguments[0])}
		}
		arity(2, 2)
		over := c.node(arguments[0])
		predicate, ok := arguments[1].(*syntax.Predicate)
		if !ok {
			fail(arguments[1], "%s takes a predicate, as in %s(auth.teams, # == \"a\")", name, name)
		}
		c.locals = append(c.locals, "#")
		q := quantifier{name, over, c.node(predicate.Node), len(c.locals) - 1}
		c.locals = c.locals[:len(c.locals)-1]
		return q
	case slices.Contains(functions, name):
		f := builtin.Builtins[builtin.Index[name]]
		fn := f.Func
		if fn == nil && f.Fast != nil {
			fn = func(args ...any) (any, error) { return f.Fast(args[0]), nil }
		}
		if fn == nil && f.Safe != nil {
			fn = func(args ...any) (any, error) {
				v, _, err := f.Safe(args...)
				return v, err
			}
		}
		args := make([]node, len(arguments))
		for i, a := range arguments {
			args[i] = c.node(a)
		}
		return call{name, fn, args}
	}
	fail(n, "there is no function %q%s", name, fault.DidYouMean(name, append(c.scope.functionNames(), functions...)))
	return nil
}

func (c *compiler) changed(n syntax.Node, arguments []syntax.Node) node {
	if !c.update {
		fail(n, "changed(...) compares the document before and after an update; it can only be used in an update rule")
	}
	if len(arguments) == 0 {
		fail(n, "changed(...) takes one or more field names, as in changed(\"author\")")
	}
	c.mentionsDoc = true
	var out changed
	for _, a := range arguments {
		name, ok := a.(*syntax.String)
		if !ok {
			fail(a, "changed(...) takes field names as strings, as in changed(\"author\")")
		}
		if i := c.scope.Shape.Index(name.Value); i >= 0 { // the id too, of whatever it is composed
			out.paths = append(out.paths, query.Path{Field: name.Value})
			continue
		}
		path, _ := c.path(a, c.scope.Shape, name.Value)
		out.paths = append(out.paths, path)
	}
	return out
}
