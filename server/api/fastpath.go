package api

import (
	"fmt"
	"hash/maphash"
	"log/slog"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"github.com/basalt-dev/basalt/config"
	"github.com/basalt-dev/basalt/modules/auth/token"
	"github.com/basalt-dev/basalt/modules/cache"
	"github.com/basalt-dev/basalt/modules/crud"
)

// fastPath remembers which question reads ask the cache, so that the same read of the same caller need not be read,
// and its rules need not be asked, again. It is of one configuration. A rule that looks at the request, or the
// time, is not remembered; of a caller it is that what was verified of them still holds.
type fastPath struct {
	seed maphash.Seed
	// entries are found by their hash alone: of two with the same one the later stays.
	entries [maxRemembered]atomic.Pointer[remembered]
	// size is how many bytes the entries take, about, and most how many they may; hand is where the next of them goes
	// when they take more.
	size atomic.Int64
	most int64
	hand atomic.Uint32
	// cross says that pages of other origins may call. What they send goes through the router, which has more to do.
	cross bool
	// header has what every such answer has.
	header fasthttp.ResponseHeader

	collections map[string]*config.Collection
	cache       *cache.Cache
	verifier    *token.Verifier // nil without the section auth
	metrics     *Metrics
	recent      *Recent
	access      accessLog
	packer      *packer
	now         func() time.Time
}

type remembered struct {
	authorization, uri string         // as they came
	verified           token.Verified // of a caller with a token
	question           cache.Query
	public             bool
	path               string
	counters           requestCounters // of answers with 200
	route              string
	size               int64
}

// weight is how many bytes an entry takes, about: what was verified of a caller has the claims of the token.
func (e *remembered) weight() int64 {
	n := 512 + 4*len(e.authorization) + len(e.uri) + len(e.path) + len(e.question.Key) + len(e.question.ID)
	for _, c := range e.question.Collections {
		n += 16 + len(c)
	}
	return int64(n)
}

// keep puts an entry into its place, and takes others out of theirs until all are within their room again.
func (m *fastPath) keep(at *atomic.Pointer[remembered], e *remembered) {
	e.size = e.weight()
	if e.size > m.most {
		return
	}
	if old := at.Swap(e); old != nil {
		m.size.Add(-old.size)
	}
	m.size.Add(e.size)
	for range maxRemembered {
		if m.size.Load() <= m.most {
			return
		}
		if old := m.entries[m.hand.Add(1)%maxRemembered].Swap(nil); old != nil {
			m.size.Add(-old.size)
		}
	}
}

// maxRemembered bounds the reads that are remembered, and maxAddress the length of one; fastPart is the part of
// limits.cache that they take.
const (
	maxRemembered = 1 << 15
	fastPart      = 4 // of limits.cache
	maxAddress    = 2048
)

// CacheSize is what of limits.cache is for the answers themselves.
func CacheSize(cache config.Size) int { return int(cache - cache/fastPart) }

// newFastPath returns one that remembers nothing yet, or nil where nothing can be remembered: no collection is cached,
// a read may need a replica or the primary, or each request is traced.
func newFastPath(b Backend, replicas bool, access accessLog, from *origins, packer *packer) *fastPath {
	if replicas || b.Traces != nil || CachedCollections(b.Config) == nil {
		return nil
	}
	m := &fastPath{
		seed: maphash.MakeSeed(), cross: !from.none(), packer: packer, most: int64(b.Config.Limits.Cache) / fastPart,
		collections: b.Config.Collections, cache: b.Cache, verifier: b.Verifier, metrics: b.Metrics, recent: b.Recent, access: access, now: b.Now,
	}
	m.header.SetNoDefaultContentType(true)
	securityHeaders.set(&m.header)
	apiHeaders.set(&m.header)
	if m.cross && !from.any {
		m.header.Set(fiber.HeaderVary, fiber.HeaderOrigin)
	}
	return m
}

// entry returns the place of what a caller asks.
func (m *fastPath) entry(authorization, uri []byte) *atomic.Pointer[remembered] {
	return &m.entries[(maphash.Bytes(m.seed, authorization)^maphash.Bytes(m.seed, uri)*31)%maxRemembered]
}

