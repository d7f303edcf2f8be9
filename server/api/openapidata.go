package api

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/basalt-dev/basalt/config"
	"github.com/basalt-dev/basalt/modules/query"
)

// describeCollection adds the schemas and the calls of a collection: notes is a document as it is read, NewNote as it is
// created, NotePatch what changes it, NoteQuery a question and NotePage its answer.
func describeCollection(schemas, paths object, c *config.Collection) {
	many := camel(c.Name)
	one := singular(many)
	schemas[c.Name] = readSchema(c)
	schemas["New"+one] = writeSchema(c)
	schemas[one+"Patch"] = patchSchema(c)
	schemas[one+"Query"] = fields(object{
		"where": anyObject(), "filter": text(), "params": anyObject(), "sort": arrayOf(text()), "limit": object{"type": "integer", "minimum": 1},
		"after": text(), "select": arrayOf(text()), "expand": arrayOf(text()), "count": flag(),
	})
	schemas[one+"Page"] = object{"type": "object", "required": []string{"items"}, "properties": object{
		"items": arrayOf(reference(c.Name)), "next": object{"type": []string{"string", "null"}}, "total": object{"type": "integer"},
	}}
	collectionPaths(paths, c.Name, one, many)
}

// singular is the name of one document of a collection. A name that says no number is kept.
func singular(many string) string {
	switch {
	case strings.HasSuffix(many, "ies"):
		return strings.TrimSuffix(many, "ies") + "y"
	case strings.HasSuffix(many, "ss"), strings.HasSuffix(many, "us"), strings.HasSuffix(many, "is"):
		return many
	}
	return strings.TrimSuffix(many, "s")
}

// readSchema is a document as an answer has it. Only the id is always there: a selection, and a field rule, leave others out.
func readSchema(c *config.Collection) object {
	properties := object{"expand": object{"type": "object", "description": "what was asked for with expand"}}
	for i, f := range c.Ordered {
		if f.Hash {
			continue // never shown
		}
		properties[f.Name] = fieldSchema(f)
		if i < len(c.Readable) && c.Readable[i] != nil {
			properties[f.Name].(object)["description"] = "left out where its rule does not let the caller read it"
		}
	}
	return object{"type": "object", "properties": properties, "required": []string{"id"}}
}

// writeSchema is a document as a create takes it.
func writeSchema(c *config.Collection) object {
	properties, required := object{}, []string{}
	for i, f := range c.Ordered {
		s := fieldSchema(f)
		forced := slices.ContainsFunc(c.SetCreate, func(set config.Forced) bool { return set.Field == i })
		if forced || f.Served {
			s["description"] = "the server sets it, whatever is sent"
		}
		if f.Default != nil && !f.DefaultsToNow() {
			s["default"] = json.RawMessage(inJSON(f, f.Default.Value))
		}
		properties[f.Name] = s
		if f.Required && f.Default == nil && !forced {
			required = append(required, f.Name)
		}
	}
	return object{"type": "object", "properties": properties, "required": required, "additionalProperties": false}
}

// patchSchema is what a merge patch takes: values, null to unset, and operators.
func patchSchema(c *config.Collection) object {
	properties := object{}
	for _, f := range c.Ordered {
		if f.Name == "id" || f.Served {
			continue
		}
		s := fieldSchema(f)
		if operator := operatorSchema(f); operator != nil {
			s = object{"anyOf": []any{s, operator}}
		}
		properties[f.Name] = s
	}
	return object{"type": "object", "properties": properties, "additionalProperties": false}
}

