package rules

import (
	"slices"

	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/modules/syntax"
)

var quantifiers = []string{"all", "any", "none", "one", "filter", "map", "count"}

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
	case name == "get" && c.claim && len(arguments) != 2:
		arity(3, 3)
		return c.fieldOf(c.get(n, arguments).(fetched), arguments[2])
	case name == "get":
		arity(2, 2)
		return c.get(n, arguments)
	case name == "pluck" && c.claim:
		arity(3, 3)
		return c.pluck(n, arguments)
	case name == "webhook" && c.claim:
		fail(n, "a claim asks no webhook; hooks: { token: … } of auth asks a server of yours for claims")
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
	case functions[name] != nil:
		f := functions[name]
		if wrong := f.counts(len(arguments)); wrong != "" {
			fail(n, "%s takes %s", name, wrong)
		}
		args := make([]node, len(arguments))
		for i, a := range arguments {
			args[i] = c.node(a)
			if takes, given := f.at(i), c.kindsOf(args[i]); takes&given == 0 {
				fail(a, "%s takes %s, not %s", name, takes, given)
			}
		}
		return c.fixed(n, call{name: name, function: f, args: args})
	case missing[name] != "":
		fail(n, "there is no function %q; write %s", name, missing[name])
	}
	fail(n, "there is no function %q%s", name, fault.DidYouMean(name, append(c.scope.functionNames(), functionNames()...)))
	return nil
}

// fixed computes a function of literals when the rule is loaded, and refuses what it fails on.
func (c *compiler) fixed(n syntax.Node, of call) node {
	args := make([]any, len(of.args))
	for i, a := range of.args {
		l, ok := a.(literal)
		if !ok || l.value == nil {
			return of
		}
		args[i] = l.value
	}
	v, err := of.run(new(made), args)
	if err != nil {
		fail(n, "%s: %s", of.name, err)
	}
	of.value = v
	return of
}

// missing are functions of other languages, and what stands for them here.
var missing = map[string]string{
	"find": "first(filter(…))", "findLast": "last(filter(…))", "sum": "mean(list) * len(list)", "sortBy": "sort(list)", "groupBy": "filter(list, …) for each group",
	"take": "filter(list, …)", "toJSON": "the value itself, or string(…)", "startsWith": "… startsWith …", "endsWith": "… endsWith …", "contains": "… contains …",
	"toLower": "lower(…)", "toUpper": "upper(…)", "size": "len(…)", "length": "len(…)", "ifnull": "… ?? …", "coalesce": "… ?? …",
	"pluck": "exists(…), or put pluck(…) into a claim: auth: { claims: { teams: 'pluck(…)' } }",
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
