package sqlite

import (
	"fmt"
	"iter"
	"strconv"
	"strings"

	"github.com/ncruces/go-sqlite3"

	"github.com/basalt-dev/basalt/modules/query"
)

// SQLite has no decimals. A column stores a string that sorts as the number does, so that its comparisons, orders,
// indexes and groups are those of strings, also to other programs, which need no functions of ours:
//
//	-12.5   n49978749~   n, 10000 minus the position of the point plus 5000, nines minus the digits, and ~
//	0       o
//	12.5    p5002125     p, the position of the point plus 5000, the digits
//
// The functions below are used in statements only, never in a schema.
const pointBias = 5000

// encodeDecimal returns the stored string of a decimal.
func encodeDecimal(text string) string {
	if text == "0" {
		return "o"
	}
	text, negative := strings.CutPrefix(text, "-")
	whole, fraction, _ := strings.Cut(text, ".")
	digits := strings.TrimLeft(whole+fraction, "0")
	point := len(whole) - (len(whole) + len(fraction) - len(digits))
	digits = strings.TrimRight(digits, "0")
	if !negative {
		return fmt.Sprintf("p%04d%s", pointBias+point, digits)
	}
	b := fmt.Appendf(nil, "n%04d%s~", 2*pointBias-1-(pointBias+point), digits)
	for i := 5; i < len(b)-1; i++ {
		b[i] = '0' + '9' - b[i]
	}
	return string(b)
}

// appendDecimal appends the decimal of a stored string. It reports false for any other string.
func appendDecimal(dst, stored []byte) ([]byte, bool) {
	if string(stored) == "o" {
		return append(dst, '0'), true
	}
	if len(stored) < len("p50001") || stored[0] != 'p' && stored[0] != 'n' {
		return dst, false
	}
	negative := stored[0] == 'n'
	point, err := strconv.Atoi(string(stored[1:5]))
	digits := stored[5:]
	if negative {
		if digits[len(digits)-1] != '~' || len(digits) == 1 {
			return dst, false
		}
		digits = digits[:len(digits)-1]
		point = 2*pointBias - 1 - point
	}
	point -= pointBias
	if err != nil || stored[1] == '-' || stored[1] == '+' {
		return dst, false
	}
	start := len(dst)
	if negative {
		dst = append(dst, '-')
	}
	if point <= 0 {
		dst = append(dst, '0')
	}
	for i := min(point, 0); i < max(len(digits), point); i++ {
		if i == point || i == min(point, 0) && point <= 0 {
			dst = append(dst, '.')
		}
		c := byte('0')
		if i >= 0 && i < len(digits) {
			if c = digits[i]; negative {
				c = '0' + '9' - c
			}
			if c < '0' || c > '9' {
				return dst[:start], false
			}
		}
		dst = append(dst, c)
	}
	return dst, encodeDecimal(string(dst[start:])) == string(stored)
}

// registerDecimals adds the functions: of a number or string to its stored form, of that to a string, and the sum of
// stored decimals as a stored one.
func registerDecimals(c *sqlite3.Conn) error {
	if err := c.CreateFunction("basalt_decimal", 1, sqlite3.DETERMINISTIC, func(ctx sqlite3.Context, arg ...sqlite3.Value) {
		v := query.Null
		switch arg[0].Type() {
		case sqlite3.INTEGER:
			v = query.Int(arg[0].Int64())
		case sqlite3.FLOAT:
			v = query.Float(arg[0].Float())
		case sqlite3.TEXT:
			v = query.String(arg[0].Text())
		}
		if d, ok := query.Coerce(query.TypeDecimal, v); ok && !d.IsNull() && d.Ordinary() {
			ctx.ResultText(encodeDecimal(d.Text()))
		}
	}); err != nil {
		return err
	}
	if err := c.CreateFunction("basalt_decimal_text", 1, sqlite3.DETERMINISTIC, func(ctx sqlite3.Context, arg ...sqlite3.Value) {
		if text, ok := appendDecimal(nil, arg[0].RawText()); ok {
			ctx.ResultText(string(text))
		}
	}); err != nil {
		return err
	}
	return c.CreateAggregateFunction("basalt_decimal_sum", 1, sqlite3.DETERMINISTIC, func(ctx *sqlite3.Context, seq iter.Seq[[]sqlite3.Value]) {
		var total query.Total
		for arg := range seq {
			if text, ok := appendDecimal(nil, arg[0].RawText()); ok {
				total.Add(query.KnownDecimal(string(text)))
			}
		}
		if total.N > 0 {
			ctx.ResultText(encodeDecimal(total.Sum().Text()))
		}
	})
}
