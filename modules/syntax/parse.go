package syntax

// parser reads by recursive descent, with a level of precedence for each operator. It is for one source.
type parser struct {
	lexer
	limits     Limits
	current    token // the token to read next
	last       token // the one before it
	open       []int // where the brackets are that are not closed yet
	nodes      int
	repeated   int // nodes that are in the tree once more, with what is in them
	predicates int // those around the current token, where # and .name are the element
}

// next passes the current token.
func (p *parser) next() {
	p.last = p.current
	if t := p.current; t.kind == symbol && len(t.value) == 1 {
		switch t.value[0] {
		case '(', '[', '{':
			p.open = append(p.open, t.Offset)
			if len(p.open) > p.limits.Depth {
				panic(p.exceeds(t.Place, TooDeep, "nested more than %d deep", p.limits.Depth))
			}
		case ')', ']', '}':
			p.open = p.open[:max(0, len(p.open)-1)]
		}
	}
	p.current = p.scan()
}

// count counts a node. It is called before what is in the node is read.
func (p *parser) count(at Place) {
	if p.nodes++; p.nodes > p.limits.Nodes {
		panic(p.exceeds(at, TooMany, "made of more than %d parts", p.limits.Nodes))
	}
}

// weight is how many nodes whoever goes through the tree so far meets.
func (p *parser) weight() int { return p.nodes + p.repeated }

// repeat counts what has been read since a weight once more, because it is in the tree twice. In brackets in brackets that doubles
// each time.
func (p *parser) repeat(at Place, since int) {
	if p.repeated += p.weight() - since; p.repeated > 4*p.limits.Nodes {
		panic(p.exceeds(at, TooMany, "made of more than %d parts, with those that it repeats", 4*p.limits.Nodes))
	}
}

func (p *parser) is(operator string) bool {
	return p.current.kind == symbol && p.current.value == operator
}

// pass passes an operator if it is the current token.
func (p *parser) pass(operator string) bool {
	if !p.is(operator) {
		return false
	}
	p.next()
	return true
}

func (p *parser) expect(operator string) {
	if !p.pass(operator) {
		p.unexpected()
	}
}

func (p *parser) expectName(what string) token {
	t := p.current
	if t.kind != name {
		p.unnamed(what)
	}
	p.next()
	return t
}

// sequence reads expressions with ; between them. The last one may have one after it where the source ends.
func (p *parser) sequence() Node {
	first := p.expression(loosest)
	if !p.is(";") {
		return first
	}
	nodes := []Node{first}
	for p.pass(";") && p.current.kind != end {
		nodes = append(nodes, p.expression(loosest))
	}
	if len(nodes) == 1 {
		return first
	}
	p.count(first.Where())
	return &Sequence{first.Where(), nodes}
}

// expression reads an expression of operators that bind at least as strongly as a level.
func (p *parser) expression(level int) Node {
	if level == loosest {
		switch {
		case p.is("let"):
			return p.let()
		case p.is("if"):
			return p.ifElse()
		}
	}
	start := p.weight()
	left := p.operand()
	before := "" // the operator before, at this level
	for p.current.kind == symbol {
		operator, negation := p.current, token{}
		if operator.value == "not" {
			if level > comparing {
				break
			}
			negation = operator
			p.next()
			if operator = p.current; operator.kind != symbol || !isNegatable(operator.value) {
				p.notWhat(negation)
			}
		}
		its, right := precedence(operator.value)
		if its < level {
			break
		}
		p.next()
		switch {
		case operator.value == "|":
			left = p.pipe(operator, left)
		case before == "??" && operator.value != "??":
			wrong(operator.Place, "?? and %s need brackets around one of them, as in (a ?? b) %s c", operator.value, operator.value)
		case isOrdering(operator.value):
			left = p.ordering(left, operator)
		default:
			p.count(operator.Place)
			if !right {
				its++
			}
			left = &Binary{operator.Place, operator.value, left, p.expression(its)}
			if negation.kind == symbol {
				p.count(operator.Place)
				left = &Unary{operator.Place, "not", left}
			}
		}
		before = operator.value
	}
	if level == loosest {
		left = p.choices(left, start)
	}
	return left
}

// ordering reads what is after the first operator of a < b < c.
func (p *parser) ordering(left Node, operator token) Node {
	var all Node
	for {
		p.count(operator.Place)
		start := p.weight()
		right := p.expression(comparing + 1)
		one := &Binary{operator.Place, operator.value, left, right}
		if all == nil {
			all = one
		} else {
			p.count(operator.Place)
			all = &Binary{operator.Place, "&&", all, one}
		}
		if left, operator = right, p.current; operator.kind != symbol || !isOrdering(operator.value) {
			return all
		}
		p.repeat(operator.Place, start)
		p.next()
	}
}

