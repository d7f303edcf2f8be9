package realtime

import (
	"context"
	"sync"
	"time"

	"github.com/basalt-dev/basalt/modules/changes"
	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

// engine keeps the live queries of one configuration. The lock of the hub guards all of it.
type engine struct {
	hub       *Hub
	service   *crud.Service
	config    Collections
	followers map[*changes.Feed]*follower
	groups    map[string]*group
	idle      map[*group]struct{} // of groups, those without listeners
	lookups   map[string]*lookup
	shown     map[*db.Collection]*index
	looked    map[*db.Collection]*index

	ctx   context.Context
	stop  context.CancelFunc
	tasks sync.WaitGroup
	reads *reads
	held  held

	// recent are the sets that may have seen changes that their lookups have not received, and first where that begins
	// what they receive now; 0 when that is not known.
	recent map[*resultSet]struct{}
	first  uint64
	// applying says that changes are being applied; changed are the groups that send what they show after that.
	applying bool
	changed  map[*group]struct{}
}

// maxReads bounds the queries that an engine runs at once, so that the connections that come back after a
// restart do not take the database from all others.
const maxReads = 8

func newEngine(h *Hub, config Collections) *engine {
	g := &engine{
		hub: h, service: config.Service, config: config, followers: map[*changes.Feed]*follower{}, groups: map[string]*group{}, idle: map[*group]struct{}{}, lookups: map[string]*lookup{},
		shown: map[*db.Collection]*index{}, looked: map[*db.Collection]*index{}, recent: map[*resultSet]struct{}{}, changed: map[*group]struct{}{},
	}
	g.held.whole = &h.held
	g.reads = newReads(g, h.bounds.reads)
	g.ctx, g.stop = context.WithCancel(context.Background())
	return g
}

// close ends what the engine does, and waits for it. The lock is not held. A feed may still be reading for the engine:
// what it reads is not applied, and closing the feed waits for it.
func (g *engine) close() {
	g.hub.mu.Lock()
	g.stop() // whoever has the lock and sees that it has not ended may begin a task
	g.hub.mu.Unlock()
	g.tasks.Wait()
	for _, f := range g.followers {
		f.leave()
	}
}

// tidy drops groups that have had no listeners for a while, and follows no database without one.
func (g *engine) tidy(now time.Time) {
	for c := range g.idle {
		if now.Sub(c.idleSince) > linger {
			c.close()
		}
	}
	for _, f := range g.followers {
		f.rest()
	}
	g.shed()
}

// tableOf returns the table of a collection, which it makes when there is none.
func (g *engine) tableOf(in map[*db.Collection]*index, c *db.Collection) *index {
	t := in[c]
	if t == nil {
		t = newTable(c, &g.held)
		in[c] = t
	}
	return t
}

// followerOf returns what follows the database of a collection.
func (g *engine) followerOf(c *db.Collection) *follower { return g.follow(g.config.Feeds[c]) }

// watching reports whether the changes of a collection are reported.
func (g *engine) watching(c *db.Collection) bool { return g.followerOf(c).ready }

// unwatchable returns why nothing of a collection can be live, nil when it can.
func (g *engine) unwatchable(c *db.Collection) error {
	if g.config.Off[c.Name] {
		return fault.Errorf(fault.Forbidden, "the collection %s has `realtime: false`", c.Name)
	}
	if why := g.followerOf(c).unsupported[c]; why != nil {
		return fault.Errorf(fault.Invalid, "the collection %s cannot be live: %s", c.Name, why)
	}
	return nil
}

// newSet makes a set of a list, which does not hold anything yet, for those whom payers names. The error is errTooMany
// where one of its lookups finds more than is kept.
func (g *engine) newSet(live *crud.Live, t *index, slack int, payers func([]payer) []payer) (*resultSet, error) {
	s := &resultSet{engine: g, charged: payers, table: t, live: live, room: live.Limit + slack, filter: query.False, changed: func() {}, failed: func(error) {}}
	filters := []query.Filter{live.Where}
	for _, m := range live.Masks {
		filters = append(filters, m.Where)
	}
	var err error
	s.lookups, err = g.joinLookups(s, filters...)
	s.table.add(s)
	if err != nil {
		s.close()
		return nil, err
	}
	if s.blocked() {
		return s, nil
	}
	s.filter = nil
	if s.bind(); s.filter == nil {
		s.close()
		return nil, errTooMany
	}
	return s, nil
}

// after calls f with the lock after some time, give or take a third, unless the engine ends before.
func (g *engine) after(d time.Duration, who any, f func()) {
	g.hub.clock.Run(&g.tasks, who, func() {
		if g.hub.clock.Sleep(g.ctx, who, d); g.ctx.Err() == nil {
			g.hub.mu.Lock()
			defer g.hub.mu.Unlock()
			f()
		}
	})
}

// queryTime bounds a query for live data.
const queryTime = 30 * time.Second

// read loads the rows of a set when it is its turn.
func (g *engine) read(s *resultSet) {
	first := false // nothing of it is held yet
	begin := func() {
		first = !s.ready
		s.beginLoad()
	}
	s.job = &job{who: s, payers: s.payers, begin: begin, drop: s.dropLoad}
	s.job.run = func(ctx context.Context) {
		ctx, cancel := context.WithTimeout(ctx, queryTime)
		defer cancel()
		var rows []query.Row
		err := errFull()
		if !first || !g.hub.full() {
			rows, err = s.live.Rows(ctx, s.room+1)
		}
		var position uint64
		if err == nil {
			position, err = g.positionOf(ctx, s)
		}
		g.hub.mu.Lock()
		defer g.hub.mu.Unlock()
		switch {
		case s.closed:
		case err == nil:
			s.loaded(rows, position)
		case s.load != nil:
			s.giveUp()
			g.retry(err, s)
			s.release()
		}
	}
	g.reads.add(s.job)
}

// retryTime is how long to wait after a query that has failed.
const retryTime = 500 * time.Millisecond

// retry loads a set again after it has failed, or reports the error where no listener has received anything yet.
func (g *engine) retry(err error, s *resultSet) {
	if !s.ready {
		s.failed(err)
	}
	if !s.closed {
		s.again = true
		g.after(retryTime, s, s.reload)
	}
}

// later loads a set again soon.
func (g *engine) later(s *resultSet) {
	s.again = true
	g.after(20*time.Millisecond, s, s.reload)
}
