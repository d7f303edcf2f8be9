package query

import (
	"strings"
	"sync"

	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/parser"

	"github.com/basalt-dev/basalt/modules/fault"
)

// Texts parses filters in text form, and caches their syntax trees, because clients send the same filters
// repeatedly. It is safe for concurrent use; the zero value is ready.
type Texts struct {
	mu    sync.Mutex // guards trees
	trees map[string]*parser.Tree
}

// maxTexts and maxRemembered limit the cache: the number of filters, and the bytes of one.
const (
	maxTexts      = 2000
	maxRemembered = 500
)

func (t *Texts) tree(text string, nodes int) (*parser.Tree, error) {
	t.mu.Lock()
	tree := t.trees[text]
	t.mu.Unlock()
	if tree != nil {
		return tree, nil
	}
	config := conf.CreateNew()
	config.MaxNodes = uint(4*nodes + 16) // parser nodes: a comparison takes three or four
	tree, err := parser.ParseWithConfig(text, config)
	if err != nil || len(text) > maxRemembered {
		return tree, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.trees == nil || len(t.trees) >= maxTexts {
		t.trees = map[string]*parser.Tree{}
	}
	t.trees[text] = tree
	return tree, nil
}

// Parse is [ParseText]. The limits must be the same at every call.
func (t *Texts) Parse(s *Shape, text string, params map[string]Value, limits Limits, follow Follow) (Filter, error) {
	limits = limits.orDefault()
	if len(text) > limits.Text {
		return nil, fault.FieldErrorf("filter", "too_long", "the filter is longer than %d bytes", limits.Text)
	}
	if nesting(text) > limits.Depth {
		return nil, fault.FieldErrorf("filter", "too_deep", "the filter is nested more than %d deep", limits.Depth)
	}
	tree, err := t.tree(text, limits.Nodes)
	if err != nil {
		offset, message := Syntax(text, err)
		e := fault.FieldErrorf("filter", "syntax", "%s", fault.Clip(message))
		e.Fields[0].At(offset, tokenAt([]rune(text), offset))
		return nil, e
	}
	p := textParser{source: text, shape: s, params: params, limits: limits, follow: follow}
	f, err := p.filter(tree.Node, 1)
	if err != nil {
		return nil, err
	}
	return Spell(f, s, nil), nil
}

// nesting limits the recursion of the parser before it starts.
func nesting(text string) int {
	depth, deepest := 0, 0
	for i := range len(text) {
		switch text[i] {
		case '(', '[', '{':
			depth++
			deepest = max(deepest, depth)
		case ')', ']', '}':
			depth--
		}
	}
	unary := strings.Count(text, "!") + strings.Count(text, "not ") + strings.Count(text, "-") + strings.Count(text, "?")
	if unary > 1000 { // each may be one more level of the parser's stack
		return unary
	}
	return deepest
}
