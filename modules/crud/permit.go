package crud

import (
	"slices"

	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/rules"
)

// Every write goes the same way: who may ask, may they, does it fit. What does not fit is told to those alone who may.

// patch is a change that the caller may ask for.
type patch struct {
	changes []change
	// sent are the fields that the caller writes, for their rules.
	sent []int
	// permitted is where the caller may see the fields whose operators look at what is stored.
	permitted query.Filter
}

// using asks whether the caller may use the fields whose operators look at what is stored. That is a use of them as a
// filter is: what comes of it tells of the value.
func (o *operation) using(changes []change) (patch, error) {
	p := patch{changes, fieldsOf(changes), query.True}
	if !slices.ContainsFunc(changes, func(c change) bool { return c.uses }) {
		return p, nil
	}
	v, err := o.view()
	if v == nil || err != nil {
		return p, err
	}
	for _, c := range changes {
		if !c.uses {
			continue
		}
		if v.hidden[c.field] {
			return p, o.masked(o.c.fields[c.field].Name, c.field)
		}
		for _, partial := range v.partial {
			if partial.field == c.field {
				p.permitted = query.All(p.permitted, partial.where)
			}
		}
	}
	return p, nil
}

// unfit returns what is wrong with a request, or that the caller may not do any of these operations, whatever the
// request were.
func (o *operation) unfit(wrong error, ops ...rules.Op) error {
	var refusal error
	for _, op := range ops {
		if refusal = o.never(op); refusal == nil {
			return wrong
		}
	}
	return refusal
}

// never is the refusal of an operation that the caller may not do with any document, and nil where that depends on
// the document.
func (o *operation) never(op rules.Op) error {
	if err := o.ruled(op); err != nil || o.caller.Admin {
		return err
	}
	rule := o.c.rules[op]
	var next *rules.Next
	if op == rules.Create || op == rules.Update {
		next = &rules.Next{Row: make(query.Row, len(o.c.fields)), States: make([]rules.State, len(o.c.fields))}
		for i := range next.States {
			next.States[i] = rules.Computed
		}
	}
	if f, err := o.fold(rule, string(op), o.env(op, next, nil)); err != nil || f != query.False || rule.MentionsDoc() {
		return nil
	}
	return o.refusal(op)
}
