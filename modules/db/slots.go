package db

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/basalt-dev/basalt/modules/fault"
)

const (
	maxSlotTime    = 3 * time.Second // waiting for a slot
	waitersPerSlot = 32
)

// Slots limit how many callers use the connections of a pool, how many wait for one, and how long. The holder of a slot
// never waits for a connection, so that waiting is limited without a timer for each query.
type Slots struct {
	taken   chan struct{}
	waiting atomic.Int64
}

// NewSlots returns the slots of a pool of that many connections.
func NewSlots(connections int) *Slots { return &Slots{taken: make(chan struct{}, connections)} }

// Take takes a slot, which the caller returns with [Slots.Give].
func (s *Slots) Take(ctx context.Context) error {
	select {
	case s.taken <- struct{}{}:
		return nil
	default:
		return s.wait(ctx)
	}
}

// Give returns a slot.
func (s *Slots) Give() { <-s.taken }

// Used returns how many slots are taken, and how many there are.
func (s *Slots) Used() (used, all int) { return len(s.taken), cap(s.taken) }

// Waiting returns how many callers wait for a slot.
func (s *Slots) Waiting() int { return int(s.waiting.Load()) }

func (s *Slots) wait(ctx context.Context) error {
	defer s.waiting.Add(-1)
	if s.waiting.Add(1) > int64(cap(s.taken))*waitersPerSlot {
		return busy()
	}
	timer := time.NewTimer(maxSlotTime)
	defer timer.Stop()
	select {
	case s.taken <- struct{}{}:
		return nil
	case <-timer.C:
		return busy()
	case <-ctx.Done():
		return Timeout()
	}
}

func busy() error {
	return fault.Retry(fault.Unavailable, time.Second, "the database is busy; try again")
}
