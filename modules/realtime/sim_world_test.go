package realtime

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/basalt-dev/basalt/modules/changes"
)

// scheduler runs everything that the hubs of a simulation do in one thread, as coroutines, and decides by a seed
// who goes on next. So a schedule is a function of its seed.
type scheduler struct {
	rng    *rand.Rand
	clock  time.Time
	parked []*task
	cur    *task
	number int
	held   []int // kinds that do not go on
	timely bool  // a sleeper wakes when no other goroutine can go on
}

// task is a coroutine of a hub, or of the model's own.
type task struct {
	node   *node // nil for the model's own
	kind   int   // with name and number: its place among those that can go on
	name   int
	number int
	next   func() (struct{}, bool)
	stop   func()
	yield  func(struct{}) bool
	ready  func() bool // nil is always
	due    time.Time
}

var errStopped = errors.New("the node is gone")

// start adds a coroutine, which begins when it is picked.
func (s *scheduler) start(n *node, kind, name int, f func()) {
	s.number++
	t := &task{node: n, kind: kind, name: name, number: s.number}
	t.next, t.stop = iter.Pull(func(yield func(struct{}) bool) {
		t.yield = yield
		f()
	})
	s.parked = append(s.parked, t)
}

// park lets others go on, until it is picked again.
func (s *scheduler) park(ready func() bool) error {
	t := s.cur
	if t == nil {
		return nil
	}
	t.ready = ready
	if t.node != nil && t.node.dead || !t.yield(struct{}{}) {
		return errStopped
	}
	t.ready = nil
	return nil
}

// maybe parks, or not.
func (s *scheduler) maybe() error {
	if s.cur == nil || s.rng.IntN(2) == 0 {
		return nil
	}
	return s.park(nil)
}

// step lets one of those go on that can, and reports whether there was one.
func (s *scheduler) step() bool {
	var ready []*task
	for _, t := range s.parked {
		if (t.ready == nil || t.ready()) && !slices.Contains(s.held, t.kind) {
			ready = append(ready, t)
		}
	}
	if s.timely {
		if awake := slices.DeleteFunc(slices.Clone(ready), func(t *task) bool { return !t.due.IsZero() }); len(awake) > 0 {
			ready = awake
		}
	}
	if len(ready) == 0 {
		return false
	}
	slices.SortFunc(ready, func(a, b *task) int {
		return cmp.Or(cmp.Compare(a.at(), b.at()), cmp.Compare(a.kind, b.kind), cmp.Compare(a.name, b.name), cmp.Compare(a.number, b.number))
	})
	s.resume(ready[s.rng.IntN(len(ready))])
	return true
}

func (t *task) at() int {
	if t.node == nil {
		return -1
	}
	return t.node.at
}

func (s *scheduler) resume(t *task) {
	if t.due.After(s.clock) {
		s.clock = t.due
	}
	t.due = time.Time{}
	s.cur = t
	_, more := t.next()
	s.cur = nil
	if !more {
		s.parked = slices.DeleteFunc(s.parked, func(o *task) bool { return o == t })
	}
}

// end stops the coroutines of a node; nil ends all.
func (s *scheduler) end(n *node) {
	for _, t := range slices.Clone(s.parked) {
		if n == nil || t.node == n {
			s.cur = t
			t.stop()
			s.cur = nil
			s.parked = slices.DeleteFunc(s.parked, func(o *task) bool { return o == t })
		}
	}
}

// The kinds of tasks.
const (
	kindFeed = iota
	kindSet
	kindGroup
	kindQueue
	kindOther
	kindWrite
)

// Now implements [clock.Clock].
func (n *node) Now() time.Time { return n.sim.clock }

// Run implements [clock.Clock].
func (n *node) Run(_ *sync.WaitGroup, who any, f func()) {
	if n.dead {
		return
	}
	kind, name := kindOther, 0
	switch who := who.(type) {
	case *changes.Feed, *follower:
		kind = kindFeed
	case *resultSet:
		kind, name = kindSet, n.sim.nameOf(who.live.Identity)
	case *group:
		kind, name = kindGroup, n.sim.nameOf(who.key)
	case *queue:
		kind, name = kindQueue, who.session.transport.(*wire).number
	case *Session:
		name = who.transport.(*wire).number
	}
	n.sim.start(n, kind, name, f)
}

// Sleep implements [clock.Clock]. A sleeper may wake before any other: a machine may be slow.
func (n *node) Sleep(ctx context.Context, _ any, d time.Duration) {
	if n.sim.cur != nil {
		n.sim.cur.due = n.sim.clock.Add(d)
	}
	_ = n.sim.park(nil) // whoever sleeps looks at ctx
}
