package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"github.com/basalt-dev/basalt/modules/auth"
	"github.com/basalt-dev/basalt/modules/cache"
	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/fault"
)

// request is one call to the API with what has been verified of its caller.
type request struct {
	*fiber.Ctx
	*generation
	// context ends at the time limit of a request.
	context context.Context
	caller  crud.Caller
	// verified is the caller's token; it is empty for callers without one.
	verified auth.Verified
	// writes says that the request may write.
	writes bool
	// content is the body, decoded; see body.
	content []byte
	// batch is what outline has read of the body.
	batch *batchOutline
	// crud is that of the generation, or inside a transaction.
	crud *crud.Service
	// traceRules is told of the verdicts of rules; nil where the request is not traced.
	traceRules func(collection, op, verdict string, start time.Time)
}

type headers [][2][]byte

func fixed(pairs ...string) (out headers) {
	for i := 0; i < len(pairs); i += 2 {
		out = append(out, [2][]byte{[]byte(pairs[i]), []byte(pairs[i+1])})
	}
	return out
}

// set puts the headers into those of an answer.
func (h headers) set(to *fasthttp.ResponseHeader) {
	for i := range h {
		to.SetCanonical(h[i][0], h[i][1])
	}
}

// Headers of every answer, and of those of the API. Their names are as HTTP writes them.
var (
	securityHeaders = fixed("X-Content-Type-Options", "nosniff", "X-Frame-Options", "SAMEORIGIN", "Referrer-Policy", "strict-origin-when-cross-origin")
	apiHeaders      = fixed("Cache-Control", "no-store", "Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
)

// observe wraps every request: an id, security headers, the answer to errors and panics, metrics
// and the access log.
func (g *generation) observe(c *fiber.Ctx) error {
	start := time.Now()
	id := string(appendRequestID(nil))
	c.Locals("request", id)
	header := &c.Response().Header
	header.Set(requestIDHeader, id)
	securityHeaders.set(header)
	err := g.next(c)
	status := c.Response().StatusCode()
	if err != nil {
		e := clientError(err)
		told := ""
		if e.Code == fault.Internal {
			told = id
		}
		if e.Code == fault.Internal || e.Code == fault.Unavailable {
			g.logger.Error("a request failed", "request", id, "method", c.Method(), "path", c.Path(), "error", err.Error(), traceOf(c))
		}
		c.Response().ResetBody()
		status = writeProblem(c.Context(), e, told)
	}
	route := c.Route().Path
	if status == http.StatusNotFound && (route == "/" || strings.HasSuffix(route, "*")) {
		route = "unmatched"
	}
	took := time.Since(start)
	g.server.metrics.counters(c.Method(), route, status).add(took)
	if g.logger.Enabled(c.Context(), slog.LevelInfo) {
		g.logAccess(c.Context(), c.Method(), c.Path(), took, id, traceOf(c))
	}
	return nil
}

const requestIDHeader = "X-Request-Id"

func appendRequestID(to []byte) []byte { return strconv.AppendUint(to, rand.Uint64(), 36) }

// logAccess logs a request that is answered.
func (g *generation) logAccess(ctx *fasthttp.RequestCtx, method, path string, took time.Duration, id string, trace slog.Attr) {
	sent := 0
	if !ctx.Response.IsBodyStream() { // which is not known yet
		sent = len(ctx.Response.Body())
	}
	g.logger.LogAttrs(ctx, slog.LevelInfo, accessMessage,
		slog.String("method", method), slog.String("path", path), slog.Int("status", ctx.Response.StatusCode()),
		slog.Int64("us", took.Microseconds()), slog.Int("bytes", sent),
		slog.String("ip", g.address(ctx)), slog.String("request", id), trace)
}

// traceOf is the id of a request's trace for the log, empty where it is not traced.
func traceOf(c *fiber.Ctx) slog.Attr {
	if id, ok := c.Locals("trace").(string); ok {
		return slog.String("trace", id)
	}
	return slog.Attr{}
}

// next runs the rest and turns a panic into an error.
func (g *generation) next(c *fiber.Ctx) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return c.Next()
}

// read makes a handler of a function that answers with a body and changes nothing.
func (g *generation) read(status int, f func(*request) ([]byte, error)) fiber.Handler {
	return g.api(false, status, f)
}

// write makes a handler of a function that may change something. A nil body and no error is 204.
func (g *generation) write(status int, f func(*request) ([]byte, error)) fiber.Handler {
	return g.api(true, status, f)
}

func (g *generation) api(writes bool, status int, f func(*request) ([]byte, error)) fiber.Handler {
	return func(c *fiber.Ctx) error {
		place, err := g.admission.enter(c.Path())
		if err != nil {
			g.server.metrics.shed.Inc()
			return err
		}
		defer func() { <-place }()
		return g.handle(c, writes, status, f)
	}
}

