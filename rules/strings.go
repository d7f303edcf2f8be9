package rules

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/basalt-dev/basalt/modules/query"
)

// The functions of strings and of times.

func trim(_ *made, args []any) (any, error) {
	if len(args) == 1 {
		return strings.TrimSpace(args[0].(string)), nil
	}
	return strings.Trim(args[0].(string), args[1].(string)), nil
}

// affix returns the second argument of trimPrefix and trimSuffix: a space if it is left out.
func affix(args []any) string {
	if len(args) == 1 {
		return " "
	}
	return args[1].(string)
}

func trimPrefix(_ *made, args []any) (any, error) {
	return strings.TrimPrefix(args[0].(string), affix(args)), nil
}

func trimSuffix(_ *made, args []any) (any, error) {
	return strings.TrimSuffix(args[0].(string), affix(args)), nil
}

// upper and lower may need three bytes for each: that of a broken character becomes U+FFFD.
func upper(m *made, args []any) (any, error) {
	s := args[0].(string)
	if err := m.bytes(len(s)); err != nil {
		return nil, err
	}
	return strings.ToUpper(s), nil
}

func lower(m *made, args []any) (any, error) {
	s := args[0].(string)
	if err := m.bytes(len(s)); err != nil {
		return nil, err
	}
	return strings.ToLower(s), nil
}

// limitOf returns the number of an optional argument, -1 if it is left out.
func limitOf(args []any, i int) (int, error) {
	if i >= len(args) {
		return -1, nil
	}
	return whole(args[i])
}

func split(m *made, args []any) (any, error) {
	s, sep := args[0].(string), args[1].(string)
	limit, err := limitOf(args, 2)
	if err != nil {
		return nil, err
	}
	parts := strings.Count(s, sep) + 1
	if limit >= 0 {
		parts = min(parts, limit)
	}
	if err := m.items(2 * parts); err != nil { // the strings, and then the list
		return nil, err
	}
	out := make([]any, 0, parts)
	for _, part := range strings.SplitN(s, sep, limit) {
		out = append(out, part)
	}
	return out, nil
}

func replace(m *made, args []any) (any, error) {
	s, old, with := args[0].(string), args[1].(string), args[2].(string)
	limit, err := limitOf(args, 3)
	if err != nil {
		return nil, err
	}
	places := strings.Count(s, old)
	if limit >= 0 {
		places = min(places, limit)
	}
	if err := m.bytes(len(s) + places*max(len(with)-len(old), 0)); err != nil {
		return nil, err
	}
	return strings.Replace(s, old, with, limit), nil
}

func join(m *made, args []any) (any, error) {
	glue := ""
	if len(args) == 2 {
		glue = args[1].(string)
	}
	list := args[0].([]any)
	size := len(glue) * max(len(list)-1, 0)
	parts := make([]string, len(list))
	for i, v := range list {
		part, ok := v.(string)
		if !ok {
			return nil, fmt.Errorf("an element of the list is %s", described(v))
		}
		parts[i] = part
		size += len(part)
	}
	if err := m.bytes(size); err != nil {
		return nil, err
	}
	return strings.Join(parts, glue), nil
}

// indexOf and lastIndexOf count bytes.
func indexOf(_ *made, args []any) (any, error) {
	return int64(strings.Index(args[0].(string), args[1].(string))), nil
}

func lastIndexOf(_ *made, args []any) (any, error) {
	return int64(strings.LastIndex(args[0].(string), args[1].(string))), nil
}

func hasPrefix(_ *made, args []any) (any, error) {
	return strings.HasPrefix(args[0].(string), args[1].(string)), nil
}

func hasSuffix(_ *made, args []any) (any, error) {
	return strings.HasSuffix(args[0].(string), args[1].(string)), nil
}

// toString is what Go prints for a value.
func toString(m *made, args []any) (any, error) {
	if s, ok := args[0].(string); ok {
		return s, nil
	}
	p := printer{made: m}
	if err := p.print(args[0]); err != nil {
		return nil, err
	}
	return string(p.out), nil
}

type printer struct {
	made *made
	out  []byte
}

func (p *printer) print(v any) error {
	before := len(p.out)
	switch v := v.(type) {
	case []any:
		p.out = append(p.out, '[')
		for i, item := range v {
			if i > 0 {
				p.out = append(p.out, ' ')
			}
			if err := p.print(item); err != nil {
				return err
			}
		}
		p.out = append(p.out, ']')
		return p.made.bytes(len(v) + 2)
	case map[string]any:
		p.out = append(p.out, "map["...)
		for i, name := range sortedKeys(v) {
			if i > 0 {
				p.out = append(p.out, ' ')
			}
			p.out = append(append(p.out, name...), ':')
			if err := p.made.bytes(len(name) + 2); err != nil {
				return err
			}
			if err := p.print(v[name]); err != nil {
				return err
			}
		}
		p.out = append(p.out, ']')
		return p.made.bytes(5)
	case string:
		p.out = append(p.out, v...)
	case int64:
		p.out = strconv.AppendInt(p.out, v, 10)
	case float64:
		p.out = strconv.AppendFloat(p.out, v, 'g', -1, 64)
	case bool:
		p.out = strconv.AppendBool(p.out, v)
	case query.Decimal:
		p.out = append(p.out, v...)
	case nil:
		p.out = append(p.out, absence{}.String()...)
	case fmt.Stringer:
		p.out = append(p.out, v.String()...)
	case []byte:
		p.out = fmt.Appendf(p.out, "%v", v)
	}
	return p.made.bytes(len(p.out) - before)
}

// sortedKeys returns the names of an object in order, so that what is made of them is always the same.
func sortedKeys(o map[string]any) []string {
	names := make([]string, 0, len(o))
	for name := range o {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func duration(_ *made, args []any) (any, error) {
	d, err := time.ParseDuration(args[0].(string))
	if err != nil {
		return nil, notSuch(args[0], "a duration")
	}
	return d, nil
}

// dateForms are tried in order by date(text).
var dateForms = []string{"2006-01-02", "15:04:05", "2006-01-02 15:04:05", time.RFC3339, time.RFC822, time.RFC850, time.RFC1123}

// date reads a time: in one of dateForms, or in a form of Go's package time, and in a zone. The result is in UTC.
func date(_ *made, args []any) (any, error) {
	zone, forms := time.UTC, dateForms
	if len(args) > 1 {
		forms = []string{args[1].(string)}
	}
	if len(args) > 2 {
		var err error
		if zone, err = time.LoadLocation(args[2].(string)); err != nil {
			return nil, notSuch(args[2], "a time zone")
		}
	}
	for _, form := range forms {
		if t, err := time.ParseInLocation(form, args[0].(string), zone); err == nil {
			return t.UTC(), nil
		}
	}
	return nil, notSuch(args[0], "a time")
}

// notSuch is the error about a string that is not what it should be. It has only the beginning of a long one.
func notSuch(v any, what string) error {
	s := v.(string)
	if len(s) > 40 {
		end := 40
		for end > 0 && !utf8.RuneStart(s[end]) {
			end--
		}
		s = s[:end] + "…"
	}
	return errors.New(strconv.Quote(s) + " is not " + what)
}

func described(v any) string {
	if k := kindOf(v); k != 0 {
		return k.String()
	}
	return "nil"
}
