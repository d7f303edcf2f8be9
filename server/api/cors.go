package api

import (
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/cors"
	"github.com/valyala/fasthttp"

	"github.com/basalt-dev/basalt/server/dialect"
)

const corsAnswerHeaders = "ETag,Location,Retry-After,X-Request-Id,X-Basalt-Seen,Idempotency-Key,Idempotent-Replayed,RateLimit,RateLimit-Policy,Accept-Ranges,Content-Range,Content-Disposition,Tus-Resumable,Tus-Version,Tus-Extension,Tus-Max-Size,Tus-Checksum-Algorithm,Upload-Offset,Upload-Length,Upload-Defer-Length,Upload-Concat,Upload-Metadata,Upload-Expires,X-Basalt-Document"

// cors answers preflights, and adds the headers that let pages of other origins read an answer. A page may send any header:
// answers do not depend on cookies, so that a page can do nothing with it that a program cannot. refused is told of the
// origin of a preflight that is not allowed.
func (o *origins) cors(dialects []dialect.Dialect, refused func(origin string)) fiber.Handler {
	answer := (*fiber.Ctx).Next
	if !o.none() {
		answer = o.answer(dialects)
	}
	return func(c *fiber.Ctx) error {
		if c.Method() == fiber.MethodOptions && c.Get(fiber.HeaderAccessControlRequestMethod) != "" && !o.allows(c.Get(fiber.HeaderOrigin)) {
			refused(c.Get(fiber.HeaderOrigin))
		}
		return answer(c)
	}
}

// answer is cors where there are other origins.
func (o *origins) answer(dialects []dialect.Dialect) fiber.Handler {
	answered := []string{corsAnswerHeaders}
	for _, d := range dialects {
		if own, ok := d.(dialect.Headers); ok {
			answered = append(answered, own.Headers()...)
		}
	}
	settings := cors.Config{
		AllowMethods:  "GET,POST,PUT,PATCH,DELETE,HEAD",
		ExposeHeaders: strings.Join(answered, ","),
		MaxAge:        600,
	}
	if o.any {
		settings.AllowOrigins = "*"
	} else {
		settings.AllowOriginsFunc = o.allows
	}
	return cors.New(settings)
}

// allowRefusal adds the headers of CORS to a refusal that no route has made. Where the request could not be read,
// its origin is not known: then it is the only one there may be.
func (o *origins) allowRefusal(ctx *fasthttp.RequestCtx) {
	if o.none() {
		return
	}
	header := &ctx.Response.Header
	header.Set(fiber.HeaderVary, fiber.HeaderOrigin)
	origin := string(ctx.Request.Header.Peek(fiber.HeaderOrigin))
	switch {
	case o.any:
		origin = "*"
	case origin == "" && o.only != "":
		origin = o.only
	case !o.allows(origin):
		return
	}
	header.Set(fiber.HeaderAccessControlAllowOrigin, origin)
	header.Set(fiber.HeaderAccessControlExposeHeaders, corsAnswerHeaders)
}
