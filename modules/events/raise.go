package events

import (
	"encoding/json"
	"strconv"

	"github.com/cespare/xxhash/v2"
)

// Change is a change of a document that raises an event.
type Change struct {
	Event      string // its name in the configuration
	Collection string
	Op         string // create, update or delete
	// Doc and Old are the document after and before, as JSON; nil if there is none.
	Doc, Old json.RawMessage
	By       string // who made it; empty for an anonymous caller
	// Key orders the events for the receiver. Destination is the receiver; see [Destination].
	Key, Destination string
}

// eventSuffix is the suffix of an event's type, by operation.
var eventSuffix = map[string]string{"create": "created", "update": "updated", "delete": "deleted"}

// Encode returns the event of a change in its stored form, which is also delivered.
func (c Change) Encode() (Event, error) {
	kind := c.Collection + "." + eventSuffix[c.Op]
	data, err := json.Marshal(struct {
		Event string          `json:"event"`
		Type  string          `json:"type"`
		Doc   json.RawMessage `json:"doc"`
		Old   json.RawMessage `json:"old"`
		By    *string         `json:"by"`
	}{c.Event, kind, orNull(c.Doc), orNull(c.Old), optional(c.By)})
	return Event{Name: c.Event, Type: kind, OrderingKey: c.Destination + " " + c.Collection + " " + c.Key, Data: data}, err
}

// Security is a security event, such as auth.signin.
type Security struct {
	Event, Type string // its name in the configuration, and what has happened
	// User is the affected account, By the acting user, and IP the address; each may be empty.
	User, By, IP string
	Detail       map[string]any
	Destination  string
}

// Encode returns the event of a security event in its stored form, which is also delivered.
func (s Security) Encode() (Event, error) {
	data, err := json.Marshal(map[string]any{
		"event": s.Event, "type": s.Type, "user": optional(s.User), "by": optional(s.By), "ip": optional(s.IP), "detail": s.Detail,
	})
	e := Event{Name: s.Event, Type: s.Type, Data: data}
	if s.User != "" {
		e.OrderingKey = s.Destination + " user " + s.User
	}
	return e, err
}

// Destination identifies a receiver in an ordering key: several events about one document reach the same receiver
// in order. It is a hash, because a URL may contain a secret.
func Destination(call, url, stream string) string {
	return strconv.FormatUint(xxhash.Sum64String(call+"\x00"+url+"\x00"+stream), 36)
}

func orNull(v json.RawMessage) json.RawMessage {
	if v == nil {
		return json.RawMessage("null")
	}
	return v
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
