package query

import "strings"

// UUID is the form of a uuid: capitals, braces and no hyphens are other spellings of one value, which is written in
// lower case with hyphens.
type UUID struct{}

// Canonical implements [Form].
func (UUID) Canonical(text string) (string, bool) {
	if len(text) == 36 && isUUID(text) {
		return text, true
	}
	if inside, ok := strings.CutPrefix(text, "{"); ok {
		if text, ok = strings.CutSuffix(inside, "}"); !ok {
			return "", false
		}
	}
	switch len(text) {
	case 36:
	case 32:
		text = text[:8] + "-" + text[8:12] + "-" + text[12:16] + "-" + text[16:20] + "-" + text[20:]
	default:
		return "", false
	}
	text = strings.ToLower(text)
	return text, len(text) == 36 && isUUID(text)
}

// isUUID reports whether 36 characters are lower-case hexadecimal digits, with hyphens where they are due.
func isUUID(text string) bool {
	for i := range len(text) {
		c := text[i]
		switch {
		case i == 8 || i == 13 || i == 18 || i == 23:
			if c != '-' {
				return false
			}
		case c >= '0' && c <= '9', c >= 'a' && c <= 'f':
		default:
			return false
		}
	}
	return true
}
