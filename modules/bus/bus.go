// Package bus carries messages between the nodes of one deployment: in memory for a single node, or over
// Redis or NATS.
//
// It is not for keeping anything: a message that nobody hears is gone. Who has missed some is told so, and
// looks for itself.
package bus

import (
	"context"
	"fmt"
	"slices"
	"sync"
)

// Bus sends messages to all nodes, the sending one among them. It is safe for concurrent use.
type Bus interface {
	// Publish sends a message. Without an error, those who listen will get it, or be told that they have
	// missed some.
	Publish(ctx context.Context, subject string, message []byte) error
	// Subscribe calls receive for each message of a subject from now on, one after the other, and missed
	// after some may have been missed. The caller calls stop.
	Subscribe(subject string, receive func([]byte), missed func()) (stop func(), err error)
	Close() error
}

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

// Memory is a bus of one node.
type Memory struct {
	mu        sync.RWMutex // guards listeners; held for reading while messages are passed on
	listeners map[string][]*listener
}

type listener struct {
	mu      sync.Mutex // one message after the other
	receive func([]byte)
}

// NewMemory returns a bus without listeners.
func NewMemory() *Memory { return &Memory{listeners: map[string][]*listener{}} }

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

// Close implements [Bus].
func (m *Memory) Close() error { return nil }
