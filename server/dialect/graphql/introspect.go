package graphql

import (
	"maps"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

// introspect answers __schema and __type.
func (e *executor) introspect(s *selected) (result, error) {
	if !e.mayIntrospect(e.caller) {
		return nil, fault.Errorf(fault.Forbidden, "you may not read the schema (graphql.introspection)")
	}
	types, err := e.schema.load()
	if err != nil {
		return nil, err
	}
	i := &introspector{types: types, vars: e.vars, limit: e.answer}
	if s.field.Name == "__type" {
		name, _ := s.argument("name", e.vars).(string)
		def := i.definition(name)
		if def == nil {
			return null, nil
		}
		return i.object(nil, "__Type", s, func(n *selected) any { return i.ofType(&ast.Type{NamedType: name}, n) }), nil
	}
	return i.object(nil, "__Schema", s, i.schema), nil
}

// introspector writes what a schema is.
type introspector struct {
	types *ast.Schema
	vars  map[string]any
	limit int
}

// resolver returns a member of an object: a value, a *node, a list of them, or nil.
type resolver func(*selected) any

// node is an object of the schema.
type node struct {
	typ     string
	resolve resolver
}

// definition returns a type; the aliases of scalars are not part of the schema that is shown.
func (i *introspector) definition(name string) *ast.Definition {
	if _, alias := aliases[name]; alias {
		return nil
	}
	return i.types.Types[name]
}

func (i *introspector) object(dst []byte, typ string, s *selected, resolve resolver) []byte {
	dst = append(dst, '{')
	for n, sub := range collect(s.sets, i.vars) {
		if n > 0 {
			dst = append(dst, ',')
		}
		dst = append(query.String(sub.key).AppendJSON(dst), ':')
		if sub.field.Name == "__typename" {
			dst = query.String(typ).AppendJSON(dst)
			continue
		}
		dst = i.value(dst, sub, resolve(sub))
		if len(dst) > i.limit {
			break
		}
	}
	return append(dst, '}')
}

func (i *introspector) value(dst []byte, s *selected, v any) []byte {
	switch v := v.(type) {
	case string:
		return query.String(v).AppendJSON(dst)
	case bool:
		return query.Bool(v).AppendJSON(dst)
	case *node:
		if v != nil {
			return i.object(dst, v.typ, s, v.resolve)
		}
	case []string:
		dst = append(dst, '[')
		for n, item := range v {
			if n > 0 {
				dst = append(dst, ',')
			}
			dst = query.String(item).AppendJSON(dst)
		}
		return append(dst, ']')
	case []*node:
		dst = append(dst, '[')
		for n, item := range v {
			if n > 0 {
				dst = append(dst, ',')
			}
			if dst = i.object(dst, item.typ, s, item.resolve); len(dst) > i.limit {
				break
			}
		}
		return append(dst, ']')
	}
	return append(dst, "null"...)
}

func text(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func (i *introspector) schema(s *selected) any {
	switch s.field.Name {
	case "types":
		var out []*node
		for _, name := range slices.Sorted(maps.Keys(i.types.Types)) {
			if i.definition(name) != nil {
				out = append(out, i.typeNode(&ast.Type{NamedType: name}))
			}
		}
		return out
	case "queryType":
		return i.named(i.types.Query)
	case "mutationType":
		return i.named(i.types.Mutation)
	case "subscriptionType":
		return i.named(i.types.Subscription)
	case "directives":
		var out []*node
		for _, name := range slices.Sorted(maps.Keys(i.types.Directives)) {
			d := i.types.Directives[name]
			if name == "defer" {
				continue // the library has it in its prelude
			}
			out = append(out, &node{"__Directive", func(s *selected) any { return i.directive(d, s) }})
		}
		return out
	}
	return nil
}

func (i *introspector) named(d *ast.Definition) *node {
	if d == nil {
		return nil
	}
	return i.typeNode(&ast.Type{NamedType: d.Name})
}

func (i *introspector) typeNode(t *ast.Type) *node {
	return &node{"__Type", func(s *selected) any { return i.ofType(t, s) }}
}

func (i *introspector) directive(d *ast.DirectiveDefinition, s *selected) any {
	switch s.field.Name {
	case "name":
		return d.Name
	case "description":
		return text(d.Description)
	case "isRepeatable":
		return d.IsRepeatable
	case "locations":
		out := make([]string, len(d.Locations))
		for n, l := range d.Locations {
			out[n] = string(l)
		}
		return out
	case "args":
		return i.arguments(d.Arguments)
	}
	return nil
}

// ofType answers a field of __Type.
func (i *introspector) ofType(t *ast.Type, s *selected) any {
	if t.NonNull || t.Elem != nil {
		kind, inner := "LIST", t.Elem
		if t.NonNull {
			kind, inner = "NON_NULL", &ast.Type{NamedType: t.NamedType, Elem: t.Elem}
		}
		switch s.field.Name {
		case "kind":
			return kind
		case "ofType":
			return i.typeNode(inner)
		}
		return nil
	}
	d := i.types.Types[t.NamedType]
	switch s.field.Name {
	case "kind":
		return string(d.Kind)
	case "name":
		return d.Name
	case "description":
		return text(d.Description)
	case "isOneOf":
		if d.Kind == ast.InputObject {
			return false
		}
	case "interfaces":
		if d.Kind == ast.Object || d.Kind == ast.Interface {
			out := []*node{}
			for _, name := range d.Interfaces {
				out = append(out, i.typeNode(&ast.Type{NamedType: name}))
			}
			return out
		}
	case "possibleTypes":
		if d.Kind == ast.Interface {
			out := []*node{}
			for _, of := range i.types.GetPossibleTypes(d) {
				out = append(out, i.typeNode(&ast.Type{NamedType: of.Name}))
			}
			return out
		}
	case "fields":
		if d.Kind == ast.Object || d.Kind == ast.Interface {
			return i.fields(d)
		}
	case "inputFields":
		if d.Kind == ast.InputObject {
			out := []*node{}
			for _, f := range d.Fields {
				out = append(out, i.input(f.Name, f.Description, f.Type, f.DefaultValue))
			}
			return out
		}
	case "enumValues":
		if d.Kind == ast.Enum {
			out := []*node{}
			for _, v := range d.EnumValues {
				out = append(out, &node{"__EnumValue", func(s *selected) any { return named(v.Name, v.Description, s) }})
			}
			return out
		}
	}
	return nil
}

// named answers what every member has.
func named(name, description string, s *selected) any {
	switch s.field.Name {
	case "name":
		return name
	case "description":
		return text(description)
	case "isDeprecated":
		return false
	}
	return nil
}

func (i *introspector) fields(d *ast.Definition) []*node {
	out := []*node{}
	for _, f := range d.Fields {
		if len(f.Name) > 2 && f.Name[:2] == "__" {
			continue // those of every type
		}
		out = append(out, &node{"__Field", func(s *selected) any {
			switch s.field.Name {
			case "args":
				return i.arguments(f.Arguments)
			case "type":
				return i.typeNode(f.Type)
			}
			return named(f.Name, f.Description, s)
		}})
	}
	return out
}

func (i *introspector) arguments(list ast.ArgumentDefinitionList) []*node {
	out := []*node{}
	for _, a := range list {
		out = append(out, i.input(a.Name, a.Description, a.Type, a.DefaultValue))
	}
	return out
}

func (i *introspector) input(name, description string, t *ast.Type, value *ast.Value) *node {
	return &node{"__InputValue", func(s *selected) any {
		switch s.field.Name {
		case "type":
			return i.typeNode(t)
		case "defaultValue":
			if value == nil {
				return nil
			}
			return value.String()
		}
		return named(name, description, s)
	}}
}
