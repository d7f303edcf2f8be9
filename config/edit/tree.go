package edit

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// scalar is a value of YAML that is neither a mapping nor a list, as it compares: text is never a number.
type scalar struct{ kind, text string }

// plain is the document as maps, lists and scalars, to compare with.
func (d *document) plain() any { return plainOf(d.root) }

func plainOf(n ast.Node) any {
	switch n := n.(type) {
	case nil:
		return map[string]any{}
	case *ast.MappingNode:
		out := map[string]any{}
		for _, m := range n.Values {
			out[m.Key.GetToken().Value] = plainOf(m.Value)
		}
		return out
	case *ast.MappingValueNode:
		return map[string]any{n.Key.GetToken().Value: plainOf(n.Value)}
	case *ast.SequenceNode:
		out := make([]any, len(n.Values))
		for i, one := range n.Values {
			out[i] = plainOf(one)
		}
		return out
	case *ast.StringNode:
		return scalar{"text", n.Value}
	case *ast.LiteralNode:
		return scalar{"text", n.Value.Value}
	case *ast.NullNode:
		return nil
	case *ast.BoolNode:
		return scalar{"bool", n.Token.Value}
	}
	t := n.GetToken()
	kind := "other"
	if t.Type == token.IntegerType || t.Type == token.FloatType {
		kind = "number"
	}
	return scalar{kind, t.Value}
}

// plainValue is a value of JSON as plain has it.
func plainValue(v any) any {
	switch v := v.(type) {
	case string:
		return scalar{"text", v}
	case bool:
		return scalar{"bool", fmt.Sprint(v)}
	case json.Number:
		return scalar{"number", v.String()}
	case []any:
		out := make([]any, len(v))
		for i, one := range v {
			out[i] = plainValue(one)
		}
		return out
	case map[string]any:
		out := map[string]any{}
		for name, one := range v {
			out[name] = plainValue(one)
		}
		return out
	}
	return nil
}

// values is the reverse of plainValue.
func values(v any) any {
	switch v := v.(type) {
	case scalar:
		switch v.kind {
		case "bool":
			return v.text == "true"
		case "number":
			return json.Number(v.text)
		}
		return v.text
	case []any:
		out := make([]any, len(v))
		for i, one := range v {
			out[i] = values(one)
		}
		return out
	case map[string]any:
		out := map[string]any{}
		for name, one := range v {
			out[name] = values(one)
		}
		return out
	}
	return nil
}

func dig(v any, path []string) any {
	for _, name := range path {
		m, _ := v.(map[string]any)
		v = m[name]
	}
	return v
}

// with returns a tree that has a value at a path.
func with(tree any, path []string, value any) any {
	if len(path) == 0 {
		return value
	}
	m, _ := tree.(map[string]any)
	out := maps.Clone(m)
	if out == nil {
		out = map[string]any{}
	}
	out[path[0]] = with(out[path[0]], path[1:], value)
	return out
}

func without(tree any, path []string) any {
	m, ok := tree.(map[string]any)
	if !ok {
		return tree
	}
	out := maps.Clone(m)
	if len(path) == 1 {
		delete(out, path[0])
		if len(out) == 0 {
			return nil
		}
		return out
	}
	out[path[0]] = without(out[path[0]], path[1:])
	return out
}

func renamed(tree any, path []string, to string) any {
	m, _ := tree.(map[string]any)
	out := maps.Clone(m)
	if len(path) == 1 {
		out[to] = out[path[0]]
		delete(out, path[0])
		return out
	}
	out[path[0]] = renamed(out[path[0]], path[1:], to)
	return out
}

// walkTexts calls f with each text in a tree, in the order of names.
func walkTexts(tree any, path []string, f func(path []string, text string)) {
	switch v := tree.(type) {
	case scalar:
		if v.kind == "text" {
			f(slices.Clone(path), v.text)
		}
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			walkTexts(v[name], append(path[:len(path):len(path)], name), f)
		}
	}
}

// renameIn replaces the name of a field in indexes, where -name is descending.
func renameIn(v any, from, to string) any {
	switch v := v.(type) {
	case scalar:
		if v.kind == "text" && strings.TrimPrefix(v.text, "-") == from {
			return scalar{"text", strings.TrimSuffix(v.text, from) + to}
		}
	case []any:
		out := make([]any, len(v))
		for i, one := range v {
			out[i] = renameIn(one, from, to)
		}
		return out
	case map[string]any:
		out := maps.Clone(v)
		out["fields"] = renameIn(v["fields"], from, to)
		return out
	}
	return v
}

// order is the order in which people write what a field, a collection and its rules have; other names come after them.
var order = []string{
	"database", "type", "of", "to", "on_delete", "check", "column", "was", "required", "unique", "index", "default", "min", "max", "pattern", "enum", "search", "encrypt", "hash", "fields", "open",
	"indexes", "rules", "read", "create", "update", "delete", "set", "unset", "fields_readable", "fields_writable", "where", "realtime",
}

func ordered(m map[string]any) []string {
	rank := func(name string) int {
		if i := slices.Index(order, name); i >= 0 {
			return i
		}
		return len(order)
	}
	names := slices.Sorted(maps.Keys(m))
	slices.SortStableFunc(names, func(a, b string) int { return rank(a) - rank(b) })
	return names
}
