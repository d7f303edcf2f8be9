package api

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/basalt-dev/basalt/config"
	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/shared"
	"github.com/basalt-dev/basalt/rules"
)

// limiter counts calls against the limits of a configuration.
type limiter struct {
	collections map[string]*config.Collection
	any         bool // a collection has limits
	store       shared.Store
	limited     *prometheus.CounterVec
}

func newLimiter(b Backend) *limiter {
	l := &limiter{collections: b.Config.Collections, store: b.Limits, limited: b.Metrics.limited}
	for _, c := range l.collections {
		l.any = l.any || c.Limits != nil
	}
	return l
}

// perOperation makes a handler of one that does an operation on a collection: it counts against the collection's
// limits. Without an operation nothing is counted.
func (l *limiter) perOperation(op rules.Op, do action) action {
	if op == "" {
		return do
	}
	return func(r *request, docs *crud.Service) ([]byte, error) {
		if err := l.operation(r.context, r, r.collection(), op, 1); err != nil {
			return nil, err
		}
		return do(r, docs)
	}
}

// counter returns what package crud counts the operations of a request with.
func (l *limiter) counter(r *request) func(context.Context, string, rules.Op, int) error {
	return func(ctx context.Context, collection string, op rules.Op, n int) error {
		return l.operation(ctx, r, collection, op, n)
	}
}

// operation counts operations against the limit that the collection has for them: for reads, changes and removals before
// anything is done, for what is made where it is made, by package crud.
func (l *limiter) operation(ctx context.Context, r *request, collection string, op rules.Op, n int) error {
	c := l.collections[collection]
	if c == nil || c.Limits == nil {
		return nil
	}
	return l.spend(ctx, r, c.Limits[string(op)], collection+"."+string(op), n)
}

// spend counts some against a limit, which may be nil, and says so in headers, as
// draft-ietf-httpapi-ratelimit-headers-09 has them.
func (l *limiter) spend(ctx context.Context, r *request, limit *config.RateLimit, name string, n int) error {
	if limit == nil || r.caller.Admin {
		return nil
	}
	u, err := l.count(ctx, r.caller, limit, name, n)
	if u.Wait == 0 && err != nil {
		return err
	}
	seconds := func(d time.Duration) string { return strconv.Itoa(int(math.Ceil(d.Seconds()))) }
	reset := limit.Rate.Window
	if u.Wait > 0 {
		reset = u.Wait
	}
	r.setHeader("RateLimit-Policy", fmt.Sprintf("%q;q=%d;w=%s", name, limit.Rate.N, seconds(limit.Rate.Window)))
	r.setHeader("RateLimit", fmt.Sprintf("%q;r=%d;t=%s", name, u.Left, seconds(reset)))
	return err
}

// count counts some of a caller, all or none.
func (l *limiter) count(ctx context.Context, caller crud.Caller, limit *config.RateLimit, name string, n int) (shared.Usage, error) {
	u, err := l.store.Count(ctx, name+" "+countedBy(caller, limit.By), n, limit.Rate.N, limit.Rate.Window)
	if err == nil && u.Wait > 0 {
		l.limited.WithLabelValues(name).Inc()
		err = fault.Retry(fault.RateLimited, u.Wait, "rate limit exceeded: %d per %s", limit.Rate.N, limit.Rate.Window)
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

// countLive counts a live query as a read, by the current configuration.
func (t *Transport) countLive(caller crud.Caller, collection string) error {
	h := t.current.Load()
	if !h.backend.Lease.Enter() {
		return nil // it is between two
	}
	defer h.backend.Lease.Leave()
	c := h.backend.Config.Collections[collection]
	if c == nil || c.Limits == nil || caller.Admin {
		return nil
	}
	limit := c.Limits[string(rules.Read)]
	if limit == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Duration(h.backend.Config.Limits.Timeout))
	defer cancel()
	_, err := h.limits.count(ctx, caller, limit, collection+"."+string(rules.Read), 1)
	return err
}
