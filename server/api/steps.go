package api

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/basalt-dev/basalt/modules/cache"
	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/db/profile"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/tracing"
	"github.com/basalt-dev/basalt/server/dialect"
)

// call is what is left to be done of a request.
type call func(*request) error

// step is one thing that is done about every request, around what comes after it. It is composed once for each route,
// and returns next itself where it has nothing to do there.
type step func(rt *route, next call) call

// steps are what a request passes between the router and its handler, the outermost first. Two more stand before them:
// admit and fastPath, which know no request yet.
func (h *Handler) steps() []step {
	return []step{
		h.deadline,
		h.trace,
		h.measure,
		h.identify,
		h.authorize,
		h.sign,
		h.hold,
		h.receive,
		h.consistency,
		h.noteWrites,
		h.wakeEvents,
		h.respond, // with the handler inside, and what makes it idempotent around that
	}
}

// compose returns what the router runs for a route.
func (h *Handler) compose(rt *route) fiber.Handler {
	var run call
	for _, s := range slices.Backward(h.steps()) {
		run = s(rt, run)
	}
	places := h.admission
	if rt.streams {
		places = h.transfers
	}
	return h.admit(places, h.fastPath(rt, func(c *fiber.Ctx) error {
		apiHeaders.set(&c.Response().Header)
		r := &request{http: c, route: rt, collections: h.backend.Config.Collections, depth: h.backend.Config.Limits.Depth}
		c.Context().SetUserValue(requestLocal, r)
		return run(r)
	}))
}

// admit bounds the requests that are worked on at once.
func (h *Handler) admit(places *admission, next fiber.Handler) fiber.Handler {
	return func(c *fiber.Ctx) error {
		place, err := places.enter(c.Path())
		if err != nil {
			h.backend.Metrics.shed.Inc()
			return err
		}
		defer func() { <-place }()
		return next(c)
	}
}

// fastPath answers a read that was asked before, where that could not be done ahead of the router.
func (h *Handler) fastPath(rt *route, next fiber.Handler) fiber.Handler {
	if h.fast == nil || !h.fast.cross || rt.writes {
		return next
	}
	return func(c *fiber.Ctx) error {
		if h.fast.recall(c.Context(), h.backend.Now(), false) != nil {
			return nil
		}
		return next(c)
	}
}

// deadline ends the context of a request at its time limit, or when its client goes away.
func (h *Handler) deadline(rt *route, next call) call {
	timeout := time.Duration(h.backend.Config.Limits.Timeout)
	if rt.streams {
		return h.attend(timeout, next)
	}
	return func(r *request) error {
		r.timeout = timeout
		r.life.begin(r.http.Context().Conn(), timeout)
		defer r.life.end()
		r.context = &r.life
		return next(r)
	}
}

// attend is deadline for requests that send files: the time limit is for each part of the work, and the file comes as
// long as it comes.
func (h *Handler) attend(timeout time.Duration, next call) call {
	return func(r *request) error {
		r.life.begin(r.http.Context().Conn(), 0)
		defer r.life.end()
		ctx, cancel := context.WithTimeout(&r.life, timeout)
		defer cancel()
		r.context, r.whole, r.timeout = ctx, &r.life, timeout
		defer r.leaveBody()
		return next(r)
	}
}

// trace makes a span of the request, and spans of the verdicts of rules in it.
func (h *Handler) trace(rt *route, next call) call {
	if h.backend.Traces == nil {
		return next
	}
	return func(r *request) error {
		ctx, span := tracing.Root(r.context, h.backend.Traces, r.method()+" "+rt.path, r.header("traceparent"), trace.SpanKindServer,
			attribute.String("http.request.method", r.method()), attribute.String("http.route", rt.path))
		defer span.End()
		r.context = ctx
		if span.IsRecording() {
			r.http.Locals("trace", span.SpanContext().TraceID().String())
			r.traced = ctx
		}
		err := next(r)
		status := r.http.Response().StatusCode()
		if err != nil {
			status = statusOf(clientError(err))
		}
		span.SetAttributes(attribute.Int("http.response.status_code", status))
		if status >= 500 {
			span.SetStatus(codes.Error, "")
		}
		return err
	}
}

