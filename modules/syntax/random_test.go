package syntax_test

import (
	"encoding/binary"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/basalt-dev/basalt/modules/syntax"
)

// grammar makes the tokens of random expressions.
type grammar struct {
	pick   func(n int) int // a number below n
	tokens []string
}

func (g *grammar) one(of ...string) string { return of[g.pick(len(of))] }

func (g *grammar) add(tokens ...string) { g.tokens = append(g.tokens, tokens...) }

// words are what mutations put in: every token of the language, and what is nearly one.
var words = strings.Fields(`
	a b true false nil null let if else not in or and matches contains startsWith endsWith any all count sortBy reduce map filter len get f # ## #acc . .. ... ?. ? ?? : :: ; , ( ) [ ] { } | || & && &= = == != ! < <= > >= <> -
	+ * ** *= / % ^ =& !& // /* */ @ ~ \ “ ' " ` + "` ``" + ` 0 1 1. .5 1.5 1..2 1e5 1e 1_0 _1 0x1F 0b1 0o7 08 9223372036854775807 9223372036854775808 1e999 1x 'a' "a" 'in' "in" b'a' B"\xff" "\n" '\'' "\'" "\u{41}" "\ud800" "\x4" "\101"
	"\400" "\U0001F600" "\UFFFFFFFF" ä ß٣ ٣ $a _ not(in /**/`)

func (g *grammar) name() string {
	return g.one("a", "b", "doc", "auth", "next", "x", "f", "$p", "größe", "len", "any", "b1", "nil", "true", "false", "null")
}

func (g *grammar) literal() {
	g.add(g.one("1", "0", "1.5", ".5", "1.", "1e5", "0x1F", "0b101", "0o17", "1_000", "007", `"a"`, "'b'", "`c`", "`d``e`", `"\n\u00e4\x41\101"`, `'\''`, `b"x"`, "nil", "true", "false", `"ä🂡"`, "9007199254740993", "123456789.123456789"))
}

func (g *grammar) list(opening, closing string, depth int) {
	g.add(opening)
	n := g.pick(3)
	for i := range n {
		if i > 0 {
			g.add(",")
		}
		g.expression(depth - 1)
	}
	if n > 0 && g.pick(8) == 0 {
		g.add(",")
	}
	g.add(closing)
}

func (g *grammar) sequence(depth int) {
	g.expression(depth)
	for g.pick(6) == 0 {
		g.add(";")
		g.expression(depth - 1)
	}
}

func (g *grammar) predicate(depth int) {
	braces := g.pick(5) == 0
	if braces {
		g.add("{")
	}
	switch g.pick(4) {
	case 0:
		g.add("#")
	case 1:
		g.add(".", g.one("a", "in", "not", "b"))
	case 2:
		g.add("#" + g.one("acc", "index", "in", ""))
	default:
		g.expression(depth - 1)
	}
	if g.pick(2) == 0 {
		g.add(g.one("==", "in", "+", "&&", "??"))
		g.expression(depth - 1)
	}
	if braces {
		if g.pick(2) == 0 {
			g.add(";")
			g.expression(depth - 1)
		}
		g.add("}")
	}
}

func (g *grammar) call(depth int) {
	if g.pick(8) == 0 {
		g.add("::")
	}
	if g.pick(2) == 0 {
		g.add(g.one("f", "len", "get", "exists", "now", "like", "a"))
		g.list("(", ")", depth)
		return
	}
	function := g.one("all", "any", "none", "one", "filter", "map", "count", "sum", "find", "findIndex", "findLast", "findLastIndex", "groupBy", "sortBy", "reduce")
	g.add(function, "(")
	g.expression(depth - 1)
	if function != "count" && function != "sum" || g.pick(2) == 0 {
		g.add(",")
		g.predicate(depth)
	}
	if (function == "sortBy" || function == "reduce") && g.pick(2) == 0 {
		g.add(",")
		g.expression(depth - 1)
	}
	g.add(")")
}

func (g *grammar) expression(depth int) {
	if depth <= 0 {
		if g.pick(2) == 0 {
			g.add(g.name())
		} else {
			g.literal()
		}
		return
	}
	switch g.pick(16) {
	case 0:
		g.add(g.one("!", "not", "-", "+"))
		g.expression(depth - 1)
	case 1:
		g.add("(")
		g.sequence(depth - 1)
		g.add(")")
	case 2:
		g.list("[", "]", depth)
	case 3:
		g.add("{")
		n := g.pick(3)
		for i := range n {
			if i > 0 {
				g.add(",")
			}
			if g.pick(6) == 0 {
				g.add("(")
				g.expression(depth - 1)
				g.add(")")
			} else {
				g.add(g.one("a", "b", `"c d"`, "1", "0x1", "true", "'e'"))
			}
			g.add(":")
			g.expression(depth - 1)
		}
		g.add("}")
	case 4:
		g.call(depth)
	case 5:
		g.expression(depth - 1)
		g.add("|")
		g.add(g.one("f", "len", "count", "any", "map"), "(")
		if g.pick(2) == 0 {
			g.predicate(depth)
		}
		g.add(")")
	case 6:
		g.expression(depth - 1)
		g.add("?")
		if g.pick(4) > 0 {
			g.expression(depth - 1)
		}
		g.add(":")
		g.expression(depth - 1)
	case 7:
		g.add("let", g.one("x", "y", "true"), "=")
		g.expression(depth - 1)
		g.add(";")
		g.sequence(depth - 1)
	case 8:
		g.add("if")
		g.expression(depth - 1)
		g.add("{")
		g.sequence(depth - 1)
		g.add("}", "else", "{")
		g.sequence(depth - 1)
		g.add("}")
	case 9, 10:
		g.member(depth)
	default:
		g.expression(depth - 1)
		g.add(g.one("==", "!=", "<", "<=", ">", ">=", "&&", "||", "and", "or", "in", "not in", "contains", "not contains", "startsWith", "endsWith", "matches", "+", "-", "*", "/", "%", "**", "^", "??", ".."))
		g.expression(depth - 1)
	}
}

