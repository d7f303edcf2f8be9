package syntax

import (
	"fmt"
	"strconv"
	"strings"
)

type printer struct{ strings.Builder }

func written(n Node) string {
	var p printer
	n.write(&p)
	return p.String()
}

func (n *Nil) String() string         { return written(n) }
func (n *Bool) String() string        { return written(n) }
func (n *Int) String() string         { return written(n) }
func (n *Float) String() string       { return written(n) }
func (n *String) String() string      { return written(n) }
func (n *Bytes) String() string       { return written(n) }
func (n *Identifier) String() string  { return written(n) }
func (n *Pointer) String() string     { return written(n) }
func (n *Unary) String() string       { return written(n) }
func (n *Binary) String() string      { return written(n) }
func (n *Conditional) String() string { return written(n) }
func (n *Member) String() string      { return written(n) }
func (n *Chain) String() string       { return written(n) }
func (n *Slice) String() string       { return written(n) }
func (n *Call) String() string        { return written(n) }
func (n *Predicate) String() string   { return written(n) }
func (n *Let) String() string         { return written(n) }
func (n *Sequence) String() string    { return written(n) }
func (n *Array) String() string       { return written(n) }
func (n *Map) String() string         { return written(n) }
func (n *Pair) String() string        { return written(n) }

// put writes strings and nodes.
func (p *printer) put(parts ...any) {
	for _, part := range parts {
		switch part := part.(type) {
		case string:
			p.WriteString(part)
		case Node:
			part.write(p)
		}
	}
}

// bracketed writes a node, in brackets if it needs them.
func (p *printer) bracketed(n Node, needed bool) {
	if needed {
		p.put("(", n, ")")
	} else {
		n.write(p)
	}
}

// one writes a node where any expression may stand, but not several of them.
func (p *printer) one(n Node) { p.bracketed(n, isSeveral(n)) }

func isSeveral(n Node) bool {
	switch n.(type) {
	case *Let, *Sequence:
		return true
	}
	return false
}

func isLoose(n Node) bool {
	_, choice := n.(*Conditional)
	return choice || isSeveral(n)
}

// list writes nodes with commas between them.
func list[T Node](p *printer, nodes []T) {
	for i, n := range nodes {
		if i > 0 {
			p.put(", ")
		}
		p.one(n)
	}
}

func (n *Nil) write(p *printer)        { p.put("nil") }
func (n *Bool) write(p *printer)       { p.put(strconv.FormatBool(n.Value)) }
func (n *Int) write(p *printer)        { p.put(strconv.FormatInt(n.Value, 10)) }
func (n *String) write(p *printer)     { p.put(strconv.Quote(n.Value)) }
func (n *Identifier) write(p *printer) { p.put(n.Value) }
func (n *Pointer) write(p *printer)    { p.put("#", n.Name) }
func (n *Chain) write(p *printer)      { p.put(n.Node) }

func (n *Float) write(p *printer) {
	written := strconv.FormatFloat(n.Value, 'g', -1, 64)
	p.put(written)
	if !strings.ContainsAny(written, ".e") { // 1 is a whole number
		p.put(".0")
	}
}

