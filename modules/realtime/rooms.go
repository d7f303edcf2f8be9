package realtime

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"github.com/basalt-dev/basalt/modules/bus"
	"github.com/basalt-dev/basalt/modules/fault"
)

// channelState is a channel with members, or whose last messages are kept.
type channelState struct {
	name    string
	subs    map[*subscription]struct{}
	history []publication
	kept    int               // bytes of history
	members map[string]member // by key
	used    time.Time
}

// publication is a message of a channel.
type publication struct {
	ID   string          `json:"message"`
	From string          `json:"from,omitempty"`
	At   time.Time       `json:"at"`
	Data json.RawMessage `json:"data"`
}

// member is who is in a channel.
type member struct {
	Key   string          `json:"key"`
	User  string          `json:"user,omitempty"`
	State json.RawMessage `json:"state"`
	node  string
}

// peerMessage is a message between nodes about channels.
type peerMessage struct {
	Node string `json:"node"`
	// Kind is message, join (or a new state), leave, beat, hello (which asks for all), all, past (messages, after all), or bye.
	Kind    string             `json:"kind"`
	Channel string             `json:"channel,omitempty"`
	Message *publication       `json:"message,omitempty"`
	Member  *member            `json:"member,omitempty"`
	Rooms   map[string]summary `json:"rooms,omitempty"`
	History int                `json:"history,omitempty"`
}

// rooms are the channels of a hub. The lock of the hub guards them.
type rooms struct {
	hub    *Hub
	node   string
	bus    bus.Bus
	stop   func()
	all    map[string]*channelState
	nodes  map[string]time.Time // when others were last seen
	opened time.Time
	beat   time.Time
	kept   int // bytes of the histories of all
}

// use takes over a bus. The lock is not held.
func (r *rooms) use(b bus.Bus) error {
	if b == r.bus {
		return nil
	}
	stop, err := b.Subscribe(subjectChannels, r.receive, r.missed)
	if err != nil {
		return err
	}
	old := r.stop
	r.hub.mu.Lock()
	r.bus, r.stop, r.opened = b, stop, r.hub.clock.Now()
	r.hub.mu.Unlock()
	if old != nil {
		old()
	}
	r.missed()
	return nil
}

// alone reports whether there are no other nodes.
func (r *rooms) alone() bool { return r.bus.Local() }

// settle waits, shortly after a bus was taken over, until the other nodes have answered, or ctx ends. The lock
// is not held.
func (r *rooms) settle(ctx context.Context) {
	r.hub.mu.Lock()
	wait, alone := learnTime-r.hub.clock.Now().Sub(r.opened), r.alone()
	r.hub.mu.Unlock()
	if wait <= 0 || alone {
		return
	}
	select {
	case <-time.After(wait):
	case <-ctx.Done():
	}
}

// missed asks the other nodes for what they know.
func (r *rooms) missed() {
	if !r.alone() {
		_ = r.publish(context.Background(), peerMessage{Kind: "hello"}) // the bus says so when it is back
	}
}

// publish sends a message to all nodes, this one among them.
func (r *rooms) publish(ctx context.Context, w peerMessage) error {
	w.Node = r.node
	text, err := json.Marshal(w)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	if err := r.bus.Publish(ctx, subjectChannels, text); err != nil {
		return fault.Retry(fault.Unavailable, time.Second, "the other nodes cannot be reached now; try again")
	}
	return nil
}

// receive takes a message of a node.
func (r *rooms) receive(text []byte) {
	var w peerMessage
	if json.Unmarshal(text, &w) != nil {
		return
	}
	own := w.Node == r.node
	r.hub.mu.Lock()
	defer r.hub.mu.Unlock()
	if !own {
		r.nodes[w.Node] = r.hub.clock.Now()
	}
	switch w.Kind {
	case "message":
		r.say(w.Channel, *w.Message, w.History)
	case "join":
		w.Member.node = w.Node
		r.join(r.room(w.Channel), *w.Member)
	case "leave":
		r.leave(r.room(w.Channel), w.Member.Key)
	case "hello":
		if !own {
			r.answer()
		}
	case "all":
		if !own {
			r.learn(w)
		}
	case "past":
		if !own {
			r.learnPast(w)
		}
	case "bye":
		r.forget(w.Node)
	}
}

func (r *rooms) room(name string) *channelState {
	c := r.all[name]
	if c == nil {
		c = &channelState{name: name, subs: map[*subscription]struct{}{}, members: map[string]member{}}
		r.all[name] = c
	}
	c.used = r.hub.clock.Now()
	return c
}

