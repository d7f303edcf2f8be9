package server

import (
	"net/http"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"github.com/basalt-dev/basalt/modules/events"
	"github.com/basalt-dev/basalt/rules"
	sdk "github.com/basalt-dev/basalt/sdk/js"
)

// routes returns the handler of a generation: the whole API in one table.
func (g *generation) routes() fasthttp.RequestHandler {
	app := fiber.New(fiber.Config{
		DisableStartupMessage: true,
		StrictRouting:         true,
		CaseSensitive:         true,
		ErrorHandler:          func(_ *fiber.Ctx, err error) error { return err }, // observe has answered
	})
	app.Use(g.observe)
	if handler := g.cors(); handler != nil {
		app.Use(handler)
	}

	app.Get("/healthz", func(c *fiber.Ctx) error { return c.JSON(fiber.Map{"status": "ok"}) })
	app.Get("/readyz", g.ready)
	app.Get("/metrics", g.guarded(g.config.Metrics.Token, g.server.metrics.handler))
	app.Get("/openapi.json", g.guarded(g.config.OpenAPI.Token, describe(g.openAPI)))
	app.Get("/v1/sdk.js", sendScript(sdk.Module, sdk.ETag))
	app.Get("/.well-known/jwks.json", g.jwks)

	app.Get("/v1/db/:collection", g.read(http.StatusOK, limited(rules.Read, list)))
	app.Post("/v1/db/:collection", g.write(http.StatusCreated, create))
	app.Patch("/v1/db/:collection", g.write(http.StatusOK, limited(rules.Update, updateMany)))
	app.Delete("/v1/db/:collection", g.write(http.StatusOK, limited(rules.Delete, deleteMany)))
	app.Post("/v1/db/:collection/query", g.read(http.StatusOK, limited(rules.Read, queryList)))
	app.Post("/v1/db/:collection/aggregate", g.read(http.StatusOK, limited(rules.Read, aggregate)))
	app.Get("/v1/db/:collection/live", g.openEventStream)
	app.Get("/v1/realtime", g.openWebSocket)
	app.Get("/v1/db/:collection/:id", g.read(http.StatusOK, limited(rules.Read, get)))
	app.Patch("/v1/db/:collection/:id", g.write(http.StatusOK, limited(rules.Update, update)))
	app.Put("/v1/db/:collection/:id", g.write(http.StatusOK, replace))
	app.Delete("/v1/db/:collection/:id", g.write(http.StatusNoContent, limited(rules.Delete, remove)))
	app.Post("/v1/channels/:channel", g.write(http.StatusOK, publish))
	app.Post("/v1/fn/:service/:function", g.write(http.StatusOK, callFunction))
	app.Post("/v1/batch", g.write(http.StatusOK, batch))

	app.Post("/v1/events", g.write(http.StatusAccepted, queueEvent))
	app.Get("/v1/admin/events", g.read(http.StatusOK, listEvents))
	app.Post("/v1/admin/events/:id/replay", g.write(http.StatusNoContent, onEvent(events.Replay)))
	app.Delete("/v1/admin/events/:id", g.write(http.StatusNoContent, onEvent(removeEvent)))

	app.Get("/v1/admin/status", g.read(http.StatusOK, status))
	g.profiles(app)
	app.Post("/v1/admin/explain", g.read(http.StatusOK, explain))

	app.Get("/v1/admin/users", g.read(http.StatusOK, listUsers))
	app.Post("/v1/admin/users", g.write(http.StatusCreated, makeUser))
	app.Patch("/v1/admin/users/:id", g.write(http.StatusOK, editUser))
	app.Delete("/v1/admin/users/:id", g.write(http.StatusNoContent, removeUser))
	app.Post("/v1/admin/users/:id/signout", g.write(http.StatusNoContent, endSessions))
	app.Post("/v1/admin/users/:id/impersonate", g.write(http.StatusOK, impersonate))
	app.Get("/v1/admin/keys", g.read(http.StatusOK, listAPIKeys))
	app.Post("/v1/admin/keys", g.write(http.StatusCreated, makeAPIKey))
	app.Delete("/v1/admin/keys/:id", g.write(http.StatusNoContent, removeAPIKey))

	app.Get("/v1/auth/providers", g.read(http.StatusOK, providers))
	app.Get("/v1/auth/server", g.read(http.StatusOK, serverName))
	app.Post("/v1/auth/signup", g.write(http.StatusCreated, signUp))
	app.Post("/v1/auth/signin", g.write(http.StatusOK, signIn))
	app.Post("/v1/auth/refresh", g.write(http.StatusOK, refresh))
	app.Post("/v1/auth/signout", g.write(http.StatusNoContent, signOut))
	app.Get("/v1/auth/user", g.read(http.StatusOK, user))
	app.Patch("/v1/auth/user", g.write(http.StatusOK, updateUser))
	app.Delete("/v1/auth/user", g.write(http.StatusNoContent, removeOwn))
	app.Get("/v1/auth/sessions", g.read(http.StatusOK, listSessions))
	app.Delete("/v1/auth/sessions/:id", g.write(http.StatusNoContent, endSession))
	app.Post("/v1/auth/anonymous", g.write(http.StatusCreated, anonymous))
	app.Post("/v1/auth/email", g.write(http.StatusAccepted, sendSignIn))
	app.Post("/v1/auth/email/verify", g.write(http.StatusOK, verifyMail))
	app.Post("/v1/auth/email/confirm", g.write(http.StatusAccepted, sendConfirm))
	app.Post("/v1/auth/reset", g.write(http.StatusAccepted, sendReset))
	app.Post("/v1/auth/reset/confirm", g.write(http.StatusOK, resetPassword))
	app.Post("/v1/auth/totp", g.write(http.StatusOK, enrolTOTP))
	app.Post("/v1/auth/totp/confirm", g.write(http.StatusOK, confirmTOTP))
	app.Delete("/v1/auth/totp", g.write(http.StatusNoContent, removeTOTP))
	app.Post("/v1/auth/oauth/exchange", g.write(http.StatusOK, exchange))
	app.Post("/v1/auth/oauth/link", g.write(http.StatusOK, linkOAuth))
	app.Get("/v1/auth/oauth/:provider", g.write(http.StatusSeeOther, startOAuth))
	app.Get("/v1/auth/oauth/:provider/callback", g.write(http.StatusSeeOther, finishOAuth))
	app.Post("/v1/auth/oauth/:provider/callback", g.write(http.StatusSeeOther, finishOAuth))
	app.Get("/v1/auth/identities", g.read(http.StatusOK, listIdentities))
	app.Get("/v1/auth/passkeys", g.read(http.StatusOK, listPasskeys))
	app.Post("/v1/auth/passkeys", g.write(http.StatusOK, addPasskey))
	app.Post("/v1/auth/passkeys/finish", g.write(http.StatusCreated, finishPasskey))
	app.Post("/v1/auth/passkeys/signin", g.write(http.StatusOK, askPasskey))
	app.Post("/v1/auth/passkeys/signin/finish", g.write(http.StatusOK, signInWithPasskey))
	app.Delete("/v1/auth/passkeys/:id", g.write(http.StatusNoContent, removePasskey))

	if g.static != nil {
		app.Use(g.files())
	}
	return app.Handler()
}

func (g *generation) jwks(c *fiber.Ctx) error {
	if g.tokens == nil {
		return fiber.ErrNotFound
	}
	c.Set(fiber.HeaderContentType, "application/jwk-set+json")
	c.Set(fiber.HeaderCacheControl, "public, max-age=300")
	return c.Send(g.tokens.JWKS())
}

func sendScript(script []byte, tag string) fiber.Handler {
	return func(c *fiber.Ctx) error {
		c.Set(fiber.HeaderETag, tag)
		c.Set(fiber.HeaderCacheControl, "no-cache")
		c.Set(fiber.HeaderAccessControlAllowOrigin, "*")
		if matches(c.Get(fiber.HeaderIfNoneMatch), tag) {
			return c.SendStatus(http.StatusNotModified)
		}
		c.Set(fiber.HeaderContentType, "text/javascript; charset=utf-8")
		return c.Send(script)
	}
}
