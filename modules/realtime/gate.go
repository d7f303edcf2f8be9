package realtime

import (
	"time"

	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/rules"
)

// gate is whether a caller may do something with a channel, kept up to date with what the rule looks up.
type gate struct {
	engine  *engine
	filter  query.Filter
	lookups []*lookup
	payer   payer
	open    bool
	ready   bool
	closed  bool
	// changed is called when it becomes known whether the gate is open, and when that changes; failed, when
	// it cannot be found out.
	changed func()
	failed  func(error)
}

// newGate folds a rule for a caller and the parameters of a channel's name. A nil rule denies.
func (g *engine) newGate(rule *rules.Rule, caller crud.Caller, params query.Row) (*gate, error) {
	t := &gate{engine: g, payer: payer{owner: ownerOf(caller)}, filter: query.False, changed: func() {}, failed: func(error) {}}
	switch {
	case caller.Admin:
		t.filter = query.True
	case rule != nil:
		var err error
		t.filter, err = rule.Fold(&rules.Env{
			Auth: caller.Auth, Request: rules.Request{Op: rules.Read, Time: g.hub.clock.Now().Truncate(time.Second), IP: caller.IP, Method: caller.Method},
			Next: &rules.Next{Row: params}, Hasher: g.service,
		})
		if err != nil {
			return nil, err
		}
	}
	var failure error
	if t.lookups, failure = g.joinLookups(t, t.filter); failure != nil {
		t.close()
		return nil, failure
	}
	t.onLookupChanged()
	return t, nil
}

// onLookupChanged implements dependent.
func (t *gate) onLookupChanged() {
	if t.closed || blocked(t.lookups) {
		return
	}
	filter, err := t.engine.bound(t.lookups, t.filter)
	open := err == nil && filter == query.True
	if t.ready && open == t.open {
		return
	}
	t.open, t.ready = open, true
	t.changed()
}

// fail implements dependent.
func (t *gate) fail(err error) { t.failed(err) }

// payers implements dependent.
func (t *gate) payers(to []payer) []payer { return append(to, t.payer) }

func (t *gate) close() {
	t.closed = true
	for _, l := range t.lookups {
		t.engine.leaveLookup(l, t)
	}
	t.lookups = nil
}
