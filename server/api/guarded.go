package api

import (
	"crypto/subtle"
	"strings"

	"github.com/gofiber/fiber/v2"

	"github.com/basalt-dev/basalt/config"
)

// guarded keeps a route for those who have a token, where the configuration has one, and for administrators.
func (h *Handler) guarded(token config.Secret, handler fiber.Handler) fiber.Handler {
	if token == "" {
		return handler
	}
	rt := &route{admin: true, refusal: "this page needs its token, or a key of admin.keys"}
	administrators := h.identify(rt, h.authorize(rt, func(r *request) error { return handler(r.http) }))
	return func(c *fiber.Ctx) error {
		scheme, sent, _ := strings.Cut(string(c.Request().Header.Peek(fiber.HeaderAuthorization)), " ")
		if strings.EqualFold(scheme, "Bearer") && subtle.ConstantTimeCompare([]byte(sent), []byte(token.Reveal())) == 1 {
			return handler(c)
		}
		return administrators(&request{http: c, route: rt, context: c.Context()})
	}
}
