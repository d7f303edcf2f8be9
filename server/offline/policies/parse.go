package policies

import (
	"fmt"
	"regexp"
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

var tokens = regexp.MustCompile(`^(?:\s+|--[^\n]*|(?P<string>[eE]?'(?:[^']|'')*')|(?P<number>\d+(?:\.\d+)?)|(?P<quoted>"(?:[^"]|"")*")|(?P<word>[A-Za-z_][A-Za-z0-9_$]*|\$\d+)|(?P<op>::|<>|!=|<=|>=|->>|->|@>|<@|\|\||!~~\*|!~~|~~\*|~~|[-+*/<>=?(),.;\[\]~]))`)

type tokenKind int

const (
	end tokenKind = iota
	aString
	aNumber
	quoted
	aWord
	anOp
)

type token struct {
	kind tokenKind
	text string
}

type parser struct {
	tokens []token
	at     int
	depth  int
}

// maxDepth bounds how deep a condition nests, and maxText how long it is.
const (
	maxDepth = 100
	maxText  = 64 << 10
)

func lex(text string) ([]token, error) {
	if len(text) > maxText {
		return nil, fmt.Errorf("the condition is longer than %d bytes", maxText)
	}
	var out []token
	for text != "" {
		m := tokens.FindStringSubmatchIndex(text)
		if m == nil {
			return nil, fmt.Errorf("%.20q is not understood", text)
		}
		for kind := aString; kind <= anOp; kind++ {
			if m[2*kind] < 0 {
				continue
			}
			part := text[m[2*kind]:m[2*kind+1]]
			switch kind {
			case aString:
				if part[0] != '\'' {
					return nil, fmt.Errorf("the string %s with escapes is not understood", part)
				}
				part = strings.ReplaceAll(part[1:len(part)-1], "''", "'")
			case quoted:
				part = strings.ReplaceAll(part[1:len(part)-1], `""`, `"`)
			}
			out = append(out, token{kind, part})
		}
		text = text[m[1]:]
	}
	return append(out, token{}), nil
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

func (p *parser) peek() token { return p.tokens[p.at] }

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

// operand reads what stands on a side of a comparison.
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

// postfix reads a primary with casts and subscripts.
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

// typeName reads a type: one or several words, with a schema, sizes and brackets.
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

// name reads a name with the names before it, as in public.notes.
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

// sel reads what follows SELECT.
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
