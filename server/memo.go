package server

import (
	"context"
	"hash/maphash"
	"reflect"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/maypok86/otter/v2"

	"github.com/basalt-dev/basalt/modules/cache"
	"github.com/basalt-dev/basalt/modules/crud"
)

// memo remembers which question reads ask the cache, so that the same read of the same caller need not be read,
// and its rules need not be asked, again. It is of one configuration. A rule that looks at the request, or the
// time, is not remembered; of a caller it is their verified claims that are compared.
type memo struct {
	seed    maphash.Seed
	entries *otter.Cache[uint64, *remembered]
}

type remembered struct {
	authorization, uri string // as they came
	token              string
	claims             map[string]any
	question           cache.Question
	public             bool
}

// maxRemembered bounds the reads that are remembered, and maxAddress the length of one.
const (
	maxRemembered = 20_000
	maxAddress    = 2048
)

func newMemo() *memo {
	return &memo{maphash.MakeSeed(), otter.Must(&otter.Options[uint64, *remembered]{MaximumSize: maxRemembered})}
}

func (m *memo) key(authorization, uri string) uint64 {
	return maphash.String(m.seed, authorization) ^ maphash.String(m.seed, uri)*31
}

// remember notes what a read asks.
func (r *request) remember(reading *crud.Reading, q *cache.Question) {
	authorization, uri := r.Get(fiber.HeaderAuthorization), string(r.Request().RequestURI())
	if r.memo == nil || !reading.Lasting || r.Method() != fiber.MethodGet || r.caller.Admin || r.replicas || r.traces != nil || len(uri) > maxAddress ||
		r.config.Collections[reading.Collection].Limits != nil {
		return
	}
	e := &remembered{authorization: strings.Clone(authorization), uri: uri, claims: r.caller.Auth, question: *q, public: reading.Public}
	_, e.token, _ = strings.Cut(e.authorization, " ")
	e.question.After = 0
	r.memo.entries.Set(r.memo.key(e.authorization, e.uri), e)
}

// recall answers a read that was asked before, when its answer is in this process, and reports whether it has.
func (g *generation) recall(c *fiber.Ctx) bool {
	authorization, uri := c.Get(fiber.HeaderAuthorization), c.Context().Request.Header.RequestURI()
	e, ok := g.memo.entries.GetIfPresent(g.memo.key(authorization, string(uri)))
	if !ok || e.authorization != authorization || e.uri != string(uri) {
		return false
	}
	if e.token != "" {
		v, err := g.auth.Verify(context.Background(), e.token) // it is known already, and no question to anybody
		if err != nil || reflect.ValueOf(v.Claims).Pointer() != reflect.ValueOf(e.claims).Pointer() {
			return false
		}
	}
	r := request{Ctx: c, generation: g}
	q := &e.question
	if c.Get(seenHeader) != "" {
		asked := e.question
		var err error
		if asked.After, err = r.seen(&asked); err != nil {
			return false
		}
		q = &asked
	}
	answer, ok := g.server.cache.Peek(q)
	if !ok || answer.Missing {
		return false
	}
	header := &c.Response().Header
	for i := range apiHeaders {
		header.SetCanonical(apiHeaders[i][0], apiHeaders[i][1])
	}
	body := r.answered200(answer, q.TTL, e.public)
	if body != nil {
		header.SetContentType("application/json")
		c.Response().SetBodyRaw(body)
	}
	return true
}
