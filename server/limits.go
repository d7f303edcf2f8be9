package server

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/basalt-dev/basalt/config"
	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/shared"
	"github.com/basalt-dev/basalt/rules"
)

// limited makes a handler of one that does an operation on a collection: it counts against the collection's
// limits.
func limited(op rules.Op, f func(*request) ([]byte, error)) func(*request) ([]byte, error) {
	return func(r *request) ([]byte, error) {
		if err := r.count(r.context, r.collection(), op, 1); err != nil {
			return nil, err
		}
		return f(r)
	}
}

// count counts operations against the limit that the collection has for them: for reads, changes and removals before
// anything is done, for what is made where it is made, by package crud.
func (r *request) count(ctx context.Context, collection string, op rules.Op, n int) error {
	c := r.config.Collections[collection]
	if c == nil || c.Limits == nil {
		return nil
	}
	return r.spend(ctx, c.Limits[string(op)], collection+"."+string(op), n)
}

// spend counts some against a limit, which may be nil, and says so in headers, as
// draft-ietf-httpapi-ratelimit-headers-09 has them.
func (r *request) spend(ctx context.Context, l *config.RateLimit, name string, n int) error {
	if l == nil || r.caller.Admin {
		return nil
	}
	u, err := r.countSome(ctx, r.caller, l, name, n)
	if u.Wait == 0 && err != nil {
		return err
	}
	seconds := func(d time.Duration) string { return strconv.Itoa(int(math.Ceil(d.Seconds()))) }
	reset := l.Rate.Window
	if u.Wait > 0 {
		reset = u.Wait
	}
	r.Set("RateLimit-Policy", fmt.Sprintf("%q;q=%d;w=%s", name, l.Rate.N, seconds(l.Rate.Window)))
	r.Set("RateLimit", fmt.Sprintf("%q;r=%d;t=%s", name, u.Left, seconds(reset)))
	return err
}

// countSome counts some of a caller, all or none.
func (g *generation) countSome(ctx context.Context, caller crud.Caller, l *config.RateLimit, name string, n int) (shared.Usage, error) {
	u, err := g.shared.Count(ctx, name+" "+countedBy(caller, l.By), n, l.Rate.N, l.Rate.Window)
	if err == nil && u.Wait > 0 {
		g.server.metrics.limited.WithLabelValues(name).Inc()
		err = fault.Retry(fault.RateLimited, u.Wait, "rate limit exceeded: %d per %s", l.Rate.N, l.Rate.Window)
	}
	return u, err
}

// countedBy names who a limit is counted for.
func countedBy(caller crud.Caller, by string) string {
	switch by {
	case "all":
		return "all"
	case "address":
		return "ip " + shared.Network(caller.IP)
	case "key":
		if key, ok := caller.Auth["key"].(string); ok {
			return "key " + key
		}
	}
	return who(caller)
}

// counts reports whether a collection has limits.
func counts(c *config.Config) bool {
	for _, collection := range c.Collections {
		if collection.Limits != nil {
			return true
		}
	}
	return false
}

// countLive counts a live query as a read, by the configuration of now.
func (s *Server) countLive(caller crud.Caller, collection string) error {
	g := s.current.Load()
	if !g.enter() {
		return nil // it is between two
	}
	defer g.leave()
	c := g.config.Collections[collection]
	if c == nil || c.Limits == nil || caller.Admin {
		return nil
	}
	l := c.Limits[string(rules.Read)]
	if l == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Duration(g.config.Limits.Timeout))
	defer cancel()
	_, err := g.countSome(ctx, caller, l, collection+"."+string(rules.Read), 1)
	return err
}
