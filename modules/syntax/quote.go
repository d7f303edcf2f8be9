package syntax

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// raw reads a string in backticks, where two of them stand for one.
func (l *lexer) raw(start int) token {
	doubled := false
	for l.at++; ; l.at++ {
		length := strings.IndexByte(l.source[l.at:], '`')
		if length < 0 {
			l.open(start)
		}
		l.at += length + 1
		if l.byteAt(l.at) != '`' {
			break
		}
		doubled = true
	}
	t := token{Place{start, l.at}, quoted, l.source[start+1 : l.at-1]}
	if doubled {
		t.value = valid(strings.ReplaceAll(t.value, "``", "`"))
	}
	return t
}

// quote reads a string in quotes, or bytes, from its quote on.
func (l *lexer) quote(start int, raw bool) token {
	t := token{kind: quoted}
	if raw {
		t.kind = bytes
	}
	quote := l.source[l.at]
	l.at++
	begin, plain := l.at, true
	for ; l.byteAt(l.at) != quote; l.at++ {
		switch c := l.byteAt(l.at); {
		case c == '\n':
			wrong(Place{start, l.at}, "a string in quotes ends on its line; write \\n for a line break, or put the string in backticks")
		case l.at >= len(l.source):
			l.open(start)
		case c == '\\':
			l.at++
			plain = false
		case c == '\r' || c >= utf8.RuneSelf:
			plain = false
		}
	}
	t.value = l.source[begin:l.at]
	l.at++
	t.Place = Place{start, l.at}
	if !plain {
		t.value = unescape(t.value, begin, quote, raw)
	}
	return t
}

func (l *lexer) open(start int) {
	quote := l.source[start]
	if quote != '"' && quote != '\'' && quote != '`' {
		quote = l.source[start+1]
	}
	wrong(Place{start, len(l.source)}, "a %c is missing at the end of the string that begins here", quote)
}

// valid replaces every byte that is not UTF-8 by U+FFFD.
func valid(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	return string([]rune(s))
}

// unescape returns what a string between quotes stands for. raw is for bytes, whose escapes are bytes and not characters.
func unescape(s string, offset int, quote byte, raw bool) string {
	s = valid(s)
	if strings.IndexByte(s, '\\') < 0 && strings.IndexByte(s, '\r') < 0 {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); {
		switch c := s[i]; c {
		case '\r': // any line break is \n
			b.WriteByte('\n')
			i++
		case '\\':
			length := escape(&b, s[i:], quote, raw)
			if length == 0 {
				_, size := utf8.DecodeRuneInString(s[min(i+1, len(s)-1):])
				wrong(Place{offset + i, offset + i + 1 + size}, "%s begins no character; write \\\\ for a backslash, or put the string in backticks", s[i:min(i+1+size, len(s))])
			}
			i += length
		default:
			b.WriteByte(c)
			i++
		}
	}
	return b.String()
}

// escape writes the character that an escape at the beginning of s stands for, and returns the length of the escape, 0 if it
// is none.
func escape(b *strings.Builder, s string, quote byte, raw bool) int {
	if len(s) < 2 {
		return 0
	}
	c := s[1]
	if at := strings.IndexByte(`abfnrtv\`, c); at >= 0 {
		b.WriteByte("\a\b\f\n\r\t\v\\"[at])
		return 2
	}
	from, digits, base := 2, 0, 16
	switch {
	case c == quote:
		b.WriteByte(c)
		return 2
	case '0' <= c && c <= '3':
		from, digits, base = 1, 3, 8
	case c == 'x':
		digits = 2
	case c == 'u' && !raw && len(s) > 2 && s[2] == '{':
		from, digits = 3, strings.IndexByte(s, '}')-3
		if digits < 1 || digits > 6 {
			return 0
		}
	case c == 'u' && !raw:
		digits = 4
	case c == 'U' && !raw:
		digits = 8
	}
	to := from + digits
	if digits == 0 || to > len(s) {
		return 0
	}
	r, err := strconv.ParseUint(s[from:to], base, 32)
	if err != nil || r > utf8.MaxRune {
		return 0
	}
	if raw {
		b.WriteByte(byte(r))
	} else {
		b.WriteRune(rune(r))
	}
	if c == 'u' && from == 3 {
		to++
	}
	return to
}
