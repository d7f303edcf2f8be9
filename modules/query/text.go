package query

import (
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/syntax"
)

// ParseText reads the text form of a filter: the expression language of the rules, restricted to the fields, bare
// or as doc.field, literals, and named parameters such as $min.
//
//	stars >= $min && (title startsWith "b" || "x" in tags)
//
// Problems are [fault.Invalid] errors with the column. A dotted name follows references as far as follow allows,
// which may be nil.
func ParseText(s *Shape, text string, params map[string]Value, limits Limits, follow Follow) (Filter, error) {
	return new(Texts).Parse(s, text, params, limits, follow)
}

type textParser struct {
	source string
	shape  *Shape
	params map[string]Value
	limits Limits
	follow Follow
	nodes  int
}

func (p *textParser) fail(n syntax.Node, code, format string, args ...any) error {
	err := fault.FieldErrorf("filter", code, format, args...)
	locate(p.source, n.Where(), &err.Fields[0])
	return err
}

// at adds the place to an error about a value.
func (p *textParser) at(n syntax.Node, f Filter, err error) (Filter, error) {
	var e *fault.Error
	if errors.As(err, &e) && len(e.Fields) == 1 {
		locate(p.source, n.Where(), &e.Fields[0])
	}
	return f, err
}

// locate says where an error is. A client counts characters, and the parser bytes.
func locate(source string, at syntax.Place, f *fault.FieldError) {
	f.At(utf8.RuneCountInString(source[:at.Offset]), utf8.RuneCountInString(source[at.Offset:at.End]))
}

func (p *textParser) filter(n syntax.Node, depth int) (Filter, error) {
	if depth > 4*p.limits.Depth+p.limits.Nodes {
		return nil, p.fail(n, "too_deep", "the filter is nested too deep")
	}
	if p.nodes++; p.nodes > p.limits.Nodes {
		return nil, p.fail(n, "too_many_nodes", "the filter has more than %d conditions and values", p.limits.Nodes)
	}
	switch n := n.(type) {
	case *syntax.Bool:
		return Const(n.Value), nil
	case *syntax.Unary:
		if n.Operator == "!" || n.Operator == "not" {
			f, err := p.filter(n.Node, depth+1)
			if err != nil {
				return nil, err
			}
			return Negate(f), nil
		}
	case *syntax.Binary:
		return p.binary(n, depth)
	case *syntax.Call:
		id, ok := n.Callee.(*syntax.Identifier)
		if ok && (id.Value == "like" || id.Value == "ilike") {
			return p.like(n, id.Value)
		}
		if ok && id.Value == "search" && (len(n.Arguments) == 1 || len(n.Arguments) == 2) {
			v, err := p.value(n.Arguments[0])
			if err != nil {
				return nil, err
			}
			if v.Kind() != KindString {
				return nil, p.fail(n, "type", "search takes a string, as in search(\"words\")")
			}
			if len(n.Arguments) == 2 {
				if option, ok := n.Arguments[1].(*syntax.String); !ok || option.Value != "typos" {
					return nil, p.fail(n, "type", "the only option of search is \"typos\", as in search(\"words\", \"typos\")")
				}
			}
			f, err := search(p.shape, "filter", v.Text(), len(n.Arguments) == 2)
			return p.at(n, f, err)
		}
	}
	if name, ok := fieldName(n); ok {
		to, err := resolve(p.shape, p.follow, name, 0)
		if err != nil {
			return p.at(n, nil, err)
		}
		if to.typ != TypeBool && to.typ != TypeJSON {
			return nil, p.fail(n, "type", "%s is of type %s, not a condition; compare it with something", to.path, to.typ)
		}
		return to.filter(&Compare{to.path, Eq, Bool(true)}, nil)
	}
	return nil, p.fail(n, "unsupported", "a filter consists of fields, values, parameters and the operators == != < <= > >= in contains startsWith endsWith like() ilike() && || !")
}

// like reads like(field, "pattern") and ilike.
func (p *textParser) like(n *syntax.Call, name string) (Filter, error) {
	if len(n.Arguments) != 2 {
		return nil, p.fail(n, "type", "%s takes a field and a pattern, as in %s(title, \"a%%\")", name, name)
	}
	to, err := p.field(n.Arguments[0])
	if err != nil {
		return nil, err
	}
	v, err := p.value(n.Arguments[1])
	if err != nil {
		return nil, err
	}
	f, err := to.filter(textTest(to.path, to.typ, map[string]TextOp{"like": Like, "ilike": ILike}[name], v))
	return p.at(n.Arguments[1], f, err)
}

