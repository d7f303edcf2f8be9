package graphql

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync/atomic"
	"time"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/modules/realtime"
	"github.com/basalt-dev/basalt/rules"
	"github.com/basalt-dev/basalt/server/dialect"
)

// subprotocol is the one of graphql-ws, https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md.
const subprotocol = "graphql-transport-ws"

const (
	// initTime is how long a client may take to say connection_init.
	initTime = time.Minute
	// maxID is the longest id of an operation.
	maxID = 64
	// initID is the id of the sign-in of connection_init; clients cannot have it.
	initID = "\x00init"
)

// socket is a connection of graphql-transport-ws over a session of live queries.
type socket struct {
	*transport
	graph   *Graph
	client  realtime.Client
	session *realtime.Session
	memory  *crud.Budget
	send    func(credential string, header map[string]string, body []byte) dialect.Response
	begun   atomic.Bool // connection_init has come
	waiting *time.Timer
}

// message is one of either side.
type message struct {
	ID      string          `json:"id,omitempty"`
	Type    string          `json:"type"`
	Payload json.RawMessage `json:"payload,omitempty"`
}

// open begins a connection.
func (g *Graph) open(conn realtime.Transport, client realtime.Client, r *dialect.Request) (dialect.Session, error) {
	t := &transport{Transport: conn, live: map[string]*subscription{}}
	client.Describe = g.describer(t)
	s := &socket{transport: t, graph: g, client: client, memory: r.Memory, send: r.Send}
	session, err := g.Hub.Open(t, client)
	if err != nil {
		return nil, err
	}
	s.session, t.again = session, session.Renew
	s.waiting = time.AfterFunc(initTime, func() {
		if !s.begun.Load() {
			t.end(realtime.Reason{Code: 4408, Text: "Connection initialisation timeout"})
		}
	})
	return s, nil
}

// describer describes the errors of live queries.
func (g *Graph) describer(t *transport) func(error) []byte {
	return func(err error) []byte {
		if errors.Is(err, errReplaced) {
			t.over.Store(&realtime.Leaving)
			return []byte("null")
		}
		out, _ := json.Marshal([]problem{describe(g.clientError("", err))}) // texts and numbers only
		return out
	}
}

// say sends a message that answers one of the client.
func (s *socket) say(m message) { _ = s.Transport.Write(s.frame(nil, m, "")) } // a client that has gone does not get it

func (s *socket) refuse(code int, text string) {
	s.end(realtime.Reason{Code: code, Text: text})
}

// Alive implements dialect.Session.
func (s *socket) Alive() { s.session.Alive() }

// Close implements dialect.Session.
func (s *socket) Close() {
	s.waiting.Stop()
	s.session.Close()
}

// Handle implements dialect.Session.
func (s *socket) Handle(ctx context.Context, text []byte) {
	s.session.Alive()
	var m message
	if err := json.Unmarshal(text, &m); err != nil {
		s.refuse(4400, "a message is a JSON object with a type")
		return
	}
	switch m.Type {
	case "connection_init":
		s.begin(ctx, m)
	case "ping":
		s.say(message{Type: "pong", Payload: m.Payload})
	case "pong":
	case "subscribe":
		s.subscribe(ctx, m)
	case "complete":
		if s.forget(m.ID) {
			s.session.Handle(ctx, append(append([]byte(`{"op":"unsubscribe","id":`), query.String(m.ID).AppendJSON(nil)...), '}'))
		}
	default:
		s.refuse(4400, "there is no such type of message")
	}
}

// begin is connection_init. Its payload may have a token, as clients send it: Authorization, or headers with that.
func (s *socket) begin(ctx context.Context, m message) {
	if s.begun.Swap(true) {
		s.refuse(4429, "Too many initialisation requests")
		return
	}
	var payload map[string]any
	if len(m.Payload) > 0 {
		if err := json.Unmarshal(m.Payload, &payload); err != nil {
			s.refuse(4400, "the payload of connection_init is an object")
			return
		}
	}
	token := tokenIn(payload)
	if headers, ok := payload["headers"].(map[string]any); ok && token == "" {
		token = tokenIn(headers)
	}
	if token == "" {
		s.acked.Store(true)
		s.say(message{Type: "connection_ack"})
		return
	}
	body, _ := json.Marshal(map[string]string{"id": initID, "op": "auth", "token": token}) // texts only
	s.session.Handle(ctx, body)
}

