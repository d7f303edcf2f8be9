package rules

import (
	"errors"

	"github.com/basalt-dev/basalt/modules/query"
)

// Step is one condition of a rule with its results.
type Step struct {
	// Source is the condition, as the parser writes it.
	Source string
	// Outcomes has its results, one for each evaluation: query.True, query.False, or a residual over doc or other
	// documents. It is empty if the condition was not evaluated, and has several for a condition inside any, all
	// and the like.
	Outcomes []query.Filter
}

// Trace is [Rule.Fold] with the result of every condition, inner ones first.
func (r *Rule) Trace(env *Env) (query.Filter, []Step, error) {
	if r.traced == nil {
		return query.False, nil, errors.New("a forced value has no conditions to trace")
	}
	t, err := r.traced()
	if err != nil {
		return query.False, nil, err
	}
	steps := make([]Step, len(t.spans))
	for i, source := range t.spans {
		steps[i].Source = source
	}
	e := evaluator{env: env, shape: t.scope.Shape, stance: pro, calls: t.calls}
	e.trace = func(span int, r result) {
		steps[span].Outcomes = append(steps[span].Outcomes, e.condition(r))
	}
	f, err := t.finish(&e)
	return f, steps, err
}

// Conditions returns the texts of the conditions, in the order of [Rule.Trace].
func (r *Rule) Conditions() []string {
	if r.traced == nil {
		return nil
	}
	t, err := r.traced()
	if err != nil { // impossible: it has been compiled without trace
		return nil
	}
	return t.spans
}
