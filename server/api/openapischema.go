package api

import (
	"encoding/json"
	"regexp"
	"slices"

	"github.com/basalt-dev/basalt/config"
	"github.com/basalt-dev/basalt/modules/query"
)

// The schemas of documents: as they are read, created and changed.

// readSchema is a document as an answer has it. No field is always there: a selection, and a field rule, leave fields out.
func readSchema(c *config.Collection) object {
	properties := object{
		"expand":   object{"type": "object", "description": "what was asked for with expand"},
		"snippets": object{"type": "object", "additionalProperties": text(), "description": "what was asked for with snippets, as HTML"},
	}
	for i, f := range c.Declared() {
		if f.Hash {
			continue // never shown
		}
		s := fieldSchema(f)
		if f.Name == "id" || f.Served || forces(c.SetCreate, i) && forces(c.SetUpdate, i) {
			s["readOnly"] = true
		}
		if i < len(c.Readable) && c.Readable[i] != nil {
			s["description"] = "left out where its rule does not let the caller read it"
		}
		properties[f.Name] = s
	}
	out := object{"type": "object", "properties": properties}
	if c.Open {
		out["additionalProperties"] = true
	}
	return out
}

// forces reports whether the server sets a field, whatever the client sends.
func forces(set []config.Forced, field int) bool {
	return slices.ContainsFunc(set, func(f config.Forced) bool { return f.Field == field })
}

// sentSchema is a value of a field as a write takes it: a decimal may be a string too.
func sentSchema(f *config.Field) object {
	s := fieldSchema(f)
	if f.Type == query.TypeDecimal {
		s["anyOf"] = numberOrText(!f.Required)
		delete(s, "type")
		delete(s, "format")
	}
	return s
}

// double is a number of 64 bits: without a format, generators take it for one of 32.
func double() object { return object{"type": "number", "format": "double"} }

// numberOrText is a decimal as it may be sent. Generators of typed languages make nothing of a list of types but a nullable one.
func numberOrText(null bool) []any {
	out := []any{double(), object{"type": "string"}}
	if null {
		out = append(out, object{"type": "null"})
	}
	return out
}

// writeSchema is a document as a create takes it.
func writeSchema(c *config.Collection) object {
	properties, required := object{}, []string{}
	for i, f := range c.Declared() {
		s := sentSchema(f)
		forced := f.Served || forces(c.SetCreate, i)
		switch {
		case forced:
			s["readOnly"], s["description"] = true, "the server sets it, whatever is sent"
		case f.Hash:
			s["writeOnly"] = true
		}
		switch {
		case f.Default == nil:
		case f.DefaultsToNow() && !forced:
			s["description"] = "the time of the write when it is left out"
		case !f.DefaultsToNow():
			s["default"] = json.RawMessage(inJSON(f, f.Default.Value))
		}
		properties[f.Name] = s
		composes := c.Composed() && slices.Contains(c.Key, f.Name) // the path of a PUT says it
		if f.Required && f.Default == nil && !forced && !composes {
			required = append(required, f.Name)
		}
	}
	return object{"type": "object", "properties": properties, "required": required, "additionalProperties": c.Open}
}

// patchSchema is what a merge patch takes: values, null to unset, and operators.
func patchSchema(c *config.Collection) object {
	properties, paths := object{}, object{}
	for i, f := range c.Declared() {
		if f.Type == query.TypeJSON {
			paths["^"+regexp.QuoteMeta(f.Name)+`\.`] = object{"description": "a member of " + f.Name}
		}
		s := sentSchema(f)
		if len(f.Members) > 0 {
			s = memberPatchSchema(f)
		}
		switch {
		case f.Name == "id":
			s["readOnly"], s["description"] = true, "it does not change"
		case f.Served, forces(c.SetUpdate, i):
			s["readOnly"], s["description"] = true, "the server sets it, whatever is sent"
		case f.Hash:
			s["writeOnly"] = true
		}
		if operator := operatorSchema(f); operator != nil && s["readOnly"] == nil {
			values, several := s["anyOf"].([]any)
			if !several || len(s) > 1 { // such as a minimum
				values = []any{s}
			}
			s = object{"anyOf": append(values, operator)}
		}
		properties[f.Name] = s
	}
	out := object{"type": "object", "properties": properties, "additionalProperties": c.Open}
	if len(paths) > 0 {
		out["patternProperties"] = paths
	}
	return out
}