// measure notes what a request spends its time on.
func (h *Handler) measure(_ *route, next call) call {
	return func(r *request) error {
		r.profile.Start(h.backend.Statements)
		r.context = r.profile.With(r.context)
		return next(r)
	}
}

// Verdict implements [crud.Tracer].
func (r *request) Verdict(collection, op, verdict string, start time.Time) {
	r.profile.Spend(profile.Rules, time.Since(start))
	if r.traced != nil {
		tracing.Note(r.traced, "rule", start, time.Now(), attribute.String("basalt.collection", collection), attribute.String("basalt.op", op), attribute.String("basalt.verdict", verdict))
	}
}

// identify verifies who calls. Without an Authorization header the caller is anonymous; with one that is not valid
// there is no call at all.
func (h *Handler) identify(rt *route, next call) call {
	identifier, own := rt.dialect.(dialect.Identifier)
	return func(r *request) (err error) {
		r.caller = crud.Caller{IP: h.proxies.address(r.http.Context()), Method: r.method(), Trace: r}
		if rt.writes && h.limits.any {
			r.caller.Count = h.limits.counter(r)
		}
		if own {
			r.caller, r.verified, err = h.identity.identified(r, identifier)
		} else {
			r.caller, r.verified, err = h.identity.ofRequest(r)
		}
		if err != nil {
			return err
		}
		return next(r)
	}
}

// authorize refuses who may not call a route at all. What is in the databases is guarded by rules.
func (h *Handler) authorize(rt *route, next call) call {
	if !rt.admin {
		return next
	}
	refusal := cmp.Or(rt.refusal, "this call needs a key of admin.keys")
	return func(r *request) error {
		switch {
		case r.caller.Admin:
			return next(r)
		case r.caller.Auth == nil:
			return fault.Errorf(fault.Unauthenticated, "%s", refusal)
		}
		return fault.Errorf(fault.Forbidden, "%s", refusal)
	}
}

// receive decodes the body, once.
func (h *Handler) receive(rt *route, next call) call {
	if rt.streams {
		return next
	}
	limit := int64(h.backend.Config.Limits.Body)
	return func(r *request) error {
		if err := r.receive(limit); err != nil {
			return err
		}
		return next(r)
	}
}

// noteWrites makes the answer say from which versions on what it has written is seen.
func (h *Handler) noteWrites(rt *route, next call) call {
	if !rt.writes || !h.caching {
		return next
	}
	return func(r *request) error {
		var seen *cache.Seen
		r.context, seen = cache.Watch(r.context)
		err := next(r)
		h.setSeen(r, rt, seen)
		return err
	}
}

// wakeEvents delivers the events that the request has stored.
func (h *Handler) wakeEvents(rt *route, next call) call {
	if !rt.writes {
		return next
	}
	return func(r *request) error {
		err := next(r)
		h.backend.Events.Flush()
		h.backend.Files.Flush()
		return err
	}
}

// errStreaming says that the answer is under way already.
var errStreaming = errors.New("api: the answer is a stream")

// respond runs the handler and answers with the body that it returns.
func (h *Handler) respond(rt *route, _ call) call {
	do := h.limits.perOperation(rt.op, rt.do)
	if rt.writes && repeatable(rt.path) {
		do = h.repeats.idempotent(do)
	}
	return func(r *request) error {
		r.http.Response().SetStatusCode(rt.status)
		body, err := do(r, h.backend.Crud)
		switch {
		case errors.Is(err, errStreaming):
		case err != nil:
			return err
		case body == nil:
			r.status(r.statusOf(body))
		default:
			r.http.Response().Header.SetContentType("application/json")
			r.send(body)
		}
		return nil
	}
}

// repeatable reports whether the answers of a route are kept with an Idempotency-Key. Those of what signs in, and what administers, are not:
// they have secrets, which are shown once.
func repeatable(path string) bool {
	return slices.ContainsFunc([]string{"/v1/db/", "/v1/batch", "/v1/channels/", "/v1/fn/", "/v1/events"}, func(prefix string) bool { return strings.HasPrefix(path, prefix) })
}
