package realtime

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// script is a simulation in which nothing is left to chance: what is not held goes on until nothing does.
type script struct {
	*sim
	t *testing.T
}

// newScript starts a node. users maps users to the teams that they are members of.
func newScript(t *testing.T, b bounds, members ...[2]int) *script {
	return newScriptWithin(t, b, 100, members...)
}

// newScriptWithin is newScript with a limit of subscriptions.
func newScriptWithin(t *testing.T, b bounds, subscriptions int, members ...[2]int) *script {
	m := newModel(t)
	s := &sim{model: m, store: m.store, names: map[string]int{}, bounds: b}
	s.rng, s.clock, s.timely = rand.New(rand.NewPCG(1, 1)), time.Unix(1_700_000_000, 0), true
	*s.store = store{sim: s, notes: m.store.notes, members: m.store.members, positions: true}
	s.limits = Limits{Connections: 100, UserConnections: 100, Subscriptions: subscriptions, Queue: 1 << 20}
	for _, member := range members {
		s.put(&s.store.version.members, memberRow(member[0], member[1]))
	}
	if testing.Verbose() {
		s.trace = func(format string, args ...any) { fmt.Printf(format+"\n", args...) }
	}
	s.nodes = append(s.nodes, s.boot(0))
	t.Cleanup(func() {
		s.nodes[0].kill()
		s.end(nil)
	})
	return &script{s, t}
}

var small = bounds{slack: 0, touched: 2000, batch: 1000, found: 1000, reads: 100}

// row is a note; the title and the memo follow from the id.
func noteRow(id string, team, rank int) query.Row {
	return query.Row{query.String(id), query.String(fmt.Sprint("t", team)), query.Int(int64(rank)), query.String("title " + id), query.String("memo " + id)}
}

// write commits notes; without a team they are removed.
func (s *script) write(notes ...query.Row) {
	var touched []db.Change
	for _, row := range notes {
		if row[1].IsNull() {
			s.take(&s.store.version.notes, row[0].Text())
		} else {
			s.put(&s.store.version.notes, row)
		}
		touched = append(touched, db.Change{Collection: s.store.notes, ID: row[0].Text()})
	}
	s.store.commits = append(s.store.commits, touched)
}

// member begins or ends a membership.
func (s *script) member(user, team int, is bool) {
	row := memberRow(user, team)
	if s.take(&s.store.version.members, row[0].Text()); is {
		s.put(&s.store.version.members, row)
	}
	s.store.commits = append(s.store.commits, []db.Change{{Collection: s.store.members, ID: row[0].Text()}})
}

// goOn lets everything go on that is not of a kind that is held.
func (s *script) goOn(held ...int) {
	s.held = held
	for s.step() {
	}
	if s.failure != "" {
		s.t.Error(s.failure)
	}
}

// open is a client of a user with one view.
func (s *script) open(user, way int) *client {
	c := &client{sim: s.sim, number: len(s.clients), user: user, views: []*view{{id: "v", way: way}}}
	s.clients = append(s.clients, c)
	c.connect(s.nodes[0])
	return c
}

// judge fails the test when a client does not have what its query returns.
func (s *script) judge(c *client) {
	s.t.Helper()
	if got, want := c.views[0].has(), s.wanted(c.user, c.views[0].way); got != want {
		s.t.Errorf("client %d:\n got  %s\n want %s", c.number, got, want)
	}
}

// A membership ends and begins again before this node receives either. What was read in between lacks the
// documents of that team, and what the lookup finds is what it was, so that nothing but the overlap of the read
// and the two commits says that they are missing.
func TestWindow_AMembershipThatWasGoneForAMoment(t *testing.T) {
	for _, positions := range []bool{true, false} {
		t.Run(fmt.Sprint("positions ", positions), func(t *testing.T) {
			s := newScript(t, small, [2]int{0, 0}, [2]int{0, 1})
			s.store.positions = positions
			s.write(noteRow("a", 0, 5), noteRow("b", 1, 4), noteRow("c", 1, 3))
			s.open(0, 4)
			s.open(0, 1) // so that the lookup is known
			s.goOn()
			s.member(0, 0, false)
			late := s.open(0, 0)
			s.goOn(kindFeed)
			s.member(0, 0, true)
			s.write(noteRow("d", 1, 1)) // the number is asked for again, and is right
			s.goOn()
			s.judge(late)
		})
	}
}

// The first time that a window does not hold all documents, their number has to be asked for. Whoever comes while
// it is, gets the documents that are shown, and not those of a later state under the keys of the one before.
func TestWindow_SomebodyComesWhileItIsCounted(t *testing.T) {
	s := newScript(t, small, [2]int{0, 0})
	s.write(noteRow("a", 0, 1), noteRow("b", 0, 2))
	first := s.open(0, 0)
	s.goOn()
	s.write(noteRow("c", 0, 3), noteRow("d", 0, 4))
	s.goOn(kindGroup)
	late := s.open(0, 0)
	s.goOn(kindGroup)
	s.write(query.Row{query.String("c"), query.Null}, query.Row{query.String("d"), query.Null})
	s.goOn(kindGroup)
	s.judge(late)
	s.goOn()
	s.judge(first)
	s.judge(late)
}

// A group that is computed, and without a subscriber for a while, is not computed any more. Who comes back
// before it is let go of does not get what it was.
func TestComputed_SomebodyComesBackLate(t *testing.T) {
	s := newScript(t, small, [2]int{0, 0})
	s.write(noteRow("a", 0, 1))
	c := s.open(0, 3)
	s.goOn()
	c.cut()
	s.clock = s.clock.Add(linger + time.Second/2)
	s.write(noteRow("b", 0, 1))
	s.goOn()
	c.connect(s.nodes[0])
	s.goOn()
	s.judge(c)
}

// When a lookup finds more than is kept, its groups are computed from then on. Who comes while that is done for
// the first time waits for it.
func TestComputed_SomebodyComesWhenALookupFindsTooMuch(t *testing.T) {
	b := small
	b.found = 1
	s := newScript(t, b, [2]int{0, 0})
	s.write(noteRow("a", 0, 1), noteRow("b", 1, 2))
	first := s.open(0, 1)
	s.goOn()
	s.member(0, 1, true)
	s.goOn(kindGroup)
	late := s.open(0, 1)
	s.goOn()
	s.judge(first)
	s.judge(late)
}

// The last viewer of a collection leaves between two tries of one step, and a newcomer comes before the step is applied.
// What the newcomer loads leaves out what the first try has begun to read, so the second try has to read it, although
// nothing looks at it then.
func TestStep_TheLastViewerLeavesBetweenTwoTries(t *testing.T) {
	s := newScript(t, small, [2]int{0, 0})
	s.write(noteRow("a", 0, 5), noteRow("b", 0, 4))
	first := s.open(0, 1)
	s.open(0, 4) // so that changes are followed
	s.goOn()
	node := s.nodes[0]
	node.stream.held = true
	s.write(noteRow("a", 0, 6))
	s.goOn() // the first try has read it
	first.cut()
	s.clock = s.clock.Add(linger + time.Second)
	node.hub.mu.Lock()
	node.hub.engine.tidy(s.clock)
	node.hub.mu.Unlock()
	s.write(noteRow("a", 0, 7)) // is part of the step
	node.stream.passes = 1
	s.goOn() // the second try has asked who looks at it
	late := s.open(0, 1)
	s.goOn() // it has loaded, and waits for the step
	node.stream.held = false
	s.goOn()
	s.judge(late)
}
