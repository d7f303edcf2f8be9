package api

import (
	"maps"
	"net/http"
	"slices"

	"github.com/basalt-dev/basalt/config"
)

// functionPaths describes the functions of services, and events.
func functionPaths(paths object, c *config.Config) {
	properties := func(params []*config.Field) object {
		out := object{}
		for _, p := range params {
			out[p.Name] = fieldSchema(p)
		}
		return out
	}
	for _, service := range slices.Sorted(maps.Keys(c.Services)) {
		for _, name := range slices.Sorted(maps.Keys(c.Services[service].Functions)) {
			f := c.Services[service].Functions[name]
			call := writing(operation("Call "+service+"."+name, service, properties(f.Ordered), http.StatusOK, object{}))
			ok := call["responses"].(object)["200"].(object)
			ok["content"] = object{"application/json": object{"schema": object{}}, "text/event-stream": object{"schema": text()}}
			paths["/v1/fn/"+service+"/"+name] = object{"post": call}
		}
	}
	var kinds []any
	for _, name := range slices.Sorted(maps.Keys(c.Events)) {
		if e := c.Events[name]; e.Rule != nil {
			kinds = append(kinds, object{"type": "object", "properties": object{
				"event": object{"const": name}, "data": object{"type": "object", "properties": properties(e.Ordered)}, "delay": object{"type": "number", "description": "seconds"},
			}, "required": []string{"event"}})
		}
	}
	if kinds != nil {
		paths["/v1/events"] = object{"post": writing(operation("Queue an event", "events", object{"oneOf": kinds}, http.StatusAccepted,
			object{"type": "object", "properties": object{"id": text()}}))}
	}
}
