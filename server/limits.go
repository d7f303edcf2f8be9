package server

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/basalt-dev/basalt/config"
	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/modules/shared"
	"github.com/basalt-dev/basalt/rules"
)

// limited makes a handler of one that does an operation on a collection: it counts against the collection's
// limits.
func limited(op rules.Op, f func(*request) ([]byte, error)) func(*request) ([]byte, error) {
	return func(r *request) ([]byte, error) {
		if err := r.count(r.collection(), op); err != nil {
			return nil, err
		}
		return f(r)
	}
}

// count counts an operation against the limit that the collection has for it.
func (r *request) count(collection string, op rules.Op) error {
	c := r.config.Collections[collection]
	if c == nil || c.Limits == nil {
		return nil
	}
	return r.spend(c.Limits[string(op)], collection+"."+string(op))
}

// spend counts one against a limit, which may be nil, and says so in headers, as
// draft-ietf-httpapi-ratelimit-headers-09 has them.
func (r *request) spend(l *config.RateLimit, name string) error {
	if l == nil || r.caller.Admin {
		return nil
	}
	u, err := r.countOne(r.context, r.caller, l, name)
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

// countOne counts one of a caller.
func (g *generation) countOne(ctx context.Context, caller crud.Caller, l *config.RateLimit, name string) (shared.Usage, error) {
	u, err := g.shared.Count(ctx, name+" "+countedBy(caller, l.By), l.Rate.N, l.Rate.Window)
	if err == nil && u.Wait > 0 {
		g.server.metrics.limited.WithLabelValues(name).Inc()
		err = &query.Error{Code: query.RateLimited, Detail: fmt.Sprintf("there are %d of this in %s, and no more", l.Rate.N, l.Rate.Window), RetryAfter: u.Wait}
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

// countSteps counts the operations of a batch. What is wrong with them is said by who runs it.
func (r *request) countSteps() error {
	some := false
	for _, c := range r.config.Collections {
		some = some || c.Limits != nil
	}
	if !some {
		return nil
	}
	for _, op := range r.outline().Ops {
		kind := rules.Op(op.Op)
		if op.Op == "replace" {
			kind = rules.Update
		}
		if err := r.count(op.Collection, kind); err != nil {
			return err
		}
	}
	return nil
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
	_, err := g.countOne(ctx, caller, l, collection+"."+string(rules.Read))
	return err
}
