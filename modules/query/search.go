package query

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/basalt-dev/basalt/modules/fault"
)

// Search is true if every word of a text occurs in the searched fields of the document, ignoring case and the accents of
// Latin letters. The last word may be the beginning of one, for a search while someone types, unless something that is no
// word follows it, such as a space. Beyond letters and digits, the database defines what a word is.
type Search struct {
	Fields []string // the searched fields of the shape
	Text   string
	// Typos lets each word have a typing mistake, see [Near].
	Typos bool
}

// maxSearch limits a search, in bytes.
const maxSearch = 1000

// search returns the search of a text over a shape.
func search(s *Shape, parameter, text string, typos bool) (Filter, error) {
	var fields []string
	for _, f := range s.Fields {
		if f.Search {
			fields = append(fields, f.Name)
		}
	}
	if fields == nil {
		return nil, fault.FieldErrorf(parameter, "unsupported", "no field here is marked search: true")
	}
	if len(text) > maxSearch {
		return nil, fault.FieldErrorf(parameter, "too_long", "a search has at most %d bytes", maxSearch)
	}
	if len(Words(text)) == 0 {
		return nil, fault.FieldErrorf(parameter, "min", "a search needs at least one word")
	}
	return &Search{fields, text, typos}, nil
}

// Words returns the words of a text, in lower case and without accents.
func Words(text string) []string {
	return strings.FieldsFunc(fold(text), func(r rune) bool { return !inWord(r) })
}

func inWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) }

// Terms returns the words that have to occur, and the beginning of a word that has to; empty for none.
func (f *Search) Terms() (whole []string, beginning string) {
	whole = Words(f.Text)
	if last, _ := utf8.DecodeLastRuneInString(f.Text); len(whole) == 0 || !inWord(last) {
		return whole, ""
	}
	return whole[:len(whole)-1], whole[len(whole)-1]
}

// Finds returns a function that reports whether the search asks for a word, which is in lower case and without accents.
func (f *Search) Finds() func(word string) bool {
	whole, beginning := f.Terms()
	return func(word string) bool {
		return slices.ContainsFunc(whole, func(w string) bool { return f.is(word, w) }) || beginning != "" && f.begins(word, beginning)
	}
}

func (f *Search) is(word, wanted string) bool {
	return word == wanted || f.Typos && Near(word, wanted, false)
}

func (f *Search) begins(word, beginning string) bool {
	return strings.HasPrefix(word, beginning) || f.Typos && Near(word, beginning, true)
}

// Hits counts the words of a text that the search asks for.
func (f *Search) Hits(text string) (n int) {
	finds := f.Finds()
	for _, w := range Words(text) {
		if finds(w) {
			n++
		}
	}
	return n
}

func (f *Search) match(s *Shape, row Row) bool {
	var have []string
	for _, name := range f.Fields {
		have = append(have, Words(s.Get(row, Path{Field: name}).Text())...)
	}
	whole, beginning := f.Terms()
	for _, w := range whole {
		if !slices.ContainsFunc(have, func(word string) bool { return f.is(word, w) }) {
			return false
		}
	}
	return beginning == "" || slices.ContainsFunc(have, func(word string) bool { return f.begins(word, beginning) })
}

func (f *Search) appendCanonical(dst []byte) []byte {
	dst = appendQuote(append(dst, "search("...), f.Text)
	if f.Typos {
		dst = append(dst, `,"typos"`...)
	}
	return append(dst, ')')
}