// operatorSchema describes the atomic operators of a field, nil where it has none.
func operatorSchema(f *config.Field) object {
	operator := func(name string, value object) object {
		return object{"type": "object", "properties": object{name: value}, "required": []string{name}, "additionalProperties": false}
	}
	if f.Type.IsList() {
		one := fieldSchema(f.Element())
		return object{"anyOf": []any{operator("$push", one), operator("$pull", one), operator("$addToSet", one),
			operator("$append", object{"type": "array", "items": one}), operator("$prepend", object{"type": "array", "items": one}), operator("$remove", object{"type": "integer"})}}
	}
	switch f.Type {
	case query.TypeInt:
		return operator("$inc", object{"type": "integer", "format": "int64"})
	case query.TypeDecimal:
		return operator("$inc", object{"anyOf": numberOrText(false)})
	case query.TypeFloat:
		return operator("$inc", double())
	case query.TypeTime, query.TypeDate:
		return operator("$now", object{"const": true})
	}
	return nil
}

// inJSON is a value of a field in JSON.
func inJSON(f *config.Field, v query.Value) string {
	if f.JSON == "string" {
		return `"` + v.JSON() + `"`
	}
	return v.JSON()
}

// fieldSchema is a value of a field: its type, and what bounds it.
func fieldSchema(f *config.Field) object {
	s := typeSchema(f)
	if f.Type == query.TypeJSON && len(f.Members) == 0 {
		return s
	}
	boundSchema(s, f)
	enum := enumSchema(f)
	if !f.Required && f.Name != "id" {
		s["type"] = []any{s["type"], "null"}
		if enum != nil {
			enum = append(enum, json.RawMessage("null"))
		}
	}
	if enum != nil {
		s["enum"] = enum
	}
	if f.Name == "id" {
		s["description"] = map[query.Kind]string{query.KindInt: "the next number when it is left out", query.KindString: "a UUIDv7 when it is left out"}[f.Type.Kind()]
	}
	return s
}

func typeSchema(f *config.Field) object {
	switch f.Type {
	case query.TypeInt:
		return object{"type": "integer", "format": "int64"}
	case query.TypeDecimal:
		if f.JSON == "string" {
			return object{"type": "string", "format": "decimal"}
		}
		return double()
	case query.TypeFloat:
		return double()
	case query.TypeBool:
		return object{"type": "boolean"}
	case query.TypeTime:
		return timeText()
	case query.TypeUUID:
		return object{"type": "string", "format": "uuid"}
	case query.TypeDate:
		return object{"type": "string", "format": "date"}
	case query.TypeBytes:
		return object{"type": "string", "contentEncoding": "base64"}
	case query.TypeJSON:
		return membersSchema(f, memberSchema, true)
	}
	if f.Type.IsList() {
		return object{"type": "array", "items": fieldSchema(f.Element())}
	}
	return text()
}

// membersSchema describes the declared members of a json field; any value, where none are.
func membersSchema(f *config.Field, member func(*config.Field) object, whole bool) object {
	if len(f.Members) == 0 {
		return object{}
	}
	properties, required := object{}, []string{}
	for _, m := range f.Members {
		properties[m.Name] = member(m)
		if m.Required && m.Default == nil {
			required = append(required, m.Name)
		}
	}
	out := object{"type": "object", "properties": properties, "additionalProperties": f.Open}
	if whole && len(required) > 0 {
		out["required"] = required
	}
	return out
}

// memberSchema is a member of a json field, of which none is the id.
func memberSchema(m *config.Field) object {
	unkeyed := *m
	unkeyed.Name = ""
	return fieldSchema(&unkeyed)
}

// memberPatchSchema is what a merge patch takes for a member.
func memberPatchSchema(m *config.Field) object {
	s := memberSchema(m)
	if len(m.Members) > 0 {
		s = membersSchema(m, memberPatchSchema, false)
		if !m.Required {
			s["type"] = []any{"object", "null"}
		}
	}
	if operator := operatorSchema(m); operator != nil {
		return object{"anyOf": []any{s, operator}}
	}
	return s
}

// boundSchema adds min, max and pattern.
func boundSchema(s object, f *config.Field) {
	low, high := "minimum", "maximum"
	switch {
	case f.Type.IsList():
		low, high = "minItems", "maxItems"
	case f.Type.Kind() == query.KindString:
		low, high = "minLength", "maxLength"
	}
	for name, bound := range map[string]*config.Literal{low: f.Min, high: f.Max} {
		if bound != nil && f.Type != query.TypeBytes && f.Type != query.TypeDate && f.JSON != "string" { // whose text is longer than its bytes
			s[name] = json.RawMessage(bound.Value.JSON())
		}
	}
	if f.Pattern != nil && !f.Type.IsList() {
		s["pattern"] = f.Pattern.Source
	}
}

func enumSchema(f *config.Field) (enum []json.RawMessage) {
	if f.Type.IsList() { // it is that of each element
		return nil
	}
	for _, e := range f.Enum {
		enum = append(enum, json.RawMessage(inJSON(f, e.Value)))
	}
	return enum
}
