package server

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"
)

// address returns the address of a request's client: of whoever is connected, or, where that is a proxy of
// the configuration, the last one in X-Forwarded-For that is none. What stands before it may be invented.
func (g *generation) address(c *fiber.Ctx) string {
	trusted := g.config.Trusted
	peer := c.IP()
	if len(trusted) == 0 || !within(peer, trusted) {
		return peer
	}
	hops := strings.Split(c.Get(fiber.HeaderXForwardedFor), ",")
	for _, hop := range slices.Backward(hops) {
		a, err := netip.ParseAddr(strings.TrimSpace(hop))
		if err != nil {
			return peer
		}
		if peer = a.Unmap().String(); !within(peer, trusted) {
			return peer
		}
	}
	return peer
}

func within(address string, networks []netip.Prefix) bool {
	a, err := netip.ParseAddr(address)
	return err == nil && slices.ContainsFunc(networks, func(p netip.Prefix) bool { return p.Contains(a.Unmap()) })
}
