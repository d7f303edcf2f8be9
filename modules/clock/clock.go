// Package clock is what background work runs by: the time, goroutines and pauses. A process has those of the machine. A
// simulation has its own, which decides who goes on and when.
//
// It is not for the deadlines of requests, which are contexts.
package clock

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"
)

// Clock is the time, and what runs by it. It is safe for concurrent use.
type Clock interface {
	Now() time.Time
	// Run runs f beside everything else, and counts it in all. who is what f works for.
	Run(all *sync.WaitGroup, who any, f func())
	// Sleep waits about as long as d, or until ctx ends. who is what waits.
	Sleep(ctx context.Context, who any, d time.Duration)
}

// New returns the clock of a process; now returns its time.
func New(now func() time.Time) Clock { return machine{now} }

type machine struct{ now func() time.Time }

// Now implements [Clock].
func (m machine) Now() time.Time { return m.now() }

// Run implements [Clock].
func (machine) Run(all *sync.WaitGroup, _ any, f func()) { all.Go(f) }

// Sleep implements [Clock]. It waits a third more or less than d, so that what has failed together does not come back
// together.
func (machine) Sleep(ctx context.Context, _ any, d time.Duration) {
	timer := time.NewTimer(d*2/3 + time.Duration(rand.Int64N(int64(d)*2/3+1)))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// Every calls f once per interval until ctx ends. The first call is after one interval.
func Every(ctx context.Context, interval time.Duration, f func()) {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		f()
	}
}
