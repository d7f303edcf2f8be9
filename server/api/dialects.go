package api

import (
	"bytes"
	"errors"
	"net/http"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"github.com/basalt-dev/basalt/modules/auth/token"
	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/server/dialect"
)

var contentRangeHeader = []byte(fiber.HeaderContentRange)

// mount adds the routes and sockets of the dialects to the router. Their requests take the same steps as the native ones.
func (h *Handler) mount(app *fiber.App, calls *calls, live *opener) {
	for _, d := range h.backend.Dialects {
		for _, s := range d.Sockets() { // ahead of the routes, because both may be at one address
			app.Get(s.Path, live.socket(d, s))
		}
		for _, rt := range d.Routes() {
			mounted := &route{method: rt.Method, path: rt.Path, writes: rt.Writes, streams: rt.Streams, op: rt.Op, status: http.StatusOK, dialect: d}
			mounted.do = h.spoken(d, rt, calls, live)
			if rt.Streams {
				h.streaming = append(h.streaming, dialectStream{rt.Method, rt.Path[:strings.IndexAny(rt.Path+":", ":*")]})
			}
			if handler := h.compose(mounted); rt.Method == http.MethodGet {
				app.Get(rt.Path, handler)
			} else {
				app.Add(rt.Method, rt.Path, handler)
			}
		}
	}
}

// spoken is the handler of a route of a dialect.
func (h *Handler) spoken(d dialect.Dialect, rt dialect.Route, calls *calls, live *opener) action {
	return func(r *request, docs *crud.Service) ([]byte, error) {
		asked := r.asked()
		r.spoken.docs, r.spoken.limits, r.spoken.functions = docs, h.limits, calls.functions
		asked.Body, asked.Length = r.body(), int64(len(r.body()))
		if rt.Streams {
			body, err := r.incoming()
			if err != nil {
				return nil, err
			}
			asked.Stream, asked.Length = body, body.length
			asked.Whole, asked.Afresh = r.whole, r.afresh
		}
		if key := r.header(idempotencyHeader); key != "" && rt.Writes {
			key = strings.Clone(key)
			asked.Once = func(write dialect.Write) error { return h.repeats.spoken(r, docs, key, write) }
		}
		answer, err := rt.Do(asked)
		if err != nil {
			return nil, err
		}
		if answer.File != nil {
			_, err := calls.files.send(r, answer.FileOf, answer.File, answer.Picture.Get)
			if errors.Is(err, errStreaming) {
				return nil, err
			}
			if answer, err = answer.Failed(err); err != nil {
				return nil, err
			}
		}
		if answer.Upload != nil {
			err := calls.files.resumable(r, asked.Stream, answer.Upload)
			if err == nil {
				return nil, errStreaming
			}
			if answer, err = answer.Failed(err); err != nil {
				return nil, err
			}
		}
		if answer.Events != nil {
			if err := live.events(r.http, d, answer.Events); err != nil {
				return nil, err
			}
			return nil, errStreaming
		}
		r.answer(answer)
		return nil, errStreaming
	}
}

// answer sends the answer of a dialect.
func (r *request) answer(a dialect.Response) {
	writeHeader(&r.http.Response().Header, a)
	if a.Stream != nil {
		r.http.Response().SetBodyStream(a.Stream, int(max(a.Length, -1)))
		return
	}
	r.send(a.Body)
}

// writeHeader writes the status and the headers of a dialect's answer.
func writeHeader(to *fasthttp.ResponseHeader, a dialect.Response) {
	if a.Status != 0 {
		to.SetStatusCode(a.Status)
	}
	for name, values := range a.Header {
		to.Del(name)
		for _, v := range values {
			to.Add(name, v)
		}
	}
	if a.Type != "" {
		to.SetContentType(a.Type)
	}
	if a.Range != "" {
		to.SetCanonical(contentRangeHeader, []byte(a.Range))
	}
}

// dialectAt returns the dialect whose own a path is; nil for the native API.
func (h *Handler) dialectAt(path []byte) dialect.Dialect {
	for _, d := range h.backend.Dialects {
		for _, prefix := range d.Prefixes() {
			if bytes.HasPrefix(path, []byte(prefix)) {
				return d
			}
		}
	}
	return nil
}

// writeError answers with an error in the form of the API that the request is for. It returns the status.
func (h *Handler) writeError(ctx *fasthttp.RequestCtx, e *fault.Error, requestID string) int {
	d := h.dialectAt(ctx.Path())
	if d == nil {
		return writeProblem(ctx, e, requestID)
	}
	noteProblem(ctx, e)
	a := d.Problem(e, statusOf(e))
	if a.Status == 0 {
		a.Status = statusOf(e)
	}
	writeHeader(&ctx.Response.Header, a)
	ctx.Response.SetBodyRaw(a.Body)
	return a.Status
}

// identified verifies who sends a request to a dialect that has its own way to say so.
func (i *identity) identified(r *request, by dialect.Identifier) (crud.Caller, token.Verified, error) {
	return by.Identify(r.asked(), func(credential string) (crud.Caller, token.Verified, error) {
		last := lastOf(r.http.Context().Conn())
		if caller := r.caller; last.bears(i, credential) {
			caller.Auth = last.verified.Claims
			return caller, last.verified, nil
		}
		caller, verified, err := i.ofToken(r.context, credential, r.caller)
		if caller.Admin {
			i.audit(caller, "request", r.requestID(), "method", r.method(), "path", r.path())
		} else if err == nil {
			last.note(i, []byte(bearer+credential), verified)
		}
		return caller, verified, err
	})
}

// dialectStream is a route of a dialect that reads its body as it comes.
type dialectStream struct{ method, prefix string }

// streams reports whether the body of a request is read as it comes.
func (h *Handler) streams(header *fasthttp.RequestHeader, path []byte) bool {
	if streamsBody(header, path) {
		return true
	}
	for _, s := range h.streaming {
		if string(header.Method()) == s.method && bytes.HasPrefix(path, []byte(s.prefix)) {
			return true
		}
	}
	return false
}
