package sqlite

import (
	"slices"
	"strings"
	"testing"

	"github.com/basalt-dev/basalt/modules/query"
)

// TestDecimals_SortAsTheirTexts: what is stored has the order of the numbers, and is read as it was.
func TestDecimals_SortAsTheirTexts(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("9", 300)
	ordered := []string{
		"-" + long + "." + long, "-" + long, "-1001", "-1000", "-999.5", "-125", "-12.51", "-12.5", "-12.49", "-12", "-10", "-9", "-1.01", "-1", "-0.9", "-0.11", "-0.1", "-0.09", "-0.001", "-0." + strings.Repeat("0", 299) + "1",
		"0", "0." + strings.Repeat("0", 299) + "1", "0.001", "0.09", "0.1", "0.11", "0.9", "1", "1.01", "9", "10", "12", "12.49", "12.5", "12.51", "125", "999.5", "1000", "1001", long, long + "." + long,
	}
	var stored []string
	for i, text := range ordered {
		s := encodeDecimal(text)
		if back, ok := appendDecimal([]byte("x"), []byte(s)); !ok || string(back) != "x"+text {
			t.Errorf("%s is stored as %s and read as %s, %v", text, s, back, ok)
		}
		stored = append(stored, s)
		for _, other := range ordered[:i] {
			if order, ok := query.KnownDecimal(other).Compare(query.KnownDecimal(text)); !ok || order != -1 {
				t.Errorf("%s against %s in memory: %d, %v", other, text, order, ok)
			}
		}
	}
	if !slices.IsSorted(stored) {
		t.Errorf("the stored texts are not in order: %q", stored)
	}
	for _, text := range []string{"", "0", "1", "p", "p5001", "n4998", "n4998~", "p50010", "p500110", "p500101", "p5001a", "px0011", "p-0011", "n49988", "q50011", "p50011~", "o1"} {
		if back, ok := appendDecimal(nil, []byte(text)); ok {
			t.Errorf("%q is read as %s", text, back)
		}
	}
}
