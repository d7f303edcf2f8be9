package query

import (
	"slices"
	"strings"

	"github.com/basalt-dev/basalt/modules/fault"
)

// operators of the JSON form that apply to one field.
var operators = []string{"$eq", "$ne", "$gt", "$gte", "$lt", "$lte", "$in", "$nin", "$contains", "$startsWith", "$endsWith", "$like", "$ilike", "$exists", "$size", "$not"}

// ParseWhere reads the MongoDB-shaped JSON form of a filter:
//
//	{"done": false, "stars": {"$gte": 3}, "$or": [{"team": "a"}, {"tags": {"$contains": "x"}}], "$some": {"comments": {"text": "x"}}}
//
// The value must come from a decoder that refuses duplicate names. Unknown fields and operators, values of the
// wrong type and filters over the limits are [fault.Invalid] errors. Dotted names and $some follow relations as far as
// follow allows, which may be nil.
func ParseWhere(s *Shape, where Value, limits Limits, follow Follow) (Filter, error) {
	p := whereParser{shape: s, limits: limits.orDefault(), follow: follow}
	f, err := p.object(where, 1)
	if err != nil {
		return nil, err
	}
	return Spell(f, s, nil), nil
}

type whereParser struct {
	shape  *Shape
	limits Limits
	follow Follow
	nodes  int
	hops   int // relations that lead to the shape
}

// count takes n nodes from the budget.
func (p *whereParser) count(n int) error {
	if p.nodes += n; p.nodes > p.limits.Nodes {
		return fault.FieldErrorf("where", "too_many_nodes", "the filter has more than %d conditions and values", p.limits.Nodes)
	}
	return nil
}

func (p *whereParser) object(v Value, depth int) (Filter, error) {
	if depth > p.limits.Depth {
		return nil, fault.FieldErrorf("where", "too_deep", "the filter is nested more than %d deep", p.limits.Depth)
	}
	if v.Kind() != KindJSON || v.Text()[0] != '{' {
		return nil, fault.FieldErrorf("where", "type", "a filter is an object, such as {\"done\": false}")
	}
	var terms []Filter
	var failed error
	v.Members(func(name string, member Value) bool {
		var f Filter
		if f, failed = p.member(name, member, depth); failed != nil {
			return false
		}
		terms = append(terms, f)
		return true
	})
	if failed != nil {
		return nil, failed
	}
	return All(terms...), nil
}

func (p *whereParser) member(name string, v Value, depth int) (Filter, error) {
	if err := p.count(1); err != nil {
		return nil, err
	}
	switch name {
	case "$and", "$or":
		list := v.Elements()
		if list == nil {
			return nil, fault.FieldErrorf(name, "type", "%s takes an array of filters", name)
		}
		terms := make([]Filter, len(list))
		for i, e := range list {
			var err error
			if terms[i], err = p.object(e, depth+1); err != nil {
				return nil, err
			}
		}
		if name == "$and" {
			return All(terms...), nil
		}
		return Any(terms...), nil
	case "$not":
		f, err := p.object(v, depth+1)
		if err != nil {
			return nil, err
		}
		return Negate(f), nil
	}
	if name == "$some" {
		return p.related(v, depth)
	}
	if name == "$search" {
		return p.search(name, v)
	}
	if strings.HasPrefix(name, "$") {
		return nil, fault.FieldErrorf("where", "unknown_operator", "there is no operator %q here%s", fault.Clip(name), fault.DidYouMean(name, []string{"$and", "$or", "$not", "$search", "$some"}))
	}
	to, err := resolve(p.shape, p.follow, name, p.hops)
	if err != nil {
		return nil, err
	}
	if v.Kind() == KindJSON && v.Text()[0] == '{' {
		return to.filter(p.field(to.path, to.typ, v, depth+1))
	}
	return to.filter(compare(to.path, to.typ, Eq, v))
}

// relationNodes is what a relation takes from the budget of a filter: the database looks in another table for each.
const relationNodes = 5

