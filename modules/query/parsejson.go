package query

import (
	"bytes"
	"errors"
	"math"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/basalt-dev/basalt/modules/fault"
)

// ParseJSON reads JSON from outside. A syntax error, invalid UTF-8 or a duplicate name in an object is
// [InvalidJSON]. Nesting beyond depth, a number that no float can hold, and a NUL character, which not every
// database can store, are [fault.Invalid].
func ParseJSON(text []byte, depth int) (Value, error) {
	if at := deeperThan(text, depth); at >= 0 {
		return Null, fault.Errorf(fault.Invalid, "the JSON is nested more than %d deep at byte %d", depth, at)
	}
	// The format is compact, with one spelling for each string.
	v, err := jsontext.AppendFormat(make([]byte, 0, len(text)), text)
	if err != nil {
		return Null, jsonError(text, err)
	}
	if bytes.Contains(v, []byte(`\u0000`)) || hasLargeNumber(v) {
		if err := checkTokens(v); err != nil {
			return Null, err
		}
	}
	return RawJSON(string(v)), nil
}

// Deeper reports whether JSON is nested deeper.
func Deeper(text string, depth int) bool { return deeperThan([]byte(text), depth) >= 0 }

// deeperThan returns the offset where the nesting exceeds the limit, -1 if nowhere.
func deeperThan(text []byte, depth int) int {
	level, quoted := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			if level++; level > depth {
				return i
			}
		case c == '}' || c == ']':
			level--
		}
	}
	return -1
}

// hasLargeNumber reports whether there is a number with an exponent, or with very many digits.
func hasLargeNumber(text []byte) bool {
	quoted, digits := false, 0
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c >= '0' && c <= '9':
			if digits++; digits > 300 {
				return true
			}
			continue
		case (c == 'e' || c == 'E') && digits > 0:
			return true
		}
		digits = 0
	}
	return false
}

func checkTokens(text []byte) error {
	dec := jsontext.NewDecoder(bytes.NewReader(text))
	for {
		token, err := dec.ReadToken()
		if err != nil {
			return nil // the end: the syntax was checked
		}
		switch token.Kind() {
		case '"':
			if strings.ContainsRune(token.String(), 0) {
				return fault.Errorf(fault.Invalid, "the JSON has a NUL character (\\u0000) at %s, which cannot be stored", pointer(dec))
			}
		case '0':
			if f, _ := strconv.ParseFloat(token.String(), 64); math.IsInf(f, 0) {
				return fault.Errorf(fault.Invalid, "the number at %s is larger than any float", pointer(dec))
			}
		}
	}
}

func pointer(dec *jsontext.Decoder) string {
	if p := string(dec.StackPointer()); p != "" {
		return fault.Clip(p)
	}
	return "the top"
}

func jsonError(text []byte, err error) *fault.Error {
	if len(bytes.TrimSpace(text)) == 0 {
		return fault.Errorf(fault.InvalidJSON, "the body is empty; it has to be JSON")
	}
	var syntax *jsontext.SyntacticError
	if !errors.As(err, &syntax) {
		return fault.Errorf(fault.InvalidJSON, "the body is not JSON")
	}
	if errors.Is(err, jsontext.ErrDuplicateName) {
		return fault.Errorf(fault.InvalidJSON, "byte %d: the name at %s appears twice", syntax.ByteOffset, fault.Clip(string(syntax.JSONPointer)))
	}
	what := "unexpected end"
	if syntax.Err != nil {
		what = fault.Clip(syntax.Err.Error())
	}
	return fault.Errorf(fault.InvalidJSON, "the body is not JSON: byte %d: %s", syntax.ByteOffset, what)
}
