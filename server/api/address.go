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

const headerForwarded = "Forwarded"

// address returns the address of a request's client: of whoever is connected, or, where that is a proxy of
// the configuration, the last one in X-Forwarded-For, or else in Forwarded, that is none. What stands before it may be
// invented.
func (trusted proxies) address(ctx *fasthttp.RequestCtx) string {
	peer := peerOf(ctx)
	if len(trusted) == 0 || !within(peer, trusted) {
		return peer
	}
	for _, hop := range slices.Backward(hops(&ctx.Request.Header)) {
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

// peerOf returns the address of whoever is connected.
func peerOf(ctx *fasthttp.RequestCtx) string {
	c, ok := ctx.Conn().(*conn)
	if !ok {
		return ctx.RemoteIP().String()
	}
	if c.peer == "" {
		c.peer = ctx.RemoteIP().String()
	}
	return c.peer
}

// hops are the addresses that a request has come by, the nearest last.
func hops(header *fasthttp.RequestHeader) []string {
	if all := header.PeekAll(fiber.HeaderXForwardedFor); len(all) > 0 {
		return strings.Split(joined(all), ",")
	}
	return forwarded(header, "for")
}

// forwarded are the values of a parameter of Forwarded, RFC 7239, the nearest proxy last. A proxy that leaves it out has "".
func forwarded(header *fasthttp.RequestHeader, parameter string) (out []string) {
	all := header.PeekAll(headerForwarded)
	if len(all) == 0 {
		return nil
	}
	for element := range strings.SplitSeq(joined(all), ",") {
		value := ""
		for pair := range strings.SplitSeq(element, ";") {
			if name, v, ok := strings.Cut(pair, "="); ok && strings.EqualFold(strings.TrimSpace(name), parameter) {
				value = strings.Trim(strings.TrimSpace(v), `"`)
			}
		}
		out = append(out, value)
	}
	return out
}

// joined is a header that is there several times, as one.
func joined(all [][]byte) string {
	parts := make([]string, len(all))
	for i, b := range all {
		parts[i] = string(b)
	}
	return strings.Join(parts, ",")
}

// host returns what the client has connected to, as a proxy of the configuration says; without one the Host of the request.
func (trusted proxies) host(ctx *fasthttp.RequestCtx) string {
	if len(trusted) > 0 && within(ctx.RemoteIP().String(), trusted) {
		names := strings.Split(string(ctx.Request.Header.Peek(fiber.HeaderXForwardedHost)), ",")
		if names[0] == "" {
			names = forwarded(&ctx.Request.Header, "host")
		}
		if len(names) > 0 && strings.TrimSpace(names[len(names)-1]) != "" {
			return strings.TrimSpace(names[len(names)-1])
		}
	}
	return string(ctx.Host())
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
