package realtime

import (
	"encoding/json"

	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

// subscription is one live query of a session, or one channel.
type subscription struct {
	session *Session
	head    []byte // of its messages
	id      string
	group   *group
	prepare Prepare
	timed   bool
	// live says that the client has received what is shown; resume is the token of that message.
	live   bool
	resume string
	reset  bool // the next snapshot replaces something
	asked  int  // bytes that it keeps of its query

	// Guarded by the lock of the queue: whether it is among those that are behind, and how many of its messages wait. A
	// client may have many thousands, so that no list of them is searched for one.
	behind bool
	queued int

	// Of a channel.
	channel  string
	room     *channelState
	gate     *gate
	presence bool            // it wants to know who is there
	state    json.RawMessage // of the session in the channel; nil when it is not to be seen
}

// read returns what a message subscribes to.
func (r *request) read() crud.Read {
	out := crud.Read{Collection: r.Collection}
	switch {
	case r.Aggregate != nil:
		out.Kind, out.Body = crud.Aggregate, r.Aggregate
	case r.Key != "":
		out.Kind, out.ID = crud.Get, r.Key
	default:
		out.Body = r.Query
	}
	return out
}

// prepareLive prepares a read for a caller, to be kept up to date.
func prepareLive(service *crud.Service, caller crud.Caller, read crud.Read) (*crud.Live, error) {
	caller.Method = "GET"
	plan, err := service.Prepare(caller, read)
	if err != nil {
		return nil, err
	}
	return plan.Live()
}

// Subscribe begins a live query under an id. The token resume, where it is not empty, says what the client
// has of it.
func (s *Session) Subscribe(id string, read crud.Read, resume string) error {
	return s.SubscribeTo(id, read.Collection, func(service *crud.Service, caller crud.Caller) (*crud.Live, error) {
		return prepareLive(service, caller, read)
	}, resume)
}

// Prepare prepares a live query for a caller. It is called again when the rules, the caller or the time are others.
type Prepare func(*crud.Service, crud.Caller) (*crud.Live, error)

// SubscribeTo is [Session.Subscribe] for what prepare makes; it counts as a read of a collection.
func (s *Session) SubscribeTo(id, collection string, prepare Prepare, resume string) error {
	s.hub.mu.Lock()
	caller := s.caller
	s.hub.mu.Unlock()
	if s.client.Count != nil {
		if err := s.client.Count(caller, collection); err != nil {
			return err
		}
	}
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	live, err := s.prepareNew(id, prepare)
	if err != nil {
		return err
	}
	sub := &subscription{session: s, id: id, head: headOf(id), prepare: prepare, resume: resume}
	if err := sub.join(live); err != nil {
		return err
	}
	s.keep(sub)
	return nil
}

// keep makes a subscription one of the session's.
func (s *Session) keep(sub *subscription) {
	s.subs[sub.id] = sub
	s.hub.held.add(subscriptionSize)
}

// prepareNew prepares a new subscription. It releases the lock meanwhile, because that takes a while, and begins again
// where the rules or the caller are others afterwards.
func (s *Session) prepareNew(id string, prepare Prepare) (*crud.Live, error) {
	for {
		if err := s.mayAdd(id); err != nil {
			return nil, err
		}
		engine, caller, signIns := s.hub.engine, s.caller, s.signIns
		s.hub.mu.Unlock()
		live, err := prepare(engine.service, caller)
		s.hub.mu.Lock()
		if s.hub.engine == engine && s.signIns == signIns {
			if err == nil {
				err = s.mayAdd(id)
			}
			return live, err
		}
	}
}

// mayAdd refuses a subscription that there cannot be.
func (s *Session) mayAdd(id string) error {
	switch most := s.hub.engine.config.Limits.Subscriptions; {
	case s.hub.full():
		return errFull()
	case s.ended:
		return fault.Errorf(fault.Unavailable, "the connection has ended")
	case s.lapsed != nil:
		return s.lapsed
	case s.subs[id] != nil:
		return fault.FieldErrorf("id", "unique", "there is a subscription with this id; unsubscribe it first, or take another id")
	case len(s.subs) >= most:
		return fault.Errorf(fault.RateLimited, "a connection has at most %d subscriptions", most)
	}
	return nil
}

// headOf returns the beginning of every message with an id.
func headOf(id string) []byte {
	return append(query.String(id).AppendJSON([]byte(`{"id":`)), ',')
}

// join makes the subscription listen to the group of a live query.
func (sub *subscription) join(live *crud.Live) error {
	c, err := sub.session.hub.engine.join(live, sub)
	if err != nil {
		return err
	}
	if sub.group, sub.timed = c, live.Timed; sub.timed {
		sub.session.hub.timed[sub.session] = struct{}{}
	}
	sub.asks(len(live.Identity))
	if c.steady() {
		sub.begin()
	}
	c.wake(sub.session.payer())
	return nil
}

// begin sends what is shown, or what has changed since the last message to the client.
func (sub *subscription) begin() {
	if sub.session.queue.postpone(sub) {
		return
	}
	sub.live = true
	if sub.resume != "" {
		state, ok := stateOfToken(sub.resume)
		sub.resume = ""
		if ok {
			if events, known := sub.group.since(state); known {
				resumed := &event{name: "resumed", body: []byte(`"event":"resumed",`)}
				resumed.finish(state, false)
				sub.send(append([]*event{resumed}, events...))
				return
			}
		}
		sub.reset = true
	}
	sub.send([]*event{sub.group.snapshot(sub.reset)})
	sub.reset = true
}

// send queues events for the client.
func (sub *subscription) send(events []*event) {
	sub.session.queue.push(sub, events)
}

// leave stops to listen.
func (sub *subscription) leave() {
	if c := sub.group; c != nil {
		c.leave(sub)
	}
	if sub.room != nil {
		delete(sub.room.subs, sub)
		sub.vanish()
		sub.gate.close()
	}
	sub.group, sub.room = nil, nil
	sub.asks(0)
	if sub.session.subs[sub.id] == sub {
		delete(sub.session.subs, sub.id)
		sub.session.hub.held.add(-subscriptionSize)
	}
	sub.session.queue.forget(sub)
}

// end leaves, and says why.
func (sub *subscription) end(err error) {
	sub.leave()
	sub.session.tellError(sub.id, err)
}

// renew prepares a subscription again: by the rules, the claims and the time as they are now.
func (s *Session) renew(sub *subscription) {
	if sub.channel != "" {
		if err := sub.enter(); err != nil {
			sub.end(err)
		}
		return
	}
	live, err := sub.prepare(s.hub.engine.service, s.caller)
	if err != nil {
		sub.end(err)
		return
	}
	if sub.group != nil && sub.group.key == live.Identity && sub.group.engine == s.hub.engine {
		return
	}
	old := sub.group
	if old != nil {
		old.leave(sub)
		if sub.live { // the next group continues from what was sent
			sub.resume = tokenOf(old.state)
		}
	}
	sub.group, sub.live = nil, false
	if err := sub.join(live); err != nil {
		sub.end(err)
	}
}

// prepareAgain prepares all subscriptions again.
func (s *Session) prepareAgain() {
	s.closeGates()
	for _, sub := range s.subs {
		s.renew(sub)
	}
}
