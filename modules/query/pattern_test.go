package query_test

import (
	"strings"
	"testing"

	"github.com/basalt-dev/basalt/modules/query"
)

// The meaning of patterns. Package dbtest holds every database against it.
func TestPatterns(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text, pattern string
		like, ilike   bool
	}{
		{"abc", "abc", true, true},
		{"abc", "ABC", false, true},
		{"abc", "ab", false, false},
		{"abc", "%b%", true, true},
		{"abc", "a%c", true, true},
		{"abc", "a_c", true, true},
		{"abc", "%_%_%_%", true, true},
		{"abc", "%_%_%_%_%", false, false},
		{"", "%", true, true},
		{"", "_", false, false},
		{"", "", true, true},
		{"aXbXc", "a%X_", true, true},
		{"aaab", "%aab", true, true},
		{"abab", "%ab", true, true},
		{"a\nb", "a%b", true, true},
		{"😀", "_", true, true},
		{"é", "_", true, true},
		{"é", "É", false, false},
		{"K", "\u212a", false, false}, // the sign of Kelvin
		{"k", "\u212a", false, false},
		{"100%", `100\%`, true, true},
		{"1000", `100\%`, false, false},
		{"a_b", `a\_b`, true, true},
		{"axb", `a\_b`, false, false},
		{`a\b`, `a\\b`, true, true},
		{"ab", `a\b`, true, true},
		{`a\`, `a\`, true, true},
		{"A%", `a\%`, false, true},
		{strings.Repeat("a", 5000), strings.Repeat("%a", 16) + "b", false, false},
	} {
		for op, want := range map[query.TextOp]bool{query.Like: c.like, query.ILike: c.ilike} {
			if got := op.Holds(c.text, c.pattern); got != want {
				t.Errorf("%q %s %q is %v", c.text, op, c.pattern, got)
			}
			f, ok := query.TextTest(query.Path{Field: "s"}, query.TypeString, op, c.pattern)
			s := query.NewShape([]query.Field{{Name: "s", Type: query.TypeString}})
			if got := query.Match(f, s, query.Row{query.String(c.text)}, nil); !ok || got != want {
				t.Errorf("%q %s %q, as %s, is %v", c.text, op, c.pattern, query.Format(f), got)
			}
		}
	}
}

// Most patterns are a test that can use an index, or that is cheaper.
func TestPatterns_AreWrittenAsTheSimplestTest(t *testing.T) {
	t.Parallel()
	for _, c := range [][3]string{
		{"like", "abc", `doc.s == "abc"`}, {"like", "a%", `doc.s startsWith "a"`}, {"like", "%a", `doc.s endsWith "a"`}, {"like", `%a\%%%`, `doc.s contains "a%"`},
		{"like", "%", `doc.s contains ""`}, {"like", "", `doc.s == ""`}, {"like", "a%b", `like(doc.s, "a%b")`}, {"like", "%%_", `like(doc.s, "%_")`}, {"like", `a_\`, `like(doc.s, "a_\\\\")`},
		{"ilike", "a%", `ilike(doc.s, "a%")`}, {"ilike", "1%", `doc.s startsWith "1"`},
	} {
		op := map[string]query.TextOp{"like": query.Like, "ilike": query.ILike}[c[0]]
		f, _ := query.TextTest(query.Path{Field: "s"}, query.TypeString, op, c[1])
		if got := query.Format(f); got != c[2] {
			t.Errorf("%s %q is %s, not %s", c[0], c[1], got, c[2])
		}
	}
}

func TestPatterns_InBothForms(t *testing.T) {
	t.Parallel()
	s := query.NewShape([]query.Field{{Name: "id", Type: query.TypeID, NotNull: true}, {Name: "s", Type: query.TypeString}, {Name: "n", Type: query.TypeInt}, {Name: "j", Type: query.TypeJSON}})
	many := strings.Repeat("%a", 17)
	for _, c := range []struct{ where, text, want string }{
		{`{"s":{"$like":"a%b"}}`, `like(s, "a%b")`, `like(doc.s, "a%b")`},
		{`{"s":{"$ilike":"a%b"}}`, `ilike(doc.s, "a%b")`, `ilike(doc.s, "a%b")`},
		{`{"j.a":{"$ilike":"a%b"}}`, `ilike(j.a, "a%b")`, `ilike(doc.j.a, "a%b")`},
		{`{"s":{"$like":null}}`, `like(s, nil)`, `false`},
		{`{"s":{"$not":{"$like":"_"}}}`, `!like(s, "_")`, `!like(doc.s, "_")`},
		{`{"n":{"$like":"1%"}}`, `like(n, "1%")`, ""},
		{`{"s":{"$like":1}}`, `like(s, 1)`, ""},
		{`{"s":{"$like":"` + many + `"}}`, `like(s, "` + many + `")`, ""},
	} {
		where, err1 := query.ParseWhere(s, query.RawJSON(c.where), query.Limits{}, nil)
		text, err2 := query.ParseText(s, c.text, nil, query.Limits{}, nil)
		if c.want == "" {
			if err1 == nil || err2 == nil {
				t.Errorf("%s and %s are %v and %v, not errors", c.where, c.text, err1, err2)
			}
			continue
		}
		if err1 != nil || err2 != nil {
			t.Errorf("%s: %v; %s: %v", c.where, err1, c.text, err2)
		} else if query.Format(where) != c.want || query.Format(text) != c.want {
			t.Errorf("%s is %s and %s is %s, not %s", c.where, query.Format(where), c.text, query.Format(text), c.want)
		}
	}
}
