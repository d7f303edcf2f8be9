package api

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"strings"

	"github.com/gofiber/fiber/v2"

	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/realtime"
	"github.com/basalt-dev/basalt/server/dialect"
)

// eventStream is a live connection with server-sent events: one subscription, whose messages have no id.
type eventStream struct {
	live
	head    []byte // of the answer, before the first event
	final   bool   // an error was sent, after which nothing comes
	session session
}

// session is what a stream belongs to.
type session interface {
	Alive()
	Close()
}

// Append implements [realtime.Transport].
func (e *eventStream) Append(dst, _, body []byte, name, resume string) []byte {
	if resume != "" {
		dst = append(append(append(dst, "id: "...), resume...), '\n')
	}
	e.final = e.final || name == "error"
	return append(append(append(dst, "data: {"...), body...), "\n\n"...)
}

// Ping implements [realtime.Transport].
func (e *eventStream) Ping(dst []byte) []byte { return append(dst, ":\n\n"...) }

// Write implements [realtime.Transport].
func (e *eventStream) Write(b []byte) error {
	if e.head != nil {
		b = append(e.head, b...)
		e.head = nil
	}
	if err := e.live.Write(b); err != nil {
		return err
	}
	e.session.Alive() // the client says nothing; whether it is there, TCP finds out
	if e.final {
		return io.EOF
	}
	return nil
}

// Close implements [realtime.Transport].
func (e *eventStream) Close(realtime.Reason) { e.end(nil) }

// openEventStream is GET /v1/db/:collection/live.
func (o *opener) openEventStream(c *fiber.Ctx) error {
	client, err := o.client(c)
	if err != nil {
		return err
	}
	r := &request{http: c}
	p, err := r.params()
	if err != nil {
		return err
	}
	read := crud.Read{Collection: r.collection(), Params: p}
	resume := strings.Clone(c.Get("Last-Event-ID"))
	if resume == "" {
		resume = p["resume"]
	}
	delete(p, "access_token")
	delete(p, "resume")

	e := &eventStream{live: newLive()}
	session, err := o.hub.Open(e, client)
	if err != nil {
		return err
	}
	e.session = session
	e.begin(c, "retry: 1000\n\n")
	if err := session.Subscribe("live", read, resume); err != nil {
		session.Close()
		notBegun(c)
		return err
	}
	o.hand(c, &e.live, session)
	return nil
}

// begin makes the head of the answer, with what comes first.
func (e *eventStream) begin(c *fiber.Ctx, first string) {
	header := &c.Response().Header
	c.Status(http.StatusOK)
	header.Set(fiber.HeaderContentType, "text/event-stream")
	header.Set(fiber.HeaderCacheControl, "no-store")
	header.Set("X-Accel-Buffering", "no")
	header.SetContentLength(-2)                                                                // until the connection ends
	e.head = bytes.Replace(header.Header(), []byte("Transfer-Encoding: identity\r\n"), nil, 1) // of HTTP before 1.1
	e.head = append(e.head, first...)
}

// notBegun takes the head back: the answer is an error.
func notBegun(c *fiber.Ctx) {
	header := &c.Response().Header
	header.SetContentLength(0)
	header.Del("X-Accel-Buffering")
	header.Del(fiber.HeaderCacheControl)
}

// hand gives the connection to a session.
func (o *opener) hand(c *fiber.Ctx, l *live, s session) {
	c.Context().HijackSetNoResponse(true)
	c.Context().Hijack(func(given net.Conn) {
		if _, err := l.take(given); err != nil {
			s.Close()
			return
		}
		o.transport.live.Go(func() { l.serve(s) })
	})
}

// serve waits until the client has gone.
func (l *live) serve(s session) {
	defer s.Close()
	var buffer [64]byte
	for {
		if _, err := l.conn.Read(buffer[:]); err != nil {
			return
		}
		s.Alive()
	}
}

// dialectEvents is an event stream whose messages a dialect writes.
type dialectEvents struct{ eventStream }

// Append implements [realtime.Transport].
func (e *dialectEvents) Append(dst, head, body []byte, _, _ string) []byte {
	return append(append(dst, head...), body...)
}

// events answers with the events of a dialect.
func (o *opener) events(c *fiber.Ctx, d dialect.Dialect, open func(realtime.Transport, realtime.Client) (dialect.Session, error)) error {
	client, err := o.clientOf(c, d)
	if err != nil {
		return err
	}
	e := &dialectEvents{eventStream{live: newLive()}}
	e.begin(c, ":\n\n")
	s, err := open(e, client)
	if err != nil {
		notBegun(c)
		return err
	}
	e.session = s
	o.hand(c, &e.live, s)
	return nil
}
