package api

import (
	"bytes"
	"net"
	"net/http"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"github.com/basalt-dev/basalt/server/dialect"
)

// keptOfUpgrade are the headers of the request that opened a socket which are sent again with each request over it: what says
// who is connected, and by which name.
var keptOfUpgrade = []string{fiber.HeaderHost, fiber.HeaderUserAgent, fiber.HeaderXForwardedFor, fiber.HeaderXForwardedHost, fiber.HeaderXForwardedProto, headerForwarded}

// socketSender sends requests of the client of a socket, as if they had come over HTTP from where it is connected: they are
// identified, limited, logged and counted as every other.
type socketSender struct {
	transport *Transport
	address   net.Addr
	path      string
	header    http.Header
}

func (t *Transport) sendsFor(c *fiber.Ctx, path string) *socketSender {
	s := &socketSender{transport: t, address: c.Context().RemoteAddr(), path: path, header: http.Header{}}
	for _, name := range keptOfUpgrade {
		for _, v := range c.Request().Header.PeekAll(name) {
			s.header.Add(name, string(v))
		}
	}
	return s
}

// send sends a JSON body, and returns the answer. It is Send of [dialect.Request].
func (s *socketSender) send(credential string, header map[string]string, body []byte) dialect.Response {
	var request fasthttp.Request
	for name, values := range s.header {
		for _, v := range values {
			request.Header.Add(name, v)
		}
	}
	request.Header.SetMethod(fiber.MethodPost)
	request.Header.SetContentType(fiber.MIMEApplicationJSON)
	if credential != "" {
		request.Header.Set(fiber.HeaderAuthorization, "Bearer "+credential)
	}
	for name, v := range header {
		request.Header.Set(name, v)
	}
	request.SetRequestURI(s.path)
	request.SetBodyRaw(body)
	var sent fasthttp.RequestCtx
	sent.Init(&request, s.address, nil)
	s.transport.Handle(&sent)
	defer func() { _ = sent.Response.CloseBodyStream() }() // which gives back what it holds of the memory
	out := dialect.Response{Status: sent.Response.StatusCode(), Header: http.Header{}}
	for name, v := range sent.Response.Header.All() {
		out.Header.Add(string(name), string(v))
	}
	out.Body = bytes.Clone(sent.Response.Body())
	return out
}
