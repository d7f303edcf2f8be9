package query

import (
	"strings"
	"testing"
)

func TestSnippet(t *testing.T) {
	long := strings.Repeat("one two three ", 30) + "the Crème brûlée of <b>Ann</b> & Bob " + strings.Repeat("four five six ", 30)
	for _, c := range []struct{ text, search, want string }{
		{"the lazy dog", "dog ", "the lazy <mark>dog</mark>"},
		{"Dogs and dog", "dog", "<mark>Dogs</mark> and <mark>dog</mark>"},
		{"<script>alert(1)</script> dog", "script", "&lt;<mark>script</mark>&gt;alert(1)&lt;/<mark>script</mark>&gt; dog"},
		{"a & b < c", "nothing", "a &amp; b &lt; c"},
		{"café cafe\u0301 CAFE", "cafe ", "<mark>café</mark> <mark>cafe\u0301</mark> <mark>CAFE</mark>"},
		{long, "brulee ann", "…two three one two three one two three the Crème <mark>brûlée</mark> of &lt;b&gt;<mark>Ann</mark>&lt;/b&gt; &amp; Bob four five six four five six four five six four five six four five six four five six…"},
		{"", "dog", ""},
		{strings.Repeat("x", 400), "dog", strings.Repeat("x", 160) + "…"},
		{strings.Repeat("x", 400) + " dog", "dog", "…<mark>dog</mark>"},
	} {
		if got := Snippet(c.text, []*Search{{Text: c.search}}); got != c.want {
			t.Errorf("%q in %.20q:\n%s, want\n%s", c.search, c.text, got, c.want)
		}
	}
	if got := Snippet("Crème brûlée", []*Search{{Text: "burllee", Typos: true}}); got != "Crème brûlée" { // two mistakes
		t.Error(got)
	}
	if got := Snippet("Crème brûlée", []*Search{{Text: "brulle", Typos: true}}); got != "Crème <mark>brûlée</mark>" {
		t.Error(got)
	}
}