// operatorSchema describes the atomic operators of a field, nil where it has none.
func operatorSchema(f *config.Field) object {
	operator := func(name string, value object) object {
		return object{"type": "object", "properties": object{name: value}, "required": []string{name}, "additionalProperties": false}
	}
	if f.Type.IsList() {
		one := fieldSchema(f.Element())
		return object{"anyOf": []any{operator("$push", one), operator("$pull", one), operator("$addToSet", one)}}
	}
	switch f.Type {
	case query.TypeInt:
		return operator("$inc", object{"type": "integer"})
	case query.TypeDecimal:
		return operator("$inc", object{"type": []string{"number", "string"}})
	case query.TypeFloat:
		return operator("$inc", object{"type": "number"})
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

func fieldSchema(f *config.Field) object {
	s := object{}
	switch f.Type {
	case query.TypeInt:
		s["type"], s["format"] = "integer", "int64"
	case query.TypeDecimal:
		if s["type"] = "number"; f.JSON == "string" {
			s["type"], s["format"] = "string", "decimal"
		}
	case query.TypeFloat:
		s["type"] = "number"
	case query.TypeBool:
		s["type"] = "boolean"
	case query.TypeTime:
		s = timeText()
	case query.TypeUUID:
		s["type"], s["format"] = "string", "uuid"
	case query.TypeDate:
		s["type"], s["format"] = "string", "date"
	case query.TypeBytes:
		s["type"], s["contentEncoding"] = "string", "base64"
	case query.TypeJSON:
		return s
	default:
		s["type"] = "string"
	}
	low, high := "minimum", "maximum"
	switch {
	case f.Type.IsList():
		s["type"], s["items"] = "array", fieldSchema(f.Element())
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
	var enum []json.RawMessage
	for _, e := range f.Enum {
		if f.Type.IsList() { // of each element
			break
		}
		enum = append(enum, json.RawMessage(inJSON(f, e.Value)))
	}
	if enum != nil {
		s["enum"] = enum
	}
	if !f.Required && f.Name != "id" {
		s["type"] = []any{s["type"], "null"}
		if enum != nil {
			s["enum"] = append(enum, json.RawMessage("null"))
		}
	}
	if f.Name == "id" {
		s["description"] = map[query.Kind]string{query.KindInt: "the next number when it is left out", query.KindString: "a UUIDv7 when it is left out"}[f.Type.Kind()]
	}
	return s
}

// collectionPaths describes the calls of a collection, with one of its documents and many of them by name.
func collectionPaths(paths object, name, one, many string) {
	base := "/v1/db/" + name
	doc, page := reference(name), reference(one+"Page")
	count := object{"type": "object", "required": []string{"count"}, "properties": object{"count": object{"type": "integer"}}}
	filter := parameter("query", "filter", `such as: stars >= 3 && title startsWith "b"`, text())
	params := parameter("query", "params", "the values of $names in the filter, as a JSON object", text())
	choice := parameter("query", "select", "fields to return, with commas between", text())
	id := parameter("path", "id", "the document's id", text())
	match := parameter("header", "If-Match", "the ETag that the document has to have", text())
	key := parameter("header", idempotencyHeader, "names the write, so that it happens once however often it is sent", text())
	expand := parameter("query", "expand", "related documents, such as author,comments(sort:-created,limit:3,expand:author)", text())
	paths[base] = object{
		"get": named("list"+many, operation("List "+name, name, nil, http.StatusOK, page, filter, params, choice, expand,
			parameter("query", "sort", "fields, with commas between; - in front for descending", text()),
			parameter("query", "limit", "documents in the page", object{"type": "integer", "minimum": 1, "default": 50}),
			parameter("query", "after", "the next of the page before", text()),
			parameter("query", "count", "whether to return the total", flag()))),
		"post": named("create"+one, operation("Create one or many "+name, name, object{"oneOf": []any{reference("New" + one), arrayOf(reference("New" + one))}},
			http.StatusCreated, object{"anyOf": []any{doc, page}}, key)),
		"patch":  named("updateMany"+many, operation("Change the "+name+" of a filter", name, reference(one+"Patch"), http.StatusOK, count, filter, params, key)),
		"delete": named("deleteMany"+many, operation("Delete the "+name+" of a filter", name, nil, http.StatusOK, count, filter, params, key)),
	}
	paths[base+"/query"] = object{"post": named("query"+many, operation("List "+name+" by a JSON query", name, reference(one+"Query"), http.StatusOK, page))}
	paths[base+"/aggregate"] = object{"post": named("aggregate"+many, operation("Aggregate "+name+", by group", name, object{
		"where": anyObject(), "filter": text(), "params": anyObject(), "group": arrayOf(text()), "count": flag(),
		"sum": arrayOf(text()), "avg": arrayOf(text()), "min": arrayOf(text()), "max": arrayOf(text()),
	}, http.StatusOK, object{"type": "object", "required": []string{"items"}, "properties": object{"items": arrayOf(anyObject())}}))}
	replace := named("replace"+one, operation("Replace or create one of "+name, name, reference("New"+one), http.StatusOK, doc, id, match, key))
	replace["responses"].(object)["201"] = replace["responses"].(object)["200"]
	paths[base+"/{id}"] = object{
		"get":    named("get"+one, operation("Get one of "+name, name, nil, http.StatusOK, doc, id, choice, expand)),
		"patch":  named("update"+one, operation("Change one of "+name+" by a merge patch", name, reference(one+"Patch"), http.StatusOK, doc, id, match, key)),
		"put":    replace,
		"delete": named("delete"+one, operation("Delete one of "+name, name, nil, http.StatusNoContent, nil, id, match, key)),
	}
}

// named gives an operation its name.
func named(id string, operation object) object {
	operation["operationId"] = id
	return operation
}
