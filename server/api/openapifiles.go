package api

import (
	"maps"
	"net/http"
	"slices"

	"github.com/gofiber/fiber/v2"

	"github.com/basalt-dev/basalt/config"
	"github.com/basalt-dev/basalt/modules/files/images"
)

// filePaths describes the calls of collections of files.
func filePaths(paths object, c *config.Config, names map[string]collectionName) {
	for _, name := range slices.Sorted(maps.Keys(c.Collections)) {
		if c.Collections[name].Files != nil {
			describeFiles(paths, name, names[name])
		}
	}
}

func describeFiles(paths object, name string, n collectionName) {
	one, doc := n.one, reference(n.doc)
	delete(paths["/v1/db/"+name].(object), "post") // a document without bytes is refused
	id := parameter("path", "id", "the id of the document", text())
	path := parameter("query", "path", "where the file is among others, such as a/b.png", text())
	called := parameter("query", "name", "how the file is called", text())
	given := parameter("query", "fields", "fields of the document, as a JSON object", text())
	match := sharedParameter("IfMatch")
	ranges := parameter("header", "Range", "the bytes to return, such as bytes=0-1023", text())
	once := parameter("query", "upload", "of a link for one upload", text())
	save := parameter("query", "download", "the name to save it under", text())
	picture := []object{
		parameter("query", "width", "of the box that a picture of the image fits in, in pixels", object{"type": "integer"}),
		parameter("query", "height", "of the box that a picture of the image fits in, in pixels", object{"type": "integer"}),
		parameter("query", "fit", "contain: all of the image is in the box; cover: the box is filled", object{"type": "string", "enum": []string{images.Contain, images.Cover}}),
		parameter("query", "format", "of the picture", object{"type": "string", "enum": append([]string{"auto"}, images.Written...)}),
		parameter("query", "quality", "of a jpeg, 1 to 100", object{"type": "integer"}),
	}
	binary := object{"type": "string", "format": "binary"}
	link := []object{
		parameter("query", "expires", "of a link: until when it is good", object{"type": "integer"}),
		parameter("query", "made", "of a link: when it was made", object{"type": "integer"}),
		parameter("query", "by", "of a link: who has made it, which only the server can read", text()),
		parameter("query", "version", "of a link: of which bytes", text()),
		parameter("query", "signature", "of a link", text()),
	}
	raw := object{"application/octet-stream": object{"schema": binary}}
	bytes := func(o object) object {
		content := object{"description": "the bytes", "headers": headersOf(append([]string{fiber.HeaderETag}, everyHeader...)...), "content": object{"*/*": object{"schema": binary}}}
		o["parameters"] = append(o["parameters"].([]object), match)
		reading(o)
		o["responses"].(object)["200"], o["responses"].(object)["206"] = content, content
		return o
	}
	takes := func(o, content object) object {
		o["requestBody"] = object{"required": true, "content": content}
		return o
	}
	base := "/v1/files/" + name
	form := object{"type": "object", "additionalProperties": true, "properties": object{"file": binary}}
	upload := takes(operation("Store a file, or the files of a form, in "+name, name, nil, http.StatusCreated, object{"anyOf": []any{doc, object{"type": "object", "required": []string{"items"}, "properties": object{"items": arrayOf(doc)}}}}, path, called, given, once),
		object{"multipart/form-data": object{"schema": form}, "application/octet-stream": object{"schema": binary}})
	put := takes(operation("Create or replace the file of a path in "+name, name, nil, http.StatusOK, doc, path, called, given, match, once), raw)
	put["responses"].(object)["201"] = put["responses"].(object)["200"]
	has(put, fiber.HeaderETag, fiber.HeaderLocation, seenHeader)
	has(upload, fiber.HeaderETag, fiber.HeaderLocation, seenHeader)
	paths[base] = object{
		"get":  named("get"+one+"ByPath", bytes(operation("Get the bytes of the file of a path in "+name, name, nil, http.StatusOK, nil, append([]object{path, save, ranges}, picture...)...))),
		"post": named("upload"+one, upload),
		"put":  named("put"+one, put),
	}
	download := slices.Concat([]object{id, save, ranges}, picture, link)
	shown := parameter("path", "name", "a name for the browser; it changes nothing", text())
	paths[base+"/{id}/{name}"] = object{"get": bytes(operation("Get the bytes of one of "+name+" under a name", name, nil, http.StatusOK, nil, append(slices.Clone(download), shown)...))}
	paths[base+"/{id}"] = object{
		"get":    named("download"+one, bytes(operation("Get the bytes of one of "+name, name, nil, http.StatusOK, nil, download...))),
		"put":    named("replace"+one+"Bytes", has(takes(operation("Replace the bytes of one of "+name, name, nil, http.StatusOK, doc, id, path, called, given, match, once), raw), fiber.HeaderETag, fiber.HeaderLocation, seenHeader)),
		"delete": named("delete"+one+"File", has(operation("Delete one of "+name+" with its bytes", name, nil, http.StatusNoContent, nil, id, match), seenHeader)),
	}
	describeLinks(paths, name, one, id)
	upgrade := parameter("header", "Tus-Resumable", "1.0.0", text())
	length := parameter("header", "Upload-Length", "bytes of the file", text())
	deferred := parameter("header", "Upload-Defer-Length", "1 where the length follows, as Upload-Length of a piece", text())
	concat := parameter("header", "Upload-Concat", "partial, or final; with the addresses of partial uploads", text())
	offset := parameter("header", "Upload-Offset", "bytes that are there", text())
	metadata := parameter("header", "Upload-Metadata", "filename, filetype, path and fields, each with a value in base64", text())
	piece := parameter("path", "upload", "the id of the upload", text())
	begin := has(operation("Begin an upload in pieces (tus 1.0)", name, nil, http.StatusCreated, nil, upgrade, length, deferred, concat, metadata, once), fiber.HeaderLocation, seenHeader)
	begin["requestBody"] = object{"required": false, "content": object{tusContent: object{"schema": binary}}}
	paths[base+"/tus"] = object{"post": named("begin"+one+"Upload", begin)}
	paths[base+"/tus/{upload}"] = object{
		"head":   named("get"+one+"Upload", operation("Ask how much of an upload is there", name, nil, http.StatusOK, nil, piece, upgrade, once)),
		"patch":  named("continue"+one+"Upload", has(takes(operation("Add a piece to an upload", name, nil, http.StatusNoContent, nil, piece, upgrade, offset, length, once), object{tusContent: object{"schema": binary}}), seenHeader)),
		"delete": named("end"+one+"Upload", operation("Give an upload up", name, nil, http.StatusNoContent, nil, piece, upgrade, once)),
	}
}

