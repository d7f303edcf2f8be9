package query

import (
	"math"
	"math/big"
	"strconv"
	"strings"
)

// Decimal is a decimal in Go, in its canonical text. It is the form of [Value.Any].
type Decimal string

// MarshalJSON returns the number with all its digits.
func (d Decimal) MarshalJSON() ([]byte, error) { return decimalValue(string(d)).AppendJSON(nil), nil }

// maxDigits limits the digits of a decimal before the point and after it, as far as clients can write one.
const maxDigits = 300

// The decimals of PostgreSQL that are no numbers. NaN is the largest value.
const (
	notANumber       = "NaN"
	positiveInfinity = "Infinity"
	negativeInfinity = "-Infinity"
)

func decimalValue(canonical string) Value { return Value{kind: KindDecimal, text: canonical} }

// ParseDecimal reads a number as JSON has it. It reports false for one with more than 300 digits before the point or
// after it. The value keeps all digits, but no zeros at the end.
func ParseDecimal(text string) (Value, bool) {
	const longest = 1000
	if len(text) > longest {
		return Null, false
	}
	return parseDecimal(text, maxDigits)
}

// StoredDecimal reads a number of a database, which may have any number of digits.
func StoredDecimal(text string) (Value, bool) { return parseDecimal(text, math.MaxInt32) }

// KnownDecimal returns the decimal of a canonical text.
func KnownDecimal(text string) Value { return decimalValue(text) }

func parseDecimal(text string, limit int) (Value, bool) {
	switch text {
	case notANumber, positiveInfinity, negativeInfinity:
		return decimalValue(text), true
	}
	rest, negative := strings.CutPrefix(text, "-")
	mantissa, power, scientific := rest, "", false
	if i := strings.IndexAny(rest, "eE"); i >= 0 {
		mantissa, power, scientific = rest[:i], rest[i+1:], true
	}
	whole, fraction, pointed := strings.Cut(mantissa, ".")
	if !digitsOnly(whole) || pointed && !digitsOnly(fraction) {
		return Null, false
	}
	digits, point := whole+fraction, len(whole)
	significant := strings.TrimLeft(digits, "0")
	point -= len(digits) - len(significant)
	significant = strings.TrimRight(significant, "0")
	if scientific {
		exponent, ok := parseExponent(power)
		if !ok {
			return Null, false
		}
		point += exponent
	}
	if significant == "" {
		return decimalValue("0"), true
	}
	if point > limit || len(significant)-point > limit {
		return Null, false
	}
	return decimalValue(plainDecimal(negative, significant, point)), true
}

