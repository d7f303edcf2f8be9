// Package bus carries messages between the nodes of one deployment: in memory for a single node, or over
// Redis or NATS.
//
// A message that nobody hears is gone, and who has missed some is told so, and looks for itself; but for those of
// streams, which are kept for a time.
package bus

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
)

// Bus sends messages to all nodes, the sending one among them. It is safe for concurrent use.
type Bus interface {
	// Publish sends a message. Without an error, those who listen will get it, or be told that they have
	// missed some.
	Publish(ctx context.Context, subject string, message []byte) error
	// Subscribe calls receive for each message of a subject from now on, one after the other, and missed
	// after some may have been missed. The caller calls stop.
	Subscribe(subject string, receive func([]byte), missed func()) (stop func(), err error)
	// Request sends a message to one of those who serve a subject, and calls receive for what that one answers,
	// until it returns false. It is ErrNobody where nobody serves the subject, and nobody will get the message
	// then; and the error of ctx where the answers end too early.
	Request(ctx context.Context, subject string, message []byte, receive func([]byte) (more bool)) error
	// Serve calls handle for requests on a subject, at most so many at once. All who serve a subject share its
	// requests. The caller calls stop, which waits for the handlers.
	Serve(subject string, most int, handle func(message []byte, answer func([]byte) error)) (stop func(), err error)
	Streams
	Close() error
}

// ErrNobody says that nobody serves a subject.
var ErrNobody = errors.New("bus: nobody serves this")

// Drivers are the names that [Open] knows.
var Drivers = []string{"memory", "redis", "nats"}

// Open returns the bus of a driver. A server that is away now may come later.
func Open(driver, url string) (Bus, error) {
	switch driver {
	case "memory":
		return NewMemory(), nil
	case "redis":
		return OpenRedis(url)
	case "nats":
		return OpenNATS(url)
	}
	return nil, fmt.Errorf("there is no bus %q", driver)
}

// Memory is a bus of one node, whose streams end with it.
type Memory struct {
	mu        sync.RWMutex // guards what follows; held for reading while messages are passed on
	listeners map[string][]*listener
	servers   map[string][]*memoryServer
	streams   map[string]*memoryStream
	turn      atomic.Uint64
}

// memoryServer is one who serves a subject.
type memoryServer struct {
	handle  func([]byte, func([]byte) error)
	slots   chan struct{}
	running sync.WaitGroup
}

type listener struct {
	mu      sync.Mutex // one message after the other
	receive func([]byte)
}

// NewMemory returns a bus without listeners.
func NewMemory() *Memory {
	return &Memory{listeners: map[string][]*listener{}, servers: map[string][]*memoryServer{}, streams: map[string]*memoryStream{}}
}

// Publish implements [Bus].
func (m *Memory) Publish(_ context.Context, subject string, message []byte) error {
	m.mu.RLock()
	listeners := m.listeners[subject]
	m.mu.RUnlock()
	for _, l := range listeners {
		l.mu.Lock()
		l.receive(message)
		l.mu.Unlock()
	}
	return nil
}

// Subscribe implements [Bus].
func (m *Memory) Subscribe(subject string, receive func([]byte), _ func()) (func(), error) {
	l := &listener{receive: receive}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.listeners[subject] = append(slices.Clone(m.listeners[subject]), l)
	return func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.listeners[subject] = slices.DeleteFunc(slices.Clone(m.listeners[subject]), func(o *listener) bool { return o == l })
	}, nil
}

// Request implements [Bus].
func (m *Memory) Request(ctx context.Context, subject string, message []byte, receive func([]byte) bool) error {
	m.mu.RLock()
	servers := m.servers[subject]
	if len(servers) == 0 {
		m.mu.RUnlock()
		return ErrNobody
	}
	s := servers[m.turn.Add(1)%uint64(len(servers))]
	s.running.Add(1)
	m.mu.RUnlock()
	select {
	case s.slots <- struct{}{}:
	case <-ctx.Done():
		s.running.Done()
		return ctx.Err()
	}
	answers := make(chan []byte)
	ctx, cancel := context.WithCancel(ctx) // who serves is told when nobody listens any more
	defer cancel()
	go func() {
		defer s.running.Done()
		defer func() { <-s.slots }()
		s.handle(message, func(b []byte) error {
			select {
			case answers <- slices.Clone(b):
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	}()
	for {
		select {
		case b := <-answers:
			if !receive(b) {
				return nil
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Serve implements [Bus].
func (m *Memory) Serve(subject string, most int, handle func([]byte, func([]byte) error)) (func(), error) {
	s := &memoryServer{handle: handle, slots: make(chan struct{}, most)}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.servers[subject] = append(slices.Clone(m.servers[subject]), s)
	return func() {
		m.mu.Lock()
		m.servers[subject] = slices.DeleteFunc(slices.Clone(m.servers[subject]), func(o *memoryServer) bool { return o == s })
		m.mu.Unlock()
		s.running.Wait()
	}, nil
}

// Close implements [Bus].
func (m *Memory) Close() error { return nil }
