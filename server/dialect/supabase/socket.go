package supabase

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/realtime"
	"github.com/basalt-dev/basalt/server/dialect"
)

// socket is a connection of a realtime client: topics of Phoenix over a session of live queries and channels.
type socket struct {
	*speaker
	dialect *Dialect
	// token is the one that the session was signed in with last. Only Handle uses it.
	token string
}

// Sockets implements [dialect.Dialect].
func (d *Dialect) Sockets() []dialect.Socket {
	return []dialect.Socket{{Path: "/realtime/v1/websocket", Optional: true, Open: d.open}}
}

// errReplaced ends the live queries of a configuration that is not served any more.
var errReplaced = fault.Errorf(fault.Unavailable, "the configuration has been replaced; connect again")

// open begins a connection.
func (d *Dialect) open(conn realtime.Transport, client realtime.Client, r *dialect.Request) (dialect.Session, error) {
	q, err := r.Query()
	if err != nil {
		return nil, err
	}
	w, err := wireOf(q.Get("vsn"))
	if err != nil {
		return nil, err
	}
	t := &speaker{Transport: conn, wire: w, now: d.Now, joins: map[string]*join{}, listeners: map[string]listener{}}
	t.describe = describer(client.Describe)
	client.Describe = func(err error) []byte {
		if errors.Is(err, errReplaced) {
			t.over.Store(&realtime.Leaving)
		}
		return quoted(t.describe(err))
	}
	client.Identify = d.identifyToken(client)
	session, err := d.Hub.Open(t, client)
	if err != nil {
		return nil, err
	}
	t.begin(session)
	return &socket{speaker: t, dialect: d, token: client.Token}, nil
}

// identifyToken returns what verifies the token of a channel, which is that of a user or one of the keys.
func (d *Dialect) identifyToken(client realtime.Client) realtime.Identify {
	return func(ctx context.Context, token string) (crud.Caller, error) {
		caller := client.Caller
		caller.Auth, caller.Admin = nil, false
		switch d.keys.role(token) {
		case anon:
			return caller, nil
		case service:
			caller.Admin = true
			return caller, nil
		}
		return client.Identify(ctx, token)
	}
}

// describer says an error in the words of a reason: a code, and a message.
func describer(native realtime.Describe) func(error) string {
	return func(err error) string {
		var p problem
		if !errors.As(err, &p) {
			_ = json.Unmarshal(native(err), &p) // it is a problem in JSON
		}
		text := p.Message
		if p.Details != "" {
			text += ": " + p.Details
		}
		if code := p.Code; code != "PGRST301" && code != "42501" {
			return code + ": " + text
		}
		return "Unauthorized: " + text
	}
}

// Alive implements [dialect.Session].
func (s *socket) Alive() { s.session.Alive() }

// Close implements [dialect.Session].
func (s *socket) Close() {
	s.session.Close()
	s.end()
}

// Handle implements [dialect.Session].
func (s *socket) Handle(ctx context.Context, text []byte) {
	f, err := s.wire.decode(text)
	s.handle(ctx, f, err)
}

// HandleBinary implements [dialect.Binary].
func (s *socket) HandleBinary(ctx context.Context, b []byte) {
	f, err := decodePush(b)
	if !s.wire.arrays {
		err = errFrame
	}
	s.handle(ctx, f, err)
}

func (s *socket) handle(ctx context.Context, f frame, err error) {
	s.session.Alive()
	if service, _, _ := s.session.Now(); service != s.dialect.Crud { // tables, keys and channels may be others now
		s.Transport.Close(realtime.Leaving)
		return
	}
	if err != nil {
		s.Transport.Close(realtime.Reason{Code: 1007, Text: err.Error()})
		return
	}
	switch {
	case f.topic == "phoenix":
		s.reply(f, nil)
		return
	case f.event == "phx_join":
		if err := s.join(ctx, f); err != nil {
			s.reply(f, err)
		}
		return
	}
	j := s.joined(f)
	switch {
	case j == nil && f.event == "phx_leave":
		s.reply(f, nil)
		return
	case j == nil:
		s.reply(f, problem{Code: "UnmatchedTopic", Message: "join " + fault.Clip(f.topic) + " first"})
		return
	}
	switch f.event {
	case "phx_leave":
		s.leave(j)
		s.reply(f, nil)
		s.say(frame{join: j.ref, ref: j.ref, topic: j.topic, event: "phx_close", payload: []byte("{}")})
	case "access_token":
		s.refresh(ctx, f, j)
	case "broadcast":
		if err := s.broadcast(ctx, f, j); err != nil || j.config.Broadcast.Ack {
			s.reply(f, err)
		}
	case "presence":
		s.reply(f, s.present(f, j))
	default:
		s.reply(f, problem{Code: "UnknownEvent", Message: "there is no event " + fault.Clip(f.event) + " that a client sends"})
	}
}

