package api

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"
)

// proxies are the networks of the configuration's proxies.
type proxies []netip.Prefix

// address returns the address of a request's client: of whoever is connected, or, where that is a proxy of
// the configuration, the last one in X-Forwarded-For that is none. What stands before it may be invented.
func (trusted proxies) address(ctx *fasthttp.RequestCtx) string {
	peer := ctx.RemoteIP().String()
	if len(trusted) == 0 || !within(peer, trusted) {
		return peer
	}
	hops := strings.Split(string(ctx.Request.Header.Peek(fiber.HeaderXForwardedFor)), ",")
	for _, hop := range slices.Backward(hops) {
		a, err := parseHop(strings.TrimSpace(hop))
		if err != nil {
			return peer
		}
		if peer = a.Unmap().WithZone("").String(); !within(peer, trusted) {
			return peer
		}
	}
	return peer
}

// parseHop reads an address of X-Forwarded-For, with a port or without, in brackets or not.
func parseHop(hop string) (netip.Addr, error) {
	if a, err := netip.ParseAddrPort(hop); err == nil {
		return a.Addr(), nil
	}
	if inside, ok := strings.CutPrefix(hop, "["); ok {
		hop = strings.TrimSuffix(inside, "]")
	}
	return netip.ParseAddr(hop)
}

func within(address string, networks []netip.Prefix) bool {
	a, err := netip.ParseAddr(address)
	return err == nil && slices.ContainsFunc(networks, func(p netip.Prefix) bool { return p.Contains(a.Unmap()) })
}
