package api

import (
	"maps"
	"net/http"
	"slices"

	"github.com/basalt-dev/basalt/config"
)

// livePaths describes live queries and channels.
func livePaths(paths object, c *config.Config, names map[string]collectionName) {
	resume := parameter("header", "Last-Event-ID", "the id of the last event, to go on from there", text())
	for _, name := range slices.Sorted(maps.Keys(c.Collections)) {
		if off := c.Collections[name].Realtime; off != nil && !*off {
			continue
		}
		list := paths["/v1/db/"+name].(object)["get"].(object)
		stream := operation("Follow "+name+" by server-sent events: a snapshot, and every change of it", name, nil, http.StatusOK, nil, append(slices.Clone(list["parameters"].([]object)), resume)...)
		stream["responses"].(object)["200"] = object{"description": "the events", "headers": headersOf(everyHeader...), "content": object{"text/event-stream": object{"schema": text()}}}
		paths["/v1/db/"+name+"/live"] = object{"get": named("follow"+names[name].many, stream)}
	}
	socket := operation("Open a WebSocket (subprotocol basalt.v1) for live queries and channels", "realtime", nil, http.StatusSwitchingProtocols, nil)
	paths["/v1/realtime"] = object{"get": socket}
	if len(c.Channels) > 0 {
		paths["/v1/channels/{channel}"] = object{"post": writing(operation("Send a message to a channel", "realtime", object{"data": object{}}, http.StatusOK,
			object{"type": "object", "properties": object{"message": text()}}, parameter("path", "channel", "the name of the channel", text())))}
	}
}
