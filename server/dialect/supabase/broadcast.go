package supabase

import (
	"encoding/json"
	"mime"
	"net/http"
	"slices"
	"strings"

	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/server/dialect"
)

// message is a broadcast as it stands in the data of a channel of Basalt.
type message struct {
	Event   string          `json:"event"`
	Payload json.RawMessage `json:"payload,omitempty"`
	// Bytes is the payload where that is not JSON.
	Bytes *[]byte `json:"bytes,omitempty"`
	// Sender is who does not want to have it back.
	Sender string `json:"sender,omitempty"`
}

// data returns what is sent to the channel.
func (m message) data() ([]byte, error) {
	if m.Event == "" || len(m.Event) > maxTopic {
		return nil, problem{Status: http.StatusUnprocessableEntity, Code: "InvalidPayload", Message: "the event of a broadcast is a string of 1 to 255 bytes"}
	}
	if m.Payload == nil && m.Bytes == nil {
		m.Payload = json.RawMessage("{}")
	}
	return json.Marshal(m)
}

// messageOf reads the data of a channel. What others than the clients of Supabase have sent has the event "message".
func messageOf(data json.RawMessage) message {
	var m message
	if err := json.Unmarshal(data, &m); err != nil || m.Event == "" || m.Payload == nil && m.Bytes == nil {
		return message{Event: "message", Payload: data}
	}
	return m
}

// broadcastRoutes are the calls that send to channels without a connection.
func (d *Dialect) broadcastRoutes() []dialect.Route {
	return []dialect.Route{
		{Method: http.MethodPost, Path: "/realtime/v1/api/broadcast", Writes: true, Do: d.broadcastAll},
		{Method: http.MethodPost, Path: "/realtime/v1/api/broadcast/:topic/events/:event", Writes: true, Do: d.broadcastOne},
	}
}

// send is one message for a channel.
type send struct {
	channel string
	data    []byte
}

// broadcastAll sends the messages of a body, in order; the first that is refused ends it.
func (d *Dialect) broadcastAll(r *dialect.Request) (dialect.Response, error) {
	var body struct {
		Messages []struct {
			Topic   string
			Event   string
			Payload json.RawMessage
		}
	}
	if err := json.Unmarshal(r.Body, &body); err != nil || len(body.Messages) == 0 {
		return dialect.Response{}, fault.Errorf(fault.Invalid, `the body is {"messages":[{"topic","event","payload"}]}`)
	}
	if most := d.Crud.Limits.Batch; len(body.Messages) > most {
		return dialect.Response{}, fault.Errorf(fault.TooLarge, "there are %d messages; limits.batch allows %d", len(body.Messages), most)
	}
	all := make([]send, len(body.Messages))
	for i, m := range body.Messages {
		data, err := message{Event: m.Event, Payload: m.Payload}.data()
		if err != nil {
			return answer(dialect.Response{}, err)
		}
		all[i] = send{channelOf(m.Topic), data}
	}
	return d.send(r, all)
}

// broadcastOne sends a body, which is JSON or bytes.
func (d *Dialect) broadcastOne(r *dialect.Request) (dialect.Response, error) {
	m := message{Event: r.Segment("event")}
	media, _, _ := mime.ParseMediaType(r.Header("Content-Type"))
	if body := slices.Clone(r.Body); media == "application/octet-stream" {
		m.Bytes = &body
	} else if m.Payload = body; !json.Valid(body) {
		return dialect.Response{}, fault.Errorf(fault.InvalidJSON, "the body is JSON, or bytes with Content-Type: application/octet-stream")
	}
	data, err := m.data()
	if err != nil {
		return answer(dialect.Response{}, err)
	}
	return d.send(r, []send{{channelOf(r.Segment("topic")), data}})
}

func (d *Dialect) send(r *dialect.Request, all []send) (dialect.Response, error) {
	for _, m := range all {
		if _, err := d.Hub.Publish(r.Context, r.Caller, m.channel, m.data); err != nil {
			return answer(dialect.Response{}, signedOut(r.Caller.Auth == nil, asUnknown(m.channel, err)))
		}
	}
	return dialect.Response{Status: http.StatusAccepted}, nil
}

// signedOut turns the refusal of an anonymous caller into a 401.
func signedOut(is bool, err error) error {
	if p, ok := err.(problem); ok && is && p.Status == http.StatusForbidden {
		p.Status = http.StatusUnauthorized
		return p
	}
	return err
}

// channelOf returns the channel of a topic.
func channelOf(topic string) string {
	const prefix = "realtime:"
	if len(topic) >= len(prefix) && strings.EqualFold(topic[:len(prefix)], prefix) {
		return topic[len(prefix):]
	}
	return topic
}
