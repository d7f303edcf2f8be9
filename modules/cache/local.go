package cache

import (
	"sync"
	"sync/atomic"

	"github.com/maypok86/otter/v2"
)

// entry is an answer that is kept.
type entry struct {
	answer Answer
	tags   []string
	// at is when it was read from the database, or a little before, and heard what this process had heard of
	// by then.
	at    Version
	heard uint64
	// checked is how much this process had heard of when nothing was known against the answer.
	checked atomic.Uint64
}

// weight is how many bytes an entry takes, about.
func (e *entry) weight(key string) uint32 {
	n := 200 + len(key) + len(e.answer.Body)
	for _, t := range e.tags {
		n += 16 + len(t)
	}
	return uint32(n)
}

// maxTouched bounds how many touched tags are remembered one by one.
const maxTouched = 100_000

// local keeps answers in this process.
type local struct {
	entries *otter.Cache[string, *entry]
	moments atomic.Uint64 // changes that were heard of

	mu      sync.RWMutex      // guards what follows
	touched map[string]uint64 // the moment at which a tag was touched last
	floor   uint64            // everything may have been touched until then
	claimed map[string]bool   // what is being refreshed
}

func newLocal(size int) *local {
	return &local{
		entries: otter.Must(&otter.Options[string, *entry]{
			MaximumWeight: uint64(size),
			Weigher:       func(key string, e *entry) uint32 { return e.weight(key) },
		}),
		touched: map[string]uint64{}, claimed: map[string]bool{},
	}
}

// moment returns how much was heard of until now. It is taken before a read, whose answer is good until
// something is heard of later.
func (l *local) moment() uint64 { return l.moments.Load() }

func (l *local) put(key string, e *entry) { l.entries.Set(key, e) }

// get returns an answer that nothing is known against.
func (l *local) get(key string) (*entry, bool) {
	e, ok := l.entries.GetIfPresent(key)
	if !ok {
		return nil, false
	}
	moment := l.moment()
	if e.checked.Load() == moment { // nothing was heard of since
		return e, true
	}
	l.mu.RLock()
	good := e.heard >= l.floor
	for i := 0; good && i < len(e.tags); i++ {
		good = l.touched[e.tags[i]] <= e.heard
	}
	l.mu.RUnlock()
	if !good {
		l.entries.Invalidate(key)
		return nil, false
	}
	e.checked.Store(moment)
	return e, true
}

// touch notes that what tags stand for has changed.
func (l *local) touch(tags []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.touched)+len(tags) > maxTouched {
		l.forget()
		return
	}
	now := l.moments.Add(1)
	for _, t := range tags {
		l.touched[t] = now
	}
}

// loseAll notes that everything may have changed.
func (l *local) loseAll() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.forget()
}

func (l *local) forget() {
	clear(l.touched)
	l.floor = l.moments.Add(1)
}

// claim reports whether nobody refreshes an answer yet.
func (l *local) claim(key string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.claimed[key] {
		return false
	}
	l.claimed[key] = true
	return true
}

func (l *local) release(key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.claimed, key)
}
