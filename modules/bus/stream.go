package bus

import (
	"context"
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
