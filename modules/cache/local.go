package cache

import (
	"bytes"
	"sync"
	"sync/atomic"

	"github.com/maypok86/otter/v2"
)

// entry is a cached answer.
type entry struct {
	answer Entry
	tags   []string
	// at is when the answer was read from the database, or slightly earlier. seen is the number of the last
	// change that this process had received by then.
	at   Version
	seen uint64
	// checked is the number of the last change up to which the entry is known to be fresh.
	checked atomic.Uint64
}

// Bytes that an entry, a tag of an entry, and a remembered tag take besides their texts, as measured.
const (
	entryOverhead   = 280
	tagOverhead     = 20
	touchedOverhead = 80
)

// weight is the size of an entry in bytes, with the part of its buffers that is not used.
func (e *entry) weight(key string) uint32 {
	n := entryOverhead + len(key) + cap(e.answer.Body) + len(e.answer.Tag)
	for _, t := range e.tags {
		n += tagOverhead + len(t)
	}
	return uint32(n)
}

// touchedPart is the part of the limit that the changed tags take which are remembered individually.
const touchedPart = 8

// entries is what is used of the library's cache, whose type stays here for the reason that [commands] has.
type entries interface {
	GetIfPresent(key string) (*entry, bool)
	Set(key string, e *entry) (*entry, bool)
	Invalidate(key string) (*entry, bool)
	SetMaximum(weight uint64)
}

// local is the cache in the memory of this process.
type local struct {
	entries entries
	moments atomic.Uint64 // number of changes received

	mu      sync.RWMutex      // guards the fields below
	touched map[string]uint64 // the moment of the last change of a tag
	held    int               // bytes of touched
	room    int               // how many those may be
	floor   uint64            // any tag may have changed up to this moment
	claimed map[string]bool   // keys that are being refreshed
}

func newLocal(size int) *local {
	return &local{
		entries: otter.Must(&otter.Options[string, *entry]{
			MaximumWeight: forEntries(size),
			Weigher:       func(key string, e *entry) uint32 { return e.weight(key) },
		}),
		touched: map[string]uint64{}, room: size / touchedPart, claimed: map[string]bool{},
	}
}

func forEntries(size int) uint64 { return uint64(size - size/touchedPart) }

// resize changes the limit, in bytes.
func (l *local) resize(size int) {
	l.entries.SetMaximum(forEntries(size))
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.room = size / touchedPart; l.held > l.room {
		l.forget()
	}
}

// moment returns the number of changes received so far. Take it before a read: the answer is fresh until a later
// change touches one of its tags.
func (l *local) moment() uint64 { return l.moments.Load() }

func (l *local) put(key string, e *entry) {
	if body := e.answer.Body; cap(body)-len(body) > len(body)/4 {
		e.answer.Body = bytes.Clone(body)
	}
	l.entries.Set(key, e)
}

// get returns an entry that no known change has invalidated.
func (l *local) get(key string) (*entry, bool) {
	e, ok := l.entries.GetIfPresent(key)
	if !ok {
		return nil, false
	}
	moment := l.moment()
	if e.checked.Load() == moment { // no change since the last check
		return e, true
	}
	l.mu.RLock()
	good := e.seen >= l.floor
	for i := 0; good && i < len(e.tags); i++ {
		good = l.touched[e.tags[i]] <= e.seen
	}
	l.mu.RUnlock()
	if !good {
		l.entries.Invalidate(key)
		return nil, false
	}
	e.checked.Store(moment)
	return e, true
}

// touch records that the tags have changed.
func (l *local) touch(tags []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.moments.Add(1)
	for _, t := range tags {
		if _, known := l.touched[t]; !known {
			l.held += touchedOverhead + len(t)
		}
		l.touched[t] = now
	}
	if l.held > l.room {
		l.forget()
	}
}

// loseAll records that every tag may have changed.
func (l *local) loseAll() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.forget()
}

func (l *local) forget() {
	l.touched, l.held = map[string]uint64{}, 0 // a map that is cleared keeps its memory
	l.floor = l.moments.Add(1)
}

// claim reports whether the caller may refresh an entry. Only one caller at a time may.
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
