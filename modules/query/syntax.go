package query

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/expr-lang/expr/file"

	"github.com/basalt-dev/basalt/modules/fault"
)

// Syntax says what is wrong with an expression that the parser refuses, and what to write instead. The offset counts
// characters.
func Syntax(source string, err error) (offset int, message string) {
	var at *file.Error
	if !errors.As(err, &at) {
		return 0, err.Error()
	}
	s := newSyntax([]rune(source), at.From)
	if strings.HasSuffix(at.Message, " EOF") || at.Message == "unexpected end of expression" {
		s = newSyntax([]rune(source), len([]rune(source)))
	}
	if m := unexpectedToken.FindStringSubmatch(at.Message); m != nil {
		return s.unexpected(m[1], strings.Trim(m[2], `"`))
	}
	switch message := at.Message; {
	case message == "unexpected end of expression":
		return s.unexpected("EOF", "")
	case message == "literal not terminated":
		return s.openQuote()
	case strings.HasPrefix(message, "unrecognized character"):
		return s.character()
	case strings.HasPrefix(message, "invalid integer literal"):
		return len([]rune(lastNumber.ReplaceAllString(string(s.source[:s.at]), ""))), "a whole number here has 64 bits; write a larger decimal in quotes"
	}
	return at.From, at.Message
}

// tokenAt returns how many characters the word, the operator or the string has that begins at a place of a text, 0 at its end.
func tokenAt(source []rune, at int) int {
	if at >= len(source) {
		return 0
	}
	return len([]rune(firstToken.FindString(string(source[at:]))))
}

var firstToken = regexp.MustCompile(`^(?s:[\pL\pN_$]+|[=!<>&|]+|"(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?|.)`)

var lastNumber = regexp.MustCompile(`[\w+-]+\s*$`)

var unexpectedToken = regexp.MustCompile(`unexpected token (\w+)(?:\((.*)\))?`)

// syntax is a source with a place in it.
type syntax struct {
	source []rune
	at     int
	open   []int // where the brackets before the place are that are not closed
	quote  int   // where the string is that has no end before the place, -1 for none
}

var closing = map[rune]rune{'(': ')', '[': ']', '{': '}'}

func newSyntax(source []rune, at int) syntax {
	s := syntax{source: source, at: min(at, len(source)), quote: -1}
	for i := 0; i < len(source); i++ {
		r := source[i]
		switch {
		case s.quote >= 0:
			if r == '\\' && source[s.quote] != '`' {
				i++
			} else if r == source[s.quote] {
				s.quote = -1
			}
		case r == '"' || r == '\'' || r == '`':
			s.quote = i
		case i >= s.at:
			return s
		case closing[r] != 0:
			s.open = append(s.open, i)
		case r == ')' || r == ']' || r == '}':
			if n := len(s.open); n > 0 && closing[source[s.open[n-1]]] == r {
				s.open = s.open[:n-1]
			}
		}
	}
	return s
}

// around returns the character at a distance from the place, 0 outside the source.
func (s syntax) around(distance int) rune {
	if i := s.at + distance; i >= 0 && i < len(s.source) {
		return s.source[i]
	}
	return 0
}

// before returns the last word or operator before the place.
func (s syntax) before() string {
	words := lastWord.FindStringSubmatch(string(s.source[:s.at]))
	if words == nil {
		return ""
	}
	return words[1]
}

var lastWord = regexp.MustCompile(`(\w+|[^\w\s"'` + "`" + `()\[\]{}]+|[(\[{])\s*$`)

// sqlWords are words of other languages and what stands for them here.
var sqlWords = map[string]string{
	"and": "use && instead of %s", "or": "use || instead of %s", "not": "use ! instead of %s",
	"is": "use == instead of %s, as in == nil", "like": `use like(field, "a%%") instead of %s`, "ilike": `use ilike(field, "a%%") instead of %s`,
	"between": "use >= and <= instead of %s", "in": "use in instead of %s", "equals": "use == instead of %s", "eq": "use == instead of %s",
	"ne": "use != instead of %s", "gt": "use > instead of %s", "gte": "use >= instead of %s", "lt": "use < instead of %s", "lte": "use <= instead of %s",
	"then": "use ? and : for a choice, as in a ? b : c", "exists": `use exists("collection", {…}) as a condition of its own`,
}

