package query

import (
	"strings"
	"unicode/utf8"

	"github.com/basalt-dev/basalt/modules/fault"
)

// A pattern is what [Like] and [ILike] test a whole string against: % stands for any characters, also none, _ for one,
// and a backslash makes the next one stand for itself; at the end it stands for itself. Letters are compared by their
// bytes, in ILike with A to Z equal to a to z. No other letters are folded, because databases disagree on them.

const (
	// maxWildcards limits the % of a client's pattern: each is a loop in a regular expression of MongoDB.
	maxWildcards = 16
	// MaxText limits the bytes of a client's pattern, and of a text that a string is to contain, begin or end with. SQLite
	// takes patterns of 50,000 bytes and MongoDB regular expressions of 32,764, and to both a character may be four.
	MaxText = 8000
)

// PatternPart is one step of a pattern.
type PatternPart struct {
	// Any is true for %, One for _; otherwise the part is Text.
	Any, One bool
	Text     string
}

// PatternParts returns the steps of a pattern, for drivers whose language writes it differently.
func PatternParts(pattern string) []PatternPart {
	var parts []PatternPart
	var text []byte
	end := func() {
		if len(text) > 0 {
			parts = append(parts, PatternPart{Text: string(text)})
			text = nil
		}
	}
	for i := 0; i < len(pattern); i++ {
		switch c := pattern[i]; {
		case c == '\\' && i+1 < len(pattern):
			i++
			text = append(text, pattern[i])
		case c == '%':
			end()
			parts = append(parts, PatternPart{Any: true})
		case c == '_':
			end()
			parts = append(parts, PatternPart{One: true})
		default:
			text = append(text, c)
		}
	}
	end()
	return parts
}

// EscapePattern returns the pattern that only this text satisfies.
func EscapePattern(text string) string {
	return strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(text)
}

// patternTest returns the simplest filter for a pattern: most of them are the start or the end of a string.
func patternTest(p Path, op TextOp, pattern string) Filter {
	parts := PatternParts(pattern)
	texts, any := 0, 0
	text := ""
	for _, part := range parts {
		switch {
		case part.Any:
			any++
		case part.Text != "":
			text = part.Text
			texts++
		}
	}
	folds := op == ILike && strings.ToLower(text) != strings.ToUpper(text)
	if texts+any == len(parts) && texts <= 1 && !folds {
		first := len(parts) > 0 && parts[0].Any
		last := len(parts) > 0 && parts[len(parts)-1].Any
		switch {
		case any == 0:
			return &Compare{p, Eq, String(text)}
		case first && last:
			return &Text{p, Contains, text}
		case last:
			return &Text{p, StartsWith, text}
		case first:
			return &Text{p, EndsWith, text}
		}
	}
	return &Text{p, op, normalPattern(parts)}
}

// normalPattern writes the steps again, so that equal patterns have equal texts and none ends with a backslash, which
// databases refuse.
func normalPattern(parts []PatternPart) string {
	var out strings.Builder
	for i, part := range parts {
		switch {
		case part.Any && i > 0 && parts[i-1].Any:
		case part.Any:
			out.WriteByte('%')
		case part.One:
			out.WriteByte('_')
		default:
			out.WriteString(EscapePattern(part.Text))
		}
	}
	return out.String()
}

// CheckText is the client's error for the text of a test that costs too much, or that no database takes.
func CheckText(p Path, op TextOp, text string) error {
	switch {
	case len(text) > MaxText:
		return fault.FieldErrorf(p.String(), "too_long", "the text of %s has at most %d bytes", op, MaxText)
	case (op == Like || op == ILike) && strings.Count(text, "%") > maxWildcards:
		return fault.FieldErrorf(p.String(), "too_many_wildcards", "a pattern has at most %d %%", maxWildcards)
	}
	return nil
}

// matchPattern reports whether the whole string satisfies the pattern. After a %, what follows is looked for once, at
// its first place: a later place leaves less of the string for the rest.
func matchPattern(s, pattern string, fold bool) bool {
	parts := PatternParts(pattern)
	back, rest := -1, "" // where to go on after the last %, with which part of the string
	for at := 0; ; {
		switch {
		case at == len(parts) && s == "":
			return true
		case at < len(parts) && parts[at].Any:
			at++
			back, rest = at, s
			continue
		case at < len(parts):
			if after, ok := parts[at].step(s, fold); ok {
				s = after
				at++
				continue
			}
		}
		if back < 0 || rest == "" {
			return false
		}
		_, size := utf8.DecodeRuneInString(rest)
		rest = rest[size:]
		s, at = rest, back
	}
}

// step matches one part at the beginning of a string and returns what is left of it.
func (p PatternPart) step(s string, fold bool) (rest string, ok bool) {
	switch {
	case p.One:
		_, size := utf8.DecodeRuneInString(s)
		return s[size:], size > 0
	case len(s) < len(p.Text):
		return s, false
	}
	head := s[:len(p.Text)]
	if head != p.Text && (!fold || !equalFolded(head, p.Text)) {
		return s, false
	}
	return s[len(p.Text):], true
}

// equalFolded compares two strings of one length, with A to Z equal to a to z.
func equalFolded(a, b string) bool {
	for i := range len(a) {
		if lower(a[i]) != lower(b[i]) {
			return false
		}
	}
	return true
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}