// reply answers a message.
func (s *socket) reply(f frame, err error) {
	s.say(frame{join: f.join, ref: f.ref, topic: f.topic, event: "phx_reply", payload: s.status(err)})
}

// status is the payload of a reply.
func (t *speaker) status(err error) []byte {
	if err == nil {
		return []byte(`{"status":"ok","response":{}}`)
	}
	return refusal(t.describe(err))
}

func refusal(reason string) []byte {
	return append(append([]byte(`{"status":"error","response":{"reason":`), quoted(reason)...), "}}"...)
}

// signIn makes the connection that of a token. All channels of a connection have the same: the one that came last.
func (s *socket) signIn(ctx context.Context, token string) error {
	if _, _, lapsed := s.session.Now(); token == "" || token == s.token && lapsed == nil {
		return nil
	}
	if err := s.session.SignIn(ctx, token); err != nil {
		return err
	}
	if _, caller, _ := s.session.Now(); caller.Admin && s.dialect.keys.role(token) == service {
		s.dialect.Log.Info("the service key of compat.supabase was used", "path", "/realtime/v1/websocket", "ip", caller.IP)
	}
	s.token = token
	return nil
}

// refresh is access_token: a session was refreshed, begun or ended. A token that is not good ends the channel.
func (s *socket) refresh(ctx context.Context, f frame, j *join) {
	var payload struct {
		Token *string `json:"access_token"`
	}
	if err := json.Unmarshal(f.payload, &payload); err != nil {
		s.reply(f, problem{Code: "InvalidPayload", Message: "access_token is a string"})
		return
	}
	if payload.Token == nil {
		return
	}
	if err := s.signIn(ctx, *payload.Token); err != nil {
		s.leave(j)
		reason := s.describe(err)
		s.say(j.system("system", "error", reason))
		s.say(j.failed(reason))
	}
}

// broadcast sends a message to the channel of a topic.
func (s *socket) broadcast(ctx context.Context, f frame, j *join) error {
	var said message
	if err := json.Unmarshal(f.payload, &said); err != nil {
		return problem{Code: "InvalidPayload", Message: `a broadcast is {"type":"broadcast","event":…,"payload":…}`}
	}
	said.Sender = j.sender
	data, err := said.data()
	if err != nil {
		return err
	}
	_, err = s.session.Publish(ctx, j.channel, data)
	return asUnknown(j.channel, err)
}

// present is track and untrack.
func (s *socket) present(f frame, j *join) error {
	var payload struct {
		Event   string
		Payload json.RawMessage
	}
	if err := json.Unmarshal(f.payload, &payload); err != nil {
		return problem{Code: "InvalidPayload", Message: `a presence is {"type":"presence","event":"track","payload":{}}`}
	}
	switch strings.ToLower(payload.Event) {
	case "track":
		state := payload.Payload
		if state == nil {
			state = json.RawMessage("{}")
		}
		if state[0] != '{' {
			return problem{Code: "InvalidPayload", Message: "the payload of track is an object"}
		}
		return s.session.Present(j.channel, state)
	case "untrack":
		return s.session.Present(j.channel, nil)
	}
	return problem{Code: "UnknownEvent", Message: "the events of presence are track and untrack"}
}

// asUnknown is the error of a channel that is not configured: like one without a rule.
func asUnknown(channel string, err error) error {
	var e *fault.Error
	if errors.As(err, &e) && len(e.Fields) > 0 && e.Fields[0].Field == "channel" {
		return problem{Status: 403, Code: "42501", Message: "there is no rule for the channel " + fault.Clip(channel) + ` in the section channels of the configuration, and what has none is denied`}
	}
	return err
}