func tokenIn(members map[string]any) string {
	for name, v := range members {
		if text, ok := v.(string); ok && strings.EqualFold(name, "authorization") {
			if scheme, token, both := strings.Cut(text, " "); both && strings.EqualFold(scheme, "Bearer") {
				return token
			}
			return text
		}
	}
	return ""
}

// subscribe is a query or a subscription.
func (s *socket) subscribe(ctx context.Context, m message) {
	switch {
	case !s.acked.Load():
		s.refuse(4401, "Unauthorized")
		return
	case m.ID == "" || len(m.ID) > maxID || m.ID == initID:
		s.refuse(4400, "an id is a string of 1 to 64 characters")
		return
	case s.used(m.ID) != nil:
		s.refuse(4409, "Subscriber for "+m.ID+" already exists")
		return
	}
	if list := s.run(ctx, m); list != nil {
		payload, _ := json.Marshal(list) // texts and numbers only
		s.say(message{ID: m.ID, Type: "error", Payload: payload})
	}
}

// run runs an operation, and returns why it cannot.
func (s *socket) run(ctx context.Context, m message) []problem {
	fails := func(err error) []problem { return []problem{describe(s.graph.clientError("", err))} }
	a, err := decode(m.Payload)
	if err != nil {
		return fails(err)
	}
	service, caller, err := s.session.Now()
	switch {
	case err != nil:
		return fails(err)
	case service != s.graph.Crud: // the schema is another one now
		s.end(realtime.Leaving)
		return nil
	}
	doc, list := s.graph.lookup(caller, &a)
	if list != nil {
		return s.graph.refuse(list)
	}
	e, err := s.graph.prepare(&dialect.Request{Context: ctx, Caller: caller}, doc, a)
	if err != nil {
		return s.graph.refuse(fails(err))
	}
	e.request = nil
	switch e.op.Operation {
	case ast.Mutation:
		return s.change(m, a)
	case ast.Query:
		return s.once(ctx, m.ID, e, caller)
	}
	sub, err := e.subscribed(a)
	if err != nil {
		return fails(err)
	}
	s.use(m.ID, sub)
	err = s.session.SubscribeTo(m.ID, sub.root.c.Name, s.graph.live(e, sub), sub.ask.resume)
	if s.graph.subscribed(err); err != nil {
		s.forget(m.ID)
		return fails(err)
	}
	return nil
}

// once answers a query. The memory that it holds is released when the answer is written.
func (s *socket) once(ctx context.Context, id string, e *executor, caller crud.Caller) []problem {
	hold := crud.Hold{Budget: s.memory}
	defer hold.End()
	caller.Hold = &hold
	now := e.as(ctx, caller)
	if s.client.Count != nil {
		now.charge = func(collection string, _ rules.Op, _ int) error { return s.client.Count(caller, collection) }
	}
	data := now.data()
	s.graph.called(string(ast.Query), now.errs)
	s.say(message{ID: id, Type: "next", Payload: appendAnswer(nil, data, now.errs)})
	s.say(message{ID: id, Type: "complete"})
	return nil
}

// change runs a mutation, as if it had come by POST: it is limited, happens once where it has a key, and may call functions.
func (s *socket) change(m message, a asked) []problem {
	header := map[string]string{"Accept": "application/graphql-response+json"}
	if a.key != "" {
		header["Idempotency-Key"] = a.key
	}
	answer := s.send(s.session.Token(), header, m.Payload)
	var result struct {
		Data   json.RawMessage
		Errors json.RawMessage
	}
	if err := json.Unmarshal(answer.Body, &result); err != nil {
		return []problem{describe(s.graph.clientError("", err))}
	}
	if result.Data == nil { // it was not run
		s.say(message{ID: m.ID, Type: "error", Payload: result.Errors})
		return nil
	}
	s.say(message{ID: m.ID, Type: "next", Payload: answer.Body})
	s.say(message{ID: m.ID, Type: "complete"})
	return nil
}
