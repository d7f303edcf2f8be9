package sqldb

import (
	"math"

	"github.com/basalt-dev/basalt/modules/query"
)

// Most databases convert an integer to a float to compare the two, which rounds it. These comparisons are exact.

// mixes reports whether two columns are numbers of different kinds that the database would round.
func (b *Builder) mixes(left, right operand) bool {
	l, r := left.column().Kind, right.column().Kind
	return !b.syntax.ExactNumbers && (l == query.KindInt && r == query.KindFloat || l == query.KindFloat && r == query.KindInt)
}

// never writes a condition that is false, or true where the column is not null.
func (b *Builder) never(field int, unlessNull bool) {
	if !unlessNull {
		b.Bool(false)
		return
	}
	b.Name(field)
	b.Write(" IS NOT NULL")
}

// IntBound returns the comparison with an integer that is the same, for integers, as one with a float. If there is none,
// it is true of all integers or of none, and always says so.
func IntBound(op query.CompareOp, f float64) (same query.CompareOp, n int64, constant, always bool) {
	const limit = 1 << 63
	if math.IsNaN(f) { // beyond all numbers, on the side of its sign
		f = math.Copysign(math.Inf(1), f)
	}
	whole := math.Floor(f)
	switch {
	case f >= limit || f < -limit:
		below := op == query.Lt || op == query.Le
		return op, 0, true, op != query.Eq && below == (f > 0)
	case whole == f:
	case op == query.Eq:
		return op, 0, true, false
	case op == query.Lt || op == query.Le: // n < 2.5 is n <= 2
		op = query.Le
	default: // n > 2.5 is n > 2
		op = query.Gt
	}
	return op, int64(whole), false, false
}

// FloatBound returns the comparison with a float that is the same, for floats, as one with an integer that may have no
// exact float. If there is none, it is true of no float.
func FloatBound(op query.CompareOp, n int64) (same query.CompareOp, f float64, never bool) {
	f = float64(n)
	order, _ := query.Float(f).Compare(query.Int(n))
	switch {
	case order == 0:
	case op == query.Eq:
		return op, f, true
	case order < 0 && (op == query.Lt || op == query.Le): // the float below n: x < n is x <= f
		op = query.Le
	case order < 0:
		op = query.Gt
	case op == query.Lt || op == query.Le: // the float above n: x < n is x < f
		op = query.Lt
	default:
		op = query.Ge
	}
	return op, f, false
}

// intAgainstFloat compares an int column without converting it to a float.
func (b *Builder) intAgainstFloat(field int, op query.CompareOp, f float64) {
	op, n, constant, always := IntBound(op, f)
	if constant {
		b.never(field, always)
		return
	}
	b.Value(field)
	b.Write(Symbol(op))
	b.Param(query.Int(n))
}

// floatAgainstInt compares a float column with an int that may have no exact float.
func (b *Builder) floatAgainstInt(field int, op query.CompareOp, n int64) {
	op, f, never := FloatBound(op, n)
	if never {
		b.Bool(false)
		return
	}
	b.Value(field)
	b.Write(Symbol(op))
	b.Param(query.Double(f))
}

// mixed compares two columns that are numbers of different kinds. Two nulls are equal if nulls is true.
func (b *Builder) mixed(left operand, op query.CompareOp, right operand, nulls bool) {
	if left.column().Kind == query.KindFloat {
		left, op, right = right, op.Flip(), left
	}
	b.intColumnAgainstFloat(left, op, right, nulls)
}

// intColumnAgainstFloat compares the int n with the float x: by the whole part of the float, then by its fraction.
func (b *Builder) intColumnAgainstFloat(n operand, op query.CompareOp, x operand, nulls bool) {
	floor := func() {
		b.Write(b.syntax.Floor[0])
		b.value(x)
		b.Write(b.syntax.Floor[1])
	}
	b.Write("CASE WHEN ")
	b.value(n)
	b.Write(" IS NULL OR ")
	b.value(x)
	b.Write(" IS NULL THEN ")
	if op == query.Eq && nulls {
		b.value(n)
		b.Write(" IS NULL AND ")
		b.value(x)
		b.Write(" IS NULL")
	} else {
		b.Bool(false)
	}
	b.Write(" WHEN ")
	b.value(x)
	b.Write(" >= 9223372036854775808 THEN ")
	b.Bool(op == query.Lt || op == query.Le)
	b.Write(" WHEN ")
	b.value(x)
	b.Write(" < -9223372036854775808 THEN ")
	b.Bool(op == query.Gt || op == query.Ge)
	b.Write(" WHEN ")
	b.value(n)
	b.Write(" = ")
	floor()
	b.Write(" THEN 0")
	b.Write(Symbol(op))
	b.Write("(")
	b.value(x)
	b.Write(" - floor(")
	b.value(x)
	b.Write(")) ELSE ")
	if op == query.Eq {
		b.Bool(false)
	} else {
		b.value(n)
		b.Write(Symbol(op))
		floor()
	}
	b.Write(" END")
}
