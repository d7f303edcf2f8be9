package api

import (
	"maps"
	"net/http"
	"regexp"
	"strings"

	"github.com/gofiber/fiber/v2"

	"github.com/basalt-dev/basalt/config"
)

// The schemas of the calls of accounts and administrators.

// strs are fields that are strings.
func strs(names ...string) object {
	out := object{}
	for _, name := range names {
		out[name] = text()
	}
	return out
}

// with adds fields, each a name and its schema.
func with(fields object, pairs ...any) object {
	for i := 0; i < len(pairs); i += 2 {
		fields[pairs[i].(string)] = pairs[i+1]
	}
	return fields
}

func fields(properties object) object { return object{"type": "object", "properties": properties} }

func shape(names ...string) object { return fields(strs(names...)) }

func listOf(properties object) object { return fields(object{"items": arrayOf(fields(properties))}) }

func anyObject() object { return object{"type": "object", "additionalProperties": true} }

func anyList() object { return fields(object{"items": arrayOf(anyObject())}) }

func flag() object { return object{"type": "boolean"} }

func whole() object { return object{"type": "integer"} }

func sent() object { return fields(object{"sent": flag()}) }

// passkey has null for when it was used, until it was.
func passkey() object {
	return with(strs("id", "name", "created"), "used", object{"type": []string{"string", "null"}})
}

// proof is who it is, once more.
func proof() object { return strs("current_password", "totp") }

func challenge() object { return fields(object{"id": text(), "options": anyObject()}) }

func credential() object { return with(strs("id", "name"), "response", anyObject()) }

func managed() object {
	return fields(object{"id": text(), "email": object{"type": []string{"string", "null"}}, "email_verified": flag(), "anonymous": flag(), "totp": flag(),
		"created": timeText(), "claims": anyObject(), "disabled": flag()})
}

func inspected() object {
	out := managed()
	properties := out["properties"].(object)
	properties["password"] = flag()
	properties["sessions"] = arrayOf(fields(with(strs("id", "method", "ip", "agent", "created", "refreshed"), "current", flag())))
	properties["passkeys"], properties["identities"] = arrayOf(shape("id", "name", "created", "used")), arrayOf(shape("id", "provider", "email", "created"))
	return out
}

func membership() object { return fields(with(strs("collection", "field"), "doc", anyObject())) }

func invitation() object {
	return object{"id": text(), "email": text(), "by": object{"type": []string{"string", "null"}}, "created": timeText(), "expires": timeText(),
		"claims": anyObject(), "membership": object{"anyOf": []any{membership(), object{"type": "null"}}}, "link": text()}
}

func apiKey() object {
	return object{"id": text(), "name": text(), "claims": anyObject(), "created": timeText(), "expires": object{"type": []string{"string", "null"}, "format": "date-time"}}
}

var pathParameter = regexp.MustCompile(`:([a-z]+)`)

// routePaths describes the routes that say what they are, as far as a configuration has them.
func routePaths(paths object, c *config.Config, routes []route) {
	for _, rt := range routes {
		tag := strings.Split(rt.path, "/")[2]
		accounts := tag == "auth" || strings.HasPrefix(rt.path, "/v1/admin/users") || strings.HasPrefix(rt.path, "/v1/admin/keys")
		if rt.summary == "" || accounts && c.Auth == nil {
			continue
		}
		parameters := rt.query
		for _, name := range pathParameter.FindAllStringSubmatch(rt.path, -1) {
			parameters = append(parameters[:len(parameters):len(parameters)], parameter("path", name[1], "the "+name[1], text()))
		}
		var body, answer any
		if rt.takes != nil {
			body = rt.takes
		}
		if rt.returns != nil {
			answer = rt.returns
		}
		o := operation(rt.summary, tag, body, rt.status, answer, parameters...)
		if rt.status == http.StatusSeeOther {
			has(o, fiber.HeaderLocation)
		}
		if rt.writes {
			has(o, seenHeader)
		}
		if tag == "admin" {
			o["security"] = []object{{"bearer": []string{}}}
		}
		path := pathParameter.ReplaceAllString(rt.path, "{$1}")
		if paths[path] == nil {
			paths[path] = object{}
		}
		paths[path].(object)[strings.ToLower(rt.method)] = o
	}
}

// describeAccepted describes what is answered instead of a session, by calls that may answer 202: an address is confirmed
// first, or who calls has a session.
func describeAccepted(paths object, c *config.Config) {
	if c.Auth == nil {
		return
	}
	for path, answer := range map[string]object{"/v1/auth/signup": fields(object{"confirm": text()}), "/v1/auth/invite/accept": fields(object{"accepted": flag()})} {
		responses := paths[path].(object)["post"].(object)["responses"].(object)
		for _, status := range []string{"200", "201"} {
			if with, ok := responses[status].(object); ok {
				with = maps.Clone(with)
				with["content"] = object{"application/json": object{"schema": answer}}
				responses["202"] = with
			}
		}
	}
}

// profiled are the calls that take the profile of a new user.
var profiled = []string{"/v1/auth/signup", "/v1/auth/anonymous", "/v1/admin/users", "/v1/auth/invite/accept"}

// describeProfiles describes profiles as documents of their collection, and leaves them out where there are none.
func describeProfiles(schemas, paths object, c *config.Config, names map[string]collectionName) {
	if c.Auth == nil {
		return
	}
	for _, path := range profiled {
		body := paths[path].(object)["post"].(object)["requestBody"].(object)["content"].(object)["application/json"].(object)["schema"].(object)
		properties := maps.Clone(body["properties"].(object)) // the route has them, too
		if delete(properties, "profile"); c.Auth.Profile != "" {
			properties["profile"] = reference("New" + names[c.Auth.Profile].one)
			if path == "/v1/auth/signup" { // an anonymous user who gets an address has a profile already, which is changed
				properties["profile"] = object{"anyOf": []any{properties["profile"], reference(names[c.Auth.Profile].one + "Patch")}}
			}
		}
		body["properties"] = properties
	}
	if c.Auth.Profile != "" {
		user := schemas["user"].(object)["properties"].(object)
		user["profile"] = object{"anyOf": []any{reference(names[c.Auth.Profile].doc), object{"type": "null"}}, "description": "the user's profile, as they may read it"}
	}
}
