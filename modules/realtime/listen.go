package realtime

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/rules"
)

// Listen begins to listen to a channel under an id. presence says that the client wants to know who is there; state is what
// it says of itself, nil where it is not to be seen.
func (s *Session) Listen(ctx context.Context, id, channel string, presence bool, state json.RawMessage) error {
	s.hub.rooms.settle(ctx)
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	if err := s.mayAdd(id); err != nil {
		return err
	}
	sub := &subscription{session: s, id: id, head: headOf(id), channel: channel, presence: presence}
	if err := s.hub.mayHold("state", state, s.hub.engine.config.Limits.State); err != nil {
		return err
	}
	if err := sub.enter(); err != nil {
		return err
	}
	s.keep(sub)
	if state != nil {
		sub.state = state
		if sub.live {
			sub.announce()
		}
	}
	return nil
}

// enter asks whether the subscription may listen, and begins when it may.
func (sub *subscription) enter() error {
	s := sub.session
	g := s.hub.engine
	c, params, err := g.channel(sub.channel)
	if err != nil {
		return err
	}
	t, err := g.newGate(c.Subscribe, s.caller, params)
	if err != nil {
		return err
	}
	if t.ready && !t.open {
		t.close()
		return refusal(s.caller)
	}
	t.changed, t.failed = sub.gateChanged, sub.end
	if sub.gate != nil {
		sub.gate.close()
	}
	sub.gate = t
	sub.room = s.hub.rooms.room(sub.channel)
	sub.room.subs[sub] = struct{}{}
	if t.ready {
		sub.gateChanged()
	}
	return nil
}

func refusal(caller crud.Caller) error {
	if caller.Auth == nil && !caller.Admin {
		return fault.Errorf(fault.Unauthenticated, "sign in to use this channel")
	}
	return fault.Errorf(fault.Forbidden, "you may not use this channel")
}

// gateChanged begins, or ends, what the rule has begun to allow, or ended.
func (sub *subscription) gateChanged() {
	switch {
	case !sub.gate.open:
		sub.end(refusal(sub.session.caller))
	case !sub.live:
		sub.live = true
		sub.greet()
		sub.announce()
	}
}

// greet sends the last messages, and who is present.
func (sub *subscription) greet() {
	if sub.session.queue.postpone(sub) {
		return
	}
	c := sub.room
	welcome := struct {
		Channel  string        `json:"channel"`
		Messages []publication `json:"messages"`
		Present  []member      `json:"present,omitempty"`
		Key      string        `json:"key"`
	}{sub.channel, slices.Clone(c.history), nil, sub.session.key}
	if welcome.Messages == nil {
		welcome.Messages = []publication{}
	}
	if sub.presence {
		welcome.Present = slices.SortedFunc(maps.Values(c.members), func(a, b member) int { return strings.Compare(a.Key, b.Key) })
	}
	text, err := json.Marshal(welcome)
	if err != nil {
		return
	}
	sub.send([]*event{{name: "subscribed", body: append([]byte(`"event":"subscribed",`), text[1:]...)}})
}

// announce informs all members that the subscription's session is present, or what its state is.
func (sub *subscription) announce() {
	if sub.state == nil || !sub.live {
		return
	}
	m := &member{Key: sub.session.key + "." + sub.id, State: sub.state}
	m.User, _ = sub.session.caller.Auth["sub"].(string)
	sub.notifyPeers(peerMessage{Kind: "join", Channel: sub.channel, Member: m})
}

// vanish informs all members that it has left.
func (sub *subscription) vanish() {
	if sub.state == nil {
		return
	}
	sub.state = nil
	sub.notifyPeers(peerMessage{Kind: "leave", Channel: sub.channel, Member: &member{Key: sub.session.key + "." + sub.id}})
}

// notifyPeers publishes in the background, in order. Should it fail, this node knows all the same, and sends it to the others
// when they ask, which they do when the bus is back.
func (sub *subscription) notifyPeers(w peerMessage) {
	r := sub.session.hub.rooms
	w.Member.node = r.node
	switch w.Kind {
	case "join":
		r.join(sub.room, *w.Member)
	case "leave":
		r.leave(sub.room, w.Member.Key)
	}
	if !r.alone() {
		r.hub.telling.push(r, w)
	}
}

// present sets the state of the session in a channel that it listens to.
func (s *Session) present(r request) error {
	if err := s.Present(r.Channel, r.State); err != nil {
		return err
	}
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	s.reply(r.ID, "present", nil)
	return nil
}

// Present sets the state of the session in a channel that it listens to; nil or null takes it out.
func (s *Session) Present(channel string, state json.RawMessage) error {
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	for _, sub := range s.subs {
		if sub.channel != channel || channel == "" {
			continue
		}
		if err := s.hub.mayHold("state", state, s.hub.engine.config.Limits.State); err != nil {
			return err
		}
		if state == nil || string(state) == "null" {
			sub.vanish()
		} else if len(state) > len(sub.state) && s.hub.full() {
			return errFull()
		} else {
			sub.state = state
			sub.announce()
		}
		return nil
	}
	return fault.FieldErrorf("channel", "unknown", "subscribe to the channel first")
}

