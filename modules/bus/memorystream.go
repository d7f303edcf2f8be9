package bus

import (
	"context"
	"slices"
	"sync"
	"time"
)

// memoryStream is a stream of one process.
type memoryStream struct {
	mu      sync.Mutex // guards the fields below
	entries []memoryEntry
	groups  map[string]*memoryGroup
	changed chan struct{} // closed when a message is appended
}

type memoryEntry struct {
	Entry
	at time.Time
}

// memoryGroup is the progress of a group.
type memoryGroup struct {
	next    int // index of the next entry to handle
	retried []Entry
}

func (m *Memory) stream(name string) *memoryStream {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.streams[name]
	if s == nil {
		s = &memoryStream{groups: map[string]*memoryGroup{}, changed: make(chan struct{})}
		m.streams[name] = s
	}
	return s
}

// Append implements [Streams].
func (m *Memory) Append(_ context.Context, stream, id string, message []byte, keep time.Duration) error {
	s, now := m.stream(stream), time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if slices.ContainsFunc(s.entries, func(e memoryEntry) bool { return e.ID == id && now.Sub(e.at) < sameTime }) {
		return nil
	}
	old := 0
	for old < len(s.entries) && now.Sub(s.entries[old].at) > keep {
		old++
	}
	s.entries = append(s.entries[old:], memoryEntry{Entry{ID: id, Message: slices.Clone(message), Attempt: 1}, now})
	for _, g := range s.groups {
		g.next = max(0, g.next-old)
	}
	s.wake()
	return nil
}

// wake notifies members to check again. The caller holds the lock.
func (s *memoryStream) wake() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// take returns the next entry for a group, or what to wait for.
func (s *memoryStream) take(group string) (e Entry, ok bool, changed <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.groups[group]
	if g == nil {
		g = &memoryGroup{}
		s.groups[group] = g
	}
	switch {
	case len(g.retried) > 0:
		e, g.retried = g.retried[0], g.retried[1:]
	case g.next < len(s.entries):
		e = s.entries[g.next].Entry
		g.next++
	default:
		return e, false, s.changed
	}
	return e, true, nil
}

// Consume implements [Streams].
func (m *Memory) Consume(stream, group string, most int, handle func(context.Context, Entry) error) (func(), error) {
	s := m.stream(stream)
	ctx, cancel := context.WithCancel(context.Background())
	var members, retries sync.WaitGroup
	again := func(e Entry) {
		select {
		case <-time.After(backoff(e.Attempt)):
		case <-ctx.Done():
		}
		e.Attempt++
		s.mu.Lock()
		defer s.mu.Unlock()
		s.groups[group].retried = append(s.groups[group].retried, e)
		s.wake()
	}
	for range most {
		members.Go(func() {
			for ctx.Err() == nil {
				e, ok, changed := s.take(group)
				if !ok {
					select {
					case <-changed:
					case <-ctx.Done():
					}
					continue
				}
				if handle(context.WithoutCancel(ctx), e) != nil {
					retries.Go(func() { again(e) })
				}
			}
		})
	}
	return func() {
		cancel()
		members.Wait()
		retries.Wait()
	}, nil
}
