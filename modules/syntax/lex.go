package syntax

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

type kind uint8

const (
	end kind = iota
	name
	number
	quoted
	bytes
	symbol // an operator, a bracket, or a word that is an operator
)

// token is a word of the source. The value of a string is what it stands for; otherwise it is as in the source.
type token struct {
	Place
	kind  kind
	value string
}

type lexer struct {
	source string
	at     int
	hash   bool // the last token is #, which a name may follow that is a keyword elsewhere
}

// scan reads the next token.
func (l *lexer) scan() token {
	if l.hash {
		l.hash = false
		if start := l.at; l.word() {
			return l.token(name, start)
		}
	}
	l.skip()
	start := l.at
	if start == len(l.source) {
		return l.token(end, start)
	}
	switch c := l.source[start]; {
	case c == '"' || c == '\'':
		return l.quote(start, false)
	case c == '`':
		return l.raw(start)
	case (c == 'b' || c == 'B') && (l.byteAt(start+1) == '"' || l.byteAt(start+1) == '\''):
		l.at++
		return l.quote(start, true)
	case isDigit(c), c == '.' && isDigit(l.byteAt(start+1)):
		return l.number(start)
	case l.word():
		if isKeyword(l.source[start:l.at]) {
			return l.token(symbol, start)
		}
		return l.token(name, start)
	case c == '#':
		l.at++
		l.hash = !l.accept("#")
	case strings.IndexByte("&!=*<>", c) >= 0:
		l.at++
		l.accept("&=*")
	case c == '?':
		l.at++
		l.accept(".?")
	case c == '.' || c == '|' || c == ':':
		l.at++
		l.accept(l.source[start:l.at])
	case strings.IndexByte("()[]{},;%+-^/", c) >= 0:
		l.at++
	default:
		l.character()
	}
	return l.token(symbol, start)
}

func (l *lexer) token(kind kind, start int) token {
	return token{Place{start, l.at}, kind, l.source[start:l.at]}
}

// skip passes spaces and comments.
func (l *lexer) skip() {
	for l.at < len(l.source) {
		rest := l.source[l.at:]
		r, size := utf8.DecodeRuneInString(rest)
		switch {
		case unicode.IsSpace(r):
			l.at += size
		case strings.HasPrefix(rest, "//"):
			line := strings.IndexByte(rest, '\n')
			if line < 0 {
				line = len(rest) - 1
			}
			l.at += line + 1
		case strings.HasPrefix(rest, "/*"):
			length := strings.Index(rest[2:], "*/")
			if length < 0 {
				wrong(Place{l.at, len(l.source)}, "a */ is missing at the end of the comment that begins here")
			}
			l.at += length + 4
		default:
			return
		}
	}
}

// word passes a word, and reports whether there is one.
func (l *lexer) word() bool {
	start := l.at
	for l.at < len(l.source) {
		if c := l.source[l.at]; c < utf8.RuneSelf {
			if !isWordByte(c) {
				break
			}
			l.at++
			continue
		}
		r, size := utf8.DecodeRuneInString(l.source[l.at:])
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			break
		}
		l.at += size
	}
	return l.at > start
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isWordByte(c byte) bool {
	return 'a' <= c|0x20 && c|0x20 <= 'z' || isDigit(c) || c == '_' || c == '$'
}

// isName reports whether a string can stand after a dot.
func isName(s string) bool {
	l := lexer{source: s}
	return l.word() && l.at == len(s) && !isDigit(s[0])
}

func isKeyword(word string) bool {
	switch word {
	case "not", "in", "or", "and", "matches", "contains", "startsWith", "endsWith", "let", "if", "else":
		return true
	}
	return false
}

// byteAt returns a byte of the source, 0 after its end.
func (l *lexer) byteAt(at int) byte {
	if at < len(l.source) {
		return l.source[at]
	}
	return 0
}

// accept passes a byte if it is one of some.
func (l *lexer) accept(some string) bool {
	if l.at < len(l.source) && strings.IndexByte(some, l.source[l.at]) >= 0 {
		l.at++
		return true
	}
	return false
}

// number reads a number. What it is worth is for the parser, because a key of a map is the number as it is written.
func (l *lexer) number(start int) token {
	l.accept(".")
	digits := "0123456789_"
	if l.accept("0") {
		switch {
		case l.accept("xX"):
			digits = "0123456789abcdefABCDEF_"
		case l.accept("oO"):
			digits = "01234567_"
		case l.accept("bB"):
			digits = "01_"
		}
	}
	l.all(digits)
	if l.accept(".") {
		if l.byteAt(l.at) == '.' { // 1..2
			l.at--
			return l.token(number, start)
		}
		l.all(digits)
	}
	if l.accept("eE") {
		l.accept("+-")
		l.all(digits)
	}
	if l.word() {
		wrong(Place{start, l.at}, "%s is not a number; a name begins with a letter, and a string is in quotes", clip(l.source[start:l.at]))
	}
	return l.token(number, start)
}

func (l *lexer) all(some string) {
	for l.accept(some) {
	}
}

// character refuses what no token begins with.
func (l *lexer) character() {
	r, size := utf8.DecodeRuneInString(l.source[l.at:])
	at := Place{l.at, l.at + size}
	switch {
	case strings.ContainsRune("“”„‘’«»", r):
		wrong(at, `use " instead of %c`, r)
	case r == '@':
		wrong(at, "@ has no meaning here; write auth and request without it")
	case r == utf8.RuneError && size == 1:
		wrong(at, "a byte here is not UTF-8")
	}
	wrong(at, "%c has no meaning here", r)
}
