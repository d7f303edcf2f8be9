// Package bus carries messages between the nodes of one deployment: in memory for a single node, or over Redis or
// NATS.
//
// Delivery is at most once. A message without subscribers is dropped. A subscriber that may have missed messages, as
// while Redis was unreachable, is notified and must resynchronise. Streams, the exception, retain messages for a time.
package bus

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/basalt-dev/basalt/modules/fault"
)

// Bus sends messages to all nodes, including the sender. It is safe for concurrent use.
type Bus interface {
	// Publish sends a message. If it returns no error, subscribers receive the message, or are notified that they
	// may have missed some.
	Publish(ctx context.Context, subject string, message []byte) error
	// Subscribe calls receive for each later message of a subject, one at a time. It calls missed after messages
	// may have been missed. The caller must call stop.
	Subscribe(subject string, receive func([]byte), missed func()) (stop func(), err error)
	// Request sends a message to one of the servers of a subject. It calls receive for each answer until receive
	// returns false. It returns ErrNobody if the subject has no server; the message is then not delivered. It
	// returns the error of ctx if ctx ends before the answers do.
	Request(ctx context.Context, subject string, message []byte, receive func([]byte) (more bool)) error
	// Serve calls handle for requests on a subject, at most "most" of them concurrently. All servers of a subject
	// share its requests. The caller must call stop, which waits for the handlers.
	Serve(subject string, most int, handle func(message []byte, answer func([]byte) error)) (stop func(), err error)
	Streams
	// Local reports whether the bus reaches this process alone, so that there are no other nodes.
	Local() bool
	Close() error
}

// ErrNobody is returned if a subject has no server.
var ErrNobody = errors.New("bus: no server for this subject")

// Registration is what a driver says about itself.
type Registration struct {
	// Open opens the bus of a URL. The server need not be reachable yet.
	Open func(url string) (Bus, error)
	// Local says that the bus reaches this process alone, keeps nothing, and needs no URL.
	Local bool
}

var registry = struct {
	sync.Mutex
	drivers map[string]Registration
}{drivers: map[string]Registration{}}

// Register makes a driver known by name. It is called from init functions.
func Register(name string, r Registration) {
	registry.Lock()
	defer registry.Unlock()
	registry.drivers[name] = r
}

// Drivers returns the names of the registered drivers, sorted.
func Drivers() []string {
	registry.Lock()
	defer registry.Unlock()
	return slices.Sorted(maps.Keys(registry.drivers))
}

// Driver returns what a driver says about itself, and whether it is registered.
func Driver(name string) (Registration, bool) {
	registry.Lock()
	defer registry.Unlock()
	r, ok := registry.drivers[name]
	return r, ok
}

// Open returns the bus of a driver.
func Open(driver, url string) (Bus, error) {
	r, ok := Driver(driver)
	if !ok {
		return nil, fmt.Errorf("there is no bus %q%s", driver, fault.DidYouMean(driver, Drivers()))
	}
	return r.Open(url)
}

func init() {
	Register("memory", Registration{Open: func(string) (Bus, error) { return NewMemory(), nil }, Local: true})
	Register("redis", Registration{Open: func(url string) (Bus, error) { return OpenRedis(url) }})
	Register("nats", Registration{Open: func(url string) (Bus, error) { return OpenNATS(url) }})
}

// Memory is the bus of a single node. Its streams are lost when the process ends.
type Memory struct {
	mu        sync.RWMutex // guards the fields below; held for reading while messages are delivered
	listeners map[string][]*listener
	servers   map[string][]*memoryServer
	streams   map[string]*memoryStream
	turn      atomic.Uint64
}

// memoryServer is one server of a subject.
type memoryServer struct {
	handle  func([]byte, func([]byte) error)
	slots   chan struct{}
	running sync.WaitGroup
}

type listener struct {
	mu      sync.Mutex // serialises messages
	receive func([]byte)
}

// NewMemory returns a bus without subscribers.
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
	ctx, cancel := context.WithCancel(ctx) // the server is cancelled when the caller stops listening
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

// Local implements [Bus].
func (m *Memory) Local() bool { return true }

// Close implements [Bus].
func (m *Memory) Close() error { return nil }
