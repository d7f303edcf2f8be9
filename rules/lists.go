package rules

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/basalt-dev/basalt/modules/query"
)

// The functions of lists and objects.

func first(_ *made, args []any) (any, error) { return memberOf(args[0], int64(0)), nil }

func last(_ *made, args []any) (any, error) { return memberOf(args[0], int64(-1)), nil }

func keys(m *made, args []any) (any, error) {
	o := args[0].(map[string]any)
	out := make([]any, 0, len(o))
	for _, name := range sortedKeys(o) {
		out = append(out, name)
	}
	return out, m.items(len(o))
}

// members is values: in the order of keys.
func members(m *made, args []any) (any, error) {
	o := args[0].(map[string]any)
	out := make([]any, 0, len(o))
	for _, name := range sortedKeys(o) {
		out = append(out, o[name])
	}
	return out, m.items(len(o))
}

func reverse(m *made, args []any) (any, error) {
	list := args[0].([]any)
	if err := m.items(len(list)); err != nil {
		return nil, err
	}
	out := slices.Clone(list)
	slices.Reverse(out)
	return out, nil
}

func concat(m *made, args []any) (any, error) {
	size := 0
	for _, list := range args {
		size += len(list.([]any))
	}
	if err := m.items(size); err != nil {
		return nil, err
	}
	out := make([]any, 0, size)
	for _, list := range args {
		out = append(out, list.([]any)...)
	}
	return out, nil
}

func flatten(m *made, args []any) (any, error) { return flat(m, []any{}, args[0].([]any)) }

func flat(m *made, out, list []any) ([]any, error) {
	if err := m.items(len(list)); err != nil {
		return nil, err
	}
	var err error
	for _, v := range list {
		inner, ok := v.([]any)
		if !ok {
			out = append(out, v)
		} else if out, err = flat(m, out, inner); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// uniq keeps the first of those that are equal.
func uniq(m *made, args []any) (any, error) {
	list := args[0].([]any)
	seen := make(map[string]bool, len(list))
	out := []any{}
	var key []byte
	for _, v := range list {
		key = appendIdentity(key[:0], v)
		if err := m.bytes(len(key) + 4*perItem); err != nil { // what is seen, too
			return nil, err
		}
		if f, ok := v.(float64); ok && f != f { // NaN, which equals nothing
			out = append(out, v)
		} else if !seen[string(key)] {
			seen[string(key)] = true
			out = append(out, v)
		}
	}
	return out, nil
}

// appendIdentity writes a value so that equal ones, and no others, are written alike.
func appendIdentity(b []byte, v any) []byte {
	switch v := v.(type) {
	case string:
		b = append(strconv.AppendInt(append(b, 's'), int64(len(v)), 10), ':')
		return append(b, v...)
	case int64:
		return strconv.AppendInt(append(b, 'n'), v, 10)
	case float64:
		if i, err := toInt(nil, []any{v}); err == nil && float64(i.(int64)) == v {
			return strconv.AppendInt(append(b, 'n'), i.(int64), 10)
		}
		return strconv.AppendFloat(append(b, 'n'), v, 'g', -1, 64)
	case bool:
		return strconv.AppendBool(b, v)
	case time.Time:
		return append(v.UTC().AppendFormat(append(b, 't'), time.RFC3339Nano), ';')
	case time.Duration:
		return strconv.AppendInt(append(b, 'd'), int64(v), 10)
	case query.Date:
		return strconv.AppendInt(append(b, 'y'), int64(v), 10)
	case query.Decimal:
		return append(append(append(b, 'c'), v...), ';')
	case []byte:
		b = append(strconv.AppendInt(append(b, 'b'), int64(len(v)), 10), ':')
		return append(b, v...)
	case []any:
		b = append(b, '[')
		for _, item := range v {
			b = append(appendIdentity(b, item), ',')
		}
		return append(b, ']')
	case map[string]any:
		b = append(b, '{')
		for _, name := range sortedKeys(v) {
			b = append(appendIdentity(appendIdentity(b, name), v[name]), ',')
		}
		return append(b, '}')
	case absence:
		return append(b, 'a')
	}
	return append(b, '0')
}

// sorted orders numbers, strings, times or durations, as < does.
func sorted(m *made, args []any) (any, error) {
	list, way := args[0].([]any), 1
	if len(args) == 2 {
		switch args[1] {
		case "asc":
		case "desc":
			way = -1
		default:
			return nil, notSuch(args[1], `"asc" or "desc"`)
		}
	}
	if err := m.items(len(list)); err != nil {
		return nil, err
	}
	if len(list) < 2 {
		return slices.Clone(list), nil
	}
	class := sortClass(list[0])
	for _, v := range list {
		if k := sortClass(v); k == 0 || k != class {
			return nil, fmt.Errorf("%s and %s have no order", described(list[0]), described(v))
		}
	}
	out := slices.Clone(list)
	slices.SortStableFunc(out, func(a, b any) int { return way * order(a, b) })
	return out, nil
}

func order(a, b any) int {
	switch x := a.(type) {
	case string:
		return strings.Compare(x, b.(string))
	case int64:
		if y, ok := b.(int64); ok {
			return cmp.Compare(x, y)
		}
	}
	switch {
	case compareKnown(query.Lt, a, b):
		return -1
	case compareKnown(query.Gt, a, b):
		return 1
	}
	return 0
}

// sortClass returns the kinds that have an order with a value, 0 if none has.
func sortClass(v any) kinds {
	k := kindOf(v)
	if k&aNumber != 0 {
		return aNumber
	}
	return k & (aString | aTime | aDuration)
}

// typeName names the type of a value.
func typeName(_ *made, args []any) (any, error) {
	return map[kinds]string{
		anInt: "int", aFloat: "float", aString: "string", aBool: "bool", aList: "array", anObject: "map",
		aTime: "time.Time", aDuration: "time.Duration", aDate: "date", aDecimal: "decimal", someBytes: "bytes",
	}[kindOf(args[0])], nil
}
