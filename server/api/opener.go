package api

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/realtime"
	"github.com/basalt-dev/basalt/server/dialect"
)

// opener opens live connections, which outlive the configuration that they were opened with.
type opener struct {
	hub       *realtime.Hub
	memory    *crud.Budget
	bodies    *crud.Budget // a part of memory
	transport *Transport
	identity  *identity
	proxies   proxies
	origins   *origins
	signs     *proxySigns
	message   int           // limits.body, for a message of a client
	timeout   time.Duration // limits.timeout
}

// client is who opens a live connection.
func (o *opener) client(c *fiber.Ctx) (realtime.Client, error) {
	ctx, cancel := context.WithTimeout(context.Background(), o.timeout)
	defer cancel()
	r := &request{http: c, context: ctx}
	inURL := false
	if token := r.query("access_token"); token != "" && r.header(fiber.HeaderAuthorization) == "" { // EventSource sends no headers
		c.Request().Header.Set(fiber.HeaderAuthorization, "Bearer "+token)
		inURL = true
	}
	anonymous := crud.Caller{IP: strings.Clone(o.proxies.address(c.Context())), Method: http.MethodGet}
	r.caller = anonymous
	caller, _, err := o.identity.ofRequest(r)
	if err != nil {
		return realtime.Client{}, err
	}
	if inURL && caller.Admin && caller.Auth == nil { // it never ends, and addresses are logged on the way
		return realtime.Client{}, fault.Errorf(fault.Unauthenticated, "a key of an administrator is not accepted in an address, which proxies log; send it as Authorization: Bearer KEY")
	}
	out := o.as(caller, anonymous)
	_, token, _ := strings.Cut(r.header(fiber.HeaderAuthorization), " ")
	out.Token = strings.Clone(token)
	return out, nil
}

// clientOf is client for the socket of a dialect, which may have a way of its own to say who calls.
func (o *opener) clientOf(c *fiber.Ctx, d dialect.Dialect) (realtime.Client, error) {
	identifier, own := d.(dialect.Identifier)
	if !own {
		return o.client(c)
	}
	ctx, cancel := context.WithTimeout(context.Background(), o.timeout)
	defer cancel()
	anonymous := crud.Caller{IP: strings.Clone(o.proxies.address(c.Context())), Method: http.MethodGet}
	caller, _, err := o.identity.identified(&request{http: c, context: ctx, caller: anonymous}, identifier)
	if err != nil {
		return realtime.Client{}, err
	}
	out := o.as(caller, anonymous)
	if caller.Auth != nil { // its token may end
		_, token, _ := strings.Cut(c.Get(fiber.HeaderAuthorization), " ")
		out.Token = strings.Clone(token)
	}
	return out, nil
}

// as is a client of a caller.
func (o *opener) as(caller, anonymous crud.Caller) realtime.Client {
	var logged atomic.Pointer[string] // the token of the last call that was logged: a token is verified again each second
	return realtime.Client{Caller: caller, Describe: describeError, Count: o.transport.countLive,
		Identify: func(ctx context.Context, token string) (crud.Caller, error) {
			last := logged.Swap(&token)
			return o.transport.identify(ctx, token, anonymous, last == nil || *last != token)
		}}
}

// identify verifies a token by the current configuration. audits says that it is for a call, which is logged where an
// administrator makes it.
func (t *Transport) identify(ctx context.Context, token string, anonymous crud.Caller, audits bool) (crud.Caller, error) {
	h := t.enter()
	defer h.backend.Lease.Leave()
	caller, _, err := h.identity.ofToken(ctx, token, anonymous)
	if audits {
		h.identity.audit(caller, "path", "/v1/realtime")
	}
	return caller, err
}
