package syntax

import (
	"strconv"
	"strings"
)

// members reads .name, ?.name, [key], ?.[key], [from:to] and .method(…) after a node.
func (p *parser) members(of Node) Node {
	for p.current.kind == symbol {
		optional := p.is("?.")
		switch {
		case p.is("["):
			of = p.index(of, false)
		case optional || p.is("."):
			p.next()
			if optional && p.is("[") {
				of = p.index(of, true)
			} else {
				of = p.member(of, optional)
			}
		default:
			return of
		}
	}
	return of
}

// member reads a name after a dot, which may be a keyword.
func (p *parser) member(of Node, optional bool) Node {
	t := p.current
	if t.kind != name && (t.kind != symbol || !isKeyword(t.value)) {
		p.unnamed("a name is missing after " + p.last.value)
	}
	p.count(t.Place)
	p.count(t.Place)
	p.next()
	chain, chained := of.(*Chain)
	if chained {
		of = chain.Node
	}
	member := &Member{Place: t.Place, Node: of, Property: &String{t.Place, t.value}, Optional: optional}
	var out Node = member
	if p.is("(") {
		member.Method = true
		p.count(t.Place)
		p.next()
		out = &Call{t.Place, member, p.list(")", nil)}
	}
	if chained || optional {
		p.count(t.Place)
		out = &Chain{t.Place, out}
	}
	return out
}

// index reads what is in square brackets.
func (p *parser) index(of Node, optional bool) Node {
	at := p.current.Place
	p.count(at)
	p.next()
	var from, to Node
	if !p.is(":") {
		from = p.expression(loosest)
	}
	if p.pass(":") {
		if !p.is("]") {
			to = p.expression(loosest)
		}
		p.expect("]")
		return &Slice{at, of, from, to}
	}
	p.expect("]")
	member := &Member{Place: at, Node: of, Property: from, Optional: optional}
	if !optional {
		return member
	}
	p.count(at)
	return &Chain{at, member}
}

// predicates are the functions with an argument that is computed for each element, and how many arguments they have at least
// and at most. It is the second one.
func predicateOf(function string) (least, most int) {
	switch function {
	case "all", "none", "any", "one", "filter", "map", "find", "findIndex", "findLast", "findLastIndex", "groupBy":
		return 2, 2
	case "count", "sum":
		return 1, 2
	case "sortBy", "reduce":
		return 2, 3
	}
	return 0, 0
}

// call reads the arguments of a function from the bracket on. With a pipe, it has the first one already.
func (p *parser) call(function token, arguments []Node) Node {
	p.count(function.Place)
	if !p.pass("(") {
		p.unexpected()
	}
	callee := &Identifier{function.Place, function.value}
	least, most := predicateOf(function.value)
	if most == 0 {
		return &Call{function.Place, callee, p.list(")", arguments)}
	}
	for first := true; len(arguments) < most; first = false {
		if p.is(")") {
			if len(arguments) >= least {
				break
			}
			wrong(function.Place, `%s takes an array, and what is computed for each element of it, as in %s(auth.teams, # == "a")`, function.value, function.value)
		}
		if !first {
			p.expect(",")
		}
		if len(arguments) == 1 {
			arguments = append(arguments, p.predicate())
		} else {
			arguments = append(arguments, p.expression(loosest))
		}
	}
	p.pass(",")
	p.expect(")")
	return &Call{function.Place, callee, arguments}
}

// predicate reads an argument in which # and .name are the element. Braces around it may hold several expressions.
func (p *parser) predicate() Node {
	out := &Predicate{Place: p.current.Place}
	p.count(out.Place)
	p.predicates++
	if p.pass("{") {
		out.Node = p.sequence()
		p.predicates--
		p.expect("}")
		return out
	}
	out.Node = p.expression(loosest)
	p.predicates--
	if p.is(";") {
		wrong(p.current.Place, "put { and } around what has a ; in it")
	}
	return out
}

// pipe reads the call after a | b(c), which is b(a, c).
func (p *parser) pipe(operator token, left Node) Node {
	function := p.current
	if function.kind != name {
		wrong(operator.Place, "use || instead of |")
	}
	p.next()
	if !p.is("(") {
		wrong(operator.Place, "use || instead of |")
	}
	return p.call(function, []Node{left})
}

// number returns the node of a number.
func (p *parser) number(t token) Node {
	p.count(t.Place)
	digits := strings.ReplaceAll(t.value, "_", "")
	base := 10
	switch prefix := strings.ToLower(digits[:min(2, len(digits))]); {
	case prefix == "0x":
		base = 0
	case strings.ContainsAny(digits, ".eE"):
		value, err := strconv.ParseFloat(digits, 64)
		if err != nil {
			p.notANumber(t, err)
		}
		return &Float{t.Place, value, digits}
	case prefix == "0b" || prefix == "0o":
		base = 0
	}
	value, err := strconv.ParseInt(digits, base, 64)
	if err != nil {
		p.notANumber(t, err)
	}
	return &Int{t.Place, value}
}
