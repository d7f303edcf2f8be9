package syntax_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/basalt-dev/basalt/modules/syntax"
)

// TestParse_SaysWhatToWrite holds what is said of the mistakes that people make, above all those who know another language.
func TestParse_SaysWhatToWrite(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]string{
		`auth != nil AND a == 3`:         "13 AND: use && instead of AND",
		`auth != nil Or a == 3`:          "13 Or: use || instead of Or",
		`NOT a`:                          "1 NOT: use ! instead of NOT",
		`b && NOT a`:                     "6 NOT: use ! instead of NOT",
		`ä == 1 AND NOT a`:               "8 AND: use && instead of AND",
		`a IS NULL`:                      "3 IS: use == instead of IS, as in == nil",
		`a LIKE "x%"`:                    `3 LIKE: use like(field, "a%") instead of LIKE`,
		`a IN [1]`:                       "3 IN: use in instead of IN",
		`a BETWEEN 1`:                    "3 BETWEEN: use >= and <= instead of BETWEEN",
		`a eq 1`:                         "3 eq: use == instead of eq",
		`a = 3`:                          "3 =: use == to compare",
		`a === 3`:                        "3 ===: use == instead of ===",
		`a !== 3`:                        "3 !==: use != instead of !==",
		`a <> 3`:                         "3 <>: use != instead of <>",
		`a & b`:                          "3 &: use && instead of &",
		`a != nil | b.c == 3`:            "10 |: use || instead of |",
		`(a && b`:                        "8 : a ) is missing, for the ( in column 1",
		`f((a) && b`:                     "11 : a ) is missing, for the ( in column 2",
		`ä in [1, 2`:                     "11 : a ] is missing, for the [ in column 6",
		`(a in [1, 2)`:                   "12 ): a ] is missing before ), for the [ in column 7",
		`"(" == a && (b`:                 "15 : a ) is missing, for the ( in column 13",
		`a && b)`:                        "7 ): this ) closes nothing; take it away",
		`(a && )`:                        "7 ): a value or a condition is missing before )",
		`a &&`:                           "5 : a value or a condition is missing after &&",
		`a ==  `:                         "7 : a value or a condition is missing after ==",
		`&& a`:                           "1 &&: a value or a condition is missing before &&",
		`a == && b`:                      "6 &&: a value or a condition is missing before &&",
		`a == and b`:                     "6 and: a value or a condition is missing before and",
		`a ? true`:                       "9 : a : is missing; a choice is condition ? value : value",
		`(a ? b)`:                        "7 ): a : is missing; a choice is condition ? value : value",
		``:                               "1 : there is no condition; write one, such as auth != nil",
		` // a`:                          "6 : there is no condition; write one, such as auth != nil",
		`a == "abc`:                      `6 "abc: a " is missing at the end of the string that begins here`,
		`a == "b" && c == 'abc" `:        `18 'abc" : a ' is missing at the end of the string that begins here`,
		`a == b"abc`:                     `6 b"abc: a " is missing at the end of the string that begins here`,
		"a == `abc":                      "6 `abc: a ` is missing at the end of the string that begins here",
		"a == 'b\n'":                     `6 'b: a string in quotes ends on its line; write \n for a line break, or put the string in backticks`,
		`a == "b\d"`:                     `8 \d: \d begins no character; write \\ for a backslash, or put the string in backticks`,
		`a b`:                            "3 b: an operator such as && or == is missing before b",
		`a "b"`:                          `3 "b": an operator such as && or == is missing before b`,
		`a {b: 1}`:                       `3 {: an operator such as && or == is missing before {`,
		`a == “b”`:                       `6 “: use " instead of “`,
		`@request.auth.id != ""`:         "1 @: @ has no meaning here; write auth and request without it",
		`a ~ b`:                          "3 ~: ~ has no meaning here",
		"a == \xff":                      "6 \xff: a byte here is not UTF-8",
		`a == 99999999999999999999`:      "6 99999999999999999999: a whole number here has 64 bits; write a larger decimal in quotes",
		`a == 1e999`:                     "6 1e999: 1e999 is larger than any number",
		`a == 0x`:                        "6 0x: 0x is not a number",
		`a == 12ab`:                      "6 12ab: 12ab is not a number; a name begins with a letter, and a string is in quotes",
		`a == 1 /* b`:                    "8 /* b: a */ is missing at the end of the comment that begins here",
		`a ?? b || c`:                    "8 ||: ?? and || need brackets around one of them, as in (a ?? b) || c",
		`a not b`:                        "3 not: not between two values is a part of not in, not contains, not startsWith, not endsWith or not matches; to join two conditions, write && !",
		`a not "in" b`:                   `7 "in": write not in without quotes`,
		`doc. == 3`:                      "6 ==: a name is missing after .",
		`let if = 1; 2`:                  "5 if: a name is missing after let, as in let x = doc.a; x > 3; if is a word of the language",
		`let x 1; 2`:                     "7 1: a = is missing after x, as in let x = doc.a; x > 3",
		`let x = 1`:                      "10 : what uses x is missing, after a ; as in let x = doc.a; x > 3",
		`if a b`:                         "6 b: a { is missing; a choice is if condition { value } else { value }",
		`if a { b }`:                     "11 : else is missing; a choice is if condition { value } else { value }",
		`{a}`:                            `3 }: a : and a value are missing after the key, as in {"a": 1}`,
		`{in: 1}`:                        `2 in: in is a word of the language; as a key it is in quotes, as in {"in": 1}`,
		`{[1]: 1}`:                       `2 [: a key is a name, a string, a number, or an expression in brackets, as in {"a": 1}`,
		`any(a)`:                         `1 any: any takes an array, and what is computed for each element of it, as in any(auth.teams, # == "a")`,
		`any(a, .b; .c)`:                 "10 ;: put { and } around what has a ; in it",
		`.a == 1`:                        "1 .: a value or a condition is missing before .",
		`::1`:                            "3 1: the name of a function is missing after ::",
		`f(a` + strings.Repeat(" b", 50): "5 b: an operator such as && or == is missing before b",
	} {
		_, err := syntax.Parse(source, syntax.Limits{})
		var e *syntax.Error
		if !errors.As(err, &e) || e.Excess != 0 {
			t.Errorf("%s\n got %v", source, err)
			continue
		}
		if got := fmt.Sprintf("%d %s: %s", utf8.RuneCountInString(source[:e.Offset])+1, source[e.Offset:e.End], e.Message); got != want {
			t.Errorf("%s\n got %s\nwant %s", source, got, want)
		}
	}
}

