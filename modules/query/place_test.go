package query_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

// TestFilter_SaysWhereItIsWrong takes what is wrong out of the text by the place that the error names.
func TestFilter_SaysWhereItIsWrong(t *testing.T) {
	t.Parallel()
	for text, wrong := range map[string]string{
		`titel == "a"`:                    `titel`,
		`done && titel == "a"`:            `titel`,
		`title == "äöü€𝄞" && titel > "b"`: `titel`, // in characters, not in bytes
		`stars == "many"`:                 `"many"`,
		`stars > 3 && stars > true`:       `true`,
		`title`:                           `title`,
		`stars + 1`:                       `+`,
		`stars == $least`:                 `$least`,
		`stars in 3`:                      `3`,
		`title contains 3`:                `3`,
		`len(stars) > 1`:                  `stars`,
		`stars = 3`:                       `=`,
		`title == "a" AND done`:           `AND`,
		`title == "a`:                     `"a`,
		`title ==`:                        ``,
		`(done`:                           ``,
		`done && lik(title, "a%")`:        `lik`,
		`🂡🂡 == 3`:                         `🂡`,
	} {
		_, err := query.ParseText(shape, text, nil, query.Limits{}, nil)
		var e *fault.Error
		if !errors.As(err, &e) || len(e.Fields) != 1 {
			t.Errorf("%s: got %v", text, err)
			continue
		}
		f, characters := e.Fields[0], []rune(text)
		if f.Column < 1 || f.Column-1+f.Length > len(characters) {
			t.Errorf("%s: column %d with %d characters is not in it", text, f.Column, f.Length)
			continue
		}
		if got := string(characters[f.Column-1 : f.Column-1+f.Length]); got != wrong {
			t.Errorf("%s: %q is said to be wrong, and %q is (%s)", text, got, wrong, f.Detail)
		}
		if wrong == "" && f.Column != len(characters)+1 {
			t.Errorf("%s: it ends too early, and column %d is named", text, f.Column)
		}
		if got := fmt.Sprintf("column %d: ", f.Column); len(f.Detail) <= len(got) || f.Detail[:len(got)] != got {
			t.Errorf("%s: %q does not begin with %q", text, f.Detail, got)
		}
	}
}
