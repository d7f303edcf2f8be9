package api

import (
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/cors"
	"github.com/valyala/fasthttp"

	"github.com/basalt-dev/basalt/server/dialect"
)

const (
	corsRequestHeaders = "Authorization,Content-Type,Content-Encoding,If-Match,If-None-Match,X-Basalt-Consistency,X-Basalt-Seen,Idempotency-Key,traceparent,tracestate,baggage,sentry-trace,Range,If-Range,X-File-Name,Tus-Resumable,Upload-Length,Upload-Offset,Upload-Metadata,Upload-Checksum"
	corsAnswerHeaders  = "ETag,Location,Retry-After,X-Request-Id,X-Basalt-Seen,Idempotency-Key,Idempotent-Replayed,RateLimit,RateLimit-Policy,Accept-Ranges,Content-Range,Content-Disposition,Tus-Resumable,Tus-Version,Tus-Extension,Tus-Max-Size,Upload-Offset,Upload-Length,Upload-Expires,X-Basalt-Document"
)

// origins are those whose pages may call.
type origins []string

// cors answers preflights, and adds the headers that let pages of other origins read an answer. It is nil where
// there are no other origins.
func (o origins) cors(dialects []dialect.Dialect) fiber.Handler {
	if len(o) == 0 {
		return nil
	}
	sent, answered := []string{corsRequestHeaders}, []string{corsAnswerHeaders}
	for _, d := range dialects {
		if own, ok := d.(dialect.Headers); ok {
			s, a := own.Headers()
			sent, answered = append(sent, s...), append(answered, a...)
		}
	}
	settings := cors.Config{
		AllowMethods:  "GET,POST,PUT,PATCH,DELETE,HEAD",
		AllowHeaders:  strings.Join(sent, ","),
		ExposeHeaders: strings.Join(answered, ","),
		MaxAge:        600,
	}
	if o.allows("*") {
		settings.AllowOrigins = "*"
	} else {
		settings.AllowOriginsFunc = o.allows
	}
	return cors.New(settings)
}

// allows reports whether pages of another origin may call. "*" asks whether all may.
func (o origins) allows(origin string) bool {
	origin = strings.ToLower(origin)
	for _, allowed := range o {
		allowed = strings.ToLower(allowed)
		if allowed == "*" || allowed == origin {
			return true
		}
		scheme, domain, sub := strings.Cut(allowed, "://*.")
		if name, ok := strings.CutPrefix(origin, scheme+"://"); sub && ok && strings.HasSuffix(name, "."+domain) && len(name) > len(domain)+1 {
			return true
		}
	}
	return false
}

// allowRefusal adds the headers of CORS to a refusal that no route has made. Where the request could not be read,
// its origin is not known: then it is the only one there may be.
func (o origins) allowRefusal(ctx *fasthttp.RequestCtx) {
	if len(o) == 0 {
		return
	}
	header := &ctx.Response.Header
	header.Set(fiber.HeaderVary, fiber.HeaderOrigin)
	origin := string(ctx.Request.Header.Peek(fiber.HeaderOrigin))
	switch {
	case o.allows("*"):
		origin = "*"
	case origin == "" && len(o) == 1 && !strings.Contains(o[0], "*"):
		origin = o[0]
	case !o.allows(origin):
		return
	}
	header.Set(fiber.HeaderAccessControlAllowOrigin, origin)
	header.Set(fiber.HeaderAccessControlExposeHeaders, corsAnswerHeaders)
}
