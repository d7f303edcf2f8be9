package api

import (
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"github.com/basalt-dev/basalt/modules/fault"
)

const (
	recentGood = 2000 // requests that are remembered
	recentBad  = 1000 // of those that were refused, have failed or were slow, besides
	// recentRate is how many of each kind are remembered of a second. Of more, every n-th is.
	recentRate = 50
	// recentSlow is how long a request takes that is remembered among the bad ones.
	recentSlow = time.Second
	// recentPath bounds the bytes of a path, and of the id of a user, that are remembered.
	recentPath = 256
	// requestLocal is where a request is found by what is around its handler.
	requestLocal = "call"
)

// recentRequest is what is remembered of a request: who asked where, and how that ended. Nothing that was sent with it is
// in here but its path: no parameters of the address, headers, or bodies.
type recentRequest struct {
	ID      uint64    `json:"id"`
	Time    time.Time `json:"time"`
	Request string    `json:"request"` // as the log calls it
	Method  string    `json:"method"`
	Route   string    `json:"route"`
	Path    string    `json:"path"`
	Status  int       `json:"status"`
	// Microseconds is how long it took.
	Microseconds int64  `json:"us"`
	Bytes        int    `json:"bytes"`
	IP           string `json:"ip"`
	User         string `json:"user,omitempty"`
	Admin        bool   `json:"admin,omitempty"`
	// Actor is who acts as the user.
	Actor string     `json:"actor,omitempty"`
	Code  fault.Code `json:"code,omitempty"`
	// Rule is the rule that has refused it, with its place.
	Rule  string `json:"rule,omitempty"`
	Trace string `json:"trace,omitempty"`
	work  *recentWork
	// Of is how many requests it stands for: 1, unless there were too many to remember all.
	Of int64 `json:"of"`
}

// Recent remembers the last requests of a node. It lives longer than any configuration.
type Recent struct {
	load [2]recentLoad // of good ones and bad ones

	mu   sync.Mutex // guards what follows
	last uint64
	good []recentRequest // by ID, modulo its length; it grows to recentGood
	bad  []recentRequest
	at   [2]int // where the next one goes
}

// recentLoad counts the requests of a second. A count that is off by a few is good enough.
type recentLoad struct{ second, count, before atomic.Int64 }

// pick counts a request of a second. It reports whether it is remembered, and how many it stands for then.
func (l *recentLoad) pick(second int64) (of int64, ok bool) {
	if was := l.second.Load(); was != second && l.second.CompareAndSwap(was, second) {
		count := l.count.Swap(0)
		if was != second-1 {
			count = 0
		}
		l.before.Store(count)
	}
	n := l.count.Add(1)
	of = (max(n, l.before.Load())-1)/recentRate + 1
	return of, n%of == 0
}

// pick decides whether a request is remembered. Most are not where there are many, so it is asked first.
func (m *Recent) pick(start time.Time, took time.Duration, status int) (kind int, of int64, ok bool) {
	if status >= fiber.StatusBadRequest || took >= recentSlow {
		kind = 1
	}
	of, ok = m.load[kind].pick(start.Unix())
	return kind, of, ok
}

// add remembers a request.
func (m *Recent) add(kind int, e recentRequest) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.last++
	e.ID = m.last
	ring, most := &m.good, recentGood
	if kind == 1 {
		ring, most = &m.bad, recentBad
	}
	if len(*ring) < most {
		*ring = append(*ring, e)
		return
	}
	(*ring)[m.at[kind]] = e
	m.at[kind] = (m.at[kind] + 1) % most
}

// newest returns the requests that fit, the newest first, and whether there are more.
func (m *Recent) newest(limit int, fits func(*recentRequest) bool) (out []recentRequest, more bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	out = []recentRequest{}
	good, bad := len(m.good), len(m.bad)
	for good > 0 || bad > 0 {
		var e *recentRequest
		if g, b := nth(m.good, m.at[0], good), nth(m.bad, m.at[1], bad); b == nil || g != nil && g.ID > b.ID {
			e, good = g, good-1
		} else {
			e, bad = b, bad-1
		}
		if !fits(e) {
			continue
		}
		if len(out) == limit {
			return out, true
		}
		out = append(out, *e)
	}
	return out, false
}

// nth returns the n-th oldest of a ring whose oldest is at an index, counting from 1; nil for none.
func nth(ring []recentRequest, oldest, n int) *recentRequest {
	if n == 0 {
		return nil
	}
	return &ring[(oldest+n-1)%len(ring)]
}

// quiet are the routes that are not remembered: what asks all the time, and would be all there is to see.
var quiet = map[string]bool{
	"/healthz": true, "/readyz": true, "/metrics": true, "/v1/sdk.js": true,
	"/v1/admin/requests": true, "/v1/admin/figures": true, "/v1/admin/live": true, "/v1/admin/status": true, "/v1/admin/console": true,
}

// remember keeps a request that is answered, where it is one of those that are kept.
func (h *Handler) remember(c *fiber.Ctx, start time.Time, took time.Duration, route string, id []byte, failed error) {
	status := c.Response().StatusCode()
	if status < fiber.StatusBadRequest && (quiet[route] || route == h.backend.Config.Console.Path+"/*") {
		return
	}
	kind, of, ok := h.backend.Recent.pick(start, took, status)
	if !ok {
		return
	}
	e := recentOf(c.Context(), h.proxies, route, id, start, took)
	e.Of, e.Path, e.Rule, e.Trace = of, shorten(c.Path()), refusedBy(failed), traceID(c)
	if failed != nil {
		e.Code = clientError(failed).Code
	}
	if r, is := c.Locals(requestLocal).(*request); is {
		e.Admin = r.caller.Admin
		e.User, e.Actor = whoIs(r.caller.Auth)
		e.work = workOf(&r.profile)
	}
	h.backend.Recent.add(kind, e)
}

// recentOf returns what is remembered of every request.
func recentOf(ctx *fasthttp.RequestCtx, p proxies, route string, id []byte, start time.Time, took time.Duration) recentRequest {
	return recentRequest{
		Time: start, Request: string(id), Method: string(ctx.Method()), Route: strings.Clone(route), Status: ctx.Response.StatusCode(),
		Microseconds: took.Microseconds(), Bytes: bodySize(ctx), IP: p.address(ctx),
	}
}

// whoIs returns the user of claims, and who acts as that user.
func whoIs(claims map[string]any) (user, actor string) {
	user, _ = claims["sub"].(string)
	if act, ok := claims["act"].(map[string]any); ok {
		actor, _ = act["sub"].(string)
	}
	return shorten(user), shorten(actor)
}

// shorten returns a copy of what a client has sent that is valid UTF-8 and not long.
func shorten(text string) string {
	if len(text) > recentPath {
		text = text[:recentPath]
	}
	return strings.Clone(strings.ToValidUTF8(text, "�"))
}
