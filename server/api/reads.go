package api

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"
	"go.opentelemetry.io/otel/attribute"

	"github.com/basalt-dev/basalt/config"
	"github.com/basalt-dev/basalt/modules/cache"
	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/tracing"
)

// seenHeader says from which versions of collections on a client has seen them: the answer to a write has it,
// and a read that has it is not answered with anything older.
const seenHeader = "X-Basalt-Seen"

// clocksApart is how far the clocks of nodes may be apart.
const clocksApart = 2 * time.Second

// CachedCollections are those whose changes matter to the cache, and whether they are cached themselves; none
// where nothing is cached.
func CachedCollections(c *config.Config) map[string]bool {
	out := map[string]bool{}
	some := false
	for name, collection := range c.Collections {
		out[name] = collection.Cache != nil
		some = some || collection.Cache != nil
	}
	if !some {
		return nil
	}
	return out
}

// reads answers reads of documents, from the cache where the collection has one.
type reads struct {
	collections map[string]*config.Collection
	cache       *cache.Cache
	fast        *fastPath // nil where nothing is remembered
}

// answer answers a read.
func (d *reads) answer(r *request, docs *crud.Service, read crud.Read) ([]byte, error) {
	plan, err := docs.Prepare(r.caller, read)
	if err != nil {
		return nil, err
	}
	key, c := d.cacheOf(plan, read.Collection)
	if c == nil {
		body, tag, err := run(r.context, plan)
		if err != nil {
			return nil, err
		}
		var buffer [maxTag]byte
		return tagged(r.http.Context(), body, tag.Append(buffer[:0]), private), nil
	}
	q := question(key, c)
	d.fast.remember(r, read.Collection, key, q)
	if q.After, err = seenVersion(d.cache, r.header(seenHeader), q); err != nil {
		return nil, err
	}
	ctx, end := tracing.Start(r.context, "cache", attribute.String("basalt.collection", read.Collection))
	answer, err := d.cache.Get(ctx, q, func(ctx context.Context) (cache.Entry, error) {
		body, tag, err := run(ctx, plan)
		if fault.CodeOf(err) == fault.NotFound {
			return cache.Entry{Missing: true}, nil
		}
		return cache.Entry{Body: body, Tag: tag.String()}, err
	})
	end(err)
	if err != nil {
		return nil, err
	}
	if answer.Missing {
		return nil, crud.ErrNotFound
	}
	return writeCached(r.http.Context(), answer, q.TTL, key.Public), nil
}

// question asks the cache for the answer of a key.
func question(key *crud.CacheKey, c *config.Cache) *cache.Query {
	q := &cache.Query{Key: key.Key, Of: key.Of, ID: key.ID, TTL: time.Duration(c.TTL), Stale: time.Duration(c.Stale)}
	for _, watched := range key.Watched {
		q.Collections = append(q.Collections, watched.Name)
	}
	return q
}

// writeCached returns the body of an answer, nil where the client has it, and says how it may be kept.
func writeCached(ctx *fasthttp.RequestCtx, answer cache.Entry, ttl time.Duration, public bool) []byte {
	control := private
	if public {
		left := max(0, ttl-answer.Age)
		control = strconv.AppendInt([]byte("public, max-age=0, s-maxage="), int64(left.Seconds()), 10)
		ctx.Response.Header.Add(fiber.HeaderVary, seenHeader)
	}
	return tagged(ctx, answer.Body, []byte(answer.Tag), control)
}

// run asks the database.
func run(ctx context.Context, plan *crud.Plan) (body []byte, tag crud.Tag, err error) {
	result, err := plan.Run(ctx)
	if err != nil {
		return nil, tag, err
	}
	return result.Encode()
}

// cacheOf returns how the collection of a read is cached, and the key of the answer; nil where it is not, or this read
// is not.
func (d *reads) cacheOf(plan *crud.Plan, collection string) (*crud.CacheKey, *config.Cache) {
	c := d.collections[collection]
	if c == nil || c.Cache == nil {
		return nil, nil
	}
	key := plan.CacheKey()
	if key == nil {
		return nil, nil
	}
	return key, c.Cache
}

// maxTag is how many bytes an entity tag has.
const maxTag = 16

// private is how an answer may be kept that is of one caller.
var private = []byte("private, no-cache")

// As HTTP writes them.
var etagHeader, cacheControlHeader, canonicalRequestID = []byte("Etag"), []byte("Cache-Control"), []byte(requestIDHeader)

// peek returns a header by its canonical name. Not to normalize that name saves a tenth of what a recalled read costs.
func peek(header *fasthttp.RequestHeader, name string) []byte {
	header.DisableNormalizing()
	value := header.Peek(name)
	header.EnableNormalizing()
	return value
}

// tagged returns a body with its entity tag, or that it has not changed. How it may be cached is set for what is
// read with GET or HEAD, and has a tag.
func tagged(ctx *fasthttp.RequestCtx, body, tag, control []byte) []byte {
	if len(tag) == 0 || !ctx.IsGet() && !ctx.IsHead() {
		return body
	}
	ctx.Response.Header.SetCanonical(etagHeader, tag)
	ctx.Response.Header.SetCanonical(cacheControlHeader, control)
	if none := peek(&ctx.Request.Header, fiber.HeaderIfNoneMatch); len(none) > 0 && crud.MatchesTag(string(none), string(tag)) {
		ctx.SetStatusCode(http.StatusNotModified)
		return nil
	}
	return body
}

// seenVersion returns from when on an answer has to be for a caller who sends what they have seen.
func seenVersion(c *cache.Cache, header string, q *cache.Query) (cache.Version, error) {
	if header == "" {
		return 0, nil
	}
	// No node gives out a version before its time: one that is further ahead than clocks are apart was made up, and
	// would have every read pass the cache by.
	now := c.Clock()
	var after cache.Version
	for part := range strings.SplitSeq(header, ",") {
		name, text, _ := strings.Cut(strings.TrimSpace(part), "=")
		n, err := strconv.ParseInt(text, 10, 64)
		v := cache.Version(n)
		if err != nil || v < 0 {
			return 0, fault.FieldErrorf(seenHeader, "form", "%s must be the value returned by an earlier write", seenHeader)
		}
		if v <= now+cache.Version(clocksApart.Microseconds()) && (name == q.Of && q.ID != "" || slices.Contains(q.Collections, name)) {
			after = max(after, min(v, now))
		}
	}
	return after, nil
}
