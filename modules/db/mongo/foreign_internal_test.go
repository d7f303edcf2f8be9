package mongo

import (
	"math"
	"testing"
)

// TestRounding: the bounds are the first and the last integer that is shown as a float.
func TestRounding(t *testing.T) {
	t.Parallel()
	for _, f := range []float64{0, 1.5, -7, 1<<53 - 1, 1 << 53, 1<<53 + 2, 1 << 54, 1<<62 + 1024, 1 << 62, 1<<63 - 1024, 1 << 63, -(1 << 53), -(1<<53 + 2), -(1 << 60), -(1<<63 - 1024), -(1 << 63), 1e300, math.Inf(1)} {
		low, high := rounding(f)
		for what, bound := range map[string]any{"low": low, "high": high} {
			switch n := bound.(type) {
			case float64:
				if n != f {
					t.Errorf("%v: %s is %v", f, what, n)
				}
			case int64:
				beyond := n - 1
				if what == "high" {
					beyond = n + 1
				}
				if float64(n) != f || float64(beyond) == f {
					t.Errorf("%v: %s is %d", f, what, n)
				}
			}
		}
		if _, whole := low.(int64); whole != (f >= 1<<53 && f <= 1<<63 || f <= -(1<<53) && f > -(1<<63)) {
			t.Errorf("%v: low is %v", f, low)
		}
	}
}
