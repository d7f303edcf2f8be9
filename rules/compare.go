package rules

import (
	"regexp"

	"github.com/basalt-dev/basalt/modules/query"
)

// The comparisons of known values, of fields, and of alternatives.

// comparison evaluates both sides of a comparison, one of which may be the literal nil.
func (e *evaluator) comparison(n comparison) query.Filter {
	if n.op == query.Eq {
		if isNil(n.right) {
			return e.isNil(e.eval(n.left))
		}
		if isNil(n.left) {
			return e.isNil(e.eval(n.right))
		}
	}
	left := e.eval(n.left)
	return e.compare(n.op, left, e.eval(n.right))
}

func (e *evaluator) compare(op query.CompareOp, left, right result) query.Filter {
	switch {
	case left.form == knownForm && right.form == knownForm:
		left, right, ok := spelled(left, right)
		if !ok {
			return query.False
		}
		if op == query.Eq {
			e.pay(left.value, right.value)
			return query.Const(equalKnown(left, right))
		}
		return query.Const(compareKnown(op, left.value, right.value))
	case left.form == fieldForm && right.form == knownForm:
		return e.compareField(left, op, right)
	case left.form == knownForm && right.form == fieldForm:
		return e.compareField(right, op.Flip(), left)
	case left.form == fieldForm && right.form == fieldForm:
		f, err := query.FieldComparison(left.path, left.typ, op, right.path, right.typ)
		if err != nil {
			e.needsDocument("two json fields are compared")
			return query.False
		}
		return f
	case left.form == lengthForm && right.form == knownForm:
		return e.compareLength(left.path, op, right.value)
	case left.form == knownForm && right.form == lengthForm:
		return e.compareLength(right.path, op.Flip(), left.value)
	case left.form == lookupForm && right.form == fieldForm:
		return e.throughLink(left, op, right)
	case left.form == fieldForm && right.form == lookupForm:
		return e.throughLink(right, op.Flip(), left)
	case left.form == casesForm || left.form == condForm || left.form == lookupForm && right.form == knownForm:
		return e.each(left, func(l result) query.Filter { return e.compare(op, l, right) })
	case right.form == casesForm || right.form == condForm || right.form == lookupForm && left.form == knownForm:
		return e.each(right, func(r result) query.Filter { return e.compare(op, left, r) })
	}
	e.needsDocument("a length is compared with a field")
	return query.False
}

func (e *evaluator) compareField(f result, op query.CompareOp, with result) query.Filter {
	if with.field && f.fold != nil && with.fold != f.fold {
		e.needsDocument(f.path.String() + " compares in any case, and what it is compared with does not")
		return query.False
	}
	v, ok := f.against(with)
	if !ok || !inJSON(f.path, f.typ, with.value) {
		return query.False
	}
	if v.Kind() == query.KindJSON && f.typ.Kind() == query.KindJSON {
		e.needsDocument(f.path.String() + " is compared with an array or an object")
		return query.False
	}
	out, _ := query.Comparison(f.path, f.typ, op, v)
	return out
}

func (e *evaluator) compareLength(p query.Path, op query.CompareOp, value any) query.Filter {
	n := toValue(value)
	if n.Kind() == query.KindFloat && n.Float() == float64(int64(n.Float())) {
		n = query.Int(int64(n.Float()))
	}
	if n.Kind() != query.KindInt {
		e.needsDocument("a length is compared with what is not a whole number")
		return query.False
	}
	return &query.Length{Path: p, Op: op, Value: n.Int()}
}

func (e *evaluator) include(item, list result) query.Filter {
	switch {
	case list.form == fieldForm && item.form == knownForm && list.typ.IsList():
		if item.foreign && item.value == nil {
			return query.False
		}
		f, _ := query.HasElement(list.path, list.typ, toValue(item.value))
		return f
	case list.form == fieldForm && item.form == knownForm:
		v, ok := list.against(item)
		if !ok || !inJSON(query.Path{}, list.typ, item.value) {
			return query.False
		}
		if v.Kind() == query.KindJSON || list.typ != query.TypeJSON {
			e.needsDocument("`in` looks for an array or an object")
			return query.False
		}
		return &query.Has{Path: list.path, Value: v}
	case list.form == lookupForm:
		return e.each(list, func(l result) query.Filter { return e.include(item, l) })
	case list.form != knownForm:
		e.needsDocument("`in` over a value of the stored document")
		return query.False
	case item.form == fieldForm:
		items, _ := list.value.([]any)
		e.work += len(items) / partsOfNode
		values := make([]query.Value, 0, len(items))
		for _, i := range items {
			v, ok := item.against(element(i, list.foreign))
			if !ok || !inJSON(item.path, item.typ, i) {
				continue
			}
			if v.Kind() == query.KindJSON && item.typ == query.TypeJSON {
				e.needsDocument("`in` compares with an array or an object")
				return query.False
			}
			values = append(values, v)
		}
		f, _ := query.Membership(item.path, item.typ, values)
		return f
	case item.form == knownForm:
		if items, ok := list.value.([]any); ok {
			e.work += len(items) / 64
		}
		return query.Const(includes(item, list))
	case item.form == lengthForm:
		e.needsDocument("`in` on a length")
		return query.False
	}
	return e.each(item, func(i result) query.Filter { return e.include(i, list) })
}

// includes searches an element in an array. The language's own `in` also finds keys of an object. No database does
// that for a json field, so here an object contains nothing.
func includes(item, list result) bool {
	items, _ := list.value.([]any)
	if list.json && !inJSON(query.Path{}, query.TypeJSON, item.value) {
		return false
	}
	for _, v := range items {
		if l, r, ok := spelled(item, element(v, list.foreign)); ok && equalKnown(l, r) {
			return true
		}
	}
	return false
}

func (e *evaluator) textTest(op query.TextOp, text result, part any) query.Filter {
	p, ok := part.(string)
	switch {
	case !ok:
		return query.False
	case text.form == knownForm:
		s, ok := text.value.(string)
		if op == query.Like || op == query.ILike {
			e.work += len(s) / bytesOfLike
		}
		e.work += (len(s) + len(p)) / bytesOfTest
		return query.Const(ok && op.Holds(text.fold.Key(s), text.fold.Key(p)))
	case text.form == fieldForm:
		f, _ := query.TextTest(text.path, text.typ, op, p)
		return f
	case text.form == lengthForm:
		return query.False
	}
	return e.each(text, func(t result) query.Filter { return e.textTest(op, t, part) })
}

func (e *evaluator) regex(text result, pattern any) query.Filter {
	source, ok := pattern.(string)
	if !ok {
		return query.False
	}
	if op, part, ok := simplePattern(source); ok && text.fold != nil {
		return e.textTest(op, text, part)
	}
	if text.form == knownForm {
		e.work += len(source) / bytesOfPattern
		if s, ok := text.value.(string); ok {
			e.work += len(s) / bytesOfPattern
		}
		re, err := regexp.Compile(source)
		s, ok := text.value.(string)
		return query.Const(err == nil && ok && re.MatchString(s))
	}
	op, part, ok := simplePattern(source)
	if !ok {
		e.needsDocument("a pattern that is more than a literal")
		return query.False
	}
	return e.textTest(op, text, part)
}