// related reads {"$some": {"comments": {"text": "x"}}}: for each of the names there is a related document that satisfies the
// filter, and that the caller may see.
func (p *whereParser) related(v Value, depth int) (Filter, error) {
	if v.Kind() != KindJSON || v.Text()[0] != '{' {
		return nil, fault.FieldErrorf("$some", "type", "$some takes an object of relations, such as {\"comments\": {\"done\": false}}")
	}
	var terms []Filter
	var failed error
	v.Members(func(name string, member Value) bool {
		var f Filter
		f, failed = p.some(name, member, depth)
		terms = append(terms, f)
		return failed == nil
	})
	if failed != nil {
		return nil, failed
	}
	return All(terms...), nil
}

func (p *whereParser) some(name string, v Value, depth int) (Filter, error) {
	if err := p.count(relationNodes); err != nil {
		return nil, err
	}
	if p.hops >= maxFollow {
		return nil, fault.FieldErrorf(fault.Clip(name), "too_deep", "a filter follows at most %d relations", maxFollow)
	}
	var to *Reference
	if p.follow != nil {
		var err error
		if to, err = p.follow(name); err != nil {
			return nil, err
		}
	}
	if to == nil {
		return nil, fault.FieldErrorf(fault.Clip(name), "unknown_relation", "%q is not a relation that a filter can follow", fault.Clip(name))
	}
	inner := whereParser{shape: to.Shape, limits: p.limits, follow: to.Follow, nodes: p.nodes, hops: p.hops + 1}
	f, err := inner.object(v, depth+1)
	if err != nil {
		return nil, err
	}
	p.nodes = inner.nodes
	return to.some(f)
}

// field reads the operators of one field, all of which must hold.
func (p *whereParser) field(path Path, typ Type, v Value, depth int) (Filter, error) {
	if depth > p.limits.Depth {
		return nil, fault.FieldErrorf("where", "too_deep", "the filter is nested more than %d deep", p.limits.Depth)
	}
	var terms []Filter
	var failed error
	v.Members(func(op string, arg Value) bool {
		var f Filter
		if failed = p.count(1); failed == nil {
			f, failed = p.operator(path, typ, op, arg, depth)
		}
		terms = append(terms, f)
		return failed == nil
	})
	if failed != nil {
		return nil, failed
	}
	if len(terms) == 0 {
		return nil, fault.FieldErrorf(path.String(), "type", "an empty object compares with nothing; write a value or an operator such as {\"$eq\": 1}")
	}
	return All(terms...), nil
}

func (p *whereParser) operator(path Path, typ Type, op string, arg Value, depth int) (Filter, error) {
	switch op {
	case "$eq":
		return compare(path, typ, Eq, arg)
	case "$ne":
		f, err := compare(path, typ, Eq, arg)
		if err != nil {
			return nil, err
		}
		return Negate(f), nil
	case "$gt":
		return compare(path, typ, Gt, arg)
	case "$gte":
		return compare(path, typ, Ge, arg)
	case "$lt":
		return compare(path, typ, Lt, arg)
	case "$lte":
		return compare(path, typ, Le, arg)
	case "$in", "$nin":
		f, err := p.list(path, typ, op, arg)
		if err != nil || op == "$in" {
			return f, err
		}
		return Negate(f), nil
	case "$contains":
		return contains(path, typ, arg)
	case "$startsWith":
		return textTest(path, typ, StartsWith, arg)
	case "$endsWith":
		return textTest(path, typ, EndsWith, arg)
	case "$like":
		return textTest(path, typ, Like, arg)
	case "$ilike":
		return textTest(path, typ, ILike, arg)
	case "$size":
		return p.size(path, typ, arg)
	case "$exists":
		if arg.Kind() != KindBool {
			return nil, fault.FieldErrorf(path.String(), "type", "$exists takes true or false")
		}
		null := &Compare{path, Eq, Null}
		if arg.Bool() {
			return Negate(null), nil
		}
		return null, nil
	case "$not":
		if arg.Kind() != KindJSON || arg.Text()[0] != '{' {
			return nil, fault.FieldErrorf(path.String(), "type", "$not takes operators, such as {\"$gt\": 3}")
		}
		f, err := p.field(path, typ, arg, depth+1)
		if err != nil {
			return nil, err
		}
		return Negate(f), nil
	}
	return nil, fault.FieldErrorf(path.String(), "unknown_operator", "there is no operator %q%s; to compare with an object name its members, as in \"meta.color\"", fault.Clip(op), fault.DidYouMean(op, operators))
}

