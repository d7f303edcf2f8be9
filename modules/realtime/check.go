package realtime

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"github.com/basalt-dev/basalt/modules/db"
)

// A node looks, now and then, whether a live query still shows what its query returns: convergence is then a
// promise even against unknown faults. It costs a query, and a count where the live query has one, each
// checkInterval, and three where something seems wrong.

const (
	checkInterval = 30 * time.Second
	// A difference has to be the same checkRounds times, checkPause apart, before it is believed: a change may be on
	// its way.
	checkRounds = 3
	checkPause  = 3 * time.Second
	// maxNamed is how many documents the log names.
	maxNamed = 5
)

// finding is what a check has read, and what the group showed then.
type finding struct {
	wanted, shown uint64
	places        []place
	total         int64
}

// check compares a random group with what its query returns, and mends it where it differs.
func (g *engine) check(ctx context.Context) {
	g.hub.mu.Lock()
	c := g.anyGroup()
	g.hub.mu.Unlock()
	if c == nil {
		return
	}
	var before finding
	for round := range checkRounds {
		if round > 0 {
			g.hub.clock.Sleep(ctx, g, checkPause)
		}
		found, differs := g.compare(ctx, c)
		if !differs || round > 0 && (found.wanted != before.wanted || found.shown != before.shown) {
			return
		}
		before = found
	}
	g.mend(c, before)
}

// anyGroup returns a group with listeners, nil when it has met none.
func (g *engine) anyGroup() *group {
	const looks = 64 // the order of a map is random
	n := 0
	for _, c := range g.groups {
		if len(c.subs) > 0 && g.checkable(c) {
			return c
		}
		if n++; n == looks {
			break
		}
	}
	return nil
}

// checkable reports whether a group shows what it believes to be there, and nothing is known to be on its way.
func (g *engine) checkable(c *group) bool {
	if g.groups[c.key] != c || !c.steady() || c.computing || c.counting || !g.watching(c.live.Collection) {
		return false
	}
	if c.set != nil && (c.set.load != nil || c.set.again) {
		return false
	}
	return !slices.ContainsFunc(c.live.Watched, func(watched *db.Collection) bool {
		shown, looked := g.shown[watched], g.looked[watched]
		return shown != nil && shown.busy() || looked != nil && looked.busy()
	})
}

// compare reads what a group has to show, and reports whether it shows something else.
func (g *engine) compare(ctx context.Context, c *group) (found finding, differs bool) {
	ctx, cancel := context.WithTimeout(db.ReadPrimary(ctx), queryTime)
	defer cancel()
	g.hub.mu.Lock()
	computed := c.set == nil
	g.hub.mu.Unlock()
	found.total = -1
	var err error
	var take func()
	if computed {
		items, failed := c.live.Compute(ctx)
		take = func() {
			for _, it := range items {
				found.places = append(found.places, place{it.Key, hashOf(it.Key, it.JSON)})
			}
		}
		err = failed
	} else {
		rows, failed := c.live.Rows(ctx, c.live.Limit)
		take = func() {
			for _, row := range rows {
				id := c.live.Collection.ID(row)
				found.places = append(found.places, place{id, hashOf(id, c.live.AppendJSON(nil, row, c.set.shown(row)))})
			}
		}
		err = failed
	}
	if err == nil && c.live.Counted {
		found.total, err = c.live.Count(ctx)
	}
	if err != nil {
		return found, false
	}
	g.hub.mu.Lock()
	defer g.hub.mu.Unlock()
	if !g.checkable(c) || computed != (c.set == nil) {
		return found, false
	}
	take()
	found.wanted, found.shown = stateOf(found.places, found.total), c.state
	return found, found.wanted != found.shown
}

// mend says what is wrong with a group, has all that it hangs on read again, and sends its listeners a snapshot.
func (g *engine) mend(c *group, found finding) {
	g.hub.mu.Lock()
	defer g.hub.mu.Unlock()
	if !g.checkable(c) || c.state != found.shown {
		return
	}
	g.config.Log.Error("a live query did not show what its query returns; it is loaded again", g.describe(c, found)...)
	if g.hub.observer != nil {
		g.hub.observer.Diverged()
	}
	for sub := range c.subs {
		sub.live, sub.reset, sub.resume = false, true, ""
	}
	g.held.add(-c.size)
	c.log, c.size = nil, 0
	for _, watched := range c.live.Watched {
		if t := g.looked[watched]; t != nil {
			t.invalidate()
		}
	}
	if c.set == nil {
		c.compute()
		return
	}
	c.set.table.invalidateAll()
}

// describe returns what helps to find out why a group is wrong. It has ids of documents, and none of their content.
func (g *engine) describe(c *group, found finding) []any {
	var missing, surplus, stale []string
	note := func(list *[]string, key string) {
		if len(*list) < maxNamed {
			*list = append(*list, key)
		}
	}
	shown := make(map[string]uint64, len(c.shown))
	for _, p := range c.shown {
		shown[p.key] = p.hash
	}
	for _, p := range found.places {
		switch hash, is := shown[p.key]; {
		case !is:
			note(&missing, p.key)
		case hash != p.hash:
			note(&stale, p.key)
		}
		delete(shown, p.key)
	}
	for key := range shown {
		note(&surplus, key)
	}
	out := []any{
		"collection", c.live.Collection.Name, "subscribers", len(c.subs), "limit", c.live.Limit, "shown", len(c.shown), "found", len(found.places),
		"missing", missing, "surplus", surplus, "stale", stale, "total", c.total, "counted", found.total, "computed", c.set == nil,
	}
	if s := c.set; s != nil {
		_, recent := g.recent[s]
		out = append(out, slog.Group("set", "items", len(s.items), "room", s.room, "complete", s.complete, "lookups", len(s.lookups),
			"loaded", s.sight.at, "position", s.sight.position, "recent", recent, "epoch", s.table.epoch, "sets", len(s.table.sets), "log", len(s.table.log)))
	}
	return out
}
