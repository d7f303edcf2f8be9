package api

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"

	"github.com/gofiber/fiber/v2"

	"github.com/basalt-dev/basalt/config"
	"github.com/basalt-dev/basalt/modules/query"
)

// object is a JSON object of the description. encoding/json writes its members sorted.
type object = map[string]any

// openAPI returns the OpenAPI 3.1 description of a configuration: the collections with their
// fields, and nothing of the rules.
func openAPI(c *config.Config, version string, routes []route) ([]byte, error) {
	schemas := object{
		"problem": object{"type": "object", "required": []string{"type", "title", "status", "detail", "code"}, "properties": object{
			"type": text(), "title": text(), "status": object{"type": "integer"}, "detail": text(), "code": text(), "request_id": text(),
			"errors": arrayOf(object{"type": "object", "properties": object{"field": text(), "code": text(), "detail": text()}}),
		}},
		"session": object{"type": "object", "properties": object{
			"access_token": text(), "refresh_token": text(), "token_type": text(), "expires_in": object{"type": "integer"}, "user": reference("user"),
		}},
		"user": object{"type": "object", "properties": object{
			"id": text(), "email": object{"type": []string{"string", "null"}}, "email_verified": object{"type": "boolean"},
			"new_email": object{"type": []string{"string", "null"}}, "anonymous": object{"type": "boolean"}, "totp": object{"type": "boolean"}, "created": timeText(),
		}},
	}
	paths := object{}
	for _, name := range slices.Sorted(maps.Keys(c.Collections)) {
		schemas[name] = documentSchema(c.Collections[name])
		collectionPaths(paths, name)
	}
	paths["/v1/batch"] = object{"post": operation("Run operations in one transaction", "batch", object{
		"ops": arrayOf(object{"type": "object", "required": []string{"op", "collection"}, "properties": object{
			"op": object{"type": "string", "enum": []string{"create", "update", "replace", "delete"}}, "collection": text(), "id": text(), "doc": object{"type": "object"}, "if_match": text(),
		}}),
		"atomic": object{"type": "boolean", "default": true},
	}, http.StatusOK, object{"type": "object", "properties": object{"results": arrayOf(object{})}})}
	livePaths(paths, c)
	functionPaths(paths, c)
	routePaths(paths, c, routes)
	return json.Marshal(object{
		"openapi": "3.1.0",
		"info":    object{"title": "Basalt", "version": version, "description": "Data, sign-in and rules over your databases."},
		"paths":   paths,
		"components": object{
			"schemas":         schemas,
			"securitySchemes": object{"bearer": object{"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
		},
		"security": []object{{"bearer": []string{}}, {}},
	})
}

func text() object                 { return object{"type": "string"} }
func timeText() object             { return object{"type": "string", "format": "date-time"} }
func arrayOf(items any) object     { return object{"type": "array", "items": items} }
func reference(name string) object { return object{"$ref": "#/components/schemas/" + name} }

func documentSchema(c *config.Collection) object {
	properties := object{}
	required := []string{}
	for _, f := range c.Ordered {
		properties[f.Name] = fieldSchema(f)
		if f.Required {
			required = append(required, f.Name)
		}
	}
	return object{"type": "object", "properties": properties, "required": required}
}

func fieldSchema(f *config.Field) object {
	s := object{}
	switch f.Type {
	case query.TypeInt:
		s["type"], s["format"] = "integer", "int64"
	case query.TypeFloat:
		s["type"] = "number"
	case query.TypeBool:
		s["type"] = "boolean"
	case query.TypeTime:
		s = timeText()
	case query.TypeBytes:
		s["type"], s["contentEncoding"] = "string", "base64"
	case query.TypeJSON:
		return s
	default:
		s["type"] = "string"
	}
	low, high := "minimum", "maximum"
	if f.Type.Kind() == query.KindString {
		low, high = "minLength", "maxLength"
	}
	for name, bound := range map[string]*config.Literal{low: f.Min, high: f.Max} {
		if bound != nil && f.Type != query.TypeBytes { // whose text is longer than its bytes
			s[name] = json.RawMessage(bound.Value.JSON())
		}
	}
	if f.Pattern != nil {
		s["pattern"] = f.Pattern.Source
	}
	var enum []json.RawMessage
	for _, e := range f.Enum {
		enum = append(enum, json.RawMessage(e.Value.JSON()))
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
		s["readOnly"] = false
		s["description"] = map[query.Kind]string{query.KindInt: "the next number when it is left out", query.KindString: "a UUIDv7 when it is left out"}[f.Type.Kind()]
	}
	return s
}

func parameter(in, name, description string, schema object) object {
	return object{"in": in, "name": name, "description": description, "required": in == "path", "schema": schema}
}

// operation describes one call; body is the properties of its JSON body, a reference to a schema, or
// nil for none.
func operation(summary, tag string, body any, status int, answer any, parameters ...object) object {
	ok := object{"description": http.StatusText(status)}
	if answer != nil {
		ok["content"] = object{"application/json": object{"schema": answer}}
	}
	out := object{
		"summary": summary, "tags": []string{tag},
		"responses": object{
			query.Int(int64(status)).JSON(): ok,
			"default":                       object{"description": "what is wrong", "content": object{"application/problem+json": object{"schema": reference("problem")}}},
		},
	}
	if properties, isObject := body.(object); isObject {
		if properties["$ref"] == nil && properties["oneOf"] == nil {
			properties = object{"type": "object", "properties": properties}
		}
		out["requestBody"] = object{"required": true, "content": object{"application/json": object{"schema": properties}}}
	}
	if len(parameters) > 0 {
		out["parameters"] = parameters
	}
	return out
}

func collectionPaths(paths object, name string) {
	base := "/v1/db/" + name
	doc := reference(name)
	page := object{"type": "object", "properties": object{"items": arrayOf(doc), "next": object{"type": []string{"string", "null"}}, "total": object{"type": "integer"}}}
	count := object{"type": "object", "properties": object{"count": object{"type": "integer"}}}
	filter := parameter("query", "filter", `such as: stars >= 3 && title startsWith "b"`, text())
	params := parameter("query", "params", "the values of $names in the filter, as a JSON object", text())
	choice := parameter("query", "select", "fields to return, with commas between", text())
	id := parameter("path", "id", "the document's id", text())
	match := parameter("header", "If-Match", "the ETag that the document has to have", text())
	figures := func() object { return arrayOf(text()) }
	expand := parameter("query", "expand", "related documents, such as author,comments(sort:-created,limit:3,expand:author)", text())
	paths[base] = object{
		"get": operation("List "+name, name, nil, http.StatusOK, page, filter, params, choice, expand,
			parameter("query", "sort", "fields, with commas between; - in front for descending", text()),
			parameter("query", "limit", "documents in the page", object{"type": "integer", "minimum": 1, "default": 50}),
			parameter("query", "after", "the next of the page before", text()),
			parameter("query", "count", "whether to return the total", object{"type": "boolean"})),
		"post":   operation("Create one or many "+name, name, object{"oneOf": []any{doc, arrayOf(doc)}}, http.StatusCreated, object{"oneOf": []any{doc, page}}),
		"patch":  operation("Change the "+name+" of a filter", name, object{}, http.StatusOK, count, filter, params),
		"delete": operation("Delete the "+name+" of a filter", name, nil, http.StatusOK, count, filter, params),
	}
	paths[base+"/query"] = object{"post": operation("List "+name+" by a JSON query", name, object{
		"where": object{"type": "object"}, "filter": text(), "params": object{"type": "object"}, "sort": figures(), "limit": object{"type": "integer"},
		"after": text(), "select": figures(), "expand": figures(), "count": object{"type": "boolean"},
	}, http.StatusOK, page)}
	paths[base+"/aggregate"] = object{"post": operation("Figures of "+name+", by group", name, object{
		"where": object{"type": "object"}, "filter": text(), "params": object{"type": "object"}, "group": figures(), "count": object{"type": "boolean"},
		"sum": figures(), "avg": figures(), "min": figures(), "max": figures(),
	}, http.StatusOK, object{"type": "object", "properties": object{"items": arrayOf(object{"type": "object"})}})}
	paths[base+"/{id}"] = object{
		"get":    operation("Get one of "+name, name, nil, http.StatusOK, doc, id, choice, expand),
		"patch":  operation("Change one of "+name+" by a merge patch", name, object{}, http.StatusOK, doc, id, match),
		"put":    operation("Replace or create one of "+name, name, doc, http.StatusOK, doc, id, match),
		"delete": operation("Delete one of "+name, name, nil, http.StatusNoContent, nil, id, match),
	}
}

// describe serves the description.
func describe(description []byte) fiber.Handler {
	return func(c *fiber.Ctx) error {
		c.Set(fiber.HeaderContentType, "application/json")
		c.Set(fiber.HeaderAccessControlAllowOrigin, "*")
		return c.Send(description)
	}
}
