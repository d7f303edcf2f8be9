package realtime

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/shared"
)

// Transport is how a session reaches its client. Its methods are called by one goroutine at a time, but for
// Close.
type Transport interface {
	// Append appends a message, whose text is in two parts, to what will be written. name and resume are those
	// of the event, for transports that tell them apart from the text.
	Append(dst, head, body []byte, name, resume string) []byte
	// Ping appends what asks the client whether it is there.
	Ping(dst []byte) []byte
	// Write writes, within a time limit of its own.
	Write(b []byte) error
	// Close ends the connection, after sending the reason where that is possible. It may be called more than once, and
	// while Write runs.
	Close(Reason)
}

// Reason is why a connection ends. Its text is for the client.
type Reason struct {
	// Code is that of RFC 6455, section 7.4.
	Code int
	Text string
}

// The reasons. After Leaving a client comes back at once, to another node where there is one.
var (
	Leaving  = Reason{1012, "this node is shutting down; connect again"}
	Silent   = Reason{1001, "the client was silent for too long"}
	TooMuch  = Reason{1008, "this is more than a connection may send"}
	TooSlow  = Reason{1008, "nothing was read for too long"}
	Finished = Reason{1000, ""}
)

// Identify verifies a token.
type Identify func(ctx context.Context, token string) (crud.Caller, error)

// Describe turns an error into what a client receives.
type Describe func(error) []byte

// Client is who opens a session.
type Client struct {
	Caller crud.Caller
	// Token is what the caller was identified by; empty for an anonymous one.
	Token    string
	Identify Identify
	Describe Describe
	// Count counts a live query of a collection, and refuses one too many; nil counts nothing.
	Count func(caller crud.Caller, collection string) error
}

// Session is a connection of a client.
type Session struct {
	hub       *Hub
	transport Transport
	client    Client

	// The lock of the hub guards these.
	caller  crud.Caller
	signIns int // how often the caller has changed
	token   string
	lapsed  error // why the token is not good any more
	owner   string
	subs    map[string]*subscription
	key     string           // names the session in channels
	gates   map[string]*gate // to send to channels, by name
	ended   bool
	turn    int // when it is looked after
	opened  time.Time

	queue    queue
	lastSeen struct {
		sync.Mutex
		at time.Time
	}
	pinged time.Time
}

// request is a message of a client.
type request struct {
	ID         string          `json:"id"`
	Op         string          `json:"op"`
	Token      string          `json:"token"`
	Collection string          `json:"collection"`
	Query      json.RawMessage `json:"query"`
	Aggregate  json.RawMessage `json:"aggregate"`
	Key        string          `json:"key"`
	Resume     string          `json:"resume"`
	Channel    string          `json:"channel"`
	Data       json.RawMessage `json:"data"`
	State      json.RawMessage `json:"state"`
	Presence   bool            `json:"presence"`
}

// Open begins a session. Its error is for the client.
func (h *Hub) Open(t Transport, client Client) (*Session, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed || h.draining || h.engine == nil {
		return nil, fault.Retry(fault.Unavailable, time.Second, "this node is shutting down; connect again")
	}
	if len(h.sessions) >= h.engine.config.Limits.Connections {
		return nil, fault.Retry(fault.Unavailable, 5*time.Second, "this node has reached its connection limit; try again")
	}
	s := &Session{hub: h, transport: t, client: client, caller: client.Caller, token: client.Token, subs: map[string]*subscription{}, gates: map[string]*gate{}, key: uuid.NewString()}
	s.queue.session = s
	if err := s.own(); err != nil {
		return nil, err
	}
	s.pinged = h.clock.Now()
	s.opened, s.lastSeen.at = s.pinged, s.pinged
	h.sessions[s] = struct{}{}
	s.turn = (h.turn + len(h.sessions)) % tendTurns
	h.turns[s.turn][s] = struct{}{}
	return s, nil
}

// ownerOf names the user or the network that a connection is counted for.
func ownerOf(caller crud.Caller) string {
	if id, ok := caller.Auth["sub"].(string); ok {
		return "user " + id
	}
	return "ip " + shared.Network(caller.IP)
}

// payer is who the reads of the session are charged to.
func (s *Session) payer() payer { return payer{s.owner, s} }

// own counts the connection for its owner.
func (s *Session) own() error {
	owner := ownerOf(s.caller)
	if owner == s.owner || s.caller.Admin {
		return nil
	}
	if s.hub.users[owner] >= s.hub.engine.config.Limits.UserConnections {
		return fault.Retry(fault.RateLimited, 5*time.Second, "too many open connections for this user")
	}
	before := s.payer()
	s.disown()
	s.owner = owner
	s.hub.users[owner]++
	s.hub.engine.reads.leave(before)
	return nil
}

func (s *Session) disown() {
	if s.owner == "" {
		return
	}
	if s.hub.users[s.owner]--; s.hub.users[s.owner] == 0 {
		delete(s.hub.users, s.owner)
	}
	s.owner = ""
}

// Now returns what the session is served with, and who its client is; an error where its token is not good any more.
func (s *Session) Now() (*crud.Service, crud.Caller, error) {
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	return s.hub.engine.service, s.caller, s.lapsed
}

// Token is what the client was identified by; empty for an anonymous one.
func (s *Session) Token() string {
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	return s.token
}

