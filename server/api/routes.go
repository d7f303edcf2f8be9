package api

import (
	"net/http"

	"github.com/gofiber/fiber/v2"

	"github.com/basalt-dev/basalt/modules/auth"
	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/events"
	"github.com/basalt-dev/basalt/rules"
	sdk "github.com/basalt-dev/basalt/sdk/js"
)

// endpoint answers a request with a body, as JSON; without a body and an error the answer is 204.
type endpoint func(r *request) ([]byte, error)

// action is an endpoint that works on documents, by a service that may run in a transaction.
type action func(r *request, docs *crud.Service) ([]byte, error)

// plain makes an action of an endpoint that does not work on documents.
func plain(f endpoint) action {
	return func(r *request, _ *crud.Service) ([]byte, error) { return f(r) }
}

// route is one call of the API.
type route struct {
	method, path string
	writes       bool     // it may change something
	op           rules.Op // counts against the limits of the collection in the path; empty for none
	admin        bool     // for administrators alone
	refusal      string   // what others are answered; empty for the usual text
	status       int      // of an answer with a body
	do           action
}

// calls are the groups of calls that the table of routes names.
type calls struct {
	documents *documents
	functions *functions
	channels  *channels
	queue     *queue
	node      *node
	explainer *explainer
	accounts  *accounts
	users     *users
}

