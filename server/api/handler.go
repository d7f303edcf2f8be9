package api

import (
	"net/http"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"github.com/basalt-dev/basalt/modules/crud"
)

// Handler answers the requests of one configuration.
type Handler struct {
	backend   Backend
	transport *Transport
	router    fasthttp.RequestHandler

	admission *admission
	transfers *admission // of requests that send files, which take long
	memory    *crud.Budget
	bodies    *crud.Budget // a part of memory
	identity  *identity
	limits    *limiter
	repeats   *repeats
	proxies   proxies
	origins   *origins
	signs     *proxySigns
	base      string // of addresses, as clients see them
	packer    *packer
	access    accessLog
	fast      *fastPath           // nil where nothing is remembered
	caching   bool                // a collection is cached
	follows   map[string][]string // what a delete may change elsewhere; see follows
	replicas  bool                // a database has replicas
	streaming []dialectStream
	https     bool // browsers are told to use HTTPS only
}

// transferPart is the part of limits.concurrency that may send files at once, besides all other requests.
const transferPart = 4

// NewHandler returns one that answers with a Backend. The caller gives it to Use.
func (t *Transport) NewHandler(b Backend) (*Handler, error) {
	h := &Handler{
		backend: b, transport: t, admission: newAdmission(b.Config.Limits.Concurrency), transfers: newAdmission(max(1, b.Config.Limits.Concurrency/transferPart)), memory: crud.NewBudget(int64(b.Config.Limits.Memory)), identity: newIdentity(b),
		limits: newLimiter(b), proxies: b.Config.Trusted, origins: newOrigins(b.Config), base: b.Config.Server.Base, packer: newPacker(), caching: CachedCollections(b.Config) != nil,
		follows: follows(b.Config.Collections),
		https:   b.Config.TLS.Secure(),
	}
	h.bodies = h.memory.Part(int64(b.Config.Limits.Memory) / bodyPart)
	for _, d := range b.Config.Databases {
		h.replicas = h.replicas || len(d.Replicas) > 0
	}
	h.access = accessLog{b.Log, h.proxies}
	h.signs = &proxySigns{trusted: h.proxies, log: b.Log}
	h.fast = newFastPath(b, h.replicas, h.access, h.origins, h.packer)
	return h, h.route()
}

// InFlight is how many requests are worked on.
func (h *Handler) InFlight() int { return h.admission.inFlight() + h.transfers.inFlight() }

// route makes the router.
func (h *Handler) route() error {
	app := fiber.New(fiber.Config{
		DisableStartupMessage: true,
		StrictRouting:         true,
		CaseSensitive:         true,
		ErrorHandler:          func(_ *fiber.Ctx, err error) error { return err }, // observe has answered
	})
	app.Use(h.observe)
	app.Use(h.origins.cors(h.backend.Dialects, h.signs.refuseCall))
	calls := h.calls()
	routes := calls.routes()
	description, err := openAPI(h.backend.Config, h.backend.Version, routes)
	if err != nil {
		return err
	}
	h.pages(app, description, calls.node)
	live := &opener{
		hub: h.backend.Hub, memory: h.memory, bodies: h.bodies, transport: h.transport, identity: h.identity, proxies: h.proxies, origins: h.origins, signs: h.signs,
		message: int(h.backend.Config.Limits.Body), timeout: time.Duration(h.backend.Config.Limits.Timeout),
	}
	app.Get("/v1/db/:collection/live", live.openEventStream)
	app.Get("/v1/realtime", live.openWebSocket)
	for _, rt := range routes {
		if handler := h.compose(&rt); rt.method == http.MethodGet {
			app.Get(rt.path, handler) // and HEAD
		} else {
			app.Add(rt.method, rt.path, handler)
		}
	}
	h.mount(app, calls, live)
	h.profiles(app)
	if h.backend.Static != nil {
		app.Use(staticFiles(h.backend.Config, h.backend.Static))
	}
	h.router = app.Handler()
	return nil
}

// calls makes the groups of calls, each with what it uses.
func (h *Handler) calls() *calls {
	b := h.backend
	reads := &reads{collections: b.Config.Collections, cache: b.Cache, fast: h.fast}
	limits := b.Config.Limits
	c := &calls{
		documents: &documents{reads, h.base},
		files:     &fileCalls{files: b.Files, reads: reads, base: h.base, docs: b.Crud, batch: limits.Batch, body: int(limits.Body)},
		functions: &functions{services: b.Services, limits: h.limits, lease: b.Lease, logger: b.Log},
		channels:  &channels{b.Hub},
		queue: &queue{
			configured: b.Config.Events, queued: b.Queued, home: b.Databases[b.Home], outboxes: b.Outboxes, dispatcher: b.Events,
			limits: h.limits, page: limits.Page, now: b.Now,
		},
		node: &node{
			cluster: b.Cluster, databases: b.Databases, outboxes: b.Outboxes, bus: b.Bus, busDriver: b.Config.Bus.Driver, limits: b.Limits,
			redis: b.Redis, draining: h.transport.Draining, now: b.Now, logger: b.Log,
		},
		explainer: &explainer{limits.Depth},
		accounts:  &accounts{b.Auth},
		users:     &users{accounts{b.Auth}, limits.Page},
		console:   &consoleCalls{users{accounts{b.Auth}, limits.Page}, b.Config, b.Invitation, b.Version, limits.Depth, b.Now},
		operator:  &operator{hub: b.Hub, recent: b.Recent, statements: b.Statements, history: b.History, tail: b.Tail, config: b.Config, version: b.Version, cluster: b.Cluster},
		tester:    &ruleTester{config: b.Config, open: b.RuleTests, turn: make(chan struct{}, 1)},
		editor:    &editor{accounts: accounts{b.Auth}, file: b.File, config: b.Config, databases: b.Databases, stored: b.Stored, cluster: b.Cluster, now: b.Now, log: b.Log},
	}
	h.repeats = &repeats{
		databases: b.Databases, kept: b.Repeats, home: b.Home, collections: b.Config.Collections, functions: c.functions,
		now: b.Now, logger: b.Log,
	}
	return c
}
