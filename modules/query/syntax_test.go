package query_test

import (
	"fmt"
	"testing"

	"github.com/expr-lang/expr/parser"

	"github.com/basalt-dev/basalt/modules/query"
)

// TestSyntax_SaysWhatToWrite holds what is said of the mistakes that people make who know another language.
func TestSyntax_SaysWhatToWrite(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]string{
		`auth != nil AND a == 3`:    "13: use && instead of AND",
		`auth != nil Or a == 3`:     "13: use || instead of Or",
		`NOT a`:                     "1: use ! instead of NOT",
		`b && NOT a`:                "6: use ! instead of NOT",
		`ä == 1 AND NOT a`:          "8: use && instead of AND",
		`a IS NULL`:                 "3: use == instead of IS, as in == nil",
		`a LIKE "x%"`:               `3: use like(field, "a%") instead of LIKE`,
		`a IN [1]`:                  "3: use in instead of IN",
		`a BETWEEN 1`:               "3: use >= and <= instead of BETWEEN",
		`a eq 1`:                    "3: use == instead of eq",
		`a = 3`:                     "3: use == to compare",
		`a === 3`:                   "3: use == instead of ===",
		`a !== 3`:                   "3: use != instead of !==",
		`a <> 3`:                    "3: use != instead of <>",
		`a & b`:                     "3: use && instead of &",
		`a != nil | b.c == 3`:       "10: use || instead of |",
		`(a && b`:                   "8: a ) is missing, for the ( in column 1",
		`f((a) && b`:                "11: a ) is missing, for the ( in column 2",
		`a in [1, 2`:                "11: a ] is missing, for the [ in column 6",
		`(a in [1, 2)`:              "12: a ] is missing before ), for the [ in column 7",
		`"(" == a && (b`:            "15: a ) is missing, for the ( in column 13",
		`a && b)`:                   "7: this ) closes nothing; take it away",
		`(a && )`:                   "7: a value or a condition is missing before )",
		`a &&`:                      "5: a value or a condition is missing after &&",
		`a ==  `:                    "7: a value or a condition is missing after ==",
		`&& a`:                      "1: a value or a condition is missing before &&",
		`a == && b`:                 "6: a value or a condition is missing before &&",
		`a ? true`:                  "9: a : is missing; a choice is condition ? value : value",
		``:                          "1: there is no condition; write one, such as auth != nil",
		`a == "abc`:                 `6: a " is missing at the end of the text that begins here`,
		`a == "b" && c == 'abc" `:   `18: a ' is missing at the end of the text that begins here`,
		`a b`:                       "3: an operator such as && or == is missing before b",
		`a "b"`:                     "3: an operator such as && or == is missing before b",
		`a == “b”`:                  `6: use " instead of “`,
		`@request.auth.id != ""`:    "1: @ has no meaning here; write auth and request without it",
		`a == 99999999999999999999`: "6: a whole number here has 64 bits; write a larger decimal in quotes",
	} {
		_, err := parser.Parse(source)
		if err == nil {
			t.Errorf("%s is parsed", source)
			continue
		}
		offset, message := query.Syntax(source, err)
		if got := fmt.Sprintf("%d: %s", offset+1, message); got != want {
			t.Errorf("%s\n got %s\nwant %s", source, got, want)
		}
	}
}