// choices reads what is after the condition of a ? b : c, of which b may be missing: then it is the condition. start is the weight
// before the condition.
func (p *parser) choices(cond Node, start int) Node {
	for p.is("?") {
		at := p.current.Place
		p.count(at)
		p.next()
		yes := cond
		if p.is(":") {
			p.repeat(at, start)
		} else {
			yes = p.expression(loosest)
		}
		if !p.pass(":") {
			p.noColon()
		}
		cond = &Conditional{at, false, cond, yes, p.expression(loosest)}
	}
	return cond
}

func (p *parser) ifElse() Node {
	at := p.current.Place
	p.count(at)
	p.next()
	cond := p.expression(loosest)
	yes := p.block()
	if !p.pass("else") {
		p.noElse()
	}
	var no Node
	if p.is("if") {
		no = p.ifElse()
	} else {
		no = p.block()
	}
	return &Conditional{at, true, cond, yes, no}
}

func (p *parser) block() Node {
	if !p.pass("{") {
		p.noBlock()
	}
	inside := p.sequence()
	p.expect("}")
	return inside
}

func (p *parser) let() Node {
	p.next()
	variable := p.expectName("a name is missing after let, as in let x = doc.a; x > 3")
	p.count(variable.Place)
	if !p.pass("=") {
		p.noValue(variable)
	}
	value := p.expression(loosest)
	if !p.pass(";") {
		p.noBody(variable)
	}
	return &Let{variable.Place, variable.value, value, p.sequence()}
}

// operand reads what is between operators, with the operators before it and the members after it.
func (p *parser) operand() Node {
	t := p.current
	if t.kind != symbol {
		return p.value()
	}
	if level := unaryPrecedence(t.value); level >= 0 {
		p.count(t.Place)
		p.next()
		return p.members(&Unary{t.Place, t.value, p.expression(level)})
	}
	switch t.value {
	case "(":
		p.next()
		inside := p.sequence()
		p.expect(")")
		return p.members(inside)
	case "[":
		return p.members(p.array())
	case "{":
		return p.members(p.object())
	case "::":
		p.next()
		return p.members(p.call(p.expectName("the name of a function is missing after ::"), nil))
	case "#", ".":
		if p.predicates > 0 {
			return p.members(p.pointer())
		}
	}
	p.unexpected()
	return nil
}

// pointer reads #, or nothing before a dot.
func (p *parser) pointer() Node {
	t := p.current
	p.count(t.Place)
	out := &Pointer{Place: t.Place}
	if p.pass("#") && p.current.kind == name {
		out.Name = p.current.value
		p.next()
	}
	return out
}

// value reads a literal, a name or a call.
func (p *parser) value() Node {
	t := p.current
	switch t.kind {
	case number:
		p.next()
		return p.number(t)
	case quoted:
		p.count(t.Place)
		p.next()
		return p.members(&String{t.Place, t.value})
	case bytes:
		p.count(t.Place)
		p.next()
		return p.members(&Bytes{t.Place, []byte(t.value)})
	case name:
		p.next()
	default:
		p.unexpected()
	}
	switch t.value {
	case "true", "false": // members of these, of nil and of numbers are refused
		p.count(t.Place)
		return &Bool{t.Place, t.value == "true"}
	case "nil":
		p.count(t.Place)
		return &Nil{t.Place}
	}
	if p.is("(") {
		return p.members(p.call(t, nil))
	}
	p.count(t.Place)
	return p.members(&Identifier{t.Place, t.value})
}

func (p *parser) array() Node {
	out := &Array{Place: p.current.Place}
	p.count(out.Place)
	p.next()
	out.Nodes = p.list("]", nil)
	return out
}

// list reads expressions with commas between them, and one after them if you like, up to a bracket.
func (p *parser) list(closing string, nodes []Node) []Node {
	for first := true; !p.pass(closing); first = false {
		if !first {
			p.expect(",")
			if p.pass(closing) {
				break
			}
		}
		nodes = append(nodes, p.expression(loosest))
	}
	return nodes
}

func (p *parser) object() Node {
	out := &Map{Place: p.current.Place}
	p.count(out.Place)
	p.next()
	for first := true; !p.pass("}"); first = false {
		if !first {
			p.expect(",")
			if p.pass("}") {
				break
			}
		}
		pair := &Pair{Place: p.current.Place}
		p.count(pair.Place)
		pair.Key = p.key()
		if !p.pass(":") {
			p.noPair()
		}
		pair.Value = p.expression(loosest)
		out.Pairs = append(out.Pairs, pair)
	}
	return out
}

// key reads the key of a map. A name or a number is the string that it is written as.
func (p *parser) key() Node {
	switch t := p.current; {
	case t.kind == name || t.kind == number || t.kind == quoted:
		p.count(t.Place)
		p.next()
		return &String{t.Place, t.value}
	case p.is("("):
		return p.expression(loosest)
	}
	p.noKey()
	return nil
}
