package graphql

import (
	"encoding/json"
	"io"
	"sync"
	"sync/atomic"

	"github.com/basalt-dev/basalt/modules/realtime"
)

// transport says in graphql-transport-ws what a session of live queries says.
type transport struct {
	realtime.Transport
	acked atomic.Bool                     // connection_init was answered
	over  atomic.Pointer[realtime.Reason] // the connection ends

	// events says that the connection is a stream of server-sent events, of one subscription.
	events bool

	mu   sync.Mutex // guards live
	live map[string]bool
}

// Append implements [realtime.Transport].
func (t *transport) Append(dst, head, body []byte, name, _ string) []byte {
	var event struct {
		ID    string
		Items []json.RawMessage
		Error json.RawMessage
	}
	if err := json.Unmarshal(append(append([]byte{}, head...), body...), &event); err != nil {
		return dst // the hub says nothing that is not JSON
	}
	switch {
	case name == "auth" && event.ID == initID:
		t.acked.Store(true)
		return t.frame(dst, message{Type: "connection_ack"})
	case name == "error" && event.ID == initID:
		t.over.Store(&realtime.Reason{Code: 4403, Text: "Forbidden"})
		return t.Ping(dst) // so that Write is called, which ends the connection
	case name == "error" && t.over.Load() != nil:
		return t.Ping(dst)
	case name == "error" && t.events:
		t.over.Store(&realtime.Reason{})
		return append(t.frame(dst, message{Type: "next", Payload: []byte(`{"errors":` + string(event.Error) + `}`)}), completed...)
	case name == "error":
		t.forget(event.ID)
		return t.frame(dst, message{ID: event.ID, Type: "error", Payload: event.Error})
	case len(event.Items) == 1 && t.uses(event.ID):
		return t.frame(dst, message{ID: event.ID, Type: "next", Payload: event.Items[0]})
	}
	return dst
}

// Write implements [realtime.Transport].
func (t *transport) Write(b []byte) error {
	if err := t.Transport.Write(b); err != nil {
		return err
	}
	if why := t.over.Load(); why != nil {
		t.end(*why)
		return io.EOF
	}
	return nil
}

// end ends the connection.
func (t *transport) end(why realtime.Reason) { t.Transport.Close(why) }

func (t *transport) frame(dst []byte, m message) []byte {
	if t.events {
		return t.Transport.Append(dst, nil, appendEvent(nil, m.Payload), "", "")
	}
	text, _ := json.Marshal(m) // the payloads are JSON
	return t.Transport.Append(dst, nil, text, "", "")
}

// uses reports whether there is a subscription with an id.
func (t *transport) uses(id string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.live[id]
}

func (t *transport) use(id string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.live[id] = true
}

// forget takes an id back, and reports whether it was in use.
func (t *transport) forget(id string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	was := t.live[id]
	delete(t.live, id)
	return was
}
