package query

import (
	"strings"

	"github.com/basalt-dev/basalt/modules/syntax"
)

// ParamTypes returns the parameters of a filter in text form, each with the type of the field that it is compared with: a
// list for what in takes, and a string where that is not known. A filter that cannot be read has none.
func ParamTypes(s *Shape, text string) map[string]Type {
	tree, err := new(Texts).tree(text, Limits{}.orDefault())
	if err != nil {
		return nil
	}
	p := paramTypes{s, map[string]Type{}}
	syntax.Walk(tree, p.visit)
	return p.found
}

type paramTypes struct {
	shape *Shape
	found map[string]Type
}

func (p paramTypes) visit(n syntax.Node) {
	switch n := n.(type) {
	case *syntax.Identifier:
		if name, ok := paramName(n); ok && p.found[name] == "" {
			p.found[name] = TypeString
		}
	case *syntax.Binary:
		left, right := p.typeOf(n.Left), p.typeOf(n.Right)
		if name, ok := paramName(n.Right); ok && left != "" {
			switch {
			case n.Operator == "in":
				left = ListOf(left)
			case left.IsList():
				left = left.Element()
			}
			p.found[name] = left
		}
		if name, ok := paramName(n.Left); ok && right != "" {
			if right.IsList() {
				right = right.Element()
			}
			p.found[name] = right
		}
	}
}

func paramName(n syntax.Node) (string, bool) {
	id, ok := n.(*syntax.Identifier)
	if !ok {
		return "", false
	}
	return strings.CutPrefix(id.Value, "$")
}

// typeOf returns the type of a field, or of its length.
func (p paramTypes) typeOf(n syntax.Node) Type {
	if _, ok := lengthOf(n); ok {
		return TypeInt
	}
	name, ok := fieldName(n)
	if !ok {
		return ""
	}
	if _, t, err := p.shape.Path(name); err == nil && t != TypeJSON {
		return t
	}
	return ""
}
