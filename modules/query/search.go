package query

import (
	"strings"
	"unicode"

	"github.com/basalt-dev/basalt/modules/fault"
)

// Search is true if every word of a text occurs in the searched fields of the document, as a whole word, ignoring
// case. Beyond letters and digits, the database defines what a word is.
type Search struct {
	Fields []string // the searched fields of the shape
	Text   string
}

// maxSearch limits a search, in bytes.
const maxSearch = 1000

// search returns the search of a text over a shape.
func search(s *Shape, parameter, text string) (Filter, error) {
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
	return &Search{fields, text}, nil
}

// Words returns the words of a text, in lower case.
func Words(text string) []string {
	return strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) })
}

func (f *Search) match(s *Shape, row Row) bool {
	have := map[string]bool{}
	for _, name := range f.Fields {
		for _, w := range Words(s.Get(row, Path{Field: name}).Text()) {
			have[w] = true
		}
	}
	for _, w := range Words(f.Text) {
		if !have[w] {
			return false
		}
	}
	return true
}

func (f *Search) appendCanonical(dst []byte) []byte {
	return append(appendQuote(append(dst, "search("...), f.Text), ')')
}
