package api

import (
	"bytes"
	"encoding/json"

	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/realtime"
)

// channels are the calls of channels that need no live connection.
type channels struct{ hub *realtime.Hub }

// publish is POST /v1/channels/:channel.
func (c *channels) publish(r *request) ([]byte, error) {
	var body struct {
		Data json.RawMessage `json:"data"`
	}
	if err := json.Unmarshal(r.body(), &body); err != nil || body.Data == nil {
		return nil, fault.FieldErrorf("data", "required", `the body is {"data":…}`)
	}
	id, err := c.hub.Publish(r.context, r.caller, r.segment("channel"), bytes.Clone(body.Data))
	if err != nil {
		return nil, err
	}
	return json.Marshal(map[string]string{"message": id})
}
