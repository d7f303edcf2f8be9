package graphql

import (
	"bytes"
	"errors"
	"mime"
	"net/http"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/realtime"
	"github.com/basalt-dev/basalt/server/dialect"
)

// GraphQL over server-sent events, in the mode of distinct connections:
// https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md.

// eventMedia is the media type of a stream of events.
const eventMedia = "text/event-stream"

// completed is the last event.
const completed = "event: complete\ndata:\n\n"

// appendEvent appends an answer as an event. resume is its id, which a client sends as Last-Event-ID; empty for none.
func appendEvent(dst, answer []byte, resume string) []byte {
	if resume != "" {
		dst = append(append(append(dst, "id: "...), resume...), '\n')
	}
	dst = append(dst, "event: next\ndata: "...)
	dst = append(dst, bytes.ReplaceAll(answer, []byte{'\n'}, []byte{' '})...) // as JSON has it between values only
	return append(dst, "\n\n"...)
}

// takesEvents reports whether a client asks for a stream of events.
func takesEvents(r *dialect.Request) bool {
	for part := range strings.SplitSeq(r.Header("Accept"), ",") {
		if base, _, err := mime.ParseMediaType(strings.TrimSpace(part)); err == nil && base == eventMedia {
			return true
		}
	}
	return false
}

// asEvents is the answer to a query or a mutation as events.
func asEvents(answer []byte) dialect.Response {
	return encoded(eventMedia, http.StatusOK, append(appendEvent(nil, answer, ""), completed...))
}

// theOne is the id of the subscription of a stream of events, which a client does not see.
const theOne = "events"

// subscription answers a subscription with events.
func (g *Graph) subscription(e *executor, sub *subscription) dialect.Response {
	return dialect.Response{Events: func(conn realtime.Transport, client realtime.Client) (dialect.Session, error) {
		t := &transport{Transport: conn, live: map[string]*subscription{theOne: sub}, events: true}
		client.Describe = g.describer(t)
		session, err := g.Hub.Open(t, client)
		if err != nil {
			return nil, err
		}
		t.again = session.Renew
		err = session.SubscribeTo(theOne, sub.root.c.Name, g.live(e, sub), sub.ask.resume)
		g.subscribed(err)
		if err != nil {
			session.Close()
			if errors.Is(err, errReplaced) {
				return nil, errReplaced
			}
			return nil, g.clientError("", err)
		}
		return events{session}, nil
	}}
}

// subscribed counts a subscription.
func (g *Graph) subscribed(err error) {
	if err != nil {
		g.called(string(ast.Subscription), []problem{{Extensions: extensions{Code: fault.CodeOf(err)}}})
		return
	}
	g.called(string(ast.Subscription), nil)
}

// events is the session of a stream. Its client says nothing.
type events struct{ *realtime.Session }
