package api

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"github.com/basalt-dev/basalt/modules/auth/token"
	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/rules"
	sdk "github.com/basalt-dev/basalt/sdk/js"
	"github.com/basalt-dev/basalt/server/dialect"
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
	streams      bool     // it reads its body as it comes; see incoming
	op           rules.Op // counts against the limits of the collection in the path; empty for none
	admin        bool     // for administrators alone
	refusal      string   // what others are answered; empty for the usual text
	status       int      // of an answer with a body
	do           action
	dialect      dialect.Dialect // nil for the native API
	// What the description says of it. takes has the names that a body may have, with their schemas; nil for no body.
	summary string
	takes   object
	query   []object // parameters of the address
	returns object
	names   []string // of takes
}

// calls are the groups of calls that the table of routes names.
type calls struct {
	documents *documents
	files     *fileCalls
	functions *functions
	channels  *channels
	queue     *queue
	node      *node
	explainer *explainer
	accounts  *accounts
	users     *users
	console   *consoleCalls
	operator  *operator
	editor    *editor
	tester    *ruleTester
}

// routes is the whole API in one table. The first route that fits a request answers it. The router, the names that a
// body may have, and /openapi.json come from it.
func (c *calls) routes() []route {
	all := slices.Concat(c.documentRoutes(), c.fileRoutes(), c.accountRoutes(), c.adminRoutes())
	for i := range all {
		all[i].names = slices.Sorted(maps.Keys(all[i].takes))
	}
	return all
}

// documentRoutes are the calls of what a configuration names: collections, functions, channels, events. They are described
// by name, see collectionPaths and its like.
func (c *calls) documentRoutes() []route {
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
	}
}

// pages are what is there besides the calls.
func (h *Handler) pages(router fiber.Router, description []byte, n *node) {
	router.Get("/healthz", func(c *fiber.Ctx) error { return c.JSON(fiber.Map{"status": "ok"}) })
	router.Get("/readyz", n.ready)
	router.Get("/metrics", h.guarded(h.backend.Config.Metrics.Token, h.backend.Metrics.handler))
	router.Get("/openapi.json", h.guarded(h.backend.Config.OpenAPI.Token, describe(description)))
	router.Get("/docs", documentation)
	router.Get("/docs/*", documentation)
	h.consolePages(router)
	router.Get("/v1/sdk.js", sendScript(sdk.Module, sdk.ETag))
	router.Get("/.well-known/jwks.json", jwks(h.backend.Verifier))
}

func jwks(verifier *token.Verifier) fiber.Handler {
	return func(c *fiber.Ctx) error {
		if verifier == nil {
			return fiber.ErrNotFound
		}
		c.Set(fiber.HeaderContentType, "application/jwk-set+json")
		c.Set(fiber.HeaderCacheControl, "public, max-age=300")
		return c.Send(verifier.Authority.JWKS())
	}
}

func sendScript(script []byte, tag string) fiber.Handler {
	compressed := sync.OnceValue(func() []byte { return fasthttp.AppendGzipBytesLevel(nil, script, fasthttp.CompressBestCompression) })
	return func(c *fiber.Ctx) error {
		c.Set(fiber.HeaderAccessControlAllowOrigin, "*")
		script := script
		if acceptsGzip(c) {
			script = compressed()
		}
		return sendTagged(c, script, "text/javascript; charset=utf-8", tag)
	}
}

// acceptsGzip reports whether an answer goes out with gzip, which its headers then say.
func acceptsGzip(c *fiber.Ctx) bool {
	addVary(&c.Response().Header)
	if chosenCoding(joined(c.Request().Header.PeekAll(fiber.HeaderAcceptEncoding)), []string{"gzip"}) == "" {
		return false
	}
	c.Set(fiber.HeaderContentEncoding, "gzip")
	return true
}

// sendTagged answers with what is in the binary, unless the client has it already.
func sendTagged(c *fiber.Ctx, content []byte, contentType, tag string) error {
	if len(c.Response().Header.Peek(fiber.HeaderContentEncoding)) > 0 {
		tag = "W/" + tag
	}
	c.Set(fiber.HeaderETag, tag)
	c.Set(fiber.HeaderCacheControl, "no-cache")
	if crud.MatchesTag(c.Get(fiber.HeaderIfNoneMatch), strings.TrimPrefix(tag, "W/")) {
		return c.SendStatus(http.StatusNotModified)
	}
	c.Set(fiber.HeaderContentType, contentType)
	return c.Send(content)
}
