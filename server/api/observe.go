package api

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"github.com/basalt-dev/basalt/modules/fault"
)

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
func (h *Handler) observe(c *fiber.Ctx) error {
	start := time.Now()
	id := appendRequestID(make([]byte, 0, 16))
	header := &c.Response().Header
	header.SetCanonical(canonicalRequestID, id)
	securityHeaders.set(header)
	if h.https && !isLocalhost(c.Request().Host()) {
		header.Set(fiber.HeaderStrictTransportSecurity, "max-age=31536000")
	}
	err := next(c)
	status := c.Response().StatusCode()
	if err != nil {
		status = h.refuse(c, err, string(id))
	}
	h.packer.pack(c.Context())
	h.signs.look(c.Context())
	route := c.Route().Path
	if status == http.StatusNotFound && (route == "/" || strings.HasSuffix(route, "*")) {
		route = "unmatched"
	}
	took := time.Since(start)
	h.backend.Metrics.counters(c.Method(), route, status).add(took)
	h.remember(c, start, took, route, id, err)
	if h.backend.Log.Enabled(c.Context(), slog.LevelInfo) {
		h.access.log(c.Context(), c.Method(), c.Path(), took, string(id), traceOf(c), ruleOf(err))
	}
	return nil
}

// isLocalhost reports whether a host is this machine as developers call it. HSTS would hold for all of its ports.
func isLocalhost(host []byte) bool {
	name, _, _ := bytes.Cut(host, []byte(":"))
	return string(name) == "localhost" || bytes.HasSuffix(name, []byte(".localhost"))
}

// refuse answers with an error. What is this server's fault is logged. It returns the status.
func (h *Handler) refuse(c *fiber.Ctx, err error, id string) int {
	e := clientError(err)
	shownID := ""
	if e.Code == fault.Internal {
		shownID = id
	}
	if e.Code == fault.Internal || e.Code == fault.Unavailable {
		h.backend.Log.Error("a request failed", "request", id, "method", c.Method(), "path", c.Path(), "error", err.Error(), traceOf(c))
	}
	var reason fault.Logged
	if errors.As(err, &reason) {
		h.backend.Log.Warn("a request was refused", "request", id, "method", c.Method(), "path", c.Path(), "reason", reason.Error(), traceOf(c))
	}
	c.Response().ResetBody()
	return h.writeError(c.Context(), e, shownID)
}

const requestIDHeader = "X-Request-Id"

func appendRequestID(to []byte) []byte { return strconv.AppendUint(to, rand.Uint64(), 36) }

// AccessMessage is the message of the lines of the access log.
const AccessMessage = "request"

// accessLog writes a line for each request.
type accessLog struct {
	logger  *slog.Logger
	proxies proxies
}

// log logs a request that is answered.
func (a accessLog) log(ctx *fasthttp.RequestCtx, method, path string, took time.Duration, id string, trace, rule slog.Attr) {
	a.logger.LogAttrs(ctx, slog.LevelInfo, AccessMessage,
		slog.String("method", method), slog.String("path", path), slog.Int("status", ctx.Response.StatusCode()),
		slog.Int64("us", took.Microseconds()), slog.Int("bytes", bodySize(ctx)),
		slog.String("ip", a.proxies.address(ctx)), slog.String("request", id), trace, rule)
}

// bodySize is how many bytes an answer has, 0 for a stream whose length is not known yet.
func bodySize(ctx *fasthttp.RequestCtx) int {
	if ctx.Response.IsBodyStream() {
		return max(0, ctx.Response.Header.ContentLength())
	}
	return len(ctx.Response.Body())
}

// traceOf is the id of a request's trace for the log, empty where it is not traced.
func traceOf(c *fiber.Ctx) slog.Attr {
	if id := traceID(c); id != "" {
		return slog.String("trace", id)
	}
	return slog.Attr{}
}

func traceID(c *fiber.Ctx) string {
	id, _ := c.Locals("trace").(string)
	return id
}

// ruleOf is the rule that has refused a request for the log, empty where none has.
func ruleOf(err error) slog.Attr {
	if rule := refusedBy(err); rule != "" {
		return slog.String("rule", rule)
	}
	return slog.Attr{}
}

// refusedBy is the rule that an error comes from, with its place; empty for none.
func refusedBy(err error) string {
	if err == nil { // which is what most requests end with
		return ""
	}
	var e *fault.Error
	if errors.As(err, &e) {
		return e.Rule
	}
	return ""
}

// next runs the rest and turns a panic into an error.
func next(c *fiber.Ctx) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return c.Next()
}
