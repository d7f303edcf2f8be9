package api

import (
	"bytes"
	"net/url"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"github.com/basalt-dev/basalt/config"
)

// origins decide whose pages may read answers and open live connections: those of cors.origins, that of auth.url, and
// those that a sign-in may redirect to.
type origins struct {
	any     bool
	exact   map[string]bool
	domains [][2]string // of "https://*.example.com", the scheme and ".example.com"
	// only is the single origin there is besides this server's own, which is then also that of a request that could not
	// be read.
	only string
}

func newOrigins(c *config.Config) *origins {
	o := &origins{exact: map[string]bool{}}
	for _, origin := range c.CORS.Origins {
		if origin == "*" {
			o.any = true
			continue
		}
		origin = config.Origin(origin)
		if scheme, domain, wild := strings.Cut(origin, "://*."); wild {
			o.domains = append(o.domains, [2]string{scheme + "://", "." + domain})
			continue
		}
		o.exact[origin] = true
		if len(c.CORS.Origins) == 1 {
			o.only = origin
		}
	}
	if a := c.Auth; a != nil {
		for _, address := range append([]string{a.URL}, a.Redirects...) {
			if u, err := url.Parse(address); err == nil && u.Host != "" && (u.Scheme == "https" || u.Scheme == "http") {
				o.exact[config.Origin(u.Scheme+"://"+u.Host)] = true
			}
		}
	}
	return o
}

// takeOffBase takes the path that a proxy serves this server below off a request that has it.
func (h *Handler) takeOffBase(ctx *fasthttp.RequestCtx) {
	if h.base == "" {
		return
	}
	rest, ok := bytes.CutPrefix(ctx.Request.Header.RequestURI(), []byte(h.base))
	if !ok || len(rest) > 0 && rest[0] != '/' && rest[0] != '?' {
		return
	}
	if len(rest) == 0 || rest[0] == '?' {
		rest = append([]byte{'/'}, rest...)
	}
	ctx.Request.SetRequestURIBytes(bytes.Clone(rest))
}

// none reports whether no page of another origin may call.
func (o *origins) none() bool { return !o.any && len(o.exact) == 0 && len(o.domains) == 0 }

// allows reports whether pages of an origin may call.
func (o *origins) allows(origin string) bool {
	if o.any {
		return true
	}
	if origin = config.Origin(origin); o.exact[origin] {
		return true
	}
	for _, d := range o.domains {
		if name, ok := strings.CutPrefix(origin, d[0]); ok && strings.HasSuffix(name, d[1]) && len(name) > len(d[1]) {
			return true
		}
	}
	return false
}

// mayOpen reports whether a page may open a live connection: one of an origin that may call, or one that this server, or
// the proxy before it, has served. A program sends no origin.
func (o *origins) mayOpen(ctx *fasthttp.RequestCtx, trusted proxies) bool {
	origin := string(ctx.Request.Header.Peek(fiber.HeaderOrigin))
	if origin == "" || o.allows(origin) {
		return true
	}
	u, err := url.Parse(config.Origin(origin))
	if err != nil || u.Host == "" {
		return false
	}
	own := config.Origin(u.Scheme + "://" + string(ctx.Host()))
	return own == u.Scheme+"://"+u.Host || config.Origin(u.Scheme+"://"+trusted.host(ctx)) == u.Scheme+"://"+u.Host
}