func digitsOnly(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// parseExponent reads an exponent; one that is far beyond any decimal is as good as another.
func parseExponent(s string) (int, bool) {
	sign := 1
	if s != "" && (s[0] == '+' || s[0] == '-') {
		if s[0] == '-' {
			sign = -1
		}
		s = s[1:]
	}
	if !digitsOnly(s) {
		return 0, false
	}
	const far = 1 << 24
	n, err := strconv.Atoi(s)
	if err != nil || n > far {
		n = far
	}
	return sign * n, true
}

// plainDecimal writes significant digits with the point before the digit at its position.
func plainDecimal(negative bool, digits string, point int) string {
	var b strings.Builder
	if negative {
		b.WriteByte('-')
	}
	switch {
	case point <= 0:
		b.WriteString("0.")
		b.WriteString(strings.Repeat("0", -point))
		b.WriteString(digits)
	case point >= len(digits):
		b.WriteString(digits)
		b.WriteString(strings.Repeat("0", point-len(digits)))
	default:
		b.WriteString(digits[:point])
		b.WriteByte('.')
		b.WriteString(digits[point:])
	}
	return b.String()
}

// toDecimal returns a value as a decimal: a number, or the text of one.
func toDecimal(v Value) (Value, bool) {
	switch v.kind {
	case KindInt:
		return decimalValue(strconv.FormatInt(int64(v.bits), 10)), true
	case KindFloat:
		text := v.text
		if text == "" {
			if f := v.Float(); math.IsNaN(f) || math.IsInf(f, 0) {
				return Null, false
			}
			text = strconv.FormatFloat(v.Float(), 'e', -1, 64)
		}
		return ParseDecimal(text)
	case KindString:
		return ParseDecimal(v.text)
	}
	return Null, false
}

// exactly returns a float with the text that it was read from, if the float has not all of its digits.
func exactly(v Value, text string) Value {
	const always = 15 // a float keeps so many digits
	if len(text) <= always || v.kind != KindFloat {
		return v
	}
	if exact, ok := ParseDecimal(text); ok {
		if rounded, _ := toDecimal(v); rounded != exact {
			v.text = text
		}
	}
	return v
}

// Rounded returns a number as a float field stores it, without digits that a float has not.
func (v Value) Rounded() Value {
	if v.kind == KindFloat && v.text != "" && v.Ordinary() {
		v.text = ""
	}
	return v
}

// decimalRank orders numbers and what is none.
func decimalRank(text string) int {
	switch text {
	case negativeInfinity:
		return -1
	case positiveInfinity:
		return 1
	case notANumber:
		return 2
	}
	return 0
}

func compareDecimals(a, b string) int {
	if x, y := decimalRank(a), decimalRank(b); x != 0 || y != 0 {
		return x - y
	}
	negative := a[0] == '-'
	if negative != (b[0] == '-') {
		if negative {
			return -1
		}
		return 1
	}
	if negative {
		return compareDecimals(b[1:], a[1:])
	}
	if x, y := wholeDigits(a), wholeDigits(b); x != y {
		return x - y
	}
	return strings.Compare(a, b)
}

func wholeDigits(s string) int {
	if i := strings.IndexByte(s, '.'); i >= 0 {
		return i
	}
	return len(s)
}

// Total is a sum of decimals. The zero Total has none.
type Total struct {
	N     int64 // how many
	sum   big.Int
	scale int // digits of sum after the point
	odd   string
}

// Add adds a decimal; null adds nothing.
func (t *Total) Add(v Value) {
	if v.kind != KindDecimal {
		return
	}
	t.N++
	if decimalRank(v.text) != 0 {
		if t.odd != "" && t.odd != v.text {
			t.odd = notANumber
		} else {
			t.odd = v.text
		}
		return
	}
	n, scale := unscaled(v.text)
	if scale > t.scale {
		t.sum.Mul(&t.sum, tenTo(scale-t.scale))
		t.scale = scale
	}
	t.sum.Add(&t.sum, n.Mul(n, tenTo(t.scale-scale)))
}

// Sum returns the sum, null of nothing.
func (t *Total) Sum() Value {
	switch {
	case t.N == 0:
		return Null
	case t.odd != "":
		return decimalValue(t.odd)
	}
	return scaled(&t.sum, t.scale)
}

// averageDigits is how many digits after the point an average has, unless the sum has more.
const averageDigits = 20

// Average divides a sum of n decimals: exactly, or rounded to 20 digits after the point, or to as many as the sum has.
func Average(sum Value, n int64) Value {
	if sum.kind != KindDecimal || n == 0 || decimalRank(sum.text) != 0 {
		return sum
	}
	value, scale := unscaled(sum.text)
	to := max(scale, averageDigits)
	value.Mul(value, tenTo(to-scale))
	half, by := new(big.Int), big.NewInt(n)
	half.Quo(by, big.NewInt(2))
	if value.Sign() < 0 {
		half.Neg(half)
	}
	return scaled(value.Quo(value.Add(value, half), by), to)
}

func tenTo(n int) *big.Int {
	return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil)
}

// unscaled returns a decimal as an integer and the number of its digits after the point.
func unscaled(text string) (*big.Int, int) {
	scale := 0
	if i := strings.IndexByte(text, '.'); i >= 0 {
		scale = len(text) - i - 1
		text = text[:i] + text[i+1:]
	}
	n, _ := new(big.Int).SetString(text, 10) // of digits only
	return n, scale
}

func scaled(n *big.Int, scale int) Value {
	text, negative := strings.CutPrefix(n.String(), "-")
	significant := strings.TrimRight(text, "0")
	if significant == "" {
		return decimalValue("0")
	}
	return decimalValue(plainDecimal(negative, significant, len(text)-scale))
}

// DecimalArithmetic computes a + b, a - b or a * b exactly. It reports false if the result has too many digits, or if
// one of them is no number.
func DecimalArithmetic(op string, a, b Value) (Value, bool) {
	if a.kind != KindDecimal || b.kind != KindDecimal || decimalRank(a.text) != 0 || decimalRank(b.text) != 0 {
		return Null, false
	}
	x, xs := unscaled(a.text)
	y, ys := unscaled(b.text)
	var out Value
	if op == "*" {
		out = scaled(x.Mul(x, y), xs+ys)
	} else {
		scale := max(xs, ys)
		x.Mul(x, tenTo(scale-xs))
		y.Mul(y, tenTo(scale-ys))
		if op == "-" {
			y.Neg(y)
		}
		out = scaled(x.Add(x, y), scale)
	}
	return ParseDecimal(out.text)
}
