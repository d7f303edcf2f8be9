package crud

import (
	"slices"

	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/rules"
)

// Every write is checked in the same order: identity, permission, validity. Validation problems are reported only
// to callers who have the permission.

// patch is a change that the caller may request.
type patch struct {
	changes []change
	// sent are the fields that the caller writes, for their rules.
	sent []int
	// permitted is true where the caller may see the fields whose operators read the stored value.
	permitted query.Filter
}

// using checks whether the caller may use the fields whose operators read the stored value. Like a filter, such an
// operator reveals the value through its result.
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

// unfit returns the problem with a request, or the refusal if the caller may never do any of these operations.
func (o *operation) unfit(wrong error, ops ...rules.Op) error {
	var refusal error
	for _, op := range ops {
		if refusal = o.never(op); refusal == nil {
			return wrong
		}
	}
	return refusal
}

// never returns the refusal of an operation that the caller may do with no document at all, or nil if it depends
// on the document.
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
