package supabase

import (
	"encoding/json"
	"io"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/basalt-dev/basalt/modules/realtime"
	"github.com/basalt-dev/basalt/server/dialect"
)

// speaker says in the Phoenix protocol what a session of live queries and channels says. Append runs while the hub holds
// locks, so it calls no session; Write does.
type speaker struct {
	realtime.Transport
	wire     socketWire
	describe func(error) string
	now      func() time.Time
	over     atomic.Pointer[realtime.Reason] // the connection ends

	mu        sync.Mutex // guards what follows, and what is in the joins
	session   *realtime.Session
	joins     map[string]*join    // by topic
	listeners map[string]listener // by the id of a subscription
	ended     []string            // subscriptions of joins that have failed
	numbers   int
	held      int // bytes, as the session counts them
}

// listener is what a subscription of the session is for: a change of a table, or the channel of a join.
type listener struct {
	join   *join
	change *change
}

// sessionMessage is a message of the session.
type sessionMessage struct {
	ID       string
	Type     string // of a change or a presence
	Key      string
	Doc      json.RawMessage
	Items    []json.RawMessage
	Keys     []string
	Total    *int64
	Messages []publication
	Present  []attendee
	State    json.RawMessage
	Error    string
	publication
}

func (t *speaker) begin(session *realtime.Session) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.session = session
}

// end gives back what is held.
func (t *speaker) end() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.hold(-t.held)
	t.joins, t.listeners = map[string]*join{}, map[string]listener{}
}

// hold counts bytes that are kept for the client.
func (t *speaker) hold(bytes int) {
	t.held += bytes
	t.session.Hold(bytes)
}

// say sends a message that does not wait for others.
func (t *speaker) say(f frame) {
	_ = t.Transport.Write(t.Transport.Append(nil, nil, t.wire.encode(f), "", "")) // a client that has gone does not get it
}

// number returns one that was not used yet.
func (t *speaker) number() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.numbers++
	return strconv.Itoa(t.numbers)
}

// named returns the join of a topic.
func (t *speaker) named(topic string) *join {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.joins[topic]
}

// joined returns the join that a message belongs to; one of an earlier join belongs to none.
func (t *speaker) joined(f frame) *join {
	t.mu.Lock()
	defer t.mu.Unlock()
	j := t.joins[f.topic]
	if j == nil || f.join != "" && f.join != j.ref || !j.done && f.event != "phx_leave" {
		return nil
	}
	return j
}

// add begins to listen for the subscriptions of a join: one for each change, and the channel.
func (t *speaker) add(j *join, channel string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i, c := range j.changes {
		t.listeners[j.ids[i]] = listener{j, c}
	}
	t.listeners[channel] = listener{join: j}
	j.ids = append(j.ids, channel)
	j.pending = len(j.ids)
	t.joins[j.topic] = j
	t.hold(j.sent)
}

// without goes on with a join that has no channel. Its changes are still to come.
func (t *speaker) without(channel string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if l, ok := t.listeners[channel]; ok {
		delete(t.listeners, channel)
		l.join.pending--
	}
}

// drop forgets a join.
func (t *speaker) drop(j *join) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.forget(j)
}

func (t *speaker) forget(j *join) {
	if t.joins[j.topic] == j {
		delete(t.joins, j.topic)
	}
	for _, id := range j.ids {
		delete(t.listeners, id)
	}
	t.settle(j)
	for _, c := range j.changes {
		t.hold(-c.forget())
	}
	for _, m := range j.members {
		t.hold(-m.size())
	}
	clear(j.members)
}

// Write implements [realtime.Transport].
func (t *speaker) Write(b []byte) error {
	if err := t.Transport.Write(b); err != nil {
		return err
	}
	t.mu.Lock()
	session, ended := t.session, t.ended
	t.ended = nil
	t.mu.Unlock()
	for _, id := range ended {
		session.Unsubscribe(id)
	}
	if why := t.over.Load(); why != nil {
		t.Transport.Close(*why)
		return io.EOF
	}
	return nil
}

