package bus

import (
	"context"
	"slices"
	"sync"
	"time"
)

// Streams keep messages for those who read them later. It is part of [Bus].
type Streams interface {
	// Append adds a message to a stream, which keeps it for a time. Without an error the message is kept, as safely
	// as the server of the bus keeps things. One whose id was appended in the last two minutes is not appended again.
	Append(ctx context.Context, stream, id string, message []byte, keep time.Duration) error
	// Consume calls handle for the messages of a stream, at most so many at once, those that are kept already first.
	// Every group gets all messages, and its members share them. A message is handled at least once: again after an
	// error, and by another member when one dies. The caller calls stop, which waits for the handlers.
	Consume(stream, group string, most int, handle func(context.Context, Entry) error) (stop func(), err error)
}

// Entry is a message of a stream.
type Entry struct {
	// ID is what it was appended with.
	ID      string
	Message []byte
	// Attempt is 1 when the group gets it for the first time.
	Attempt int
}

const (
	// sameTime is how long an id is remembered.
	sameTime = 2 * time.Minute
	// handleTime is how long a member may be silent about a message before another one gets it.
	handleTime = 10 * time.Second
	// fetchTime is how long to wait for messages before looking whether to stop.
	fetchTime = time.Second
	// retryTime is how long to wait before a message is handled again, twice as long each time up to handleTime, and
	// before a server that is away is asked again.
	retryTime = time.Second
	// defaultKeep is how long a stream keeps messages that was read from before anything was appended.
	defaultKeep = 7 * 24 * time.Hour
)

// backoff is how long to wait after an attempt has failed.
func backoff(attempt int) time.Duration { return min(retryTime<<min(attempt-1, 10), handleTime) }

// memoryStream is a stream of one process.
type memoryStream struct {
	mu      sync.Mutex // guards what follows
	entries []memoryEntry
	groups  map[string]*memoryGroup
	changed chan struct{} // closed when something is appended
}

type memoryEntry struct {
	Entry
	at time.Time
}

// memoryGroup is how far a group is.
type memoryGroup struct {
	next    int // the entry that is handled next
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

// wake tells members to look again; the caller holds the lock.
func (s *memoryStream) wake() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// take returns what a group handles next, or what to wait for.
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

// whileHandled runs f, and calls beat again and again until it returns.
func whileHandled(f func(), beat func()) {
	done := make(chan struct{})
	var beating sync.WaitGroup
	beating.Go(func() {
		ticker := time.NewTicker(handleTime / 4)
		defer ticker.Stop()
		for {
			select {
			case <-done:
				return
			case <-ticker.C:
				beat()
			}
		}
	})
	f()
	close(done)
	beating.Wait()
}

// member reads a stream for a group, until it is stopped.
type member struct {
	slots chan struct{}
	ctx   context.Context
	stop  context.CancelFunc
	tasks sync.WaitGroup
}

func newMember(most int) *member {
	ctx, cancel := context.WithCancel(context.Background())
	return &member{slots: make(chan struct{}, most), ctx: ctx, stop: cancel}
}

// run calls fetch with how many messages can be handled now, again and again; fetch calls begin for each. After an
// error it waits.
func (m *member) run(fetch func(free int) error) {
	m.tasks.Go(func() {
		for {
			select { // one is free
			case m.slots <- struct{}{}:
				<-m.slots
			case <-m.ctx.Done():
				return
			}
			if err := fetch(cap(m.slots) - len(m.slots)); err != nil {
				select {
				case <-time.After(retryTime):
				case <-m.ctx.Done():
				}
			}
			if m.ctx.Err() != nil {
				return
			}
		}
	})
}

// begin handles a message in the background.
func (m *member) begin(f func(ctx context.Context)) {
	m.slots <- struct{}{}
	m.tasks.Go(func() {
		defer func() { <-m.slots }()
		f(context.WithoutCancel(m.ctx))
	})
}

// end waits for what has begun.
func (m *member) end() {
	m.stop()
	m.tasks.Wait()
}
