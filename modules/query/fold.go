package query

import (
	"strings"
	"sync"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Accented has the Latin letters that are an ASCII letter with accents, and at the same place of Plain that letter, in
// lower case. Marks are the accents that stand behind their letter.
//
// A search takes them as equal, on every database: these are what FTS5 takes as equal, and PostgreSQL is given the tables.
type folding struct {
	Accented, Plain, Marks string
	table                  map[rune]rune
}

// Folding returns the tables.
var Folding = sync.OnceValue(func() *folding {
	f := &folding{table: map[rune]rune{}}
	var accented, plain, marks strings.Builder
	for _, block := range [][2]rune{{0xc0, 0x24f}, {0x1e00, 0x1eff}} {
		for r := block[0]; r <= block[1]; r++ {
			first := rune(norm.NFD.String(string(r))[0])
			if first >= unicode.MaxASCII || !unicode.IsLetter(first) || r == 0x1e0 || r == 0x1e1 { // these two are not in FTS5
				continue
			}
			accented.WriteRune(r)
			plain.WriteRune(unicode.ToLower(first))
			f.table[r] = unicode.ToLower(first)
		}
	}
	for r := rune(0x300); r <= 0x331; r++ {
		marks.WriteRune(r)
		f.table[r] = -1
	}
	f.Accented, f.Plain, f.Marks = accented.String(), plain.String(), marks.String()
	return f
})

// fold returns a text in lower case, and without accents.
func fold(text string) string {
	table := Folding().table
	return strings.Map(func(r rune) rune {
		if r < 0x80 { // most are
			return unicode.ToLower(r)
		}
		if to, ok := table[r]; ok {
			return to
		}
		return unicode.ToLower(r)
	}, text)
}