// size reads {"$size": 2} and {"$size": {"$gte": 2}}.
func (p *whereParser) size(path Path, typ Type, arg Value) (Filter, error) {
	if arg.Kind() != KindJSON || arg.Text()[0] != '{' {
		return sized(path, typ, Eq, arg)
	}
	var terms []Filter
	var failed error
	arg.Members(func(name string, v Value) bool {
		var f Filter
		op, known := sizes[name]
		switch {
		case !known:
			failed = fault.FieldErrorf(path.String(), "unknown_operator", "$size takes a number, or $eq, $gt, $gte, $lt or $lte with one")
		default:
			failed = p.count(1)
		}
		if failed == nil {
			f, failed = sized(path, typ, op, v)
		}
		terms = append(terms, f)
		return failed == nil
	})
	if failed == nil && len(terms) == 0 {
		_, failed = sized(path, typ, Eq, Null)
	}
	if failed != nil {
		return nil, failed
	}
	return All(terms...), nil
}

var sizes = map[string]CompareOp{"$eq": Eq, "$gt": Gt, "$gte": Ge, "$lt": Lt, "$lte": Le}

func (p *whereParser) list(path Path, typ Type, op string, arg Value) (Filter, error) {
	values := arg.Elements()
	if values == nil {
		return nil, fault.FieldErrorf(path.String(), "type", "%s takes an array", op)
	}
	if len(values) > p.limits.In {
		return nil, fault.FieldErrorf(path.String(), "too_many_values", "%s takes at most %d values", op, p.limits.In)
	}
	if err := p.count(len(values)); err != nil {
		return nil, err
	}
	return oneOf(path, typ, values)
}

// The functions below are like Comparison, but return an error for clients if types do not fit, instead of an
// empty result.

func compare(p Path, t Type, op CompareOp, v Value) (Filter, error) {
	f, ok := Comparison(p, t, op, v)
	if !ok {
		return nil, typeError(p, t, v)
	}
	return f, nil
}

func oneOf(p Path, t Type, values []Value) (Filter, error) {
	f, ok := Membership(p, t, values)
	if !ok {
		bad := slices.IndexFunc(values, func(v Value) bool {
			c, ok := Coerce(t, v)
			return !ok || c.Kind() == KindJSON
		})
		return nil, typeError(p, t, values[bad])
	}
	return f, nil
}

func textTest(p Path, t Type, op TextOp, v Value) (Filter, error) {
	if v.IsNull() {
		return False, nil
	}
	f, ok := TextTest(p, t, op, v.Text())
	if !ok {
		return nil, unsupported(p.String(), "%s works on strings, and %s is of type %s", op, p, t)
	}
	if v.Kind() != KindString {
		return nil, fault.FieldErrorf(p.String(), "type", "%s takes a string", op)
	}
	return f, CheckText(p, op, v.Text())
}

// contains is $contains: part of a string, or element of a json array.
func contains(p Path, t Type, v Value) (Filter, error) {
	if t.IsList() {
		return hasElement(p, t, v)
	}
	if t != TypeJSON {
		return textTest(p, t, Contains, v)
	}
	if v.Kind() == KindJSON {
		return nil, typeError(p, t, v)
	}
	has := &Has{p, v.Rounded()}
	if v.Kind() != KindString {
		return has, nil
	}
	return Any(has, &Text{p, Contains, v.Text()}), nil
}

// search reads {"$search": "words"} and {"$search": {"text": "words", "typos": true}}.
func (p *whereParser) search(name string, v Value) (f Filter, err error) {
	text, typos := v, Bool(false)
	if v.Kind() == KindJSON && strings.HasPrefix(v.Text(), "{") {
		text = Null
		v.Members(func(member string, value Value) bool {
			switch {
			case member == "text":
				text = value
			case member == "typos" && value.Kind() == KindBool:
				typos = value
			case member == "typos":
				err = fault.FieldErrorf(name, "type", "typos is true or false")
			default:
				err = fault.FieldErrorf(name, "unknown_operator", "there is no %q in $search%s", fault.Clip(member), fault.DidYouMean(member, []string{"text", "typos"}))
			}
			return err == nil
		})
		if err != nil {
			return nil, err
		}
	}
	if text.Kind() != KindString {
		return nil, fault.FieldErrorf(name, "type", `$search takes a string, or an object such as {"text": "words", "typos": true}`)
	}
	return search(p.shape, name, text.Text(), typos.Bool())
}
