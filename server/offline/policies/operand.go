package policies

import (
	"fmt"
	"strings"
)

func (p *parser) operand() (*node, error) {
	left, err := p.postfix()
	for err == nil {
		op := ""
		for _, o := range []string{"->>", "->", "||", "+", "-"} {
			if p.op(o) {
				op = o
				break
			}
		}
		if op == "" {
			return left, nil
		}
		var right *node
		if right, err = p.postfix(); err == nil {
			left = &node{op: op, args: []*node{left, right}}
		}
	}
	return left, err
}

func (p *parser) postfix() (*node, error) {
	n, err := p.primary()
	for err == nil {
		switch {
		case p.op("::"):
			var kind string
			kind, err = p.typeName()
			n = &node{op: "cast", name: kind, args: []*node{n}}
		case p.op("["):
			var i *node
			if i, err = p.expression(); err == nil {
				err = p.need("]")
			}
			n = &node{op: "index", args: []*node{n, i}}
		default:
			return n, nil
		}
	}
	return n, err
}

func (p *parser) typeName() (string, error) {
	name, err := p.name()
	if err != nil {
		return "", err
	}
	switch {
	case name == "character" && p.word("varying"), name == "double" && p.word("precision"):
	case (name == "timestamp" || name == "time") && (p.words("with", "time", "zone") || p.words("without", "time", "zone")):
	}
	if p.op("(") {
		name += "("
		for !p.op(")") {
			if p.peek().kind == end {
				return "", p.unexpected()
			}
			p.at++
		}
	}
	for p.op("[") {
		name += "[]"
		if err := p.need("]"); err != nil {
			return "", err
		}
	}
	return name, nil
}

func (p *parser) name() (string, error) {
	var parts []string
	for {
		t := p.peek()
		switch t.kind {
		case aWord:
			parts = append(parts, strings.ToLower(t.text))
		case quoted:
			parts = append(parts, t.text)
		default:
			return "", p.unexpected()
		}
		p.at++
		if !p.op(".") {
			return strings.Join(parts, "."), nil
		}
	}
}

func (p *parser) primary() (*node, error) {
	t := p.peek()
	switch {
	case t.kind == aString:
		p.at++
		return &node{op: "string", name: t.text}, nil
	case t.kind == aNumber:
		p.at++
		return &node{op: "number", name: t.text}, nil
	case p.op("-"):
		n, err := p.primary()
		if err == nil && n.op != "number" {
			err = fmt.Errorf("a minus before what is no number is not understood")
		}
		if err != nil {
			return nil, err
		}
		return &node{op: "number", name: "-" + n.name}, nil
	case p.op("("):
		return p.parenthesis()
	case p.word("true"), p.word("false"):
		return &node{op: "bool", name: strings.ToLower(t.text)}, nil
	case p.word("null"):
		return &node{op: "null"}, nil
	case p.word("current_timestamp"):
		return &node{op: "call", name: "now"}, nil
	case p.word("current_date"):
		return &node{op: "call", name: "current_date"}, nil
	case p.word("exists"):
		if err := p.need("("); err != nil {
			return nil, err
		}
		if !p.word("select") {
			return nil, p.unexpected()
		}
		from, err := p.sel()
		if err == nil {
			err = p.need(")")
		}
		return &node{op: "exists", from: from}, err
	case p.word("array"):
		if err := p.need("["); err != nil {
			return nil, err
		}
		all, err := p.list()
		if err == nil {
			err = p.need("]")
		}
		return &node{op: "array", args: all}, err
	case t.kind == aWord && strings.EqualFold(t.text, "case"):
		return nil, fmt.Errorf("CASE has no translation")
	}
	name, err := p.name()
	if err != nil {
		return nil, err
	}
	if !p.op("(") {
		return &node{op: "column", name: name}, nil
	}
	n := &node{op: "call", name: name}
	if p.op(")") {
		return n, nil
	}
	if n.args, err = p.list(); err == nil {
		err = p.need(")")
	}
	return n, err
}

func (p *parser) parenthesis() (n *node, err error) {
	if p.word("select") {
		n = &node{op: "subquery"}
		n.from, err = p.sel()
	} else {
		n, err = p.expression()
	}
	if err == nil {
		err = p.need(")")
	}
	return n, err
}

func (p *parser) sel() (s *source, err error) {
	s = &source{what: &node{op: "null"}}
	if !p.op("*") {
		if s.what, err = p.expression(); err != nil {
			return nil, err
		}
	}
	if p.word("as") {
		if _, err := p.name(); err != nil {
			return nil, err
		}
	}
	if p.peek().text == "," {
		return nil, fmt.Errorf("a SELECT of several columns has no translation")
	}
	if !p.word("from") {
		return s, nil
	}
	if p.peek().text == "(" {
		return nil, fmt.Errorf("a lookup in joined tables has no translation")
	}
	if s.table, err = p.name(); err != nil {
		return nil, err
	}
	s.alias = s.table[strings.LastIndexByte(s.table, '.')+1:]
	p.word("as")
	if t := p.peek(); t.kind == quoted || t.kind == aWord && !strings.EqualFold(t.text, "where") && !strings.EqualFold(t.text, "limit") {
		if s.alias, err = p.name(); err != nil {
			return nil, err
		}
	}
	if t := p.peek(); t.text == "," || t.kind == aWord && !strings.EqualFold(t.text, "where") && !strings.EqualFold(t.text, "limit") {
		return nil, fmt.Errorf("a lookup in joined tables has no translation")
	}
	if p.word("where") {
		if s.where, err = p.expression(); err != nil {
			return nil, err
		}
	}
	if p.word("limit") && !(p.peek().text == "1" && p.take(aNumber, "1")) {
		return nil, p.unexpected()
	}
	return s, nil
}
