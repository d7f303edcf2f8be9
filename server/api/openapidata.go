package api

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"github.com/basalt-dev/basalt/config"
)

// collectionName is what a collection and its documents are called in the description: notes is a document as it is
// read, NewNote as it is created, NotePatch what changes it, NoteQuery a question and NotePage its answer.
type collectionName struct{ doc, one, many string }

// collectionNames names the schemas and the calls of each collection. No two collections share a name, and none has that
// of a schema that is there.
func collectionNames(c *config.Config, schemas object) map[string]collectionName {
	out := map[string]collectionName{}
	taken := map[string]bool{}
	for name := range schemas {
		taken[name] = true
	}
	for _, name := range slices.Sorted(maps.Keys(c.Collections)) {
		many := camel(name)
		n := collectionName{name, singular(many), many}
		for taken[n.doc] {
			n.doc += "_"
		}
		if taken["one "+n.one] {
			n.one = many
		}
		for taken["one "+n.one] || taken["many "+n.many] {
			n.one, n.many = n.one+"_", n.many+"_"
		}
		taken[n.doc], taken["one "+n.one], taken["many "+n.many] = true, true, true
		out[name] = n
	}
	return out
}

// describeCollection adds the schemas and the calls of a collection.
func describeCollection(schemas, paths object, c *config.Collection, name collectionName) {
	schemas[name.doc] = readSchema(c)
	schemas["New"+name.one] = writeSchema(c)
	// A schema of its own, of which generators make a type that can be either.
	schemas["New"+name.one+"OrMany"] = object{"oneOf": []any{reference("New" + name.one), arrayOf(reference("New" + name.one))}}
	schemas[name.one+"Patch"] = patchSchema(c)
	schemas[name.one+"Query"] = fields(object{
		"where": anyObject(), "filter": text(), "params": anyObject(), "sort": arrayOf(text()), "limit": object{"type": "integer", "minimum": 1},
		"after": text(), "select": arrayOf(text()), "expand": arrayOf(text()), "count": flag(), "snippets": arrayOf(text()),
	})
	schemas[name.one+"Page"] = object{"type": "object", "required": []string{"items", "next"}, "properties": object{
		"items": arrayOf(reference(name.doc)), "next": object{"type": []string{"string", "null"}}, "total": object{"type": "integer"},
	}}
	collectionPaths(paths, c.Name, name)
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

// collectionPaths describes the calls of a collection.
func collectionPaths(paths object, name string, n collectionName) {
	base := "/v1/db/" + name
	one, many := n.one, n.many
	doc, page := reference(n.doc), reference(one+"Page")
	count := object{"type": "object", "required": []string{"count"}, "properties": object{"count": object{"type": "integer"}}}
	created := object{"type": "object", "required": []string{"items"}, "properties": object{"items": arrayOf(doc)}}
	filter := parameter("query", "filter", `such as: stars >= 3 && title startsWith "b"`, text())
	params := parameter("query", "params", "the values of $names in the filter, as a JSON object", text())
	choice := parameter("query", "select", "fields to return, with commas between", text())
	id := parameter("path", "id", "the document's id", text())
	match := sharedParameter("IfMatch")
	expand := parameter("query", "expand", "related documents, such as author,comments(sort:-created,limit:3,expand:author)", text())
	paths[base] = object{
		"get": named("list"+many, reading(operation("List "+name, name, nil, http.StatusOK, page, filter, params, choice, expand,
			parameter("query", "sort", "fields, with commas between; - in front for descending", text()),
			parameter("query", "limit", "documents in the page", object{"type": "integer", "minimum": 1, "default": 50}),
			parameter("query", "after", "the next of the page before", text()),
			parameter("query", "snippets", "searched fields to show the hits of, with commas between", text()),
			parameter("query", "count", "whether to return the total", flag())))),
		"post": named("create"+one, writing(operation("Create one or many "+name, name, reference("New"+one+"OrMany"),
			http.StatusCreated, object{"anyOf": []any{doc, created}}), fiber.HeaderETag, fiber.HeaderLocation)),
		"patch":  named("updateMany"+many, writing(operation("Change the "+name+" of a filter", name, reference(one+"Patch"), http.StatusOK, count, filter, params))),
		"delete": named("deleteMany"+many, writing(operation("Delete the "+name+" of a filter", name, nil, http.StatusOK, count, filter, params))),
	}
	paths[base+"/query"] = object{"post": named("query"+many, consistent(operation("List "+name+" by a JSON query", name, reference(one+"Query"), http.StatusOK, page)))}
	paths[base+"/aggregate"] = object{"post": named("aggregate"+many, consistent(operation("Aggregate "+name+", by group", name, object{
		"where": anyObject(), "filter": text(), "params": anyObject(), "group": arrayOf(text()), "count": flag(),
		"sum": arrayOf(text()), "avg": arrayOf(text()), "min": arrayOf(text()), "max": arrayOf(text()),
	}, http.StatusOK, object{"type": "object", "required": []string{"items"}, "properties": object{"items": arrayOf(anyObject())}})))}
	replace := named("replace"+one, writing(operation("Replace or create one of "+name, name, reference("New"+one), http.StatusOK, doc, id, match), fiber.HeaderETag))
	replace["responses"].(object)["201"] = replace["responses"].(object)["200"]
	remove := named("delete"+one, writing(operation("Delete one of "+name, name, nil, http.StatusNoContent, nil, id, match,
		parameter("query", "steps", "delete step by step what may be more than limits.cascade: 202 as long as there is more, then 204", flag()))))
	remove["responses"].(object)["202"] = writing(operation("", name, nil, http.StatusAccepted, count))["responses"].(object)["202"]
	paths[base+"/{id}"] = object{
		"get":    named("get"+one, reading(operation("Get one of "+name, name, nil, http.StatusOK, doc, id, choice, expand))),
		"patch":  named("update"+one, writing(operation("Change one of "+name+" by a merge patch", name, reference(one+"Patch"), http.StatusOK, doc, id, match), fiber.HeaderETag)),
		"put":    replace,
		"delete": remove,
	}
}

// named gives an operation its name.
func named(id string, operation object) object {
	operation["operationId"] = id
	return operation
}

// auditPaths describes the security events, which administrators read like a collection.
func auditPaths(paths object, c *config.Config) {
	if c.Auth == nil {
		return
	}
	const name = "_audit"
	list := operation("List security events", "admin", nil, http.StatusOK, anyPage())
	for _, p := range []string{"filter", "params", "select", "sort", "limit", "after", "count"} {
		parameters, _ := list["parameters"].([]object)
		list["parameters"] = append(parameters, parameter("query", p, "as of every collection", text()))
	}
	query := operation("List security events by a JSON query", "admin", object{"type": "object"}, http.StatusOK, anyPage())
	get := operation("Get a security event", "admin", nil, http.StatusOK, anyObject(), parameter("path", "id", "its id", text()))
	for _, o := range []object{list, query, get} {
		o["security"] = []object{{"bearer": []string{}}}
	}
	paths["/v1/db/"+name] = object{"get": named("listAudit", reading(list))}
	paths["/v1/db/"+name+"/query"] = object{"post": named("queryAudit", consistent(query))}
	paths["/v1/db/"+name+"/{id}"] = object{"get": named("getAudit", reading(get))}
}

func anyPage() object {
	return fields(object{"items": arrayOf(anyObject()), "next": object{"type": []string{"string", "null"}}, "total": object{"type": "integer"}})
}