// describeLinks describes the links for reading and for one upload.
func describeLinks(paths object, name, one string, id object) {
	base := "/v1/files/" + name
	number := object{"type": "integer"}
	bounds := object{"expires": text(), "max": number, "types": arrayOf(text())}
	reading := object{"method": object{"type": "string", "enum": []string{http.MethodGet, http.MethodPut}}, "width": number, "height": number, "quality": number, "fit": text(), "format": text()}
	maps.Copy(reading, bounds)
	creating := object{"path": text(), "name": text(), "fields": object{"type": "object", "additionalProperties": true}}
	maps.Copy(creating, bounds)
	link := object{"type": "object", "required": []string{"url", "expires"}, "properties": object{"id": text(), "url": text(), "expires": timeText()}}
	paths[base+"/{id}/link"] = object{
		"post":   named("link"+one, operation("Make an address of a file that is good without a token for some time, or with the method PUT for replacing its bytes once", name, reading, http.StatusCreated, link, id)),
		"delete": named("revoke"+one+"Links", operation("Revoke the links for reading a file", name, nil, http.StatusNoContent, nil, id)),
	}
	paths[base+"/link"] = object{"post": named("linkNew"+one, operation("Make an address for one upload that is good without a token", name, creating, http.StatusCreated, link))}
	paths[base+"/link/{link}"] = object{"delete": named("revokeNew"+one+"Link", operation("Revoke a link for an upload", name, nil, http.StatusNoContent, nil, parameter("path", "link", "the id of the link", text())))}
}
