package sqldb

import "strings"

// AppendCompact appends JSON without the white space between its parts.
func AppendCompact(dst []byte, text []byte) []byte {
	quoted := false
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case quoted && c == '\\':
			dst = append(dst, c)
			i++
			c = text[i]
		case c == '"':
			quoted = !quoted
		case !quoted && (c == ' ' || c == '\n' || c == '\t' || c == '\r'):
			continue
		}
		dst = append(dst, c)
	}
	return dst
}

// RewriteNumbers returns JSON with another text in the place of each number.
func RewriteNumbers(text string, rewrite func(number string) string) string {
	out := make([]byte, 0, len(text)+16)
	quoted := false
	for i := 0; i < len(text); {
		c := text[i]
		switch {
		case quoted && c == '\\':
			out = append(out, c, text[i+1])
			i += 2
			continue
		case c == '"':
			quoted = !quoted
		case !quoted && (c == '-' || c >= '0' && c <= '9'):
			end := i
			for end < len(text) && strings.IndexByte("+-0123456789.eE", text[end]) >= 0 {
				end++
			}
			out = append(out, rewrite(text[i:end])...)
			i = end
			continue
		}
		out = append(out, c)
		i++
	}
	return string(out)
}

// LongDigits reports whether a text has more digits in a row than an integer of 64 bits surely takes.
func LongDigits(text string) bool {
	run := 0
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			run = 0
		} else if run++; run > 18 {
			return true
		}
	}
	return false
}
