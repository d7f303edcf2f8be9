package api

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"

	"github.com/basalt-dev/basalt/config"
	"github.com/basalt-dev/basalt/modules/auth/token"
	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/db/profile"
	"github.com/basalt-dev/basalt/modules/fault"
)

// request is one call to the API with what has been verified of its caller. What every call needs is a part of it, so that all of it
// is one allocation. It is not used again: what a call has started may hold its context longer.
type request struct {
	// http is the call as the router has it. Handlers use the methods below.
	http  *fiber.Ctx
	route *route
	// collections are those of the configuration.
	collections map[string]*config.Collection
	// context ends at the time limit of a request: with life, but for routes that stream.
	context context.Context
	life    lifetime
	caller  crud.Caller
	// verified is the caller's token; it is empty for callers without one.
	verified token.Verified
	// whole is the context of a route that streams, without the time limit; timeout is that.
	whole   context.Context
	timeout time.Duration
	// sent is the body of a route that streams, when it is read.
	sent *incoming
	// content is the body, decoded, and depth how deep a JSON body may be; see body.
	content []byte
	depth   int
	// hold is what the request holds of the memory of the node, and streams says that its answer is given back when it has
	// been written.
	hold    crud.Hold
	streams bool
	// batch is what parsedBatch has read of the body.
	batch *crud.Batch
	// profile is what the request spends its time on.
	profile profile.Profile
	// spoken is the request as its dialect sees it; nil until that is asked for.
	spoken *spoken
	// traced is the context of the span that the verdicts of rules are noted in; nil where the request is not traced.
	traced context.Context
}

// method returns the method as a string that outlives the request. That of the framework is in a buffer which is
// reused: a span that is exported later, or a live query, would see the method of another request.
func (r *request) method() string {
	m := r.http.Method()
	if i := slices.Index(fiber.DefaultMethods, m); i >= 0 {
		return fiber.DefaultMethods[i]
	}
	return strings.Clone(m)
}

func (r *request) path() string { return r.http.Path() }

// header returns a header of the request; it is good until the request is answered.
func (r *request) header(name string) string { return r.http.Get(name) }

// query returns a parameter of the address, decoded.
func (r *request) query(name string) string { return r.http.Query(name) }

// setHeader sets a header of the answer.
func (r *request) setHeader(name, value string) { r.http.Set(name, value) }

// status sets the status of the answer.
func (r *request) status(status int) { r.http.Status(status) }

// requestID is what the log calls this request.
func (r *request) requestID() string {
	return string(r.http.Response().Header.PeekBytes(canonicalRequestID))
}

// statusOf is the status of an answer: without a body it is 204, unless it leads somewhere else.
func (r *request) statusOf(body []byte) int {
	if now := r.http.Response().StatusCode(); body != nil || now != r.route.status || now == http.StatusSeeOther {
		return now
	}
	return http.StatusNoContent
}

// params returns the parameters of the address.
func (r *request) params() (crud.Params, error) {
	args := r.http.Context().QueryArgs()
	if args.Len() == 0 {
		return nil, nil
	}
	out := make(crud.Params, args.Len())
	var failed error
	for k, v := range args.All() {
		name, value := string(k), string(v)
		switch _, twice := out[name]; {
		case failed != nil:
		case !utf8.ValidString(name) || !utf8.ValidString(value) || strings.ContainsRune(name+value, 0):
			failed = fault.Errorf(fault.Invalid, "a parameter of the address is not valid UTF-8, or has a NUL character")
		case twice:
			failed = fault.FieldErrorf(name, "duplicate", "the parameter %q appears twice", name)
		}
		out[name] = value
	}
	return out, failed
}

// segment returns a decoded part of the path. What cannot be decoded names nothing.
func (r *request) segment(name string) string {
	raw := r.http.Params(name)
	s, err := url.PathUnescape(raw)
	if err != nil {
		return ""
	}
	return strings.Clone(s)
}

// collection returns the name of a collection of the configuration without a copy.
func (r *request) collection() string {
	if c := r.collections[r.http.Params("collection")]; c != nil {
		return c.Name
	}
	return r.segment("collection")
}

func (r *request) id() string { return r.segment("id") }
