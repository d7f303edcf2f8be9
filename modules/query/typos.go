package query

import (
	"strings"
	"unicode/utf8"
)

// A search that allows typing mistakes takes a word for another one that differs by one of them: a letter that is missing, too
// much or another one, or two neighbours that are exchanged. The first letter is right: people seldom miss it, and an index
// then has to look at a small part of its words only. Shorter words than fewestLetters are too much alike, and those
// that are longer than mostLetters are no words.
const (
	fewestLetters = 4
	mostLetters   = 24
)

// Mistakes reports whether a word of a search may have a typing mistake.
func Mistakes(word string) bool {
	n := utf8.RuneCountInString(word)
	return n >= fewestLetters && n <= mostLetters
}

// Near reports whether a word, or its beginning, is another one, with at most one typing mistake where there may be one.
func Near(word, wanted string, beginning bool) bool {
	same := func(have, want []rune) bool {
		if len(have) < len(want) || !beginning && len(have) > len(want) {
			return false
		}
		for i, r := range want {
			if have[i] != r {
				return false
			}
		}
		return true
	}
	have, want := []rune(word), []rune(wanted)
	i := 0
	for i < len(have) && i < len(want) && have[i] == want[i] {
		i++
	}
	if same(have[i:], want[i:]) {
		return true
	}
	if i == 0 || !Mistakes(wanted) {
		return false
	}
	have, want = have[i:], want[i:]
	return len(have) > 0 && len(want) > 0 && same(have[1:], want[1:]) ||
		len(have) > 0 && same(have[1:], want) ||
		len(want) > 0 && same(have, want[1:]) ||
		len(have) > 1 && len(want) > 1 && have[0] == want[1] && have[1] == want[0] && same(have[2:], want[2:])
}

// NearPattern is Near as a regular expression, without what is before and behind the word; letter is the class of what words
// are made of.
func NearPattern(wanted, letter string) string {
	if !Mistakes(wanted) {
		return wanted
	}
	w := []rune(wanted)
	var all []string
	for i := 1; i < len(w); i++ {
		all = append(all, string(w[:i])+letter+"?"+string(w[i+1:])) // another letter, or none
	}
	for i := 1; i <= len(w); i++ {
		all = append(all, string(w[:i])+letter+string(w[i:]))
	}
	for i := 1; i < len(w)-1; i++ {
		all = append(all, string(w[:i])+string(w[i+1])+string(w[i])+string(w[i+2:]))
	}
	return "(" + strings.Join(all, "|") + ")"
}
