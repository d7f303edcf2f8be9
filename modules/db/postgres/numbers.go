package postgres

import (
	"math"
	"strconv"

	"github.com/basalt-dev/basalt/modules/query"
)

// PostgreSQL converts an int to a float to compare the two, which rounds it. These comparisons are exact.

// never writes a condition that is false, or true where the column is not null.
func (b *builder) never(i int, unlessNull bool) {
	if !unlessNull {
		b.write("false")
		return
	}
	b.raw(i)
	b.write(" IS NOT NULL")
}

// intAgainstFloat compares an int column without converting it to a float, which would round it.
func (b *builder) intAgainstFloat(i int, op query.CompareOp, f float64) {
	const limit = 1 << 63
	if math.IsNaN(f) { // beyond all numbers, on the side of its sign
		f = math.Copysign(math.Inf(1), f)
	}
	whole := math.Floor(f)
	switch {
	case f >= limit || f < -limit:
		below := op == query.Lt || op == query.Le
		b.never(i, op != query.Eq && below == (f > 0))
		return
	case whole == f:
	case op == query.Eq:
		b.write("false")
		return
	case op == query.Lt || op == query.Le: // n < 2.5 is n <= 2
		op = query.Le
	default: // n > 2.5 is n > 2
		op = query.Gt
	}
	b.column(i)
	b.write(symbol(op))
	b.arg(int64(whole), "int8")
}

// floatAgainstInt compares a float column with an int that may have no exact float.
func (b *builder) floatAgainstInt(i int, op query.CompareOp, n int64) {
	f := float64(n)
	order, _ := query.Float(f).Compare(query.Int(n))
	switch {
	case order == 0:
	case op == query.Eq:
		b.write("false")
		return
	case order < 0 && (op == query.Lt || op == query.Le): // the float below n: x < n is x <= f
		op = query.Le
	case order < 0:
		op = query.Gt
	case op == query.Lt || op == query.Le: // the float above n: x < n is x < f
		op = query.Lt
	default:
		op = query.Ge
	}
	b.column(i)
	b.write(symbol(op))
	b.arg(f, "float8")
}

// intFieldAgainstFloat compares two columns, written by n and x, exactly: by the whole part of the float, then by
// its fraction. Two nulls are equal if nulls is true.
func (b *builder) intFieldAgainstFloat(n func(), op query.CompareOp, x func(), nulls bool) {
	b.write("CASE WHEN ")
	n()
	b.write(" IS NULL OR ")
	x()
	b.write(" IS NULL THEN ")
	if op == query.Eq && nulls {
		n()
		b.write(" IS NULL AND ")
		x()
		b.write(" IS NULL")
	} else {
		b.write("false")
	}
	b.write(" WHEN ")
	x()
	b.write(" >= 9223372036854775808 THEN " + strconv.FormatBool(op == query.Lt || op == query.Le) + " WHEN ")
	x()
	b.write(" < -9223372036854775808 THEN " + strconv.FormatBool(op == query.Gt || op == query.Ge) + " WHEN ")
	n()
	b.write(" = floor(")
	x()
	b.write(")::int8 THEN 0" + symbol(op) + "(")
	x()
	b.write(" - floor(")
	x()
	b.write(")) ELSE ")
	if op == query.Eq {
		b.write("false END")
		return
	}
	n()
	b.write(symbol(op) + "floor(")
	x()
	b.write(")::int8 END")
}
