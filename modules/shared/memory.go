package shared

import (
	"context"
	"slices"
	"sync"
	"time"
)

// maxEntries limits the entries of a process. Expired entries are removed first, then those that expire next.
const maxEntries = 200_000

// Memory stores everything in this process.
type Memory struct {
	now func() time.Time

	mu     sync.Mutex           // guards the fields below
	full   map[string]time.Time // when the bucket of a key is full again
	values map[string]value
	counts map[string]counted
}

// counted are the counts of a window and of the previous one.
type counted struct {
	window      int64 // its number since 1970
	before, now int
	ends        time.Time
}

type value struct {
	bytes []byte
	ends  time.Time
}

// NewMemory returns an empty store.
func NewMemory(now func() time.Time) *Memory {
	return &Memory{now: now, full: map[string]time.Time{}, values: map[string]value{}, counts: map[string]counted{}}
}

// makeRoom removes expired entries. If those are less than a tenth, it removes the ones that expire next, up to a
// tenth, so that not every new entry causes a scan.
func makeRoom[T any](entries map[string]T, now time.Time, ends func(T) time.Time) {
	const room = maxEntries / 10
	type entry struct {
		key string
		at  time.Time
	}
	var left []entry
	for key, e := range entries {
		if at := ends(e); now.Before(at) {
			left = append(left, entry{key, at})
		} else {
			delete(entries, key)
		}
	}
	if excess := len(left) - (maxEntries - room); excess > 0 {
		slices.SortFunc(left, func(a, b entry) int { return a.at.Compare(b.at) })
		for _, e := range left[:excess] {
			delete(entries, e.key)
		}
	}
}

// Take implements [Store], by the generic cell rate algorithm (ITU-T I.371).
func (m *Memory) Take(_ context.Context, key string, l Limit) (time.Duration, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.now()
	full := m.full[key]
	if full.Before(now) {
		full = now
	}
	full = full.Add(l.Every)
	if wait := full.Sub(now) - time.Duration(l.Burst)*l.Every; wait > 0 {
		return wait, nil
	}
	if _, known := m.full[key]; !known && len(m.full) >= maxEntries {
		makeRoom(m.full, now, func(at time.Time) time.Time { return at })
	}
	m.full[key] = full
	return 0, nil
}

// GiveBack implements [Store].
func (m *Memory) GiveBack(_ context.Context, key string, l Limit) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if full, ok := m.full[key]; ok {
		m.full[key] = full.Add(-l.Every)
	}
	return nil
}

// Count implements [Store].
func (m *Memory) Count(_ context.Context, key string, some, n int, window time.Duration) (Usage, error) {
	if some > n {
		return Usage{Wait: window}, nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.now()
	number := now.UnixNano() / int64(window)
	c, known := m.counts[key]
	switch {
	case c.window == number:
	case c.window == number-1:
		c = counted{window: number, before: c.now}
	default:
		c = counted{window: number}
	}
	u := slide(n-some+1, window, time.Duration(now.UnixNano()%int64(window)), c.before, c.now)
	if u.Wait > 0 {
		return u, nil
	}
	c.now += some
	c.ends = now.Add(2 * window)
	if !known && len(m.counts) >= maxEntries {
		makeRoom(m.counts, now, func(c counted) time.Time { return c.ends })
	}
	m.counts[key] = c
	return u, nil
}

// Set implements [Store].
func (m *Memory) Set(_ context.Context, key string, v []byte, lifetime time.Duration) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.now()
	if _, known := m.values[key]; !known && len(m.values) >= maxEntries {
		makeRoom(m.values, now, func(v value) time.Time { return v.ends })
	}
	m.values[key] = value{v, now.Add(lifetime)}
	return nil
}

// Get implements [Store].
func (m *Memory) Get(_ context.Context, key string) ([]byte, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	v, ok := m.values[key]
	if !ok || !m.now().Before(v.ends) {
		return nil, false, nil
	}
	return v.bytes, true, nil
}

// Delete implements [Store].
func (m *Memory) Delete(_ context.Context, key string) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	v, ok := m.values[key]
	delete(m.values, key)
	return ok && m.now().Before(v.ends), nil
}

// Lasting implements [Store].
func (m *Memory) Lasting() bool { return false }

// Close implements [Store].
func (m *Memory) Close() error { return nil }