func (n *Bytes) write(p *printer) {
	p.put(`b"`)
	for _, c := range n.Value {
		switch {
		case c == '"' || c == '\\':
			p.put(`\`, string(rune(c)))
		case c < ' ' || c > '~':
			fmt.Fprintf(p, `\x%02x`, c)
		default:
			p.put(string(rune(c)))
		}
	}
	p.put(`"`)
}

func (n *Unary) write(p *printer) {
	p.put(n.Operator)
	if n.Operator == "not" {
		p.put(" ")
	}
	p.bracketed(n.Node, isLoose(n.Node) || level(n.Node) < unaryPrecedence(n.Operator))
}

// level returns the precedence of an operator, and one that is above all others for what is none.
func level(n Node) int {
	switch n := n.(type) {
	case *Unary:
		return unaryPrecedence(n.Operator)
	case *Binary:
		its, _ := precedence(n.Operator)
		return its
	}
	return 1000
}

func (n *Binary) write(p *printer) {
	its, right := precedence(n.Operator)
	p.bracketed(n.Left, isLoose(n.Left) || level(n.Left) < its || joins(n, n.Left) || isOperator(n.Left, "??") ||
		level(n.Left) == its && (right || isOrdering(n.Operator)))
	if n.Operator == ".." {
		p.put(n.Operator)
	} else {
		p.put(" ", n.Operator, " ")
	}
	p.bracketed(n.Right, isLoose(n.Right) || level(n.Right) < its || joins(n, n.Right) || level(n.Right) == its && !right)
}

func isOperator(n Node, operator string) bool {
	b, ok := n.(*Binary)
	return ok && b.Operator == operator
}

// joins reports whether a condition in a condition is one of && in || or the other way round: readers want brackets there.
func joins(outer *Binary, inner Node) bool {
	b, ok := inner.(*Binary)
	return ok && isLogical(outer.Operator) && isLogical(b.Operator) && outer.Operator != b.Operator
}

func isLogical(operator string) bool {
	return operator == "&&" || operator == "||" || operator == "and" || operator == "or"
}

func (n *Conditional) write(p *printer) {
	if !n.If {
		for i, part := range []Node{n.Cond, n.Yes, n.No} {
			p.put([]string{"", " ? ", " : "}[i])
			p.bracketed(part, isLoose(part))
		}
		return
	}
	p.put("if ")
	p.one(n.Cond)
	p.put(" { ", n.Yes, " } else ")
	if other, ok := n.No.(*Conditional); ok && other.If {
		p.put(other)
		return
	}
	p.put("{ ", n.No, " }")
}

// base writes what a member is of.
func (p *printer) base(n Node) {
	needed := isLoose(n)
	switch n.(type) {
	case *Unary, *Binary, *Nil, *Bool, *Int, *Float:
		needed = true
	}
	p.bracketed(n, needed)
}

func (n *Member) write(p *printer) {
	pointer, ofPointer := n.Node.(*Pointer)
	named, isString := n.Property.(*String)
	_, ofChain := n.Node.(*Chain)
	dotted := n.Method || isString && !ofChain && isName(named.Value) // a dot after a chain would belong to it
	if !ofPointer || pointer.Name != "" || !dotted || n.Optional {
		p.base(n.Node)
	}
	switch {
	case n.Optional:
		p.put("?.")
	case dotted:
		p.put(".")
	}
	if dotted {
		p.put(named.Value)
		return
	}
	p.put("[")
	p.one(n.Property)
	p.put("]")
}

func (n *Slice) write(p *printer) {
	p.base(n.Node)
	p.put("[")
	if n.From != nil {
		p.one(n.From)
	}
	p.put(":")
	if n.To != nil {
		p.one(n.To)
	}
	p.put("]")
}

func (n *Call) write(p *printer) {
	p.put(n.Callee, "(")
	list(p, n.Arguments)
	p.put(")")
}

func (n *Predicate) write(p *printer) {
	body := written(n.Node)
	if isSeveral(n.Node) || strings.HasPrefix(body, "{") {
		p.put("{", body, "}")
		return
	}
	p.put(body)
}

func (n *Let) write(p *printer) {
	p.put("let ", n.Name, " = ")
	p.one(n.Value)
	p.put("; ", n.Body)
}

func (n *Sequence) write(p *printer) {
	for i, n := range n.Nodes {
		if i > 0 {
			p.put("; ")
		}
		p.one(n)
	}
}

func (n *Array) write(p *printer) {
	p.put("[")
	list(p, n.Nodes)
	p.put("]")
}

func (n *Map) write(p *printer) {
	p.put("{")
	list(p, n.Pairs)
	p.put("}")
}

func (n *Pair) write(p *printer) {
	switch key := n.Key.(type) {
	case *String:
		if isName(key.Value) && !isKeyword(key.Value) {
			p.put(key.Value)
		} else {
			p.put(key)
		}
	default:
		p.put("(", n.Key, ")")
	}
	p.put(": ")
	p.one(n.Value)
}
