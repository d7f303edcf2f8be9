package cache

import (
	"sync/atomic"
	"time"
)

// sharedClock is what this process knows of the clock that all nodes share, which is that of Redis: each answer of Redis
// says between which two moments here its time was what it says. The bounds of many answers have more in common
// than those of one (F. Cristian, Probabilistic clock synchronization, 1989). Without Redis the clocks of the nodes
// are taken as they are.
type sharedClock struct{ bounds atomic.Pointer[bounds] }

// bounds says by how many microseconds the shared clock is ahead, at least and at most, as of a moment here.
type bounds struct {
	least, most, asOf int64
}

// drift is by how many microseconds two clocks part in a second, at most: quartz is good for half of it.
const drift = 100

// observe takes in that the shared clock had a time at some moment between two of this process.
func (k *sharedClock) observe(shared int64, before, after time.Time) {
	fresh := &bounds{shared - after.UnixMicro(), shared - before.UnixMicro(), after.UnixMicro()}
	for {
		old := k.bounds.Load()
		next := fresh
		if old != nil {
			part := old.parted(fresh.asOf)
			both := &bounds{max(fresh.least, old.least-part), min(fresh.most, old.most+part), fresh.asOf}
			if both.least <= both.most { // else one of the clocks was set
				next = both
			}
		}
		if k.bounds.CompareAndSwap(old, next) {
			return
		}
	}
}

// before is a version that is not later than a moment of this process, so that what was read then has it.
func (k *sharedClock) before(now time.Time) Version {
	at := now.UnixMicro()
	if b := k.bounds.Load(); b != nil {
		at += b.least - b.parted(at)
	}
	return Version(at)
}

// after is a version that is not earlier than a moment of this process, so that what was written then has it.
func (k *sharedClock) after(now time.Time) Version {
	at := now.UnixMicro()
	if b := k.bounds.Load(); b != nil {
		at += b.most + b.parted(at)
	}
	return Version(at)
}

// parted is by how much the clocks may have parted until a moment here.
func (b *bounds) parted(at int64) int64 { return max(0, at-b.asOf) * drift / 1_000_000 }