func (p *textParser) binary(n *syntax.Binary, depth int) (Filter, error) {
	switch n.Operator {
	case "&&", "and", "||", "or":
		left, err := p.filter(n.Left, depth+1)
		if err != nil {
			return nil, err
		}
		right, err := p.filter(n.Right, depth+1)
		if err != nil {
			return nil, err
		}
		if n.Operator == "&&" || n.Operator == "and" {
			return All(left, right), nil
		}
		return Any(left, right), nil
	case "in":
		return p.in(n)
	case "contains", "startsWith", "endsWith":
		to, err := p.field(n.Left)
		if err != nil {
			return nil, err
		}
		v, err := p.value(n.Right)
		if err != nil {
			return nil, err
		}
		op := map[string]TextOp{"contains": Contains, "startsWith": StartsWith, "endsWith": EndsWith}[n.Operator]
		if op == Contains && to.typ.IsList() {
			f, err := to.filter(hasElement(to.path, to.typ, v))
			return p.at(n.Right, f, err)
		}
		f, err := to.filter(textTest(to.path, to.typ, op, v))
		return p.at(n.Right, f, err)
	case "==", "!=", "<", "<=", ">", ">=":
		return p.compare(n)
	}
	return nil, p.fail(n, "unsupported", "the operator %s cannot be used in a filter", n.Operator)
}

// CompareOps maps the comparison operators of the expression language. "!=" is the negation of
// Eq.
var CompareOps = map[string]CompareOp{"==": Eq, "!=": Eq, "<": Lt, "<=": Le, ">": Gt, ">=": Ge}

func (p *textParser) compare(n *syntax.Binary) (Filter, error) {
	op := CompareOps[n.Operator]
	left, right := n.Left, n.Right
	if of, ok := lengthOf(right); ok {
		return p.length(n, of, op.Flip(), left)
	}
	if of, ok := lengthOf(left); ok {
		return p.length(n, of, op, right)
	}
	if _, ok := fieldName(left); !ok {
		left, right, op = right, left, op.Flip()
	}
	to, err := p.field(left)
	if err != nil {
		return nil, err
	}
	var f Filter
	if _, ok := fieldName(right); ok {
		other, err := p.field(right)
		if err != nil {
			return nil, err
		}
		if to.wrap != nil || other.wrap != nil {
			return nil, p.fail(n, "unsupported", "a field of another document can only be compared with a value")
		}
		if f, err = FieldComparison(to.path, to.typ, op, other.path, other.typ); err != nil {
			return p.at(right, nil, err)
		}
	} else {
		v, err := p.value(right)
		if err != nil {
			return nil, err
		}
		if f, err = compare(to.path, to.typ, op, v); err != nil {
			return p.at(right, nil, err)
		}
	}
	if n.Operator == "!=" {
		f = Negate(f)
	}
	return to.filter(f, nil)
}

// lengthOf returns the field in len(field).
func lengthOf(n syntax.Node) (syntax.Node, bool) {
	if call, ok := n.(*syntax.Call); ok && len(call.Arguments) == 1 {
		if id, ok := call.Callee.(*syntax.Identifier); ok && id.Value == "len" {
			return call.Arguments[0], true
		}
	}
	return nil, false
}

// length reads a comparison of len(field) with a number.
func (p *textParser) length(n *syntax.Binary, of syntax.Node, op CompareOp, with syntax.Node) (Filter, error) {
	to, err := p.field(of)
	if err != nil {
		return nil, err
	}
	v, err := p.value(with)
	if err != nil {
		return nil, err
	}
	switch {
	case v.Kind() != KindInt:
		return nil, p.fail(with, "type", "a length is compared with a whole number")
	case to.typ.Kind() != KindJSON && to.typ.Kind() != KindString:
		return nil, p.fail(of, "type", "%s is of type %s and has no length; strings, lists and json fields do", to.path, to.typ)
	}
	var f Filter = &Length{to.path, op, v.Int()}
	if n.Operator == "!=" {
		f = Negate(f)
	}
	return to.filter(f, nil)
}

