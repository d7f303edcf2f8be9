package query

import (
	"math/rand/v2"
	"regexp"
	"testing"
)

func TestNear_OneMistake(t *testing.T) {
	for _, c := range []struct {
		word, wanted string
		whole, begin bool
	}{
		{"dinner", "dinner", true, true}, {"dinner", "diner", true, true}, {"diner", "dinner", true, true}, {"dimner", "dinner", true, true}, {"idnner", "dinner", false, false}, {"sinner", "dinner", false, false}, {"ddinner", "dinner", true, true}, {"inner", "dinner", false, false}, {"dinnre", "dinner", true, true},
		{"dinners", "dinner", true, true}, {"dinnerxx", "dinner", false, true}, {"dine", "dinner", false, false}, {"dimer", "dinner", false, false}, {"dinnerware", "dimner", false, true}, {"dinerware", "dinner", false, true},
		{"cat", "car", false, false}, {"cart", "car", false, true}, {"café", "cafe", true, true}, {"", "abcd", false, false}, {"abc", "abcd", true, true},
	} {
		if got := Near(c.word, c.wanted, false); got != c.whole {
			t.Errorf("%s for %s: %v", c.word, c.wanted, got)
		}
		if got := Near(c.word, c.wanted, true); got != c.begin {
			t.Errorf("%s begins with %s: %v", c.word, c.wanted, got)
		}
	}
}

// TestNear_MeansThePattern compares words of two letters, which have most ways to be alike, with the regular expression.
func TestNear_MeansThePattern(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // a test
	word := func() string {
		out := make([]byte, 1+r.IntN(8))
		for i := range out {
			out[i] = 'a' + byte(r.IntN(2))
		}
		return string(out)
	}
	near := 0
	for range 4000 {
		have, wanted := word(), word()
		p := NearPattern(wanted, "[[:alnum:]]")
		whole, begin := regexp.MustCompile("^"+p+"$").MatchString(have), regexp.MustCompile("^"+p).MatchString(have)
		if Near(have, wanted, false) != whole || Near(have, wanted, true) != begin {
			t.Fatalf("%s for %s: %v and %v, and by the pattern %v and %v", have, wanted, Near(have, wanted, false), Near(have, wanted, true), whole, begin)
		}
		if whole && have != wanted {
			near++
		}
	}
	if near < 20 {
		t.Errorf("only %d words were near", near)
	}
}