// remember notes what a read asks.
func (m *fastPath) remember(r *request, collection string, key *crud.CacheKey, q *cache.Query) {
	header := &r.http.Context().Request.Header
	authorization, uri := peek(header, fiber.HeaderAuthorization), header.RequestURI() // as it came, unlike that of Request
	if m == nil || !key.Lasting || r.method() != fiber.MethodGet || r.caller.Admin || len(uri) > maxAddress || m.collections[collection].Limits != nil {
		return
	}
	e := &remembered{authorization: string(authorization), uri: string(uri), verified: r.verified, question: *q, public: key.Public,
		path: strings.Clone(r.path()), route: r.route.path}
	e.counters = m.metrics.counters(fiber.MethodGet, e.route, fiber.StatusOK)
	e.question.After = 0
	m.keep(m.entry(authorization, uri), e)
}

// recall answers a read that was asked before, when its answer is in this process, and returns what is remembered
// of it; otherwise nil, and nothing is done. Ahead of the router the answer has no headers yet.
func (m *fastPath) recall(ctx *fasthttp.RequestCtx, now time.Time, ahead bool) *remembered {
	if !ctx.IsGet() {
		return nil
	}
	authorization, uri := peek(&ctx.Request.Header, fiber.HeaderAuthorization), ctx.Request.Header.RequestURI()
	e := m.entry(authorization, uri).Load()
	if e == nil || e.authorization != string(authorization) || e.uri != string(uri) {
		return nil
	}
	if e.authorization != "" && !m.verifier.Holds(e.verified, now) {
		return nil
	}
	q := &e.question
	if seen := peek(&ctx.Request.Header, seenHeader); len(seen) > 0 {
		asked := e.question
		var err error
		if asked.After, err = seenVersion(m.cache, string(seen), &asked); err != nil {
			return nil
		}
		q = &asked
	}
	answer, ok := m.cache.Peek(q, now)
	if !ok || answer.Missing {
		return nil
	}
	header := &ctx.Response.Header
	if ahead {
		m.header.CopyTo(header)
	} else {
		apiHeaders.set(header)
	}
	if body := writeCached(ctx, answer, q.TTL, e.public); body != nil {
		header.SetContentType("application/json")
		ctx.Response.SetBodyRaw(body)
	}
	return e
}

// serve answers a request: from what is remembered, ahead of the router and all that it runs, or through the
// router.
func (h *Handler) serve(ctx *fasthttp.RequestCtx) {
	if h.fast == nil || !h.fast.serve(ctx) {
		h.router(ctx)
	}
}

// serve answers a read that was asked before, with all that observe does, and reports whether it has.
func (m *fastPath) serve(ctx *fasthttp.RequestCtx) (done bool) {
	if m.cross && len(peek(&ctx.Request.Header, fiber.HeaderOrigin)) > 0 {
		return false
	}
	start := m.now() // read once: it costs as much as all else that is done here
	defer func() {
		if p := recover(); p != nil {
			m.access.logger.Error("a remembered read failed", "error", fmt.Sprintf("panic: %v\n%s", p, debug.Stack()))
			ctx.Response.Reset()
			done = false
		}
	}()
	e := m.recall(ctx, start, true)
	if e == nil {
		return false
	}
	m.packer.pack(ctx)
	id := appendRequestID(make([]byte, 0, 16))
	ctx.Response.Header.SetCanonical(canonicalRequestID, id)
	counters, status := e.counters, ctx.Response.StatusCode()
	if status != fiber.StatusOK {
		counters = m.metrics.counters(fiber.MethodGet, e.route, status)
	}
	took := m.now().Sub(start)
	counters.add(took)
	if kind, of, ok := m.recent.pick(start, took, status); ok {
		m.noteRecent(ctx, kind, of, e, start, took, id)
	}
	if m.access.logger.Enabled(ctx, slog.LevelInfo) {
		m.access.log(ctx, fiber.MethodGet, e.path, took, string(id), slog.Attr{}, slog.Attr{})
	}
	return true
}

// noteRecent keeps an answer among the last requests.
func (m *fastPath) noteRecent(ctx *fasthttp.RequestCtx, kind int, of int64, e *remembered, start time.Time, took time.Duration, id []byte) {
	last := recentOf(ctx, m.access.proxies, e.route, id, start, took)
	last.Of, last.Path = of, shorten(e.path)
	last.User, last.Actor = whoIs(e.verified.Claims)
	m.recent.add(kind, last)
}