// TestParse_HasLimits whatever would be deep or large: each is refused for what it has too much of, and none exhausts the stack.
func TestParse_HasLimits(t *testing.T) {
	t.Parallel()
	many := func(s string) string { return strings.Repeat(s, 2_000_000) }
	for _, test := range []struct {
		source string
		excess syntax.Excess
		offset int // -1 if it does not matter
	}{
		{strings.Repeat(" ", 1001), syntax.TooLong, 0},
		{"a == " + strings.Repeat("(", 9) + "b" + strings.Repeat(")", 9), syntax.TooDeep, 13},
		{"a == '" + strings.Repeat("(", 9) + "'", 0, 0},
		{strings.Repeat("(a) || ", 9) + "a", 0, 0},
		{strings.Repeat("!", 99) + "a", 0, 0},
		{strings.Repeat("!", 100) + "a", syntax.TooMany, 100},
		{"a" + strings.Repeat(" + a", 49), 0, 0},
		{"a" + strings.Repeat(" + a", 50), syntax.TooMany, 200},
		{"a ?: b ?: c < d < e", 0, 0},
		{strings.Repeat("(", 8) + "a" + strings.Repeat(" ?: b)", 8) + " ?: b", syntax.TooMany, -1},
		{strings.Repeat("1 < (", 8) + "a" + strings.Repeat(" < 2) < 2", 8), syntax.TooMany, -1},
	} {
		_, err := syntax.Parse(test.source, syntax.Limits{Bytes: 1000, Depth: 8, Nodes: 100})
		var e *syntax.Error
		if errors.As(err, &e); err == nil && test.excess != 0 || err != nil && (test.excess == 0 || e.Excess != test.excess || test.offset >= 0 && e.Offset != test.offset) {
			t.Errorf("%.60s: got %+v, want %d at %d", test.source, e, test.excess, test.offset)
		}
	}
	for _, piece := range []string{
		"(", "[", "{a:", "f(", "any(a, ", "any(a, {", "a[", "a?.[", "!", "-", "not ", "a ** ", "a ? ", "a ?: ", "a ? b : ", "if ", "if a {", "if a { b } else ", "let x = ", "let x = a; ", "a | f(", "a.b(", "a ?? ", "{(",
		"a.b.", "a; ", "1 < ", "a || ", "#", "a?.b", "-(", "!a in [", "(a)[", "a not in ", "::f(", "a + b * c ** -",
	} {
		if _, err := syntax.Parse(many(piece), syntax.Limits{Bytes: 1 << 30}); err == nil {
			t.Errorf("%s, two million times, is accepted", piece)
		}
	}
}

// TestString_IsTheUsualSpelling of an expression.
func TestString_IsTheUsualSpelling(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]string{
		`doc . owner==auth["id"]&&!( doc.done )`:  `doc.owner == auth.id && !doc.done`,
		`a not in [ 1,2.50, 'x' ]`:                `not (a in [1, 2.5, "x"])`,
		`a and (b or c)`:                          `a and (b or c)`,
		`a * (b + c) - -d`:                        `a * (b + c) - -d`,
		`a - (b - c)`:                             `a - (b - c)`,
		`(a < b) < c`:                             `(a < b) < c`,
		`1 < a < 3`:                               `1 < a && a < 3`,
		`(2 ** 3) ** -1`:                          `(2 ** 3) ** (-1)`,
		`(a ? b : c) == 1`:                        `(a ? b : c) == 1`,
		`any(a, {.b > 1})`:                        `any(a, .b > 1)`,
		`map(a, {{"b c": #, d: .e, "in": 1}})`:    `map(a, {{"b c": #, d: .e, "in": 1}})`,
		`a | filter(# > 1) | count()`:             `count(filter(a, # > 1))`,
		`a?.b.c(1)[2]?.["d"][1:]`:                 `a?.b.c(1)[2]?.d[1:]`,
		`let x = (1; 2); x`:                       `let x = (1; 2); x`,
		`if a {1} else if b {2.0} else {b"\xff"}`: `if a { 1 } else if b { 2.0 } else { b"\xff" }`,
		`(-1).a + (1).b`:                          `(-1).a + (1).b`,
	} {
		n, err := syntax.Parse(source, syntax.Limits{})
		if err != nil || n.String() != want {
			t.Errorf("%s: got %v, %v, want %s", source, n, err, want)
		}
	}
}
