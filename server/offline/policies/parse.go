package policies

import (
	"fmt"
	"strings"
)

// node is a piece of a condition.
type node struct {
	// op is and, or, not, a comparison, a test such as "is null", or one of column, call, string, number, bool, null, cast,
	// index, array, exists, subquery, any.
	op string
	// name is that of a column, a function or a type, or the text of a literal; for any, the comparison.
	name string
	args []*node
	from *source
}

// source is a SELECT of one expression from one table, or from none.
type source struct {
	what         *node
	table, alias string
	where        *node
}

type parser struct {
	tokens []lexeme
	at     int
	depth  int
}

// parse reads a condition.
func parse(text string) (*node, error) { return parsed(text, (*parser).expression) }

// parseBody reads the body of a function, which is one SELECT.
func parseBody(text string) (*node, error) {
	return parsed(text, func(p *parser) (*node, error) {
		if !p.word("select") {
			return nil, p.unexpected()
		}
		from, err := p.sel()
		for p.op(";") {
		}
		return &node{op: "subquery", from: from}, err
	})
}

func parsed(text string, f func(*parser) (*node, error)) (*node, error) {
	all, err := lex(text)
	if err != nil {
		return nil, err
	}
	p := &parser{tokens: all}
	n, err := f(p)
	if err == nil && p.tokens[p.at].kind != end {
		err = p.unexpected()
	}
	return n, err
}

func (p *parser) peek() lexeme { return p.tokens[p.at] }

func (p *parser) unexpected() error {
	if p.peek().kind == end {
		return fmt.Errorf("the condition ends too early")
	}
	return fmt.Errorf("%q is not understood", p.peek().text)
}

func (p *parser) op(text string) bool { return p.take(anOp, text) }

// word takes a word that is no quoted name.
func (p *parser) word(text string) bool { return p.take(aWord, text) }

func (p *parser) take(kind tokenKind, text string) bool {
	if t := p.peek(); t.kind == kind && strings.EqualFold(t.text, text) {
		p.at++
		return true
	}
	return false
}

// words takes several words, or none.
func (p *parser) words(all ...string) bool {
	for i, w := range all {
		if t := p.tokens[min(p.at+i, len(p.tokens)-1)]; t.kind != aWord || !strings.EqualFold(t.text, w) {
			return false
		}
	}
	p.at += len(all)
	return true
}

func (p *parser) need(op string) error {
	if !p.op(op) {
		return p.unexpected()
	}
	return nil
}

func (p *parser) expression() (*node, error) {
	if p.depth++; p.depth > maxDepth {
		return nil, fmt.Errorf("the condition nests more than %d deep", maxDepth)
	}
	defer func() { p.depth-- }()
	return p.chain("or", func() (*node, error) { return p.chain("and", p.negated) })
}

// chain reads operands that a word joins.
func (p *parser) chain(by string, operand func() (*node, error)) (*node, error) {
	left, err := operand()
	for err == nil && p.word(by) {
		var right *node
		if right, err = operand(); err == nil {
			left = &node{op: by, args: []*node{left, right}}
		}
	}
	return left, err
}

func (p *parser) negated() (*node, error) {
	if !p.word("not") {
		return p.comparison()
	}
	n, err := p.negated()
	return &node{op: "not", args: []*node{n}}, err
}

// tests are what follows IS.
var tests = [][]string{{"not", "null"}, {"null"}, {"not", "true"}, {"true"}, {"not", "false"}, {"false"}}

func (p *parser) comparison() (*node, error) {
	left, err := p.operand()
	for err == nil {
		switch {
		case p.word("is"):
			left, err = p.test(left)
		case p.words("not", "in"):
			if left, err = p.in(left); err == nil {
				left = &node{op: "not", args: []*node{left}}
			}
		case p.word("in"):
			left, err = p.in(left)
		case p.words("not", "like"):
			left, err = p.binary("!~~", left)
		case p.word("like"):
			left, err = p.binary("~~", left)
		case p.words("not", "ilike"):
			left, err = p.binary("!~~*", left)
		case p.word("ilike"):
			left, err = p.binary("~~*", left)
		case p.word("between"):
			left, err = p.between(left)
		default:
			op := ""
			for _, o := range []string{"=", "<>", "!=", "<=", ">=", "<", ">", "~~", "~~*", "!~~", "!~~*", "@>", "<@", "?"} {
				if p.op(o) {
					op = o
					break
				}
			}
			if op == "" {
				return left, nil
			}
			left, err = p.binary(op, left)
		}
	}
	return left, err
}

func (p *parser) test(left *node) (*node, error) {
	for _, t := range tests {
		if p.words(t...) {
			return &node{op: "is " + strings.Join(t, " "), args: []*node{left}}, nil
		}
	}
	distinct := p.words("distinct", "from")
	if !distinct && !p.words("not", "distinct", "from") {
		return nil, p.unexpected()
	}
	right, err := p.operand()
	n := &node{op: "same", args: []*node{left, right}}
	if distinct {
		n = &node{op: "not", args: []*node{n}}
	}
	return n, err
}

func (p *parser) between(left *node) (*node, error) {
	low, err := p.operand()
	if err != nil {
		return nil, err
	}
	if !p.word("and") {
		return nil, p.unexpected()
	}
	high, err := p.operand()
	return &node{op: "and", args: []*node{{op: ">=", args: []*node{left, low}}, {op: "<=", args: []*node{left, high}}}}, err
}

// in reads a list or a SELECT.
func (p *parser) in(left *node) (*node, error) {
	if err := p.need("("); err != nil {
		return nil, err
	}
	set := &node{op: "array"}
	var err error
	if p.word("select") {
		set.op = "subquery"
		set.from, err = p.sel()
	} else {
		set.args, err = p.list()
	}
	if err == nil {
		err = p.need(")")
	}
	return &node{op: "any", name: "=", args: []*node{left, set}}, err
}

func (p *parser) binary(op string, left *node) (*node, error) {
	if op == "!=" {
		op = "<>"
	}
	if p.word("any") {
		if err := p.need("("); err != nil {
			return nil, err
		}
		var set *node
		var err error
		if p.word("select") {
			set = &node{op: "subquery"}
			set.from, err = p.sel()
		} else {
			set, err = p.expression()
		}
		if err == nil {
			err = p.need(")")
		}
		return &node{op: "any", name: op, args: []*node{left, set}}, err
	}
	right, err := p.operand()
	return &node{op: op, args: []*node{left, right}}, err
}

func (p *parser) list() (out []*node, err error) {
	for {
		n, err := p.expression()
		if err != nil {
			return nil, err
		}
		if out = append(out, n); !p.op(",") {
			return out, nil
		}
	}
}