// routes is the whole API in one table. The first route that fits a request answers it.
func (c *calls) routes() []route {
	return []route{
		{method: http.MethodGet, path: "/v1/db/:collection", op: rules.Read, status: http.StatusOK, do: c.documents.list},
		{method: http.MethodPost, path: "/v1/db/:collection", writes: true, status: http.StatusCreated, do: c.documents.create},
		{method: http.MethodPatch, path: "/v1/db/:collection", writes: true, op: rules.Update, status: http.StatusOK, do: c.documents.updateMany},
		{method: http.MethodDelete, path: "/v1/db/:collection", writes: true, op: rules.Delete, status: http.StatusOK, do: c.documents.deleteMany},
		{method: http.MethodPost, path: "/v1/db/:collection/query", op: rules.Read, status: http.StatusOK, do: c.documents.queryList},
		{method: http.MethodPost, path: "/v1/db/:collection/aggregate", op: rules.Read, status: http.StatusOK, do: c.documents.aggregate},
		{method: http.MethodGet, path: "/v1/db/:collection/:id", op: rules.Read, status: http.StatusOK, do: c.documents.get},
		{method: http.MethodPatch, path: "/v1/db/:collection/:id", writes: true, op: rules.Update, status: http.StatusOK, do: c.documents.update},
		{method: http.MethodPut, path: "/v1/db/:collection/:id", writes: true, status: http.StatusOK, do: c.documents.replace},
		{method: http.MethodDelete, path: "/v1/db/:collection/:id", writes: true, op: rules.Delete, status: http.StatusNoContent, do: c.documents.remove},
		{method: http.MethodPost, path: "/v1/channels/:channel", writes: true, status: http.StatusOK, do: plain(c.channels.publish)},
		{method: http.MethodPost, path: "/v1/fn/:service/:function", writes: true, status: http.StatusOK, do: c.functions.call},
		{method: http.MethodPost, path: "/v1/batch", writes: true, status: http.StatusOK, do: c.documents.batch},

		{method: http.MethodPost, path: "/v1/events", writes: true, status: http.StatusAccepted, do: c.queue.add},
		{method: http.MethodGet, path: "/v1/admin/events", admin: true, status: http.StatusOK, do: plain(c.queue.list)},
		{method: http.MethodPost, path: "/v1/admin/events/:id/replay", writes: true, admin: true, status: http.StatusNoContent, do: plain(c.queue.onEvent(events.Replay))},
		{method: http.MethodDelete, path: "/v1/admin/events/:id", writes: true, admin: true, status: http.StatusNoContent, do: plain(c.queue.onEvent(removeEvent))},

		{method: http.MethodGet, path: "/v1/admin/status", admin: true, status: http.StatusOK, do: plain(c.node.status)},
		{method: http.MethodPost, path: "/v1/admin/explain", admin: true, status: http.StatusOK, do: c.explainer.explain},

		{method: http.MethodGet, path: "/v1/admin/users", admin: true, status: http.StatusOK, do: plain(c.users.listUsers)},
		{method: http.MethodPost, path: "/v1/admin/users", writes: true, admin: true, status: http.StatusCreated, do: plain(c.users.makeUser)},
		{method: http.MethodPatch, path: "/v1/admin/users/:id", writes: true, admin: true, status: http.StatusOK, do: plain(c.users.editUser)},
		{method: http.MethodDelete, path: "/v1/admin/users/:id", writes: true, admin: true, status: http.StatusNoContent, do: plain(c.users.removeUser)},
		{method: http.MethodPost, path: "/v1/admin/users/:id/signout", writes: true, admin: true, status: http.StatusNoContent, do: plain(c.users.endSessions)},
		{method: http.MethodPost, path: "/v1/admin/users/:id/impersonate", writes: true, admin: true, status: http.StatusOK, do: plain(c.users.impersonate)},
		{method: http.MethodGet, path: "/v1/admin/keys", admin: true, status: http.StatusOK, do: plain(c.users.listAPIKeys)},
		{method: http.MethodPost, path: "/v1/admin/keys", writes: true, admin: true, status: http.StatusCreated, do: plain(c.users.makeAPIKey)},
		{method: http.MethodDelete, path: "/v1/admin/keys/:id", writes: true, admin: true, status: http.StatusNoContent, do: plain(c.users.removeAPIKey)},

		{method: http.MethodGet, path: "/v1/auth/providers", status: http.StatusOK, do: plain(c.accounts.providers)},
		{method: http.MethodGet, path: "/v1/auth/server", status: http.StatusOK, do: plain(c.accounts.serverName)},
		{method: http.MethodPost, path: "/v1/auth/signup", writes: true, status: http.StatusCreated, do: plain(c.accounts.signUp)},
		{method: http.MethodPost, path: "/v1/auth/signin", writes: true, status: http.StatusOK, do: plain(c.accounts.signIn)},
		{method: http.MethodPost, path: "/v1/auth/refresh", writes: true, status: http.StatusOK, do: plain(c.accounts.refresh)},
		{method: http.MethodPost, path: "/v1/auth/signout", writes: true, status: http.StatusNoContent, do: plain(c.accounts.signOut)},
		{method: http.MethodGet, path: "/v1/auth/user", status: http.StatusOK, do: plain(c.accounts.user)},
		{method: http.MethodPatch, path: "/v1/auth/user", writes: true, status: http.StatusOK, do: plain(c.accounts.updateUser)},
		{method: http.MethodDelete, path: "/v1/auth/user", writes: true, status: http.StatusNoContent, do: plain(c.accounts.removeOwn)},
		{method: http.MethodGet, path: "/v1/auth/sessions", status: http.StatusOK, do: plain(c.accounts.listSessions)},
		{method: http.MethodDelete, path: "/v1/auth/sessions/:id", writes: true, status: http.StatusNoContent, do: plain(c.accounts.endSession)},
		{method: http.MethodPost, path: "/v1/auth/anonymous", writes: true, status: http.StatusCreated, do: plain(c.accounts.anonymous)},
		{method: http.MethodPost, path: "/v1/auth/email", writes: true, status: http.StatusAccepted, do: plain(c.accounts.sendSignIn)},
		{method: http.MethodPost, path: "/v1/auth/email/verify", writes: true, status: http.StatusOK, do: plain(c.accounts.verifyMail)},
		{method: http.MethodPost, path: "/v1/auth/email/confirm", writes: true, status: http.StatusAccepted, do: plain(c.accounts.sendConfirm)},
		{method: http.MethodPost, path: "/v1/auth/reset", writes: true, status: http.StatusAccepted, do: plain(c.accounts.sendReset)},
		{method: http.MethodPost, path: "/v1/auth/reset/confirm", writes: true, status: http.StatusOK, do: plain(c.accounts.resetPassword)},
		{method: http.MethodPost, path: "/v1/auth/totp", writes: true, status: http.StatusOK, do: plain(c.accounts.enrolTOTP)},
		{method: http.MethodPost, path: "/v1/auth/totp/confirm", writes: true, status: http.StatusOK, do: plain(c.accounts.confirmTOTP)},
		{method: http.MethodDelete, path: "/v1/auth/totp", writes: true, status: http.StatusNoContent, do: plain(c.accounts.removeTOTP)},
		{method: http.MethodPost, path: "/v1/auth/oauth/exchange", writes: true, status: http.StatusOK, do: plain(c.accounts.exchange)},
		{method: http.MethodPost, path: "/v1/auth/oauth/link", writes: true, status: http.StatusOK, do: plain(c.accounts.linkOAuth)},
		{method: http.MethodGet, path: "/v1/auth/oauth/:provider", writes: true, status: http.StatusSeeOther, do: plain(c.accounts.startOAuth)},
		{method: http.MethodGet, path: "/v1/auth/oauth/:provider/callback", writes: true, status: http.StatusSeeOther, do: plain(c.accounts.finishOAuth)},
		{method: http.MethodPost, path: "/v1/auth/oauth/:provider/callback", writes: true, status: http.StatusSeeOther, do: plain(c.accounts.finishOAuth)},
		{method: http.MethodGet, path: "/v1/auth/identities", status: http.StatusOK, do: plain(c.accounts.listIdentities)},
		{method: http.MethodGet, path: "/v1/auth/passkeys", status: http.StatusOK, do: plain(c.accounts.listPasskeys)},
		{method: http.MethodPost, path: "/v1/auth/passkeys", writes: true, status: http.StatusOK, do: plain(c.accounts.addPasskey)},
		{method: http.MethodPost, path: "/v1/auth/passkeys/finish", writes: true, status: http.StatusCreated, do: plain(c.accounts.finishPasskey)},
		{method: http.MethodPost, path: "/v1/auth/passkeys/signin", writes: true, status: http.StatusOK, do: plain(c.accounts.askPasskey)},
		{method: http.MethodPost, path: "/v1/auth/passkeys/signin/finish", writes: true, status: http.StatusOK, do: plain(c.accounts.signInWithPasskey)},
		{method: http.MethodDelete, path: "/v1/auth/passkeys/:id", writes: true, status: http.StatusNoContent, do: plain(c.accounts.removePasskey)},
	}
}

// pages are what is there besides the calls.
func (h *Handler) pages(router fiber.Router, description []byte, n *node) {
	router.Get("/healthz", func(c *fiber.Ctx) error { return c.JSON(fiber.Map{"status": "ok"}) })
	router.Get("/readyz", n.ready)
	router.Get("/metrics", h.guarded(h.backend.Config.Metrics.Token, h.backend.Metrics.handler))
	router.Get("/openapi.json", h.guarded(h.backend.Config.OpenAPI.Token, describe(description)))
	router.Get("/v1/sdk.js", sendScript(sdk.Module, sdk.ETag))
	router.Get("/.well-known/jwks.json", jwks(h.backend.Tokens))
}

func jwks(tokens *auth.Tokens) fiber.Handler {
	return func(c *fiber.Ctx) error {
		if tokens == nil {
			return fiber.ErrNotFound
		}
		c.Set(fiber.HeaderContentType, "application/jwk-set+json")
		c.Set(fiber.HeaderCacheControl, "public, max-age=300")
		return c.Send(tokens.JWKS())
	}
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
