package realtime

import (
	"maps"
	"slices"
	"time"
)

const (
	tendInterval = time.Second
	// tendTurns is after how many intervals a connection is looked after again. Each interval looks after a part of them, so that
	// many that are idle cost little.
	tendTurns = 5
	// pingInterval is how often a connection is asked whether it is still there, and silence how long it may
	// say nothing.
	pingInterval = 25 * time.Second
	silence      = 60 * time.Second
)

// tidy looks after connections and groups. It releases the lock after each session, so that one with much to look
// after keeps others waiting for no longer than that takes.
func (h *Hub) tidy(now time.Time) {
	h.mu.Lock()
	h.turn = (h.turn + 1) % tendTurns
	turn, timed := slices.Collect(maps.Keys(h.turns[h.turn])), slices.Collect(maps.Keys(h.timed))
	var stalled []*Session
	if !h.full() && h.stalled.Swap(false) {
		stalled = slices.Collect(maps.Keys(h.sessions))
	}
	h.mu.Unlock()
	h.each(turn, func(s *Session) { s.tend(now) })
	h.each(timed, (*Session).renewTimed)
	h.each(stalled, func(s *Session) { s.queue.goOn() })
	h.mu.Lock()
	defer h.mu.Unlock()
	h.rooms.tend(now)
	if h.engine != nil {
		h.engine.tidy(now)
	}
	if g := h.engine; g != nil && now.Sub(h.checked) > checkInterval {
		h.checked = now
		h.clock.Run(&g.tasks, g, func() { g.check(g.ctx) })
	}
}

// each calls f with the lock for each session that has not ended.
func (h *Hub) each(sessions []*Session, f func(*Session)) {
	for _, s := range sessions {
		h.mu.Lock()
		if !s.ended {
			f(s)
		}
		h.mu.Unlock()
	}
}

// tend asks the client whether it is there, and ends the session where it does not say so.
func (s *Session) tend(now time.Time) {
	s.lastSeen.Lock()
	seen := s.lastSeen.at
	s.lastSeen.Unlock()
	switch {
	case now.Sub(seen) > silence:
		s.close(Silent)
	case now.Sub(s.pinged) > pingInterval-tendTurns*tendInterval/2: // at the turn next to it
		s.pinged = now
		s.queue.ping()
	}
}

// renewTimed prepares again what depends on the time.
func (s *Session) renewTimed() {
	for _, sub := range s.subs {
		if sub.timed {
			s.renew(sub)
		}
	}
}
