package rules

import (
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

// fail notes that a value cannot be computed.
func (e *evaluator) fail(format string, args ...any) result {
	if e.failed = true; e.why == "" {
		e.why = fmt.Sprintf(format, args...)
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
