package realtime

import (
	"fmt"
	"slices"
	"time"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// change makes one random change of a transaction.
func (s *sim) change(v *version) (touched []db.Change) {
	switch k := s.rng.IntN(10); {
	case k < 4:
		row := s.note(s.rng.IntN(simNotes))
		s.put(&v.notes, row)
		return []db.Change{{Collection: s.store.notes, ID: row[0].Text()}}
	case k < 6:
		id := fmt.Sprint("n", s.rng.IntN(simNotes))
		s.take(&v.notes, id)
		return []db.Change{{Collection: s.store.notes, ID: id}}
	case k < 7: // many at once
		below, rank := int64(s.rng.IntN(simRanks)), int64(s.rng.IntN(simRanks))
		for _, n := range slices.Clone(v.notes) {
			if n[2].Int() < below {
				row := slices.Clone(n)
				row[2] = query.Int(rank)
				s.put(&v.notes, row)
				touched = append(touched, db.Change{Collection: s.store.notes, ID: n[0].Text()})
			}
		}
		return touched
	}
	row := memberRow(s.rng.IntN(simUsers), s.rng.IntN(simTeams))
	was := len(v.members)
	if s.take(&v.members, row[0].Text()); len(v.members) == was {
		s.put(&v.members, row)
	}
	return []db.Change{{Collection: s.store.members, ID: row[0].Text()}}
}

// commit commits a transaction.
func (s *sim) commit() {
	v := s.store.version
	var touched []db.Change
	for range 1 + s.rng.IntN(2) {
		touched = append(touched, s.change(&v)...)
	}
	if len(touched) > 0 && s.rng.IntN(40) == 0 {
		touched = []db.Change{{Collection: s.store.notes}, {Collection: s.store.members}}
	}
	if !s.announced {
		s.store.version = v
		s.store.commits = append(s.store.commits, touched)
		return
	}
	i := &announcement{touched}
	s.store.open = append(s.store.open, i)
	s.start(nil, kindWrite, 0, func() {
		// Another write may have come in between: this one does what it does to what is there now.
		now := s.store.version
		for _, t := range touched {
			from, to := v.notes, &now.notes
			if t.Collection == s.store.members {
				from, to = v.members, &now.members
			}
			if at := slices.IndexFunc(from, func(r query.Row) bool { return r[0].Text() == t.ID }); at >= 0 {
				s.put(to, from[at])
			} else if t.ID != "" {
				s.take(to, t.ID)
			}
		}
		s.store.version = now
		if s.park(nil) != nil {
			return
		}
		s.store.open = slices.DeleteFunc(s.store.open, func(o *announcement) bool { return o == i })
		s.store.commits = append(s.store.commits, touched)
	})
}

// act does something at random.
func (s *sim) act() {
	c := s.clients[s.rng.IntN(len(s.clients))]
	n := s.nodes[s.rng.IntN(len(s.nodes))]
	switch k := s.rng.IntN(100); {
	case k < 55:
		s.say("commit")
		s.commit()
	case k < 70:
		if c.session != nil {
			s.say("cut client %d", c.number)
			c.cut()
		}
		if s.rng.IntN(4) > 0 {
			s.say("client %d comes to node %d", c.number, n.at)
			c.connect(n)
		}
	case k < 74:
		s.say("node %d dies", n.at)
		n.kill()
		s.nodes[n.at] = s.boot(n.at)
	case k < 78:
		if n.stream != nil {
			s.say("node %d loses its place", n.at)
			n.stream.lost = true
		}
	case k < 81:
		s.say("the database is broken: %t", !s.store.broken)
		s.store.broken = !s.store.broken
	case k < 83:
		s.say("node %d gets a configuration", n.at)
		n.serve()
	case k < 86:
		if c.session != nil {
			s.say("client %d is another user", c.number)
			c.user = s.rng.IntN(simUsers)
			n := c.session.hub
			n.mu.Lock()
			c.session.caller = c.caller()
			c.session.prepareAgain()
			n.mu.Unlock()
		}
	case k < 90:
		s.say("time passes")
		s.clock = s.clock.Add(time.Duration(s.rng.IntN(30)) * time.Second)
	case k < 94:
		n.hub.mu.Lock()
		n.hub.engine.tidy(s.clock)
		n.hub.mu.Unlock()
	case k < 95:
		g := n.hub.engine
		n.Run(&g.tasks, g, func() { g.check(g.ctx) })
	default: // a client has another view
		if c.session == nil {
			return
		}
		v := c.views[s.rng.IntN(len(c.views))]
		h := c.session.hub
		h.mu.Lock()
		if sub := c.session.subs[v.id]; sub != nil {
			sub.leave()
		}
		h.mu.Unlock()
		s.number++
		v.id, v.step = fmt.Sprint("s", s.number), nil
		if v.ended = false; s.rng.IntN(2) == 0 {
			*v = view{id: v.id, way: v.way}
		}
		s.say("client %d leaves a view, and asks for it as %s from %q", c.number, v.id, v.resume)
		c.subscribe(v)
	}
}