// publish sends a message to a channel.
func (s *Session) publish(ctx context.Context, r request) error {
	if r.Data == nil {
		return fault.FieldErrorf("data", "required", "say what to send")
	}
	id, err := s.Publish(ctx, r.Channel, r.Data)
	if err != nil {
		return err
	}
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	s.reply(r.ID, "published", []byte(`,"message":`+strconv.Quote(id)))
	return nil
}

// Publish sends a message to a channel, and returns its id.
func (s *Session) Publish(ctx context.Context, channel string, data json.RawMessage) (string, error) {
	c, m, err := s.mayPublish(ctx, channel, data)
	if err != nil {
		return "", err
	}
	return m.ID, s.hub.rooms.publish(ctx, peerMessage{Kind: "message", Channel: channel, Message: m, History: c.History})
}

// mayPublish asks the rule, and makes the message. What the rule looks up is kept for the next ones.
func (s *Session) mayPublish(ctx context.Context, channel string, data json.RawMessage) (*Channel, *publication, error) {
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	switch {
	case s.ended:
		return nil, nil, fault.Errorf(fault.Unavailable, "the connection has ended")
	case s.lapsed != nil:
		return nil, nil, s.lapsed
	}
	g := s.hub.engine
	c, params, err := g.channel(channel)
	if err != nil {
		return nil, nil, err
	}
	t := s.gates[channel]
	if t == nil {
		if len(s.gates) >= g.config.Limits.Subscriptions {
			return nil, nil, fault.Errorf(fault.RateLimited, "a connection sends to at most %d channels", g.config.Limits.Subscriptions)
		}
		if t, err = g.knownGate(ctx, c.Publish, s.caller, params); err != nil {
			return nil, nil, err
		}
		if s.ended || s.gates[channel] != nil {
			defer t.close()
		} else {
			s.gates[channel] = t
		}
	}
	if !t.open {
		return nil, nil, refusal(s.caller)
	}
	m, err := s.hub.message(s.caller, data)
	return c, m, err
}

func (h *Hub) message(caller crud.Caller, data json.RawMessage) (*publication, error) {
	if err := h.mayHold("data", data, h.engine.config.Limits.Message); err != nil {
		return nil, err
	}
	from, _ := caller.Auth["sub"].(string)
	return &publication{uuid.NewString(), from, h.clock.Now().UTC().Truncate(time.Microsecond), data}, nil
}

// mayHold refuses what is too large for the memory of every node and for everyone who listens.
func (h *Hub) mayHold(field string, value json.RawMessage, limit int) error {
	if len(value) <= limit {
		return nil
	}
	name := map[string]string{"data": "message", "state": "state"}[field]
	return &fault.Error{Code: fault.TooLarge, Detail: fmt.Sprintf("%s has %d bytes; limits.%s allows %d", field, len(value), name, limit)}
}

// knownGate is newGate that waits until it is known whether the gate is open. It releases the lock meanwhile.
func (g *engine) knownGate(ctx context.Context, rule *rules.Rule, caller crud.Caller, params query.Row) (*gate, error) {
	t, err := g.newGate(rule, caller, params)
	if err != nil {
		return nil, err
	}
	known := make(chan struct{}, 1)
	wake := func() {
		select {
		case known <- struct{}{}:
		default:
		}
	}
	var failure error = fault.Errorf(fault.Timeout, "the rule of the channel took too long; try again")
	t.changed, t.failed = wake, func(err error) { failure = err; wake() }
	if !t.ready {
		g.hub.mu.Unlock()
		select {
		case <-known:
		case <-ctx.Done():
		case <-g.ctx.Done():
		}
		g.hub.mu.Lock()
	}
	if !t.ready {
		t.close()
		return nil, failure
	}
	return t, nil
}

// Publish sends a message to a channel for a caller without a connection, and returns its id.
func (h *Hub) Publish(ctx context.Context, caller crud.Caller, name string, data json.RawMessage) (string, error) {
	c, m, err := h.mayPublish(ctx, caller, name, data)
	if err == nil {
		err = h.rooms.publish(ctx, peerMessage{Kind: "message", Channel: name, Message: m, History: c.History})
	}
	if err != nil {
		return "", err
	}
	return m.ID, nil
}

func (h *Hub) mayPublish(ctx context.Context, caller crud.Caller, name string, data json.RawMessage) (*Channel, *publication, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	c, params, err := h.engine.channel(name)
	if err != nil {
		return nil, nil, err
	}
	t, err := h.engine.knownGate(ctx, c.Publish, caller, params)
	if err != nil {
		return nil, nil, err
	}
	defer t.close()
	if !t.open {
		return nil, nil, refusal(caller)
	}
	m, err := h.message(caller, data)
	return c, m, err
}
