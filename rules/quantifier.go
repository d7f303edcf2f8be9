package rules

import "github.com/basalt-dev/basalt/modules/query"

// quantifier is any, all and the like, over a list that is known.
func (e *evaluator) quantifier(n quantifier) result {
	over := e.operand(n.over)
	if e.stance != neutral && e.refused() {
		return known(e.refusal())
	}
	if over.form != knownForm {
		return e.needsDocument("the elements of a value of the stored document are asked for one by one")
	}
	items, _ := over.value.([]any)
	ofDoc := e.calls && e.ofDoc(n.over)
	var terms []query.Filter
	var kept, mapped []any
	for _, item := range items {
		one := element(item, over.foreign)
		one.ofDoc = ofDoc
		e.bind(n.slot, one)
		if n.name == "map" {
			v := e.counted(e.packed(n.body)).value
			if e.err != nil {
				return absent
			}
			mapped = append(mapped, v)
			continue
		}
		var f query.Filter
		if n.name == "none" {
			f = e.against(n.body)
		} else {
			f = e.filter(n.body)
		}
		terms = append(terms, f)
		if f == query.True {
			kept = append(kept, item)
		}
		if e.err != nil {
			return known(nil)
		}
	}
	switch n.name {
	case "any":
		return cond(query.Any(terms...))
	case "all":
		return cond(query.All(terms...))
	case "none":
		return cond(query.Negate(query.Any(terms...)))
	case "one":
		return known(len(kept) == 1)
	case "count":
		return known(int64(len(kept)))
	case "filter":
		if e.made.items(len(kept)) != nil {
			e.tooBig()
		}
		return result{value: append([]any{}, kept...), foreign: over.foreign}
	}
	return e.counted(append([]any{}, mapped...))
}
