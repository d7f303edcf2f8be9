package syntax_test

import (
	"strings"
	"testing"
)

// TestParse_AgreesWithExpr on what is easily read differently.
func TestParse_AgreesWithExpr(t *testing.T) {
	t.Parallel()
	for _, source := range strings.Split(strings.TrimSpace(agreed), "\n") {
		if !judge(t, source) {
			t.Errorf("%s is not accepted", source)
		}
	}
	for _, source := range strings.Split(strings.TrimSpace(refused), "\n") {
		if judge(t, source) {
			t.Errorf("%s is accepted", source)
		}
	}
	for _, source := range []string{
		"a // b\n== 1", "a /* b\n */ == 1", "'a\rb'", "`a\r\nb`", "`a``b`", "````", "a\u00a0== 1", "/***/a", "a\tnot\nin b", "# a", "any(x, #\nin y)", "\"\xff\"", "`\xff`", "`\xff```", "//",
		"\"a\nb\"", "`a", "a /* b", "a not", "a not /**/ in b", "\xff", "a == 1 // \xff",
	} {
		judge(t, source)
	}
}

const agreed = `
1 + 2 * 3 ** 4 ** 5 - 6
-2 ** 2
2 ** -1
-a.b[0]
-1[0]
- 1 .a
!true[0]
!a in b
not a in b
!a ?? b
a * not b * c
a * not b == c
a not in b
a not contains b || c not matches d
!a not in b
a + b not in c
a ?? b ?? c
a + b ?? c + d
a ?? (b || c)
a < b < c
1 < a <= b > c
a == b < c
a < b == c
a..b + 1
1..2
1.5..2
1...5
.5
1.
1.e5
1_000
1__0_
0x_1F
0xE+1
0b101
0O17
01
1e5
1E+5
0e0
1e-999
9223372036854775807
a ? b : c ? d : e
a ?: b
a ? : b
a ? b : if c { d } else { e } ? f : g
if a { b } else if c { d; e } else { f }
if a { let x = 1; x } else { nil }
let x = 1; let y = x; x + y; 3
let true = 1; true
(let x = 1; x) + 1
a; b; c;
(a; b)
f()
f(a, b,)
f(let x = 1; x)
[1, 2,]
[]
{}
{a: 1, "b": 2, 3: 4, 1_0: 5, (a + b): 6, (a) + b: 7, true: 8, nil: 9,}
{"a": b ? c : d}
a.b.c
a.not.in.if.true
a.not not in b
a?.b.c
a?.b?.c()
a?.[0].b
a?.[1:2]
a?.b[0].c
(a?.b).c
(a.b)["c"]
a["b"]
a[1:2][:][1:][:2]
a[b ? c : d]
a[b ?: c]
a.b(c)
a.b(c).d[0]
"a"[0]
b"a"[0]
b'\xff\000a\n'
B"é"
'a' + "b" + ` + "`c`" + `
"\a\b\f\n\r\t\v\\\"\101\x41\u0041\U00000041\u{41}\u{1F600}\ud800"
'\''
any(a, .b == 1)
any(a, # == 1 && #.b?.c in #index)
any(a, {let x = #; x > 1})
any(a, {.b; .c},)
map(a, {{"a": .b}})
filter(a, any(.b, # > 1))
count(a)
count(a, .b)
sum(a, # * 2)
sortBy(a, .b, "desc")
reduce(a, #acc + #, 0)
reduce(a, # acc + #)
map(a, #in[0])
map(a, #and)
map(a, # and b)
map(a, .5)
map(a, #not)
a | map(.b) | count()
a || b | f(c)
a | f()
(a | f()).b
a | g(1) + 1
::len(a)
::f(a).b
a ? ::f() : b
a[::len(b)]
len(a)
get("a", b)
$a + _b + $
größe == "ä"
٣a
a and b or not c
a matches "b" && c startsWith d and e endsWith f
not not a
!!a
--a
-+a
a - -b
a*-b
a!=-b
a==!b
a?b:c
a?.b?c:d
a??b
1 in [1]
!(a)
`

const refused = `
a b
a not b
a not not in b
a = 1
a === b
a & b
a ?? b || c
a || b ?? c && d
a ?? b < c
a ?? b not in c
1 + let x = 1; x
1 + if a { b } else { c }
if a { b } else { c } + 1
if a { b; } else { c }
if a { b }
let x = 1
let in = 1; 2
let x == 1; x
let 1 = 1; 2
(a; b;)
(a
a)
[1,,2]
[,]
{a}
{a:}
{in: 1}
{a: 1,, b: 2}
{-1: 2}
{.5: 2}}
f(,)
f(a b)
a.
a.1
a.#
a.(b)
a?.5:1
a?.(b)
a[]
a[1
a[1:2:3]
1.a
1[0]
nil.a
true[0]
true(1)
f()(a)
a[0](b)
a.b(c)(d)
let x = let y = 1; y; 2
#
.a
any(a, ##)
any(a)
any(a,)
any()
any(a, b; c)
any(a, .["b"])
any(a, ?.b)
count(a,)
sortBy(a, .b,)
map(a, {a: 1})
a | b
a | true
a | f().b
a | f()[0]
a | 1
::a
a::b
a ? b
a ? b : 
a ? b ::c
01x
1x
1e
1e+
0x
0x1.5
0xg
0b2
0b1e1
0o8
1.5.6
.0x1F
9223372036854775808
1e999
٣ + 1٣
"a
'a"
"\'"
"\400"
"\18"
"\x4"
"\u123"
"\u{}"
"\u{1234567}"
"\u{110000}"
"\U00110000"
"\q"
b"\u0041"
b"\400"
a @ b
a ; ; b
;
a ~ b
a **
* a
a !
a <> b
a != = b
a => b
a &&= b
a =~ b
“a”
`
