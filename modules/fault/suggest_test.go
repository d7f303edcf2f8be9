package fault_test

import (
	"strings"
	"testing"

	"github.com/basalt-dev/basalt/modules/fault"
)

func TestCut_IsStorable(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                                  "",
		"short":                             "short",
		"exactly 8":                         "exactly ",
		"1234567é":                          "1234567",  // é has two bytes
		"123456é":                           "123456é",  // which fit
		"a\x00b":                            "ab",       // NUL is cut out of a short text,
		"a\x00bcdefghij":                    "abcdefgh", // and of a long one
		"a\xffb":                            "ab",
		"\x00\x00\x00\x00\x00\x00\x00\x00x": "x",
	} {
		if got := fault.Cut(text, 8); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
	if got := fault.Cut(strings.Repeat("é", 1000), 501); got != strings.Repeat("é", 250) {
		t.Errorf("got %d bytes", len(got))
	}
}
