package syntax

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/basalt-dev/basalt/modules/fault"
)

// wrong refuses the source.
func wrong(at Place, format string, args ...any) {
	panic(&Error{Place: at, Message: fmt.Sprintf(format, args...)})
}

func (p *parser) exceeds(at Place, by Excess, format string, limit int) *Error {
	return &Error{at, fmt.Sprintf(format, limit), by}
}

func clip(s string) string { return fault.Clip(s) }

// foreignWords are words of other languages and what stands for them here.
var foreignWords = map[string]string{
	"and": "use && instead of %s", "or": "use || instead of %s", "not": "use ! instead of %s",
	"is": "use == instead of %s, as in == nil", "like": `use like(field, "a%%") instead of %s`, "ilike": `use ilike(field, "a%%") instead of %s`,
	"between": "use >= and <= instead of %s", "in": "use in instead of %s", "equals": "use == instead of %s", "eq": "use == instead of %s",
	"ne": "use != instead of %s", "gt": "use > instead of %s", "gte": "use >= instead of %s", "lt": "use < instead of %s", "lte": "use <= instead of %s",
	"then": "use ? and : for a choice, as in a ? b : c", "exists": `use exists("collection", {…}) as a condition of its own`,
}

// unexpected refuses the current token, and says what to write.
func (p *parser) unexpected() {
	t, before := p.current, p.last
	p.foreign()
	switch {
	case t.kind == end:
		p.ends()
	case t.kind == symbol && strings.Contains(")]}", t.value):
		p.closes()
	case p.lacksOperand() && t.kind == symbol && t.value != "(" && t.value != "[" && t.value != "{":
		wrong(t.Place, "a value or a condition is missing before %s", t.value)
	case t.kind != symbol && before.kind != end, t.kind == symbol && strings.Contains("([{", t.value):
		wrong(t.Place, "an operator such as && or == is missing before %s", clip(t.value))
	}
	wrong(t.Place, "%s is not expected here", clip(t.value))
}

// lacksOperand reports whether the token before the current one needs a value after it.
func (p *parser) lacksOperand() bool {
	return p.last.kind == end || p.last.kind == symbol && !strings.Contains(")]}", p.last.value)
}

// foreign refuses what is meant as an operator of another language.
func (p *parser) foreign() {
	t, before := p.current, p.last
	joined := Place{before.Offset, t.End}
	adjacent := before.kind == symbol && before.End == t.Offset
	if t.kind == symbol {
		switch {
		case t.value == "=" && adjacent && before.value == "!=":
			wrong(joined, "use != instead of !==")
		case t.value == "=" && adjacent && before.value == "==":
			wrong(joined, "use == instead of ===")
		case t.value == "=":
			wrong(t.Place, "use == to compare")
		case t.value == ">" && adjacent && before.value == "<":
			wrong(joined, "use != instead of <>")
		case t.value == "&":
			wrong(t.Place, "use && instead of &")
		}
	}
	for _, word := range []token{t, before} {
		if format := foreignWords[strings.ToLower(word.value)]; word.kind == name && format != "" {
			if strings.Contains(format, "%s") {
				format = fmt.Sprintf(format, word.value)
			}
			wrong(word.Place, "%s", format)
		}
	}
}

// ends says what an expression lacks that ends too early.
func (p *parser) ends() {
	at := p.current.Place
	switch {
	case p.last.kind == end:
		wrong(at, "there is no condition; write one, such as auth != nil")
	case p.lacksOperand():
		wrong(at, "a value or a condition is missing after %s", p.last.value)
	case len(p.open) > 0:
		closing, opened := p.innermost()
		wrong(at, "a %s is missing, for the %s", closing, opened)
	}
	wrong(at, "the expression ends too early")
}

// closes refuses a bracket that closes nothing, or the wrong thing.
func (p *parser) closes() {
	t := p.current
	if len(p.open) == 0 {
		wrong(t.Place, "this %s closes nothing; take it away", t.value)
	}
	if closing, opened := p.innermost(); closing != t.value {
		wrong(t.Place, "a %s is missing before %s, for the %s", closing, t.value, opened)
	}
	if p.lacksOperand() {
		wrong(t.Place, "a value or a condition is missing before %s", t.value)
	}
	wrong(t.Place, "%s is not expected here", t.value)
}

// innermost returns what closes the last bracket that is open, and where that is.
func (p *parser) innermost() (closing, opened string) {
	at := p.open[len(p.open)-1]
	bracket := p.source[at]
	column := utf8.RuneCountInString(p.source[:at]) + 1
	return string(")]}"[strings.IndexByte("([{", bracket)]), fmt.Sprintf("%c in column %d", bracket, column)
}

// unnamed refuses what is not a name where one is expected.
func (p *parser) unnamed(what string) {
	at := p.current.Place
	if p.current.kind == symbol && isKeyword(p.current.value) {
		wrong(at, "%s; %s is a word of the language", what, p.current.value)
	}
	wrong(at, "%s", what)
}

// notWhat refuses what follows not between two operands.
func (p *parser) notWhat(negation token) {
	if t := p.current; (t.kind == quoted || t.kind == bytes) && isNegatable(t.value) {
		wrong(t.Place, "write not %s without quotes", t.value)
	}
	wrong(negation.Place, "not between two values is a part of not in, not contains, not startsWith, not endsWith or not matches; to join two conditions, write && !")
}

func (p *parser) noColon() {
	if p.current.kind == end || p.is(")") || p.is("]") || p.is("}") || p.is(",") {
		wrong(p.current.Place, "a : is missing; a choice is condition ? value : value")
	}
	p.unexpected()
}

func (p *parser) noElse() {
	wrong(p.current.Place, "else is missing; a choice is if condition { value } else { value }")
}

func (p *parser) noBlock() {
	p.foreign()
	wrong(p.current.Place, "a { is missing; a choice is if condition { value } else { value }")
}

func (p *parser) noValue(variable token) {
	wrong(p.current.Place, "a = is missing after %s, as in let %s = doc.a; %s > 3", clip(variable.value), clip(variable.value), clip(variable.value))
}

func (p *parser) noBody(variable token) {
	if p.current.kind == end && len(p.open) == 0 {
		wrong(p.current.Place, "what uses %s is missing, after a ; as in let x = doc.a; x > 3", clip(variable.value))
	}
	p.unexpected()
}

func (p *parser) noKey() {
	if p.current.kind == end || p.is(")") || p.is("]") {
		p.unexpected()
	}
	if p.current.kind == symbol && isKeyword(p.current.value) {
		wrong(p.current.Place, `%s is a word of the language; as a key it is in quotes, as in {"%s": 1}`, p.current.value, p.current.value)
	}
	wrong(p.current.Place, `a key is a name, a string, a number, or an expression in brackets, as in {"a": 1}`)
}

func (p *parser) noPair() {
	if p.is("}") || p.is(",") {
		wrong(p.current.Place, `a : and a value are missing after the key, as in {"a": 1}`)
	}
	p.unexpected()
}

// notANumber refuses a number that has no value.
func (p *parser) notANumber(t token, err error) {
	switch {
	case !errors.Is(err, strconv.ErrRange):
		wrong(t.Place, "%s is not a number", clip(t.value))
	case strings.ContainsAny(t.value, ".eE"):
		wrong(t.Place, "%s is larger than any number", clip(t.value))
	}
	wrong(t.Place, "a whole number here has 64 bits; write a larger decimal in quotes")
}
