package api

import (
	"fmt"
	"log/slog"
	"net/netip"
	"sync/atomic"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"
)

// proxySigns looks for a proxy that the configuration does not name, and says once which setting is missing. All clients
// behind one have its address in limits, logs and rules.
type proxySigns struct {
	trusted proxies
	log     *slog.Logger
	warned  atomic.Bool // the missing proxy
	refused atomic.Bool // a page of its own
	called  atomic.Bool // as refused, by a call
}

// look reads what a request came by. An address of the internet may be any client, which sends what headers it likes.
func (p *proxySigns) look(ctx *fasthttp.RequestCtx) {
	if p.warned.Load() {
		return
	}
	header := &ctx.Request.Header
	if len(peek(header, fiber.HeaderXForwardedFor)) == 0 && len(peek(header, headerForwarded)) == 0 {
		return
	}
	peer, err := netip.ParseAddr(ctx.RemoteIP().String())
	if peer = peer.Unmap(); err != nil || !peer.IsPrivate() && !peer.IsLoopback() && !peer.IsLinkLocalUnicast() || within(peer.String(), p.trusted) {
		return
	}
	if !p.warned.Swap(true) {
		network := netip.PrefixFrom(peer, peer.BitLen())
		p.log.Warn("requests come through a proxy that the configuration does not name, so that all its clients count as one address in limits, logs and request.ip; name its network",
			"from", peer.String(), "setting", fmt.Sprintf("proxies: [%q]", network.String()))
	}
}

// refuse says why a page was refused a live connection, where a setting may be missing.
func (p *proxySigns) refuse(ctx *fasthttp.RequestCtx) {
	if !p.refused.Swap(true) {
		p.log.Warn("a page may not open a live connection: its origin is not one of this server; if it is yours, write it into cors.origins, write the public address into auth.url, or name the proxy that changes Host in proxies",
			"origin", string(ctx.Request.Header.Peek(fiber.HeaderOrigin)), "host", string(ctx.Host()))
	}
}

// refuseCall says that a page was refused an answer, where a setting may be missing. Its browser tells only whoever has the
// page open.
func (p *proxySigns) refuseCall(origin string) {
	if !p.called.Load() && !p.called.Swap(true) {
		p.log.Warn("a page may not read what it has called: its origin is not one of this server; if it is yours, write it into cors.origins",
			"origin", origin, "setting", fmt.Sprintf("cors: { origins: [%q] }", origin))
	}
}
