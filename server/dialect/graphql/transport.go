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
	// again prepares a subscription once more: a stream has gone on.
	again func(id string)

	mu   sync.Mutex // guards live
	live map[string]*subscription
}

// Append implements [realtime.Transport].
func (t *transport) Append(dst, head, body []byte, name, _ string) []byte {
	var event liveEvent
	if err := json.Unmarshal(append(append([]byte{}, head...), body...), &event); err != nil {
		return dst // the hub says nothing that is not JSON
	}
	switch {
	case name == "auth" && event.ID == initID:
		t.acked.Store(true)
		return t.frame(dst, message{Type: "connection_ack"}, "")
	case name == "error" && event.ID == initID:
		t.over.Store(&realtime.Reason{Code: 4403, Text: "Forbidden"})
		return t.Ping(dst) // so that Write is called, which ends the connection
	case name == "error" && t.over.Load() != nil:
		return t.Ping(dst)
	case name == "error" && t.events:
		t.over.Store(&realtime.Reason{})
		return append(t.frame(dst, message{Type: "next", Payload: []byte(`{"errors":` + string(event.Error) + `}`)}, ""), completed...)
	case name == "error":
		t.forget(event.ID)
		return t.frame(dst, message{ID: event.ID, Type: "error", Payload: event.Error}, "")
	}
	sub := t.used(event.ID)
	if sub == nil {
		return dst
	}
	answer, is, again := sub.answer(nil, &event)
	if again {
		t.again(event.ID)
	}
	if !is {
		return dst
	}
	resume := event.Resume
	if sub.stream != nil {
		resume = sub.stream.at()
	}
	return t.frame(dst, message{ID: event.ID, Type: "next", Payload: answer}, resume)
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

// frame appends a message. resume is what an event stream goes on from.
func (t *transport) frame(dst []byte, m message, resume string) []byte {
	if t.events {
		return t.Transport.Append(dst, nil, appendEvent(nil, m.Payload, resume), "", "")
	}
	text, _ := json.Marshal(m) // the payloads are JSON
	return t.Transport.Append(dst, nil, text, "", "")
}

// used returns the subscription with an id; nil where there is none.
func (t *transport) used(id string) *subscription {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.live[id]
}

func (t *transport) use(id string, sub *subscription) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.live[id] = sub
}

// forget takes an id back, and reports whether it was in use.
func (t *transport) forget(id string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	was := t.live[id] != nil
	delete(t.live, id)
	return was
}
