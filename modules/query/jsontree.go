package query

import (
	"bytes"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// Member returns the value at a dotted path inside a JSON value, Null if there is none.
func (v Value) Member(path string) Value {
	for path != "" {
		var key string
		key, path, _ = strings.Cut(path, ".")
		if v.kind != KindJSON || v.text[0] != '{' {
			return Null
		}
		found := Null
		eachMember(v.text, func(name string, member Value) bool {
			if name == key {
				found = member
				return false
			}
			return true
		})
		v = found
	}
	return v
}

// Elements returns the elements of a JSON array, nil for anything else.
func (v Value) Elements() []Value {
	if v.kind != KindJSON || v.text[0] != '[' {
		return nil
	}
	dec := jsontext.NewDecoder(bytes.NewBufferString(v.text))
	if _, err := dec.ReadToken(); err != nil {
		return nil
	}
	out := []Value{}
	for dec.PeekKind() != ']' {
		raw, err := dec.ReadValue()
		if err != nil {
			return nil
		}
		out = append(out, RawJSON(string(raw)))
	}
	return out
}

// Members calls f for each member of a JSON object, in order, until it returns false.
func (v Value) Members(f func(name string, member Value) bool) {
	if v.kind == KindJSON && v.text[0] == '{' {
		eachMember(v.text, f)
	}
}

func eachMember(text string, f func(string, Value) bool) {
	dec := jsontext.NewDecoder(bytes.NewBufferString(text))
	if _, err := dec.ReadToken(); err != nil {
		return
	}
	for dec.PeekKind() == '"' {
		token, err := dec.ReadToken()
		if err != nil {
			return
		}
		name := token.String()
		raw, err := dec.ReadValue()
		if err != nil || !f(name, RawJSON(string(raw))) {
			return
		}
	}
}

// Any returns a value as Go has it: nil, bool, int64, float64, string, time.Time, [Date],
// [Decimal], []byte, []any or map[string]any. Integers stay exact. It is the form of claims, and of values in rules.
func (v Value) Any() any {
	switch v.kind {
	case KindNull:
		return nil
	case KindBool:
		return v.Bool()
	case KindInt:
		return v.Int()
	case KindFloat:
		return v.Float()
	case KindString:
		return v.text
	case KindTime:
		return v.Time()
	case KindDecimal:
		return Decimal(v.text)
	case KindDate:
		return Date(v.bits)
	case KindBytes:
		return []byte(v.text)
	}
	if v.text[0] == '[' {
		items := v.Elements()
		out := make([]any, len(items))
		for i, e := range items {
			out[i] = e.Any()
		}
		return out
	}
	out := map[string]any{}
	v.Members(func(name string, member Value) bool {
		out[name] = member.Any()
		return true
	})
	return out
}

// MakeArray returns the JSON array of the values.
func MakeArray(values []Value) Value {
	text := []byte{'['}
	for i, v := range values {
		if i > 0 {
			text = append(text, ',')
		}
		text = v.AppendJSON(text)
	}
	return Value{kind: KindJSON, text: string(append(text, ']'))}
}

// Merge applies an RFC 7396 merge patch and returns the result.
func (v Value) Merge(patch Value) Value {
	if patch.kind != KindJSON || patch.text[0] != '{' {
		return patch
	}
	var names []string
	members := map[string]Value{}
	v.Members(func(name string, member Value) bool {
		names = append(names, name)
		members[name] = member
		return true
	})
	patch.Members(func(name string, member Value) bool {
		old, had := members[name]
		if member.IsNull() {
			delete(members, name)
			names = slices.DeleteFunc(names, func(s string) bool { return s == name })
			return true
		}
		if !had {
			names = append(names, name)
		}
		members[name] = old.Merge(member)
		return true
	})
	return makeObject(names, members)
}

func makeObject(names []string, members map[string]Value) Value {
	text := []byte{'{'}
	for i, name := range names {
		if i > 0 {
			text = append(text, ',')
		}
		text = appendQuote(text, name)
		text = append(text, ':')
		text = members[name].AppendJSON(text)
	}
	return Value{kind: KindJSON, text: string(append(text, '}'))}
}

// canonicalJSON writes JSON with sorted members and one form for each number. It keeps 64-bit integers exact
// (which RFC 8785 does not).
func canonicalJSON(text string) string { return string(appendCanonicalJSON(nil, RawJSON(text))) }

func appendCanonicalJSON(dst []byte, v Value) []byte {
	switch {
	case v.kind == KindFloat && v.Ordinary() && v.Float() == float64(int64(v.Float())) && compareIntFloat(int64(v.Float()), v.Float()) == 0:
		return Int(int64(v.Float())).AppendJSON(dst)
	case v.kind != KindJSON:
		return v.AppendJSON(dst)
	case v.text[0] == '[':
		dst = append(dst, '[')
		for i, e := range v.Elements() {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendCanonicalJSON(dst, e)
		}
		return append(dst, ']')
	}
	var names []string
	members := map[string]Value{}
	v.Members(func(name string, member Value) bool {
		names = append(names, name)
		members[name] = member
		return true
	})
	slices.Sort(names)
	dst = append(dst, '{')
	for i, name := range names {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendQuote(dst, name)
		dst = append(dst, ':')
		dst = appendCanonicalJSON(dst, members[name])
	}
	return append(dst, '}')
}