// Append implements [realtime.Transport].
func (t *speaker) Append(dst, head, body []byte, name, _ string) []byte {
	if t.over.Load() != nil {
		return t.Ping(dst) // so that Write is called, which ends the connection
	}
	var m sessionMessage
	if err := json.Unmarshal(append(slices.Clone(head), body...), &m); err != nil {
		return dst // the hub says nothing that is not JSON
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	l, ok := t.listeners[m.ID]
	if !ok {
		return dst
	}
	j := l.join
	switch {
	case name == "error" && l.change == nil && !j.needsChannel():
		delete(t.listeners, m.ID)
		return t.arrived(dst, j, j.welcomed)
	case name == "error":
		return t.fail(dst, j, m.Error)
	case l.change != nil:
		return t.change(dst, j, l.change, name, m)
	}
	return t.channel(dst, j, name, m)
}

// arrived counts that a subscription of a join has answered, unless it has before.
func (t *speaker) arrived(dst []byte, j *join, before bool) []byte {
	if before {
		return dst
	}
	if j.pending--; j.pending > 0 || j.done {
		return dst
	}
	j.done = true
	for _, f := range j.begun() {
		dst = t.append(dst, f)
	}
	t.settle(j)
	return dst
}

// settle lets go of what a join needs only until it has come about.
func (t *speaker) settle(j *join) {
	t.hold(-j.sent)
	j.sent, j.waiting, j.asked, j.config.Changes = 0, nil, nil, nil
}

// append appends a message.
func (t *speaker) append(dst []byte, f frame) []byte {
	if f.event == bytesEvent {
		if conn, ok := t.Transport.(dialect.BinaryTransport); ok {
			return conn.AppendBinary(dst, f.payload)
		}
		return dst
	}
	return t.Transport.Append(dst, nil, t.wire.encode(f), "", "")
}

// bytesEvent marks a message that is binary as it is.
const bytesEvent = "\x00bytes"

// put appends messages of a join, or keeps them until it has come about.
func (t *speaker) put(dst []byte, j *join, frames ...frame) []byte {
	for _, f := range frames {
		if j.done {
			dst = t.append(dst, f)
			continue
		}
		j.waiting = append(j.waiting, f)
		if j.size += len(f.payload); j.size > maxWaiting {
			return t.fail(dst, j, "TooMuch: more has changed during the join than is kept; join again")
		}
	}
	return dst
}

// fail ends a join, and says why.
func (t *speaker) fail(dst []byte, j *join, reason string) []byte {
	t.ended = append(t.ended, j.ids...)
	t.forget(j)
	if !j.done {
		return t.append(dst, frame{join: j.ref, ref: j.reply, topic: j.topic, event: "phx_reply", payload: refusal(reason)})
	}
	return t.append(t.append(dst, j.system("system", "error", reason)), j.failed(reason))
}

// channel says what a channel says.
func (t *speaker) channel(dst []byte, j *join, name string, m sessionMessage) []byte {
	switch name {
	case "subscribed":
		before := j.welcomed
		j.welcomed = true
		if j.config.Presence.Enabled {
			dst = t.put(dst, j, t.everyone(j, m.Present))
		}
		if !before {
			for _, p := range j.replay(m.Messages) {
				dst = t.spread(dst, j, p, true)
			}
		}
		return t.arrived(dst, j, before)
	case "message":
		return t.spread(dst, j, m.publication, false)
	case "presence":
		return t.put(dst, j, t.moved(j, m))
	}
	return dst
}

// spread says a broadcast. One of bytes is for clients that take binary messages.
func (t *speaker) spread(dst []byte, j *join, p publication, replayed bool) []byte {
	f, m, ok := j.broadcast(p, replayed)
	switch {
	case !ok, m.Bytes != nil && (!t.wire.arrays || len(j.topic) > maxTopic || len(m.Event) > maxTopic):
		return dst
	case m.Bytes != nil:
		meta := `{"id":` + string(quoted(p.ID)) + `}`
		f = frame{event: bytesEvent, payload: encodeBroadcast(j.topic, m.Event, meta, *m.Bytes)}
	}
	return t.put(dst, j, f)
}
