package rules

import "github.com/basalt-dev/basalt/modules/query"

// formOf returns the form of a field's column; nil if there is none.
func (e *evaluator) formOf(p query.Path) query.Form {
	if p.Sub != "" {
		return nil
	}
	return e.shape.Form(e.shape.Index(p.Field))
}

// spelled returns two known results in one spelling: what is compared with a field's value gets the spelling of its
// column, as in a filter.
func spelled(left, right result) (result, result) {
	return left.as(right.spell), right.as(left.spell)
}

func (r result) as(form query.Form) result {
	if form == nil {
		return r
	}
	if text, ok := r.value.(string); ok {
		if canonical, ok := form.Canonical(text); ok {
			r.value = canonical
		}
	}
	return r
}
