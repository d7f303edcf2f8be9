package realtime

import (
	"context"

	"github.com/basalt-dev/basalt/modules/crud"
)

// computed is a document, or a group of figures, that was computed.
type computed struct {
	key  string
	hash uint64
	json []byte
}

// watch makes the group one that is computed when something it depends on changes.
func (c *group) watch() {
	for _, watched := range c.live.Watched {
		c.engine.tableOf(c.engine.shown, watched).computed[c] = struct{}{}
	}
	c.compute()
}

// compute computes the group again, as soon as that is allowed.
func (c *group) compute() {
	g := c.engine
	if c.computing {
		c.dirty = true
		return
	}
	if len(c.subs) == 0 && c.ready && g.hub.clock.Now().Sub(c.idleSince) > linger {
		c.unknown = true // whoever comes before it is let go of has it computed
		return
	}
	if !g.watching(c.live.Collection) {
		return // it is computed when there is a place in the stream
	}
	c.computing, c.dirty = true, false
	wait := max(computeTime, c.took*2) - g.hub.clock.Now().Sub(c.lastComputed)
	if wait > 0 {
		g.after(wait, c, c.computeNow)
		return
	}
	c.computeNow()
}

func (c *group) computeNow() {
	g := c.engine
	if g.groups[c.key] != c {
		return
	}
	c.computation = &job{who: c, payers: c.payers}
	first := false                                                    // nothing of it is held yet
	c.computation.begin = func() { c.dirty, first = false, !c.ready } // what has changed until now is seen
	c.computation.drop = func() { c.computing, c.unknown = false, true }
	c.computation.run = func(ctx context.Context) {
		ctx, cancel := context.WithTimeout(ctx, queryTime)
		defer cancel()
		start := g.hub.clock.Now()
		var items []crud.Item
		err := errFull()
		if !first || !g.hub.full() {
			items, err = c.live.Compute(ctx)
		}
		total := int64(-1)
		if err == nil && c.live.Counted {
			total, err = c.live.Count(ctx)
		}
		g.hub.mu.Lock()
		defer g.hub.mu.Unlock()
		now := g.hub.clock.Now()
		c.computing, c.lastComputed, c.took = false, now, now.Sub(start)
		c.spent.computations++
		c.spent.time += c.took
		if g.groups[c.key] != c {
			return
		}
		if err != nil {
			if !c.ready {
				c.fail(err)
			}
			g.after(retryTime, c, c.compute)
			return
		}
		c.take(items, total)
		if c.dirty {
			c.compute()
		}
	}
	g.reads.add(c.computation)
}

// take shows what was computed.
func (c *group) take(items []crud.Item, total int64) {
	c.unknown = false
	c.computed = make([]computed, len(items))
	next := make([]place, len(items))
	c.engine.held.add(-c.figures)
	c.figures = 0
	for i, it := range items {
		c.figures += entrySize + len(it.JSON)
		c.computed[i] = computed{it.Key, hashOf(it.Key, it.JSON), it.JSON}
		next[i] = place{it.Key, c.computed[i].hash}
	}
	c.engine.held.add(c.figures)
	if !c.live.Figures {
		c.notify(next, total, func(i int) []byte { return items[i].JSON })
		return
	}
	before, state := c.state, stateOf(next, total)
	if c.ready && state == before {
		c.pass(nil)
		return
	}
	c.shown, c.state = next, state
	if !c.ready {
		c.ready = true
		c.pass(nil)
		return
	}
	e := c.snapshot(false)
	c.remember(before, e)
	c.pass([]*event{e})
}

// count finds out how many documents there are, where the set does not hold all of them.
func (c *group) count() {
	g := c.engine
	if !c.live.Counted || c.set == nil || c.set.complete {
		return
	}
	if c.counting {
		c.miscounted = true
		return
	}
	c.counting, c.miscounted = true, false
	g.after(computeTime, c, c.countNow)
}

func (c *group) countNow() {
	g := c.engine
	if g.groups[c.key] != c {
		return
	}
	c.tally = &job{who: c, payers: c.payers, begin: func() {}, drop: func() { c.counting, c.miscounted = false, true }}
	c.tally.run = func(ctx context.Context) {
		ctx, cancel := context.WithTimeout(ctx, queryTime)
		defer cancel()
		total, err := c.live.Count(ctx)
		g.hub.mu.Lock()
		defer g.hub.mu.Unlock()
		c.counting = false
		if g.groups[c.key] != c || c.set == nil {
			return
		}
		if err == nil {
			c.counted = total
			c.show()
		}
		if err != nil || c.miscounted {
			c.count()
		}
	}
	g.reads.add(c.tally)
}
