// Package cluster knows the nodes that serve together: each announces itself on the bus, and listens to the others.
// Which of them are alive, which are ready, and which databases they reach is answered here.
//
// It is not for electing a leader or sharing state: nodes have neither. It does not know HTTP; package api answers
// /readyz and /v1/admin/status from it.
package cluster

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"sync"
	"time"

	"github.com/basalt-dev/basalt/modules/bus"
	"github.com/basalt-dev/basalt/modules/clock"
)

// Member is a node as it announces itself.
type Member struct {
	ID      string    `json:"id"`
	Host    string    `json:"host"`
	Address string    `json:"address"`
	Version string    `json:"version"`
	Started time.Time `json:"started"`
	// Config is the first half of the SHA-256 of the configuration file, so that a node with another file stands out.
	Config   string `json:"config"`
	Draining bool   `json:"draining"`
	// Away are the databases that do not answer this node.
	Away        []string `json:"databases_away,omitempty"`
	Gone        bool     `json:"gone,omitempty"` // the last record of a node that ends
	Requests    int      `json:"requests_under_way"`
	Connections int      `json:"live_connections"`
	Goroutines  int      `json:"goroutines"`
	Memory      uint64   `json:"memory_bytes"`
	// Seen is when the record was received.
	Seen time.Time `json:"seen"`
}

const (
	// Subject is where records are published.
	Subject = "nodes"
	// memberInterval is how often a node announces itself, and memberTime how long its record is good.
	memberInterval = 2 * time.Second
	memberTime     = 7 * time.Second
	publishTime    = time.Second
)

// Registry has the nodes that have announced themselves lately. The zero value is empty. It is safe for concurrent use.
type Registry struct {
	mu  sync.Mutex // guards all
	all map[string]Member
}

// Receive takes a record from the bus. What is not one is ignored.
func (r *Registry) Receive(text []byte, now time.Time) {
	var m Member
	if json.Unmarshal(text, &m) != nil || m.ID == "" {
		return
	}
	m.Seen = now
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.all == nil {
		r.all = map[string]Member{}
	}
	if delete(r.all, m.ID); !m.Gone {
		r.all[m.ID] = m
	}
}

// Alive returns the nodes whose records are good, the oldest node first.
func (r *Registry) Alive(now time.Time) []Member {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []Member
	for id, m := range r.all {
		if now.Sub(m.Seen) > memberTime {
			delete(r.all, id)
			continue
		}
		out = append(out, m)
	}
	slices.SortFunc(out, func(a, b Member) int { return cmp.Or(a.Started.Compare(b.Started), cmp.Compare(a.ID, b.ID)) })
	return out
}

// Subscribe receives the records of a bus. The caller calls stop.
func (r *Registry) Subscribe(b bus.Bus, now func() time.Time) (stop func(), err error) {
	return b.Subscribe(Subject, func(text []byte) { r.Receive(text, now()) }, func() {})
}

// Announce calls publish with false every memberInterval until ctx ends, and then with true: the node is gone.
func Announce(ctx context.Context, publish func(gone bool)) {
	publish(false)
	clock.Every(ctx, memberInterval, func() { publish(false) })
	publish(true)
}

// Publish sends a record. A bus that is away is no error: the status shows it.
func Publish(ctx context.Context, b bus.Bus, m Member) {
	text, err := json.Marshal(m)
	if err != nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), publishTime)
	defer cancel()
	_ = b.Publish(ctx, Subject, text)
}

// Node is this node among the others.
type Node struct {
	Members Registry
	Health  Health
	// Self returns the record of this node.
	Self func() Member
}
