package realtime

import (
	"slices"

	"github.com/basalt-dev/basalt/modules/db"
)

// ears is another listener of a node's feed, as the cache is one: it hears every commit since Began, in order, whether or
// not a live query looks at it.
type ears struct {
	node     *node
	began    bool
	from     int // the number of commits when it began
	received []db.Change
}

// Began implements [changes.Listener].
func (e *ears) Began([]*db.Collection, map[*db.Collection]error) {
	if e.began {
		e.node.sim.failf("node %d: a feed begins twice", e.node.at)
	}
	e.began, e.from, e.received = true, len(e.node.sim.store.commits), nil
}

// Receive implements [changes.Listener].
func (e *ears) Receive(touched []db.Change) {
	if !e.began {
		e.node.sim.failf("node %d: %v is received before the beginning", e.node.at, touched)
	}
	e.received = append(e.received, touched...)
}

// Lost implements [changes.Listener].
func (e *ears) Lost() { e.began = false }

// judge fails where a commit was missed. Nothing goes on any more.
func (e *ears) judge() {
	s := e.node.sim
	if !e.began {
		s.failf("node %d: the feed has not begun at rest", e.node.at)
		return
	}
	received := slices.DeleteFunc(slices.Clone(e.received), func(c db.Change) bool { return c.Pending })
	for n, commit := range s.store.commits[e.from:] {
		for _, c := range commit {
			at := slices.IndexFunc(received, func(h db.Change) bool { return h.Collection == c.Collection && h.ID == c.ID })
			if at < 0 {
				s.failf("node %d: of commit %d, %s %q was not received in its place", e.node.at, e.from+n, c.Collection.Name, c.ID)
				return
			}
			received = received[at+1:]
		}
	}
}
