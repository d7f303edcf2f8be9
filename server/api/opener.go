package api

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/realtime"
)

// opener opens live connections, which outlive the configuration that they were opened with.
type opener struct {
	hub       *realtime.Hub
	bodies    *crud.Budget
	transport *Transport
	identity  *identity
	proxies   proxies
	origins   origins
	message   int           // limits.body, for a message of a client
	timeout   time.Duration // limits.timeout
}

// client is who opens a live connection.
func (o *opener) client(c *fiber.Ctx) (realtime.Client, error) {
	ctx, cancel := context.WithTimeout(context.Background(), o.timeout)
	defer cancel()
	r := &request{http: c, context: ctx}
	if token := r.query("access_token"); token != "" && r.header(fiber.HeaderAuthorization) == "" { // EventSource sends no headers
		c.Request().Header.Set(fiber.HeaderAuthorization, "Bearer "+token)
	}
	anonymous := crud.Caller{IP: strings.Clone(o.proxies.address(c.Context())), Method: http.MethodGet}
	r.caller = anonymous
	caller, _, err := o.identity.ofRequest(r)
	if err != nil {
		return realtime.Client{}, err
	}
	_, token, _ := strings.Cut(r.header(fiber.HeaderAuthorization), " ")
	return realtime.Client{Caller: caller, Token: strings.Clone(token), Describe: describeError, Count: o.transport.countLive,
		Identify: func(ctx context.Context, token string) (crud.Caller, error) {
			return o.transport.identify(ctx, token, anonymous)
		}}, nil
}

// identify verifies a token by the configuration of now.
func (t *Transport) identify(ctx context.Context, token string, anonymous crud.Caller) (crud.Caller, error) {
	h := t.enter()
	defer h.backend.Lease.Leave()
	caller, _, err := h.identity.ofToken(ctx, token, anonymous)
	h.identity.audit(caller, "path", "/v1/realtime")
	return caller, err
}
