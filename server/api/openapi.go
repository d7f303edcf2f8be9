package api

import (
	"cmp"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"unicode"

	"github.com/gofiber/fiber/v2"

	"github.com/basalt-dev/basalt/config"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

// object is a JSON object of the description. encoding/json writes its members sorted.
type object = map[string]any

// openAPI returns the OpenAPI 3.1 description of a configuration: the collections with their
// fields, and nothing of the rules.
func openAPI(c *config.Config, version string, routes []route) ([]byte, error) {
	schemas := object{
		"problem": object{"type": "object", "required": []string{"type", "title", "status", "detail", "code"}, "properties": object{
			"type": text(), "title": text(), "status": object{"type": "integer"}, "detail": text(), "code": object{"type": "string", "enum": problemCodes}, "request_id": text(),
			"errors": arrayOf(object{"type": "object", "required": []string{"field", "code", "detail"}, "properties": object{
				"field": text(), "code": text(), "detail": text(), "column": object{"type": "integer"}, "length": object{"type": "integer"}, // where it is in a filter
			}}),
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
	names := collectionNames(c, schemas)
	for _, name := range slices.Sorted(maps.Keys(c.Collections)) {
		describeCollection(schemas, paths, c.Collections[name], names[name])
	}
	paths["/v1/batch"] = object{"post": writing(operation("Run operations in one transaction", "batch", object{
		"ops": arrayOf(object{"type": "object", "required": []string{"op", "collection"}, "properties": object{
			"op": object{"type": "string", "enum": []string{"create", "update", "replace", "delete"}}, "collection": text(), "id": text(), "doc": object{"type": "object"}, "if_match": text(),
		}}),
		"atomic": object{"type": "boolean", "default": true},
		"dry":    object{"type": "boolean", "default": false, "description": "all of it is checked, and nothing kept"},
	}, http.StatusOK, object{"type": "object", "properties": object{"results": arrayOf(object{})}}))}
	auditPaths(paths, c)
	livePaths(paths, c, names)
	filePaths(paths, c, names)
	functionPaths(paths, c)
	routePaths(paths, c, routes)
	describeProfiles(schemas, paths, c, names)
	describeAccepted(paths, c)
	nameOperations(paths)
	return json.Marshal(object{
		"openapi": "3.1.0",
		"servers": []object{{"url": cmp.Or(c.Server.Base, "/")}},
		"info":    object{"title": "Basalt", "version": version, "description": "Data, sign-in and rules over your databases."},
		"paths":   paths,
		"components": object{
			"schemas":         schemas,
			"headers":         sharedHeaders(),
			"parameters":      sharedParameters(),
			"responses":       sharedResponses(),
			"securitySchemes": object{"bearer": object{"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
		},
		"security": []object{{"bearer": []string{}}, {}},
	})
}

// problemCodes are the codes that a problem may have.
var problemCodes = []fault.Code{
	fault.InvalidJSON, fault.Invalid, fault.Unauthenticated, fault.Forbidden, fault.NotFound, fault.MethodNotAllowed, fault.Conflict,
	fault.PreconditionFailed, fault.TooLarge, fault.UnsupportedMedia, fault.RateLimited, fault.Internal, fault.Unavailable, fault.Timeout,
	fault.RangeNotSatisfiable, fault.Locked, fault.ChecksumMismatch,
}

// nameOperations gives the operations that have no name yet one of their method and path, such as postAuthSignup. No two
// have the same.
func nameOperations(paths object) {
	taken := map[any]bool{}
	var unnamed []func()
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		for _, method := range slices.Sorted(maps.Keys(paths[path].(object))) {
			operation := paths[path].(object)[method].(object)
			if id := operation["operationId"]; id != nil {
				taken[id] = true
				continue
			}
			unnamed = append(unnamed, func() {
				id := method + camel(strings.TrimPrefix(path, "/v1"))
				for taken[id] {
					id += "_"
				}
				taken[id] = true
				operation["operationId"] = id
			})
		}
	}
	for _, name := range unnamed {
		name()
	}
}

// camel joins the words of a string, each with a capital.
func camel(s string) string {
	var out strings.Builder
	for word := range strings.FieldsFuncSeq(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		out.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	return out.String()
}

func text() object                 { return object{"type": "string"} }
func timeText() object             { return object{"type": "string", "format": "date-time"} }
func arrayOf(items any) object     { return object{"type": "array", "items": items} }
func reference(name string) object { return object{"$ref": "#/components/schemas/" + name} }

func parameter(in, name, description string, schema object) object {
	return object{"in": in, "name": name, "description": description, "required": in == "path", "schema": schema}
}

// operation describes one call; body is the properties of its JSON body, a reference to a schema, or
// nil for none.
func operation(summary, tag string, body any, status int, answer any, parameters ...object) object {
	ok := object{"description": http.StatusText(status), "headers": headersOf(everyHeader...)}
	if answer != nil {
		ok["content"] = object{"application/json": object{"schema": answer}}
	}
	out := object{
		"summary": summary, "tags": []string{tag},
		"responses": object{
			query.Int(int64(status)).JSON(): ok,
			"default":                       object{"$ref": "#/components/responses/problem"},
		},
	}
	if properties, isObject := body.(object); isObject {
		if properties["$ref"] == nil && properties["oneOf"] == nil && properties["type"] == nil {
			properties = object{"type": "object", "properties": properties}
		}
		out["requestBody"] = object{"required": true, "content": object{"application/json": object{"schema": properties}}}
	}
	if len(parameters) > 0 {
		out["parameters"] = parameters
	}
	return out
}

// describe serves the description.
func describe(description []byte) fiber.Handler {
	return func(c *fiber.Ctx) error {
		c.Set(fiber.HeaderContentType, "application/json")
		c.Set(fiber.HeaderAccessControlAllowOrigin, "*")
		return c.Send(description)
	}
}