func (g *grammar) member(depth int) {
	switch g.pick(4) {
	case 0:
		g.add("(")
		g.expression(depth - 1)
		g.add(")")
	case 1:
		g.call(depth - 1)
	default:
		g.add(g.name())
	}
	for range 1 + g.pick(3) {
		switch g.pick(5) {
		case 0:
			g.add(g.one("[", "?.["))
			g.expression(depth - 1)
			g.add("]")
		case 1:
			g.add("[")
			if g.pick(2) == 0 {
				g.expression(depth - 1)
			}
			g.add(":")
			if g.pick(2) == 0 {
				g.expression(depth - 1)
			}
			g.add("]")
		case 2:
			g.add(".", g.one("a", "trim", "in"))
			g.list("(", ")", depth)
		default:
			g.add(g.one(".", "?."), g.one("a", "b", "not", "if", "true", "$c"))
		}
	}
}

// mutate drops, doubles and swaps tokens, and puts in others.
func (g *grammar) mutate() {
	for range g.pick(4) {
		if len(g.tokens) == 0 {
			return
		}
		i, j := g.pick(len(g.tokens)), g.pick(len(g.tokens))
		switch g.pick(5) {
		case 0:
			g.tokens = append(g.tokens[:i:i], g.tokens[i+1:]...)
		case 1:
			g.tokens = append(g.tokens[:i:i], append([]string{g.tokens[i]}, g.tokens[i:]...)...)
		case 2:
			g.tokens[i], g.tokens[j] = g.tokens[j], g.tokens[i]
		default:
			g.tokens = append(g.tokens[:i:i], append([]string{words[g.pick(len(words))]}, g.tokens[i:]...)...)
		}
	}
}

// source returns the tokens with and without spaces, and with some bytes of chance.
func (g *grammar) source() string {
	var b strings.Builder
	tight := g.pick(3) == 0
	for _, token := range g.tokens {
		b.WriteString(token)
		switch {
		case !tight:
			b.WriteByte(' ')
		case g.pick(3) > 0:
			b.WriteString(g.one(" ", "\t", "\n", "\r\n", " // c\n", "/* c */", "\u00a0", " "))
		}
	}
	source := b.String()
	if g.pick(8) == 0 {
		for range 1 + g.pick(2) {
			at := g.pick(len(source) + 1)
			source = source[:at] + string([]byte{byte(g.pick(256))}) + source[at:]
		}
	}
	return source
}

// TestParse_AgreesWithExprOnRandomExpressions has some thousand of them; -rapid.checks=100000 makes it millions.
func TestParse_AgreesWithExprOnRandomExpressions(t *testing.T) {
	t.Parallel()
	accepted, all := 0, 0
	rapid.Check(t, func(r *rapid.T) {
		seeds := rapid.SliceOfN(rapid.Byte(), 8, 8) // drawing each choice makes the test ten times as slow
		for range 40 {
			random := rand.New(rand.NewPCG(1, binary.LittleEndian.Uint64(seeds.Draw(r, "seed"))))
			g := grammar{pick: random.IntN}
			g.sequence(1 + g.pick(4))
			if g.pick(2) == 0 {
				g.mutate()
			}
			source := g.source()
			all++
			if judge(t, source) {
				accepted++
				again(t, source)
			}
			if t.Failed() {
				r.FailNow()
			}
		}
	})
	t.Logf("%d of %d were accepted", accepted, all)
	if accepted < all/3 || accepted > all*9/10 {
		t.Errorf("%d of %d are accepted: too few are about one side", accepted, all)
	}
}

// again reads what String has written.
func again(t testing.TB, source string) {
	t.Helper()
	if !utf8.ValidString(source) {
		return // a string in backticks keeps bytes that no escape stands for
	}
	n, err := syntax.Parse(source, boundless)
	if err != nil {
		t.Error(err)
		return
	}
	written := n.String()
	other, err := syntax.Parse(written, boundless)
	if err != nil {
		if strings.Contains(source, "|") || strings.Contains(source, "::") {
			return // a name such as nil can be called with a pipe only
		}
		t.Errorf("%q is written as %q, which is refused: %v", source, written, err)
		return
	}
	if other.String() != written || shape(n) != shape(other) {
		t.Errorf("%q is written as %q, which is another expression:\n%s\n%s", source, written, shape(n), shape(other))
	}
}

// FuzzParse looks for a source that this parser and expr read differently.
func FuzzParse(f *testing.F) {
	for _, source := range append(strings.Split(agreed, "\n"), strings.Split(refused, "\n")...) {
		f.Add(source)
	}
	f.Fuzz(func(t *testing.T, source string) {
		if len(source) < 10_000 && judge(t, source) {
			_, err := syntax.Parse(source, syntax.Limits{Bytes: 100, Depth: 4, Nodes: 20})
			if err == nil && len(source) > 100 {
				t.Error("a limit does not hold")
			}
		}
	})
}
