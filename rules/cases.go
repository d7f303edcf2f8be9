package rules

import "github.com/basalt-dev/basalt/modules/query"

// A choice between values that depends on doc is kept as alternatives. A condition on such a value is the
// conditions on each alternative, joined.

// alternatives returns a result as cases; a condition has the cases true and false.
func (r result) alternatives() []guarded {
	switch r.form {
	case casesForm:
		return r.cases
	case condForm:
		return []guarded{{r.cond, known(true)}, {query.Negate(r.cond), known(false)}}
	}
	return []guarded{{query.True, r}}
}

// each joins a filter over the alternatives of a result.
func (e *evaluator) each(r result, f func(result) query.Filter) query.Filter {
	if r.form == lookupForm {
		return e.through(r, f)
	}
	alternatives := r.alternatives()
	if e.work += len(alternatives); e.work > maxWork || e.err != nil {
		e.tooBig()
		return query.False
	}
	terms := make([]query.Filter, len(alternatives))
	for i, a := range alternatives {
		terms[i] = query.All(a.guard, f(a.result))
	}
	out := query.Any(terms...)
	if _, decided := out.(query.Const); !decided && len(terms) > 1 && !query.Within(out, maxResidual) {
		e.tooBig()
		return query.False
	}
	return out
}

func (e *evaluator) choice(c query.Filter, n choice) result {
	switch c {
	case query.True:
		return e.eval(n.yes)
	case query.False:
		return e.eval(n.no)
	}
	return e.split(c, e.eval(n.yes), e.eval(n.no))
}

// split is `c ? yes : no` for a condition that depends on doc.
func (e *evaluator) split(c query.Filter, yes, no result) result {
	out := result{form: casesForm}
	for _, a := range yes.alternatives() {
		out.cases = append(out.cases, guarded{query.All(c, a.guard), a.result})
	}
	for _, a := range no.alternatives() {
		out.cases = append(out.cases, guarded{query.All(query.Negate(c), a.guard), a.result})
	}
	if len(out.cases) > maxCases {
		e.tooBig()
		return absent
	}
	return out
}

// coalesce is `left ?? right`, and whether right has been evaluated for it.
func (e *evaluator) coalesce(left result, right node) (out result, evaluated bool) {
	isNull := query.Filter(query.False)
	switch left.form {
	case knownForm:
		isNull = query.Const(left.value == nil)
	case fieldForm:
		isNull = &query.Compare{Path: left.path, Op: query.Eq, Value: query.Null}
	case casesForm, lookupForm:
		isNull = e.isNil(left)
	}
	switch isNull {
	case query.True:
		return e.eval(right), true
	case query.False:
		return left, false
	}
	return e.split(isNull, e.eval(right), left), true
}
