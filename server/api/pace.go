package api

import (
	"sync/atomic"
	"time"
)

// While requests wait for the memory of the node, a connection that holds some of it has to move leastPace bytes in
// paceTime, or it ends: a client that does not read an answer, or does not end a body, would keep everyone else
// waiting. As long as there is memory for all, clients may be as slow as their deadlines allow.
const (
	leastPace = 32 << 10
	paceTime  = time.Second
)

// pace is how far a connection has come with what it holds.
type pace struct {
	moved atomic.Int64 // bytes of it that have moved, and one; 0 when it holds nothing

	// Of the sweep alone.
	seen int64
	at   time.Time
}

// begin says that the connection holds memory from now on.
func (p *pace) begin() {
	if p != nil {
		p.moved.CompareAndSwap(0, 1)
	}
}

// add says that bytes have moved.
func (p *pace) add(n int) {
	if p != nil && p.moved.Load() > 0 {
		p.moved.Add(int64(n))
	}
}

// end says that the connection holds nothing.
func (p *pace) end() {
	if p != nil {
		p.moved.Store(0)
	}
}

// slow reports, once in each paceTime, whether too little has moved in it.
func (p *pace) slow(now time.Time) bool {
	moved := p.moved.Load()
	switch {
	case moved == 0:
		p.at = time.Time{}
		return false
	case p.at.IsZero() || moved < p.seen: // it is another answer
		p.seen, p.at = moved, now
		return false
	case now.Sub(p.at) < paceTime:
		return false
	}
	slow := moved-p.seen < leastPace
	p.seen, p.at = moved, now
	return slow
}
