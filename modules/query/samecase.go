package query

import (
	"errors"
	"strings"
	"unicode/utf8"
)

// Fold is how a column compares its strings if it takes different ones as equal, such as a and A. It stores every spelling;
// comparisons, orders and tests of text look at the keys of the strings. Nil is the comparison by bytes.
type Fold struct {
	lower map[rune]rune // beside A to Z
}

// FoldASCII takes A to Z as a to z and no other letters as equal.
var FoldASCII = &Fold{}

// LearnFold returns the fold of a database that compares what its lower function returns. Databases disagree about the
// letters, so that it is asked about all of them. It is an error if a character has no lower form of its own, but one that
// depends on others.
func LearnFold(lower func(text string) (string, error)) (*Fold, error) {
	const planes = 0x20000 // no character after these has case
	var all strings.Builder
	var runes []rune
	for r := rune(1); r < planes; r++ {
		if utf8.ValidRune(r) {
			runes = append(runes, r)
			all.WriteRune(r)
		}
	}
	text, err := lower(all.String())
	if err != nil {
		return nil, err
	}
	f := &Fold{lower: map[rune]rune{}}
	n := 0
	for _, to := range text {
		if n >= len(runes) {
			return nil, errContextual
		}
		if from := runes[n]; to != from {
			f.lower[from] = to
		}
		n++
	}
	if n != len(runes) {
		return nil, errContextual
	}
	for from, to := range f.lower {
		if _, again := f.lower[to]; again || from < utf8.RuneSelf && to != from+'a'-'A' {
			return nil, errContextual
		}
	}
	for r := 'A'; r <= 'Z'; r++ {
		if f.lower[r] == 0 {
			return nil, errContextual
		}
	}
	return f, nil
}

var errContextual = errors.New("the lower case of a character depends on its language or its neighbours")

// Key returns the one form of all strings that are equal. Keys compare by their bytes.
func (f *Fold) Key(text string) string {
	if f == nil {
		return text
	}
	plain := true
	for i := range len(text) {
		if c := text[i]; c >= utf8.RuneSelf && f.lower != nil || 'A' <= c && c <= 'Z' {
			plain = false
			break
		}
	}
	switch {
	case plain:
		return text
	case f.lower == nil: // which also keeps what is no UTF-8
		key := []byte(text)
		for i, c := range key {
			key[i] = lower(c)
		}
		return string(key)
	}
	return strings.Map(func(r rune) rune {
		if r < utf8.RuneSelf {
			return rune(lower(byte(r)))
		}
		if to, ok := f.lower[r]; ok {
			return to
		}
		return r
	}, text)
}

// Of returns the key of a string, and any other value as it is.
func (f *Fold) Of(v Value) Value {
	if f == nil || v.kind != KindString {
		return v
	}
	if key := f.Key(v.text); key != v.text {
		return String(key)
	}
	return v
}

// SetFolds records how the columns compare, one for each field, nil for those that do by bytes. The driver calls it when
// it has read the table.
func (s *Shape) SetFolds(folds []*Fold) {
	for _, f := range folds {
		if f != nil {
			s.folds.Store(&folds)
			return
		}
	}
	s.folds.Store(nil)
}

// Fold returns how a field compares; nil if it does by bytes.
func (s *Shape) Fold(field int) *Fold {
	folds := s.folds.Load()
	if folds == nil || field < 0 {
		return nil
	}
	return (*folds)[field]
}

func (s *Shape) foldAt(p Path) *Fold {
	if s.folds.Load() == nil || p.Sub != "" {
		return nil
	}
	return s.Fold(s.Index(p.Field))
}

// Key returns the one form of all values that equal a value of a path.
func (s *Shape) Key(p Path, v Value) Value { return s.foldAt(p).Of(v) }

// Joint returns how two fields are compared with each other: by bytes, unless both fold in the same way.
func Joint(a, b *Fold) *Fold {
	if a == b {
		return a
	}
	return nil
}

// Between returns the one form of all values of a field and of one of another shape that are equal to each other.
func Between(here *Shape, i int, there *Shape, j int) func(Value) Value {
	fold := Joint(here.Fold(i), there.Fold(j))
	return func(v Value) Value { return fold.Of(there.Spell(j, v)) }
}

// HoldsBetween reports whether the link is true for the values of two documents of these shapes.
func (l Link) HoldsBetween(inner, outer *Shape, a, b Value) bool {
	fold := Joint(inner.foldAt(l.Inner), outer.foldAt(l.Outer))
	return l.Holds(fold.Of(a), fold.Of(b))
}
