package rules

import (
	"errors"
	"fmt"

	"github.com/basalt-dev/basalt/modules/query"
)

// What a function fails on, such as date("soon"), is neither true nor false. The condition that it stands in counts
// against the caller, and so does its negation: a rule holds if it holds whatever the failed condition would be. So it
// does not depend on whether the document is known, as the first failure that is met would.

// stance is on which side of a rule a condition stands.
type stance uint8

const (
	neutral stance = iota // in a value; a failure is one of the condition around
	pro                   // the rule can hold because it is true
	contra                // the rule can hold because it is false
)

// filter evaluates a node as a condition.
func (e *evaluator) filter(n node) query.Filter {
	if e.stance == neutral || passes(n) {
		return e.condition(e.eval(n))
	}
	f := e.condition(e.operand(n))
	if e.refused() {
		return query.Const(e.refusal())
	}
	return f
}

// passes reports whether the conditions that a node consists of are on the same side as the node, or the other.
func passes(n node) bool {
	switch n := n.(type) {
	case logical, not, let, choice, traced:
		return true
	case quantifier:
		return n.name == "any" || n.name == "all" || n.name == "none"
	}
	return false
}

// operand evaluates a part of a condition.
func (e *evaluator) operand(n node) result {
	before := e.stance
	e.stance = neutral
	r := e.eval(n)
	e.stance = before
	return r
}

// against evaluates a condition that stands under a not.
func (e *evaluator) against(n node) query.Filter {
	before := e.stance
	switch before {
	case pro:
		e.stance = contra
	case contra:
		e.stance = pro
	}
	f := e.filter(n)
	e.stance = before
	return f
}

// chosen is c ? yes : no as a condition: it is (c && yes) || (!c && no).
func (e *evaluator) chosen(n choice) query.Filter {
	before := e.stance
	e.stance = neutral
	c := e.filter(n.cond)
	e.stance = before
	switch {
	case e.refused():
		return query.Const(e.refusal())
	case c == query.True:
		return e.filter(n.yes)
	case c == query.False:
		return e.filter(n.no)
	}
	return query.Any(query.All(c, e.filter(n.yes)), query.All(query.Negate(c), e.filter(n.no)))
}

// rest evaluates what is not needed after a part that decides, if that part depends on the stored document: of one that is not
// known, all would be evaluated, and what fails there must fail here. So a statement finds the documents that the rule allows
// one by one. It is given in reverse, and ends with a part that decides for any document.
func (e *evaluator) rest(decides query.Const, decided node, parts ...node) {
	if !e.calls || e.stance != neutral || e.err != nil {
		return
	}
	for more := e.ofDoc(decided); more && len(parts) > 0 && e.err == nil && !e.failed; parts = parts[:len(parts)-1] {
		part := parts[len(parts)-1]
		f := e.condition(e.eval(part))
		more = f != decides || e.ofDoc(part)
	}
	var needs *NeedsDocument
	if errors.As(e.err, &needs) { // by what is not needed
		e.err = nil
	}
}

// ofDoc reports whether a part depends on the stored document, as it is written.
func (e *evaluator) ofDoc(n node) bool { return e.ofDocBelow(n, len(e.slots)) }

// ofDocBelow takes variables from a slot on as those of the part itself, of which the values are seen where they are bound.
func (e *evaluator) ofDocBelow(n node, slot int) bool {
	switch n := n.(type) {
	case field, changed, webhook:
		return true
	case nextField:
		return e.env.Request.Op == Update || e.env.Next != nil && e.env.Next.States != nil
	case local:
		return n.slot < slot && e.slots[n.slot].ofDoc
	case let:
		slot = min(slot, n.slot)
	case quantifier:
		slot = min(slot, n.slot)
	}
	for _, b := range below(n) {
		if e.ofDocBelow(b, slot) {
			return true
		}
	}
	return false
}

// fail notes that a function cannot compute a value.
func (e *evaluator) fail(function, format string, args ...any) result {
	if e.failed = true; e.by == "" {
		e.by, e.why = function, function+fmt.Sprintf(format, args...)
	}
	return absent
}

// refused reports whether a part of the condition has failed, and begins the next condition.
func (e *evaluator) refused() bool {
	failed := e.failed
	e.failed = false
	return failed
}

// refusal is what a failed condition counts as.
func (e *evaluator) refusal() bool { return e.stance == contra }

// arithmetic computes with known values.
func (e *evaluator) arithmetic(op string, a, b any) result {
	if x, ok := a.(string); ok && op == "+" {
		if y, ok := b.(string); ok && e.made.bytes(len(x)+len(y)) != nil {
			e.tooBig()
			return absent
		}
	}
	return computed(arithmeticOf(op, a, b))
}