func (g *generation) handle(c *fiber.Ctx, writes bool, status int, f func(*request) ([]byte, error)) (err error) {
	if g.memo != nil && !g.memo.ahead && !writes && g.recall(c.Context(), g.server.options.Now()) != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Duration(g.config.Limits.Timeout))
	defer cancel()
	at := g.server.attended.begin(c, cancel)
	defer g.server.attended.end(at)
	r := &request{Ctx: c, generation: g, context: ctx, writes: writes, crud: g.crud}
	if g.traces != nil {
		end := r.traced()
		defer func() {
			answered := c.Response().StatusCode()
			if err != nil {
				answered = statusOf(clientError(err))
			}
			end(answered)
		}()
	}
	header := &c.Response().Header
	apiHeaders.set(header)
	if err := r.identify(); err != nil {
		return err
	}
	if err := r.receive(); err != nil {
		return err
	}
	if err := r.consistent(); err != nil {
		return err
	}
	c.Response().SetStatusCode(status)
	var seen *cache.Seen
	if writes && g.memo != nil {
		r.context, seen = cache.Watch(r.context)
	}
	var body []byte
	if key := r.keyOf(); key != "" {
		body, err = r.once(key, func(r *request) ([]byte, error) {
			body, err := f(r)
			r.Status(r.statusOf(body, status))
			return body, err
		})
	} else {
		body, err = f(r)
	}
	r.wrote() // a write that has failed may have happened
	if writes && g.server.raised.Load() && g.server.raised.Swap(false) {
		g.server.wakeEvents()
	}
	if seen != nil {
		r.noteWrites(seen)
	}
	switch {
	case errors.Is(err, errStreaming):
	case err != nil:
		return err
	case body == nil:
		r.Status(r.statusOf(body, status))
	default:
		header.SetContentType("application/json")
		c.Response().SetBodyRaw(body)
	}
	return nil
}

// methodOf returns the method as a string that outlives the request. That of the framework is in a buffer which is
// reused: a span that is exported later, or a live query, would see the method of another request.
func methodOf(c *fiber.Ctx) string {
	m := c.Method()
	if i := slices.Index(fiber.DefaultMethods, m); i >= 0 {
		return fiber.DefaultMethods[i]
	}
	return strings.Clone(m)
}

// identify verifies who calls. Without an Authorization header the caller is anonymous; with one
// that is not valid there is no call at all.
func (r *request) identify() error {
	r.caller = crud.Caller{IP: r.address(r.Context()), Method: methodOf(r.Ctx), Trace: r.traceRules}
	if r.writes && r.counts {
		r.caller.Count = r.count
	}
	header := r.Context().Request.Header.Peek(fiber.HeaderAuthorization)
	if len(header) == 0 {
		return nil
	}
	scheme, token, _ := strings.Cut(string(header), " ")
	if !strings.EqualFold(scheme, "Bearer") || token == "" {
		return fault.Errorf(fault.Unauthenticated, "the Authorization header has the form: Bearer TOKEN")
	}
	var err error
	r.caller, r.verified, err = r.callerOf(r.context, token, r.caller)
	if r.caller.Admin {
		r.logger.Info("an admin key was used", "request", r.Locals("request"), "method", r.Method(), "path", r.Path(), "ip", r.caller.IP)
	}
	return err
}

// callerOf verifies a token, and returns the caller with what it says.
func (g *generation) callerOf(ctx context.Context, token string, caller crud.Caller) (crud.Caller, auth.Verified, error) {
	if len(g.adminKeys) > 0 && g.isAdmin(token) {
		caller.Admin = true
		return caller, auth.Verified{}, nil
	}
	if g.auth == nil {
		return caller, auth.Verified{}, fault.Errorf(fault.Unauthenticated, "this server has no section auth, and accepts no token")
	}
	v, err := g.auth.Verify(ctx, token)
	caller.Auth = v.Claims
	return caller, v, err
}

// params returns the parameters of the address.
func (r *request) params() (crud.Params, error) {
	args := r.Context().QueryArgs()
	if args.Len() == 0 {
		return nil, nil
	}
	out := make(crud.Params, args.Len())
	var failed error
	for k, v := range args.All() {
		name, value := string(k), string(v)
		switch _, twice := out[name]; {
		case failed != nil:
		case !utf8.ValidString(name) || !utf8.ValidString(value) || strings.ContainsRune(name+value, 0):
			failed = fault.Errorf(fault.Invalid, "a parameter of the address is not valid UTF-8, or has a NUL character")
		case twice:
			failed = fault.FieldErrorf(name, "duplicate", "the parameter %q is there twice", name)
		}
		out[name] = value
	}
	return out, failed
}

// segment returns a decoded part of the path. What cannot be decoded names nothing.
func (r *request) segment(name string) string {
	raw := r.Params(name)
	s, err := url.PathUnescape(raw)
	if err != nil {
		return ""
	}
	return strings.Clone(s)
}

func (r *request) collection() string { return r.segment("collection") }

func (r *request) id() string { return r.segment("id") }