// Renew prepares a live query again, soon: what its Prepare makes is another one now. It may be called by the transport of
// the session.
func (s *Session) Renew(id string) {
	s.hub.clock.Run(&s.hub.writing, s, func() {
		s.hub.mu.Lock()
		defer s.hub.mu.Unlock()
		if sub := s.subs[id]; sub != nil {
			s.renew(sub)
		}
	})
}

// Alive records that the client is alive.
func (s *Session) Alive() {
	s.lastSeen.Lock()
	s.lastSeen.at = s.hub.clock.Now()
	s.lastSeen.Unlock()
}

// Close ends the session after its connection has ended.
func (s *Session) Close() {
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	s.close(Finished)
}

func (s *Session) close(why Reason) {
	if s.ended {
		return
	}
	s.ended = true
	s.queue.close()
	for _, sub := range s.subs {
		sub.leave()
	}
	s.subs = nil
	s.closeGates()
	s.hub.engine.reads.leave(s.payer())
	s.disown()
	delete(s.hub.sessions, s)
	delete(s.hub.turns[s.turn], s)
	delete(s.hub.timed, s)
	s.hub.clock.Run(&s.hub.writing, s, func() { s.transport.Close(why) }) // it may have to wait for a write
}

// Handle runs a message of the client.
func (s *Session) Handle(ctx context.Context, message []byte) {
	s.Alive()
	var r request
	if err := json.Unmarshal(message, &r); err != nil {
		s.refuse("", fault.Errorf(fault.InvalidJSON, "a message is a JSON object such as {\"id\":\"1\",\"op\":\"subscribe\",\"collection\":\"notes\",\"query\":{}}"))
		return
	}
	if len(r.ID) == 0 || len(r.ID) > maxID {
		s.refuse("", fault.FieldErrorf("id", "length", "id must be a string of 1 to %d characters; the answers repeat it", maxID))
		return
	}
	if err := s.run(ctx, r); err != nil {
		s.refuse(r.ID, err)
	}
}

// maxID is the longest id of a request.
const maxID = 64

var ops = []string{"auth", "subscribe", "unsubscribe", "publish", "presence", "ping"}

func (s *Session) run(ctx context.Context, r request) error {
	switch r.Op {
	case "auth":
		return s.authenticate(ctx, r)
	case "publish":
		return s.publish(ctx, r)
	case "presence":
		return s.present(r)
	case "subscribe":
		if r.Channel != "" {
			return s.Listen(ctx, r.ID, r.Channel, r.Presence || r.State != nil, r.State)
		}
		return s.Subscribe(r.ID, r.read(), r.Resume)
	case "unsubscribe":
		if s.Unsubscribe(r.ID) {
			s.hub.mu.Lock()
			defer s.hub.mu.Unlock()
			s.reply(r.ID, "unsubscribed", nil)
		}
		return nil
	case "ping":
		s.hub.mu.Lock()
		defer s.hub.mu.Unlock()
		s.reply(r.ID, "pong", nil)
		return nil
	}
	return fault.FieldErrorf("op", "enum", "there is no op %q%s", fault.Clip(r.Op), fault.DidYouMean(r.Op, ops))
}

func (s *Session) closeGates() {
	for channel, t := range s.gates {
		t.close()
		delete(s.gates, channel)
	}
}

// Unsubscribe ends a live query, or stops to listen to a channel, and reports whether there was one with the id.
func (s *Session) Unsubscribe(id string) bool {
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	sub := s.subs[id]
	if sub == nil {
		return false
	}
	sub.leave()
	return true
}

// Hold counts bytes that are kept for the client outside of the session against limits.live; a negative number gives them
// back.
func (s *Session) Hold(bytes int) { s.hub.held.add(bytes) }

func (s *Session) authenticate(ctx context.Context, r request) error {
	return s.signIn(ctx, r.Token, func() { s.reply(r.ID, "auth", nil) })
}

// SignIn makes the session that of the user of a token.
func (s *Session) SignIn(ctx context.Context, token string) error {
	return s.signIn(ctx, token, func() {})
}

// signIn calls done ahead of what the client receives as another user.
func (s *Session) signIn(ctx context.Context, token string, done func()) error {
	caller, err := s.client.Identify(ctx, token)
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	if s.ended {
		return nil
	}
	if err != nil {
		return err
	}
	was, before := s.caller, s.owner
	s.caller = caller
	if err := s.own(); err != nil {
		s.caller, s.owner = was, before
		return err
	}
	s.token, s.lapsed = token, nil
	s.signIns++
	done()
	s.prepareAgain()
	return nil
}

// lapse ends what hangs on a token that is not good any more.
func (s *Session) lapse(err error) {
	s.lapsed = err
	s.closeGates()
	for _, sub := range s.subs {
		sub.end(err)
	}
}

// refuse replies with an error.
func (s *Session) refuse(id string, err error) {
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	s.tellError(id, err)
}

func (s *Session) tellError(id string, err error) {
	s.reply(id, "error", append([]byte(`,"error":`), s.client.Describe(err)...))
}

// reply queues a message that is for this client alone.
func (s *Session) reply(id, name string, rest []byte) {
	body := append(append(append([]byte(`"event":"`), name...), '"'), rest...)
	s.queue.push(&subscription{session: s, head: headOf(id)}, []*event{{name: name, body: append(body, '}')}})
}
