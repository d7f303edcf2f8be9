package realtime

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"
)

// world is what a hub's work runs in: its goroutines, its timers and its clock. The simulation in the tests has
// one of its own, which decides who goes on when.
type world interface {
	now() time.Time
	// run runs f beside everything else, and counts it in all. who is what f works for.
	run(all *sync.WaitGroup, who any, f func())
	// sleep waits about as long as d, or until ctx ends.
	sleep(ctx context.Context, who any, d time.Duration)
}

// machine is the world of production.
type machine struct{}

func (machine) now() time.Time { return time.Now() }

func (machine) run(all *sync.WaitGroup, _ any, f func()) { all.Go(f) }

// sleep waits a third more or less than d, so that what has failed together does not come back together.
func (machine) sleep(ctx context.Context, _ any, d time.Duration) {
	timer := time.NewTimer(d*2/3 + time.Duration(rand.Int64N(int64(d)*2/3+1)))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// bounds are how much a hub keeps, which tests make small.
type bounds struct {
	slack, touched, batch, found, reads int
}

var usual = bounds{slack: slack, touched: maxTouched, batch: maxBatch, found: maxFound, reads: maxReads}
