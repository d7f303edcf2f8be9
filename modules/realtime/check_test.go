package realtime

import (
	"slices"
	"testing"
	"time"

	"github.com/basalt-dev/basalt/modules/query"
)

// alarms counts divergences.
type alarms struct{ n int }

func (*alarms) Applied(int, time.Duration) {}
func (*alarms) Sent(int)                   {}
func (*alarms) Resynchronised()            {}
func (a *alarms) Diverged()                { a.n++ }

// TestCheck_MendsWhatIsWrong breaks what a group believes, in each of the ways that a fault could, and has the node
// check it.
func TestCheck_MendsWhatIsWrong(t *testing.T) {
	for name, test := range map[string]struct {
		way int
		rot func(s *script, c *group)
	}{
		"a document is missing": {0, func(_ *script, c *group) {
			c.set.table.release(c.set.items[0].entry)
			c.set.items = slices.Delete(c.set.items, 0, 1)
			c.show()
		}},
		"a document is what it was": {1, func(_ *script, c *group) {
			row := slices.Clone(c.set.items[0].row)
			row[3] = query.String("long ago")
			c.set.items[0].row, c.set.items[0].hash = row, 0
			c.show()
		}},
		"the total is wrong": {0, func(_ *script, c *group) {
			c.set.complete, c.counted = false, 77
			c.show()
		}},
		"a membership is not known": {1, func(_ *script, c *group) {
			l := c.set.lookups[0]
			l.set.table.release(l.set.items[0].entry)
			l.set.items = slices.Delete(l.set.items, 0, 1)
			l.set.changed()
			c.set.load, c.set.again, c.set.held = nil, false, false // as if it had been read by that
			c.set.table.loads = 0
		}},
		"a figure is wrong": {3, func(_ *script, c *group) {
			c.take(nil, -1)
		}},
		"a change was never reported": {1, func(s *script, _ *group) {
			s.put(&s.store.version.notes, noteRow("z", 0, 9))
		}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScript(t, usual, [2]int{0, 0}, [2]int{0, 1})
			s.write(noteRow("a", 0, 5), noteRow("b", 0, 4), noteRow("c", 1, 3))
			c := s.open(0, test.way)
			s.goOn()
			h := s.nodes[0].hub
			var count alarms
			h.observer = &count
			test.rot(s, h.engine.groups[s.model.lives[[2]int{0, test.way}].Identity])
			s.goOn()
			if got, want := c.views[0].has(), s.wanted(0, test.way); got == want {
				t.Fatal("nothing is wrong")
			}
			s.check()
			s.judge(c)
			if count.n != 1 {
				t.Errorf("%d divergences were counted", count.n)
			}
			s.check()
			if count.n != 1 {
				t.Errorf("%d divergences were counted after it was mended", count.n)
			}
		})
	}
}

// check runs a check, and all that comes of it.
func (s *script) check() {
	h := s.nodes[0].hub
	h.clock.Run(&h.engine.tasks, h.engine, func() { h.engine.check(h.engine.ctx) })
	s.goOn()
}

// TestCheck_ChangesOnTheirWayAreNoFault checks before the node has received changes.
func TestCheck_ChangesOnTheirWayAreNoFault(t *testing.T) {
	s := newScript(t, usual, [2]int{0, 0})
	s.write(noteRow("a", 0, 5), noteRow("b", 0, 4))
	c := s.open(0, 0)
	s.goOn()
	h := s.nodes[0].hub
	var count alarms
	h.observer = &count
	s.write(noteRow("d", 0, 8))
	h.clock.Run(&h.engine.tasks, h.engine, func() { h.engine.check(h.engine.ctx) })
	for range 2 { // it has found a difference, and waits
		s.held = []int{kindFeed}
		s.step()
	}
	s.goOn()
	s.judge(c)
	if count.n != 0 {
		t.Errorf("%d divergences were counted", count.n)
	}
}
