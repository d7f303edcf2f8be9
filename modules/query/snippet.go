package query

import (
	"html"
	"slices"
	"strings"
)

// snippetLength is how many characters of a text a snippet has, and snippetBefore how many of them may stand before the first
// hit.
const (
	snippetLength = 160
	snippetBefore = 50
)

// place is the position of a word in a text, in characters.
type place struct {
	from, to int
	hit      bool
}

// Snippet returns the part of a text where the searches find something, as HTML: the text is escaped, and what is found is
// between <mark> and </mark>. Where nothing is found it is the beginning of the text.
func Snippet(text string, searches []*Search) string {
	var finds []func(string) bool
	for _, s := range searches {
		finds = append(finds, s.Finds())
	}
	runes := []rune(text)
	var words []place
	first := -1
	for i := 0; i < len(runes); i++ {
		if !inWord(runes[i]) {
			continue
		}
		p := place{from: i}
		for i < len(runes) && inWord(runes[i]) {
			i++
		}
		p.to = i
		word := fold(string(runes[p.from:p.to]))
		p.hit = slices.ContainsFunc(finds, func(find func(string) bool) bool { return find(word) })
		if words = append(words, p); p.hit && first < 0 {
			first = p.from
		}
		if first >= 0 && i > first+snippetLength {
			break
		}
	}
	from, to := window(len(runes), first, words)
	var out strings.Builder
	if from > 0 {
		out.WriteString("…")
	}
	at := from
	for _, p := range words {
		if !p.hit || p.from < from || p.to > to {
			continue
		}
		out.WriteString(html.EscapeString(string(runes[at:p.from])))
		out.WriteString("<mark>" + html.EscapeString(string(runes[p.from:p.to])) + "</mark>")
		at = p.to
	}
	out.WriteString(html.EscapeString(string(runes[at:to])))
	if to < len(runes) {
		out.WriteString("…")
	}
	return out.String()
}

// window chooses the part of a text of a length: it begins and ends with whole words, where it can.
func window(length, first int, words []place) (from, to int) {
	if length <= snippetLength {
		return 0, length
	}
	if first > snippetBefore {
		from = first
		for _, p := range words {
			if p.from >= first-snippetBefore {
				from = min(p.from, first)
				break
			}
		}
	}
	to = min(from+snippetLength, length)
	if to < length {
		for _, p := range slices.Backward(words) {
			if p.to <= to && p.to > max(from, first) {
				return from, p.to
			}
		}
	}
	return from, to
}
