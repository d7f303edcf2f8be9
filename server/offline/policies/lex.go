package policies

import (
	"fmt"
	"regexp"
	"strings"
)

var pieces = regexp.MustCompile(`^(?:\s+|--[^\n]*|(?P<string>[eE]?'(?:[^']|'')*')|(?P<number>\d+(?:\.\d+)?)|(?P<quoted>"(?:[^"]|"")*")|(?P<word>[A-Za-z_][A-Za-z0-9_$]*|\$\d+)|(?P<op>::|<>|!=|<=|>=|->>|->|@>|<@|\|\||!~~\*|!~~|~~\*|~~|[-+*/<>=?(),.;\[\]~]))`)

type tokenKind int

const (
	end tokenKind = iota
	aString
	aNumber
	quoted
	aWord
	anOp
)

type lexeme struct {
	kind tokenKind
	text string
}

const (
	maxDepth = 100
	maxText  = 64 << 10
)

func lex(text string) ([]lexeme, error) {
	if len(text) > maxText {
		return nil, fmt.Errorf("the condition is longer than %d bytes", maxText)
	}
	var out []lexeme
	for text != "" {
		m := pieces.FindStringSubmatchIndex(text)
		if m == nil {
			return nil, fmt.Errorf("%.20q is not understood", text)
		}
		for kind := aString; kind <= anOp; kind++ {
			if m[2*kind] < 0 {
				continue
			}
			part := text[m[2*kind]:m[2*kind+1]]
			switch kind {
			case aString:
				if part[0] != '\'' {
					return nil, fmt.Errorf("the string %s with escapes is not understood", part)
				}
				part = strings.ReplaceAll(part[1:len(part)-1], "''", "'")
			case quoted:
				part = strings.ReplaceAll(part[1:len(part)-1], `""`, `"`)
				if strings.ContainsAny(part, ".(") {
					return nil, fmt.Errorf("the name %q is not understood", part)
				}
			}
			out = append(out, lexeme{kind, part})
		}
		text = text[m[1]:]
	}
	return append(out, lexeme{}), nil
}
