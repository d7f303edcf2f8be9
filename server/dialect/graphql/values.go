package graphql

import (
	"encoding/json"

	"github.com/vektah/gqlparser/v2/ast"
)

// valueOf returns the value of an argument as it is sent, numbers as they are written; false where there is none, because
// its variable has none.
func valueOf(v *ast.Value, vars map[string]any) (any, bool) {
	if v == nil {
		return nil, false
	}
	switch v.Kind {
	case ast.Variable:
		value, ok := vars[v.Raw]
		return value, ok
	case ast.IntValue, ast.FloatValue:
		return json.Number(v.Raw), true
	case ast.StringValue, ast.BlockValue, ast.EnumValue:
		return v.Raw, true
	case ast.BooleanValue:
		return v.Raw == "true", true
	case ast.ListValue:
		out := make([]any, 0, len(v.Children))
		for _, child := range v.Children {
			item, _ := valueOf(child.Value, vars)
			out = append(out, item)
		}
		return out, true
	case ast.ObjectValue:
		out := make(map[string]any, len(v.Children))
		for _, child := range v.Children {
			if item, ok := valueOf(child.Value, vars); ok {
				out[child.Name] = item
			}
		}
		return out, true
	}
	return nil, true
}

// argument returns an argument of a field: its default where it is left out, nil without one.
func (s *selected) argument(name string, vars map[string]any) any {
	if a := s.field.Arguments.ForName(name); a != nil {
		if v, ok := valueOf(a.Value, vars); ok {
			return v
		}
	}
	if s.field.Definition != nil {
		if a := s.field.Definition.Arguments.ForName(name); a != nil && a.DefaultValue != nil {
			v, _ := valueOf(a.DefaultValue, nil)
			return v
		}
	}
	return nil
}

// given returns all arguments that are given.
func (s *selected) given(vars map[string]any) map[string]any {
	out := map[string]any{}
	for _, a := range s.field.Arguments {
		if v, ok := valueOf(a.Value, vars); ok {
			out[a.Name] = v
		}
	}
	return out
}

// listOf returns a list; a single value is a list of one.
func listOf(v any) []any {
	switch v := v.(type) {
	case nil:
		return nil
	case []any:
		return v
	}
	return []any{v}
}

// object returns an object, nil for anything else.
func object(v any) map[string]any {
	out, _ := v.(map[string]any)
	return out
}

// whole returns a whole number.
func whole(v any) (int, bool) {
	switch v := v.(type) {
	case json.Number:
		n, err := v.Int64()
		return int(n), err == nil && n == int64(int32(n))
	case int64:
		return int(v), v == int64(int32(v))
	}
	return 0, false
}
