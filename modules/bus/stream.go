package bus

import (
	"context"
	"sync"
	"time"
)

// Streams retain messages for later readers. It is part of [Bus].
type Streams interface {
	// Append adds a message to a stream, which retains it for keep. If it returns no error the message is stored,
	// as durably as the server of the bus stores data. A message whose id was appended within the last two minutes
	// is not appended again.
	Append(ctx context.Context, stream, id string, message []byte, keep time.Duration) error
	// Consume calls handle for the messages of a stream, at most "most" of them concurrently, retained messages
	// first. Every group receives all messages, and its members share them. Delivery is at least once: a message
	// is delivered again after an error, and to another member if its member dies. The caller must call stop,
	// which waits for the handlers.
	Consume(stream, group string, most int, handle func(context.Context, Entry) error) (stop func(), err error)
}

// Entry is a message of a stream.
type Entry struct {
	// ID is the id passed to Append.
	ID      string
	Message []byte
	// Attempt is 1 at the first delivery to the group.
	Attempt int
}

const (
	// sameTime is how long an id is remembered for deduplication.
	sameTime = 2 * time.Minute
	// handleTime is how long a member may show no progress on a message before another member gets it.
	handleTime = 10 * time.Second
	// fetchTime is how long to wait for messages before checking whether to stop.
	fetchTime = time.Second
	// retryTime is the wait before a message is delivered again, doubled with each attempt up to handleTime, and
	// the wait before an unreachable server is tried again.
	retryTime = time.Second
	// defaultKeep is the retention of a stream that was read before anything was appended to it.
	defaultKeep = 7 * 24 * time.Hour
)

// backoff returns how long to wait after a failed attempt.
func backoff(attempt int) time.Duration { return min(retryTime<<min(attempt-1, 10), handleTime) }

// whileHandled runs f, and calls beat periodically until f returns.
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

// member reads a stream for a group until it is stopped.
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

// run calls fetch repeatedly with the number of messages that can be handled now. fetch calls begin for each
// message. After an error run waits.
func (m *member) run(fetch func(free int) error) {
	m.tasks.Go(func() {
		for {
			select { // a slot is free
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

// end waits for the running handlers.
func (m *member) end() {
	m.stop()
	m.tasks.Wait()
}
