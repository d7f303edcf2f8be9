package api

import (
	"maps"
	"slices"

	"github.com/gofiber/fiber/v2"
)

// What many calls have in common: headers, the parameters of headers, and the answer that is a problem.

// sharedHeaders are the headers of answers.
func sharedHeaders() object {
	header := func(description string) object { return object{"description": description, "schema": text()} }
	return object{
		requestIDHeader:       header("names the request in the log of the server"),
		fiber.HeaderETag:      header("the version of the document, for If-Match and If-None-Match"),
		fiber.HeaderLocation:  header("where to go, or where what was created is"),
		seenHeader:            header("the versions that a write has made, for the same header of a read"),
		idempotencyHeader:     header("the key of the request, whose answer is kept"),
		"Idempotent-Replayed": header("true for the kept answer of an earlier request"),
		"RateLimit":           header("what is left of the limit that applies (draft-ietf-httpapi-ratelimit-headers)"),
		"RateLimit-Policy":    header("the limit that applies"),
		"Retry-After":         object{"description": "seconds to wait before the request is sent again", "schema": object{"type": "integer"}},
		"WWW-Authenticate":    header("how to authenticate (RFC 6750)"),
		"Allow":               header("the methods of this path"),
	}
}

// headersOf refers to shared headers by their names.
func headersOf(names ...string) object {
	out := object{}
	for _, name := range names {
		out[name] = object{"$ref": "#/components/headers/" + name}
	}
	return out
}

// everyHeader are those that every answer may have.
var everyHeader = []string{requestIDHeader, "RateLimit", "RateLimit-Policy"}

// sharedParameters are the headers of requests, by the names of their components.
func sharedParameters() object {
	return object{
		"IfMatch":        parameter("header", fiber.HeaderIfMatch, "the ETag that the document has to have, or *", text()),
		"IfNoneMatch":    parameter("header", fiber.HeaderIfNoneMatch, "the ETag that the client has: 304 while it is the same", text()),
		"IdempotencyKey": parameter("header", idempotencyHeader, "names the write, so that it happens once however often it is sent", text()),
		"Seen":           parameter("header", seenHeader, "what the answer to a write had in this header: nothing older is returned", text()),
		"Consistency":    parameter("header", consistencyHeader, "strong reads from the primary of a database with replicas", object{"type": "string", "enum": []string{"strong"}}),
	}
}

func sharedParameter(name string) object { return object{"$ref": "#/components/parameters/" + name} }

// sharedResponses has the answer of every request that fails.
func sharedResponses() object {
	return object{"problem": object{
		"description": "what is wrong (RFC 9457)", "headers": headersOf(append([]string{"Retry-After", "WWW-Authenticate", "Allow", fiber.HeaderETag}, everyHeader...)...),
		"content": object{"application/problem+json": object{"schema": reference("problem")}},
	}}
}

// reading makes an operation one that reads: it takes what reads take, and may answer that nothing has changed.
func reading(o object) object {
	parameters, _ := o["parameters"].([]object)
	o["parameters"] = append(slices.Clone(parameters), sharedParameter("IfNoneMatch"), sharedParameter("Seen"), sharedParameter("Consistency"))
	responses := o["responses"].(object)
	has(o, fiber.HeaderETag)
	responses["304"] = object{"description": "what the client has is still the same", "headers": headersOf(append([]string{fiber.HeaderETag}, everyHeader...)...)}
	return o
}

// writing makes an operation one that writes, with an Idempotency-Key.
func writing(o object, headers ...string) object {
	parameters, _ := o["parameters"].([]object)
	o["parameters"] = append(slices.Clone(parameters), sharedParameter("IdempotencyKey"))
	return has(o, append([]string{seenHeader, idempotencyHeader, "Idempotent-Replayed"}, headers...)...)
}

// has adds headers to the answers of an operation that succeed.
func has(o object, headers ...string) object {
	for status, answer := range o["responses"].(object) {
		if status != "default" {
			maps.Copy(answer.(object)["headers"].(object), headersOf(headers...))
		}
	}
	return o
}

// consistent makes an operation one that reads by POST.
func consistent(o object) object {
	parameters, _ := o["parameters"].([]object)
	o["parameters"] = append(slices.Clone(parameters), sharedParameter("Seen"), sharedParameter("Consistency"))
	return o
}