func (s syntax) unexpected(kind, token string) (int, string) {
	if offset, message := s.foreign(kind, token); message != "" {
		return offset, message
	}
	switch kind {
	case "EOF":
		return s.at, s.ends()
	case "Bracket":
		return s.at, s.bracket(token)
	case "Operator":
		if before := s.before(); before == "" || operatorWord.MatchString(before) {
			return s.at, fmt.Sprintf("a value or a condition is missing before %s", token)
		}
	case "Identifier", "String", "Number":
		if s.before() != "" || s.at > 0 {
			return s.at, fmt.Sprintf("an operator such as && or == is missing before %s", fault.Clip(token))
		}
	}
	return s.at, fmt.Sprintf("%s is not expected here", fault.Clip(token))
}

var operatorWord = regexp.MustCompile(`^([^\w]+|and|or|not|in|contains|startsWith|endsWith|matches)$`)

// foreign knows the operators of other languages.
func (s syntax) foreign(kind, token string) (int, string) {
	before := s.before()
	switch {
	case kind == "Operator" && token == "=" && s.around(-2) == '!':
		return s.at - 2, "use != instead of !=="
	case kind == "Operator" && token == "=" && s.around(-1) == '=':
		return s.at - 2, "use == instead of ==="
	case kind == "Operator" && token == "=":
		return s.at, "use == to compare"
	case kind == "Operator" && token == ">" && s.around(-1) == '<':
		return s.at - 1, "use != instead of <>"
	case kind == "Operator" && token == "&":
		return s.at, "use && instead of &"
	case kind == "Identifier" && s.word(token) != "":
		return s.at, s.word(token)
	case !operatorWord.MatchString(before) && s.word(before) != "": // NOT x, where x is what the parser does not expect
		earlier := string(s.source[:s.at])
		return len([]rune(earlier[:strings.LastIndex(earlier, before)])), s.word(before)
	}
	if pipe := s.pipe(); pipe >= 0 {
		return pipe, "use || instead of |"
	}
	return 0, ""
}

func (s syntax) word(token string) string {
	format := sqlWords[strings.ToLower(token)]
	if format == "" || operatorWord.MatchString(token) {
		return ""
	}
	if !strings.Contains(format, "%s") {
		return format
	}
	return fmt.Sprintf(format, token)
}

// pipe returns where a single | is shortly before the place, -1 for nowhere.
func (s syntax) pipe() int {
	before := string(s.source[:s.at])
	if m := singlePipe.FindStringIndex(before); m != nil {
		return len([]rune(before[:strings.LastIndexByte(before, '|')]))
	}
	return -1
}

var singlePipe = regexp.MustCompile(`[^|]\|\s*\w*\s*$`)

// ends says what an expression lacks that ends too early.
func (s syntax) ends() string {
	switch before := s.before(); {
	case strings.TrimSpace(string(s.source)) == "":
		return "there is no condition; write one, such as auth != nil"
	case before != "" && operatorWord.MatchString(before):
		return fmt.Sprintf("a value or a condition is missing after %s", before)
	case len(s.open) > 0:
		last := s.source[s.open[len(s.open)-1]]
		return fmt.Sprintf("a %c is missing, for the %c in column %d", closing[last], last, s.open[len(s.open)-1]+1)
	case strings.ContainsRune(string(s.source), '?'):
		return "a : is missing; a choice is condition ? value : value"
	}
	return "the expression ends too early"
}

func (s syntax) bracket(token string) string {
	if token == "(" || token == "[" || token == "{" {
		return fmt.Sprintf("an operator such as && or == is missing before %s", token)
	}
	if len(s.open) == 0 {
		return fmt.Sprintf("this %s closes nothing; take it away", token)
	}
	last := s.source[s.open[len(s.open)-1]]
	if string(closing[last]) != token {
		return fmt.Sprintf("a %c is missing before %s, for the %c in column %d", closing[last], token, last, s.open[len(s.open)-1]+1)
	}
	return fmt.Sprintf("a value or a condition is missing before %s", token)
}

func (s syntax) openQuote() (int, string) {
	whole := newSyntax(s.source, len(s.source))
	if whole.quote < 0 {
		return s.at, "a quote is missing at the end of the text"
	}
	return whole.quote, fmt.Sprintf("a %c is missing at the end of the text that begins here", s.source[whole.quote])
}

func (s syntax) character() (int, string) {
	r := s.around(0)
	for i := s.at; r == 0 && i > 0; i-- {
		r = s.source[i-1]
	}
	switch r {
	case '“', '”', '„', '‘', '’', '«', '»':
		return s.at, fmt.Sprintf(`use " instead of %c`, r)
	case '@':
		return s.at, "@ has no meaning here; write auth and request without it"
	}
	return s.at, fmt.Sprintf("%c has no meaning here", r)
}
