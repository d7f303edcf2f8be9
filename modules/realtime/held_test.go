package realtime

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// recounted is what held.bytes has to be.
func (h *Hub) recounted() (n int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for s := range h.sessions {
		for _, sub := range s.subs {
			n += int64(subscriptionSize + sub.asked)
		}
		s.queue.mu.Lock()
		for _, m := range s.queue.waiting {
			n += int64(len(m.event.body) + overhead)
		}
		n += int64(s.queue.flying)
		s.queue.mu.Unlock()
	}
	for _, c := range h.rooms.all {
		for _, m := range c.members {
			n += int64(memberSize + len(m.State))
		}
	}
	for _, c := range h.engine.groups {
		n += int64(groupSize + 2*len(c.key))
		for _, l := range c.log {
			n += int64(len(l.event.body))
		}
		for _, it := range c.computed {
			n += int64(entrySize + len(it.json))
		}
	}
	for _, tables := range []map[*db.Collection]*index{h.engine.shown, h.engine.looked} {
		for _, t := range tables {
			for _, e := range t.entries {
				n += int64(sizeOf(e.row))
			}
		}
	}
	return n
}

// large is a note of many bytes.
func large(id string, team, rank int) query.Row {
	row := noteRow(id, team, rank)
	row[4] = query.String(strings.Repeat("x", 10_000))
	return row
}

// room makes limits.live what is held now, and some bytes more.
func (s *script) room(more int64) *Hub {
	h := s.nodes[0].hub
	h.most.Store(h.held.bytes.Load() + more)
	return h
}

func TestHeld_NothingIsAddedWhenItIsUsedUp(t *testing.T) {
	s := newScript(t, small, [2]int{0, 0}, [2]int{1, 1})
	s.write(noteRow("a", 0, 1), noteRow("b", 1, 2))
	first := s.open(0, 0)
	s.goOn()
	h := s.room(0)
	err := first.session.Subscribe("more", crud.Read{Collection: "notes"}, "")
	if err == nil || !strings.Contains(err.Error(), "limits.live") {
		t.Errorf("got %v", err)
	}
	h.most.Store(1 << 30)
	late := s.open(1, 0)
	s.room(0) // between its subscription and its load
	s.goOn()
	if !late.views[0].ended {
		t.Errorf("the load went on: %s", late.views[0].has())
	}
	s.write(noteRow("c", 0, 3)) // who is there goes on
	s.goOn()
	s.judge(first)
	h.most.Store(1 << 30)
	s.comeBack()
	s.goOn()
	s.judge(late)
}

func TestHeld_ASnapshotWaitsForRoom(t *testing.T) {
	s := newScript(t, small, [2]int{0, 0})
	s.write(noteRow("a", 0, 1))
	c := s.open(0, 0)
	s.goOn()
	h := s.room(0)
	h.mu.Lock()
	sub := c.session.subs["v"]
	sub.live, sub.reset = false, true
	sub.begin()
	waits := len(c.session.queue.waiting)
	h.mu.Unlock()
	if s.goOn(); waits != 0 || sub.live {
		t.Errorf("%d events wait, live %t", waits, sub.live)
	}
	s.write(noteRow("b", 0, 2))
	s.goOn()
	h.most.Store(1 << 30)
	h.tidy(s.clock)
	s.goOn()
	s.judge(c)
}

// A reader that is slow has no more than its part while there is no room, and gets a snapshot afterwards.
func TestHeld_SlowReadersLoseFirst(t *testing.T) {
	s := newScript(t, small, [2]int{0, 0})
	s.write(noteRow("a", 0, 1))
	slow, other := s.open(0, 0), s.open(0, 0)
	s.goOn()
	h := s.nodes[0].hub
	most := h.held.bytes.Load() + 100_000
	h.most.Store(most)
	for n := range 40 {
		row := noteRow("a", 0, 1)
		row[3] = query.String(fmt.Sprint(n, strings.Repeat("y", 10_000)))
		s.write(row)
		s.goOn(kindQueue)
	}
	if got := h.held.bytes.Load(); got > most+50_000 {
		t.Errorf("%d bytes are held, and %d may be", got, most)
	}
	h.most.Store(1 << 30)
	h.tidy(s.clock)
	s.goOn()
	s.judge(slow)
	s.judge(other)
}

func TestHeld_TheLargestGroupsAreLetGo(t *testing.T) {
	s := newScript(t, small, [2]int{0, 0}, [2]int{1, 1})
	s.write(noteRow("a", 0, 1), noteRow("b", 1, 2))
	grows, stays := s.open(0, 0), s.open(1, 0)
	gone := s.open(0, 4)
	s.goOn()
	gone.cut()
	h := s.room(1000)
	for n := range 9 {
		s.write(large(fmt.Sprint("c", n), 0, n))
	}
	s.goOn()
	h.tidy(s.clock)
	s.goOn()
	if !grows.views[0].ended || stays.views[0].ended {
		t.Errorf("who grows: ended %t; who does not: ended %t", grows.views[0].ended, stays.views[0].ended)
	}
	if got, want := h.held.bytes.Load(), h.recounted(); got != want || got >= h.most.Load() {
		t.Errorf("%d bytes are counted, %d are held, and %d may be", got, want, h.most.Load())
	}
	s.judge(stays)
}

// What a query says is held with it: a long filter is not free.
func TestHeld_WhatIsAskedCounts(t *testing.T) {
	s := newScript(t, small, [2]int{0, 0})
	c := s.open(0, 0)
	s.goOn()
	before := s.nodes[0].hub.Counts().Held
	long := strings.Repeat("x", 100_000)
	if err := c.session.Subscribe("long", crud.Read{Collection: "notes", Body: []byte(`{"where":{"id":"` + long + `"}}`)}, ""); err != nil {
		t.Fatal(err)
	}
	if more := s.nodes[0].hub.Counts().Held - before; more < 300_000 {
		t.Errorf("a filter of 100,000 bytes counts as %d", more)
	}
	c.session.Unsubscribe("long")
	s.clock = s.clock.Add(linger + time.Second)
	s.nodes[0].hub.tidy(s.clock)
	s.goOn()
	if more := s.nodes[0].hub.Counts().Held - before; more != 0 {
		t.Errorf("%d bytes are left", more)
	}
}

// A node on which nothing is live follows the database no more, and follows it again for the next live query, which misses nothing.
func TestFollower_LeavesWhenNothingIsLive(t *testing.T) {
	s := newScript(t, small, [2]int{0, 0})
	s.write(noteRow("a", 0, 1))
	c := s.open(0, 0)
	s.goOn()
	h := s.nodes[0].hub
	following := func() int {
		h.mu.Lock()
		defer h.mu.Unlock()
		return len(h.engine.followers)
	}
	h.tidy(s.clock)
	if s.goOn(); following() != 1 {
		t.Errorf("it follows %d databases while someone listens", following())
	}
	c.cut()
	s.goOn()
	h.tidy(s.clock)
	if s.goOn(); following() != 1 {
		t.Errorf("it follows %d databases a moment after that", following())
	}
	s.clock = s.clock.Add(linger + time.Second)
	h.tidy(s.clock)
	if s.goOn(); following() != 0 {
		t.Errorf("it follows %d databases while no one listens", following())
	}
	s.write(noteRow("b", 0, 2))
	s.goOn()
	late := s.open(0, 0)
	s.goOn()
	s.write(noteRow("c", 0, 3))
	s.goOn()
	if following() != 1 {
		t.Errorf("it follows %d databases", following())
	}
	s.judge(late)
}