// FieldComparison returns the filter that compares two fields. Json fields and what is inside them are refused, because
// their type differs between documents.
func FieldComparison(left Path, lt Type, op CompareOp, right Path, rt Type) (Filter, error) {
	if lt.Kind() == KindJSON || rt.Kind() == KindJSON || left.Sub != "" || right.Sub != "" {
		return nil, unsupported(left.String(), "a json field or a list can only be compared with a value, not with another field")
	}
	numbers := func(t Type) bool { return t == TypeInt || t == TypeFloat }
	if lt.Kind() != rt.Kind() && (!numbers(lt) || !numbers(rt)) {
		return nil, fault.FieldErrorf(left.String(), "type", "%s (%s) and %s (%s) cannot be compared", left, lt, right, rt)
	}
	return &CompareFields{left, op, right}, nil
}

// in reads `field in [values]` and `value in jsonField`.
func (p *textParser) in(n *syntax.Binary) (Filter, error) {
	if _, ok := fieldName(n.Right); ok {
		to, err := p.field(n.Right)
		if err != nil {
			return nil, err
		}
		if to.typ.Kind() != KindJSON {
			return nil, p.fail(n.Right, "type", "%s is of type %s and has no elements; only lists and json fields do", to.path, to.typ)
		}
		v, err := p.value(n.Left)
		if err != nil {
			return nil, err
		}
		f, err := hasElement(to.path, to.typ, v)
		if err != nil {
			return p.at(n.Left, nil, err)
		}
		return to.filter(f, nil)
	}
	to, err := p.field(n.Left)
	if err != nil {
		return nil, err
	}
	v, err := p.value(n.Right)
	if err != nil {
		return nil, err
	}
	values := v.Elements()
	if values == nil {
		return nil, p.fail(n.Right, "type", "in takes an array")
	}
	if len(values) > p.limits.In {
		return nil, p.fail(n.Right, "too_many_values", "in takes at most %d values", p.limits.In)
	}
	f, err := to.filter(oneOf(to.path, to.typ, values))
	return p.at(n.Right, f, err)
}

func (p *textParser) field(n syntax.Node) (target, error) {
	name, ok := fieldName(n)
	if !ok {
		return target{}, p.fail(n, "unsupported", "expected a field here")
	}
	to, err := resolve(p.shape, p.follow, name, 0)
	if err != nil {
		_, err = p.at(n, nil, err)
	}
	return to, err
}

// fieldName returns the dotted name in a chain of members, without a leading doc.
func fieldName(n syntax.Node) (string, bool) {
	switch n := n.(type) {
	case *syntax.Identifier:
		return n.Value, !strings.HasPrefix(n.Value, "$") && n.Value != "null"
	case *syntax.Chain:
		return fieldName(n.Node)
	case *syntax.Member:
		key, ok := n.Property.(*syntax.String)
		if !ok || n.Method {
			return "", false
		}
		if id, ok := n.Node.(*syntax.Identifier); ok && id.Value == "doc" {
			return key.Value, true
		}
		base, ok := fieldName(n.Node)
		return base + "." + key.Value, ok
	}
	return "", false
}

func (p *textParser) value(n syntax.Node) (Value, error) {
	switch n := n.(type) {
	case *syntax.Nil:
		return Null, nil
	case *syntax.Bool:
		return Bool(n.Value), nil
	case *syntax.Int:
		return Int(n.Value), nil
	case *syntax.Float:
		return exactly(Float(n.Value), n.Text), nil
	case *syntax.String:
		return String(n.Value), nil
	case *syntax.Unary:
		v, err := p.value(n.Node)
		if err == nil && n.Operator == "-" && v.Kind() == KindInt {
			return Int(-v.Int()), nil
		}
		if err == nil && n.Operator == "-" && v.Kind() == KindFloat {
			return exactly(Float(-v.Float()), "-"+v.text), nil
		}
	case *syntax.Array:
		values := make([]Value, len(n.Nodes))
		for i, e := range n.Nodes {
			var err error
			if values[i], err = p.value(e); err != nil {
				return Null, err
			}
		}
		if p.nodes += len(values); p.nodes > p.limits.Nodes {
			return Null, p.fail(n, "too_many_nodes", "the filter has more than %d conditions and values", p.limits.Nodes)
		}
		return MakeArray(values), nil
	case *syntax.Identifier:
		if name, ok := strings.CutPrefix(n.Value, "$"); ok {
			v, ok := p.params[name]
			if !ok {
				return Null, p.fail(n, "unknown_param", "the parameter $%s has no value; give it in params", fault.Clip(name))
			}
			return v, nil
		}
		if n.Value == "null" {
			return Null, nil
		}
	}
	return Null, p.fail(n, "unsupported", "expected a value: text, a number, true, false, nil, an array or a parameter like $name")
}
