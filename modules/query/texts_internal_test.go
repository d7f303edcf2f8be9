package query

import (
	"fmt"
	"strings"
	"testing"
)

// TestTexts_RememberABoundedNumber of the filters that clients send, and none that is long.
func TestTexts_RememberABoundedNumber(t *testing.T) {
	t.Parallel()
	var texts Texts
	s := NewShape([]Field{{Name: "id", Type: TypeID}, {Name: "n", Type: TypeInt}})
	for n := range maxTexts + 100 {
		if _, err := texts.Parse(s, fmt.Sprint("n == ", n), nil, Limits{}, nil); err != nil {
			t.Fatal(err)
		}
		if len(texts.trees) > maxTexts {
			t.Fatalf("%d filters are remembered", len(texts.trees))
		}
	}
	before := len(texts.trees)
	if _, err := texts.Parse(s, "n == 1 || n in ["+strings.Repeat("1, ", maxRemembered/3)+"1]", nil, Limits{}, nil); err != nil {
		t.Fatal(err)
	}
	if len(texts.trees) != before {
		t.Error("a long filter is remembered")
	}
}
