package query

import (
	"errors"
	"strings"
	"sync"

	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/syntax"
)

// Texts parses filters in text form, and caches their syntax trees, because clients send the same filters
// repeatedly. It is safe for concurrent use; the zero value is ready.
type Texts struct {
	mu    sync.Mutex // guards trees
	trees map[string]syntax.Node
}

// maxTexts and maxRemembered limit the cache: the number of filters, and the bytes of one.
const (
	maxTexts      = 2000
	maxRemembered = 500
)

func (t *Texts) tree(text string, limits Limits) (syntax.Node, error) {
	t.mu.Lock()
	tree := t.trees[text]
	t.mu.Unlock()
	if tree != nil {
		return tree, nil
	}
	if len(text) <= maxRemembered { // it may be a part of a large request, which would be kept with it
		text = strings.Clone(text)
	}
	nodes := 4*limits.Nodes + 16 // of the tree: a comparison takes three or four
	tree, err := syntax.Parse(text, syntax.Limits{Bytes: limits.Text, Depth: limits.Depth, Nodes: nodes})
	if err != nil || len(text) > maxRemembered {
		return tree, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.trees == nil || len(t.trees) >= maxTexts {
		t.trees = map[string]syntax.Node{}
	}
	t.trees[text] = tree
	return tree, nil
}

// Parse is [ParseText]. The limits must be the same at every call.
func (t *Texts) Parse(s *Shape, text string, params map[string]Value, limits Limits, follow Follow) (Filter, error) {
	limits = limits.orDefault()
	tree, err := t.tree(text, limits)
	if err != nil {
		return nil, refused(text, err)
	}
	p := textParser{source: text, shape: s, params: params, limits: limits, follow: follow}
	f, err := p.filter(tree, 1)
	if err != nil {
		return nil, err
	}
	return Spell(f, s, nil), nil
}

// refused says what the parser does not accept.
func refused(text string, err error) error {
	var at *syntax.Error
	if !errors.As(err, &at) {
		return err
	}
	code, detail := mistake(at)
	e := fault.FieldErrorf("filter", code, "%s", detail)
	if at.Excess != syntax.TooLong {
		locate(text, at.Place, &e.Fields[0])
	}
	return e
}

func mistake(e *syntax.Error) (code, detail string) {
	switch detail = "the filter is " + e.Message; e.Excess {
	case syntax.TooLong:
		return "too_long", detail
	case syntax.TooDeep:
		return "too_deep", detail
	case syntax.TooMany:
		return "too_many_nodes", detail
	}
	return "syntax", e.Message
}
