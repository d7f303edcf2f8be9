package sqlite

import (
	"cmp"
	"fmt"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/basalt-dev/basalt/modules/query"
)

// TestDecimals_AreNumbers compares decimals, in memory and as they are stored, with fractions.
func TestDecimals_AreNumbers(t *testing.T) {
	t.Parallel()
	number := rapid.Custom(func(t *rapid.T) string {
		text := rapid.StringMatching(`-?(0|[1-9][0-9]{0,12}|10*)(\.[0-9]{1,12}|\.0*1)?`).Draw(t, "number")
		if rapid.Bool().Draw(t, "scientific") {
			text += fmt.Sprintf("e%d", rapid.IntRange(-12, 12).Draw(t, "exponent"))
		}
		return text
	})
	rapid.Check(t, func(t *rapid.T) {
		a, b := number.Draw(t, "a"), number.Draw(t, "b")
		x, okX := query.ParseDecimal(a)
		y, okY := query.ParseDecimal(b)
		p, _ := new(big.Rat).SetString(a)
		q, _ := new(big.Rat).SetString(b)
		if !okX || !okY {
			t.Fatalf("%s, %s are not read", a, b)
		}
		if same, _ := new(big.Rat).SetString(x.Text()); same == nil || same.Cmp(p) != 0 {
			t.Fatalf("%s is read as %s", a, x.Text())
		}
		want := p.Cmp(q)
		if got, _ := x.Compare(y); got != want || (x == y) != (want == 0) {
			t.Fatalf("%s against %s is %d in memory, want %d", a, b, got, want)
		}
		s, u := encodeDecimal(x.Text()), encodeDecimal(y.Text())
		if got := cmp.Compare(s, u); got != want {
			t.Fatalf("%s (%s) against %s (%s) is %d as stored, want %d", a, s, b, u, got, want)
		}
		if back, ok := appendDecimal(nil, []byte(s)); !ok || string(back) != x.Text() {
			t.Fatalf("%s is stored as %s and read as %s", a, s, back)
		}
		for op, f := range map[string]func(x, y *big.Rat) *big.Rat{"+": new(big.Rat).Add, "-": new(big.Rat).Sub, "*": new(big.Rat).Mul} {
			got, ok := query.DecimalArithmetic(op, x, y)
			exact, _ := new(big.Rat).SetString(got.Text())
			if !ok || exact == nil || exact.Cmp(f(p, q)) != 0 || strings.HasSuffix(got.Text(), ".") {
				t.Fatalf("%s %s %s is %s", a, op, b, got.Text())
			}
		}
	})
}