// say passes a message on, and keeps it where there is a history.
func (r *rooms) say(name string, m publication, history int) {
	if r.all[name] == nil && history == 0 {
		return
	}
	c := r.room(name)
	r.keep(c, m, history)
	text, err := json.Marshal(m)
	if err != nil {
		return
	}
	e := &event{name: "message", body: append([]byte(`"event":"message",`), text[1:]...)}
	for sub := range c.subs {
		if sub.live {
			sub.send([]*event{e})
		}
	}
}

// messageSize is what a kept message costs besides its data.
const messageSize = 160

// keep adds a message to a history of so many. Past limits.history the channels that were used longest ago lose
// theirs, a tenth of the limit at a time.
func (r *rooms) keep(c *channelState, m publication, history int) {
	if history == 0 {
		return
	}
	c.history = append(c.history, m)
	drop := max(0, len(c.history)-history)
	added := messageSize + len(m.Data)
	for _, old := range c.history[:drop] {
		added -= messageSize + len(old.Data)
	}
	c.history = slices.Delete(c.history, 0, drop)
	c.kept += added
	r.kept += added
	if r.hub.engine == nil { // messages of other nodes arrive before the first configuration is used
		return
	}
	limit := r.hub.engine.config.Limits.History
	if r.kept <= limit {
		return
	}
	for _, old := range slices.SortedFunc(maps.Values(r.all), func(a, b *channelState) int { return a.used.Compare(b.used) }) {
		if r.kept <= limit-limit/10 {
			return
		}
		r.clear(old)
	}
}

// clear forgets the last messages of a channel.
func (r *rooms) clear(c *channelState) {
	r.kept -= c.kept
	c.history, c.kept = nil, 0
}

// join notes a member, or its new state, and sends it to the subscribers of presence.
func (r *rooms) join(c *channelState, m member) {
	kind := "join"
	if old, ok := c.members[m.Key]; ok {
		if string(old.State) == string(m.State) {
			return
		}
		kind = "update"
		r.hub.held.add(-memberSize - len(old.State))
	}
	c.members[m.Key] = m
	r.hub.held.add(memberSize + len(m.State))
	c.tellPresence(kind, m)
}

func (r *rooms) leave(c *channelState, key string) {
	m, ok := c.members[key]
	if !ok {
		return
	}
	delete(c.members, key)
	r.hub.held.add(-memberSize - len(m.State))
	c.tellPresence("leave", m)
}

func (c *channelState) tellPresence(kind string, m member) {
	text, err := json.Marshal(m)
	if err != nil {
		return
	}
	e := &event{name: "presence", body: append([]byte(`"event":"presence","type":"`+kind+`",`), text[1:]...)}
	for sub := range c.subs {
		if sub.live && sub.presence {
			sub.send([]*event{e})
		}
	}
}

// forget lets the members of a node leave.
func (r *rooms) forget(node string) {
	delete(r.nodes, node)
	for _, c := range r.all {
		for _, m := range slices.Collect(maps.Values(c.members)) {
			if m.node == node {
				r.leave(c, m.Key)
			}
		}
	}
}

// tend says that this node is there, and lets the members of silent ones leave. The lock is held.
func (r *rooms) tend(now time.Time) {
	if r.bus == nil {
		return
	}
	if !r.alone() && now.Sub(r.beat) >= beatInterval {
		r.beat = now
		r.hub.writing.Go(func() { _ = r.publish(context.Background(), peerMessage{Kind: "beat"}) }) // whoever misses it takes this node for silent
	}
	for node, at := range r.nodes {
		if now.Sub(at) > silentTime {
			r.forget(node)
		}
	}
	for name, c := range r.all {
		if len(c.subs)+len(c.members)+len(c.history) == 0 {
			delete(r.all, name)
		}
	}
	for len(r.all) > maxChannels {
		oldest := ""
		for name, c := range r.all {
			if len(c.subs) == 0 && (oldest == "" || c.used.Before(r.all[oldest].used)) {
				oldest = name
			}
		}
		if oldest == "" {
			break
		}
		r.clear(r.all[oldest])
		for _, m := range r.all[oldest].members {
			r.hub.held.add(-memberSize - len(m.State))
		}
		delete(r.all, oldest)
	}
}

// close announces to the other nodes that this one leaves. The lock is not held.
func (r *rooms) close() {
	r.hub.mu.Lock()
	stop := r.stop
	r.stop = nil
	r.hub.mu.Unlock()
	if stop == nil {
		return
	}
	if !r.alone() {
		_ = r.publish(context.Background(), peerMessage{Kind: "bye"}) // without it, the others find out
	}
	stop()
}
