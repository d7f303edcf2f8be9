package server

import (
	"crypto/subtle"
	"fmt"
	"net"
	"strings"

	"github.com/gofiber/fiber/v2"

	"github.com/basalt-dev/basalt/config"
	"github.com/basalt-dev/basalt/modules/fault"
)

// guarded keeps a route for those who have a token, where the configuration has one, and for administrators.
func (g *generation) guarded(token config.Secret, handler fiber.Handler) fiber.Handler {
	if token == "" {
		return handler
	}
	return func(c *fiber.Ctx) error {
		scheme, sent, _ := strings.Cut(string(c.Request().Header.Peek(fiber.HeaderAuthorization)), " ")
		if strings.EqualFold(scheme, "Bearer") && subtle.ConstantTimeCompare([]byte(sent), []byte(token.Reveal())) == 1 {
			return handler(c)
		}
		r := &request{Ctx: c, generation: g, context: c.Context()}
		if err := r.identify(); err != nil {
			return err
		}
		switch {
		case r.caller.Admin:
			return handler(c)
		case r.caller.Auth == nil:
			return fault.Errorf(fault.Unauthenticated, "this page needs its token, or a key of admin.keys")
		}
		return fault.Errorf(fault.Forbidden, "this page needs its token, or a key of admin.keys")
	}
}

// exposed is an error where others than this machine would reach a server with secrets that anybody may know.
func exposed(c *config.Config, address string) error {
	host, _, err := net.SplitHostPort(address)
	if ip := net.ParseIP(host); err == nil && (host == "localhost" || ip != nil && ip.IsLoopback()) {
		return nil
	}
	if len(c.Exposed) == 0 {
		return nil
	}
	return fmt.Errorf("%s; listen on 127.0.0.1 to try it out (this is %s)", c.Exposed[0], address)
}
