// Package memo keeps what costs something to look up, by a key of few values, such as the counter of a route. Finding it takes
// no lock, and makes no garbage.
//
// It is not a cache: nothing is ever dropped, so that keys must not come from clients.
package memo

import (
	"maps"
	"sync"
	"sync/atomic"
)

// Map is safe for concurrent use. The zero value is empty.
type Map[K comparable, V any] struct {
	all    atomic.Pointer[map[K]V]
	adding sync.Mutex
}

// Get returns what is kept for a key.
func (m *Map[K, V]) Get(key K) (v V, ok bool) {
	all := m.all.Load()
	if all == nil {
		return v, false
	}
	v, ok = (*all)[key]
	return v, ok
}

// Add keeps a value for a key, unless there is one, and returns the one that is kept.
func (m *Map[K, V]) Add(key K, v V) V {
	m.adding.Lock()
	defer m.adding.Unlock()
	if kept, ok := m.Get(key); ok {
		return kept
	}
	all := map[K]V{}
	if old := m.all.Load(); old != nil {
		all = maps.Clone(*old)
	}
	all[key] = v
	m.all.Store(&all)
	return v
}
