package auth

import (
	"sync"
	"time"
)

// limiter counts attempts by key in windows of time, on this node.
type limiter struct {
	limit  int
	window time.Duration

	mu      sync.Mutex // guards entries
	entries map[string]attempts
}

type attempts struct {
	count int
	ends  time.Time
}

// maxEntries bounds the memory of a limiter. Reaching it takes as many different keys within one
// window.
const maxEntries = 100_000

func newLimiter(limit int, window time.Duration) *limiter {
	return &limiter{limit: limit, window: window, entries: map[string]attempts{}}
}

// take counts an attempt, and returns how long to wait when there are too many, 0 when not.
func (l *limiter) take(key string, now time.Time) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	e, ok := l.entries[key]
	if !ok || !now.Before(e.ends) {
		if !ok && len(l.entries) >= maxEntries {
			l.sweep(now)
		}
		e = attempts{ends: now.Add(l.window)}
	}
	if e.count >= l.limit {
		return e.ends.Sub(now)
	}
	e.count++
	l.entries[key] = e
	return 0
}

// giveBack takes an attempt back that was none.
func (l *limiter) giveBack(key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if e, ok := l.entries[key]; ok {
		if e.count--; e.count <= 0 {
			delete(l.entries, key)
			return
		}
		l.entries[key] = e
	}
}

func (l *limiter) sweep(now time.Time) {
	for key, e := range l.entries {
		if !now.Before(e.ends) {
			delete(l.entries, key)
		}
	}
	for key := range l.entries {
		if len(l.entries) < maxEntries {
			return
		}
		delete(l.entries, key)
	}
}
