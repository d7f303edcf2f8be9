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
)

// eventStream is a live connection with server-sent events: one subscription, whose messages have no id.
type eventStream struct {
	live
	head    []byte // of the answer, before the first event
	final   bool   // an error was sent, after which nothing comes
	session *realtime.Session
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
	header := &c.Response().Header
	c.Status(http.StatusOK)
	header.Set(fiber.HeaderContentType, "text/event-stream")
	header.Set(fiber.HeaderCacheControl, "no-store")
	header.Set("X-Accel-Buffering", "no")
	header.SetContentLength(-2)                                                                // until the connection ends
	e.head = bytes.Replace(header.Header(), []byte("Transfer-Encoding: identity\r\n"), nil, 1) // of HTTP before 1.1
	e.head = append(e.head, "retry: 1000\n\n"...)
	if err := session.Subscribe("live", read, resume); err != nil {
		session.Close()
		header.SetContentLength(0)
		header.Del("X-Accel-Buffering")
		return err
	}
	c.Context().HijackSetNoResponse(true)
	c.Context().Hijack(func(given net.Conn) {
		if _, err := e.take(given); err != nil {
			session.Close()
			return
		}
		o.transport.live.Go(func() { e.serve(session) })
	})
	return nil
}

// serve waits until the client has gone.
func (e *eventStream) serve(session *realtime.Session) {
	defer session.Close()
	var buffer [64]byte
	for {
		if _, err := e.conn.Read(buffer[:]); err != nil {
			return
		}
		session.Alive()
	}
}
