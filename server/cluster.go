package server

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"runtime"
	runtimemetrics "runtime/metrics"
	"slices"
	"sync"
	"time"
)

// member is a node as it tells of itself.
type member struct {
	ID      string    `json:"id"`
	Host    string    `json:"host"`
	Address string    `json:"address"`
	Version string    `json:"version"`
	Started time.Time `json:"started"`
	// Config is the first half of the SHA-256 of the file, so that nodes with another one stand out.
	Config   string `json:"config"`
	Draining bool   `json:"draining"`
	// Away are the databases that do not answer it.
	Away        []string `json:"databases_away,omitempty"`
	Gone        bool     `json:"gone,omitempty"` // it says goodbye
	Requests    int      `json:"requests_under_way"`
	Connections int      `json:"live_connections"`
	Goroutines  int      `json:"goroutines"`
	Memory      uint64   `json:"memory_bytes"`
	// Seen is when this node has heard of it.
	Seen time.Time `json:"seen"`
}

const (
	subjectNodes   = "nodes"
	memberInterval = 2 * time.Second
	// memberTime is after how long of silence a node is not counted any more.
	memberTime = 7 * time.Second
)

// members are the nodes that are heard of on the bus.
type members struct {
	mu  sync.Mutex // guards all
	all map[string]member
}

func (m *members) hear(text []byte, now time.Time) {
	var told member
	if json.Unmarshal(text, &told) != nil || told.ID == "" {
		return
	}
	told.Seen = now
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.all == nil {
		m.all = map[string]member{}
	}
	if delete(m.all, told.ID); !told.Gone {
		m.all[told.ID] = told
	}
}

// list returns the nodes that were heard lately, by when they have started.
func (m *members) list(now time.Time) []member {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []member
	for id, one := range m.all {
		if now.Sub(one.Seen) > memberTime {
			delete(m.all, id)
			continue
		}
		out = append(out, one)
	}
	slices.SortFunc(out, func(a, b member) int { return cmp.Or(a.Started.Compare(b.Started), cmp.Compare(a.ID, b.ID)) })
	return out
}

// self is this node as it tells of itself.
func (s *Server) self() member {
	g := s.current.Load()
	host, _ := os.Hostname() // it tells the same without
	memory := []runtimemetrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	runtimemetrics.Read(memory) // unlike runtime.ReadMemStats it stops nobody
	m := member{
		ID: s.node, Host: host, Version: s.options.Version, Started: s.started, Draining: s.draining.Load(), Away: s.health.names(),
		Config: g.configHash, Connections: s.hub.Counts().Connections, Goroutines: runtime.NumGoroutine(), Memory: memory[0].Value.Uint64() - memory[1].Value.Uint64(), Seen: s.options.Now(),
		Requests: len(g.admission.places) + len(g.admission.reserved),
	}
	if a := s.address.Load(); a != nil {
		m.Address = *a
	}
	return m
}

// tellOfSelf tells the other nodes of this one, until ctx ends; then it says goodbye.
func (s *Server) tellOfSelf(ctx context.Context) {
	ticker := time.NewTicker(memberInterval)
	defer ticker.Stop()
	tell := func(gone bool) {
		g := s.current.Load()
		if !g.enter() {
			return // it is told next time
		}
		defer g.leave()
		if !gone {
			g.away(context.WithoutCancel(ctx))
		}
		m := s.self()
		m.Gone = gone
		text, err := json.Marshal(m)
		if err != nil {
			return
		}
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		_ = g.bus.Publish(ctx, subjectNodes, text) // a bus that is away is seen in the status
	}
	for {
		tell(false)
		select {
		case <-ctx.Done():
			tell(true)
			return
		case <-ticker.C:
		}
	}
}

// hearOfNodes listens for the other nodes on the bus of a generation.
func (g *generation) hearOfNodes(old *generation) error {
	if old != nil && old.bus == g.bus {
		g.stopHearing = old.stopHearing
		return nil
	}
	var err error
	g.stopHearing, err = g.bus.Subscribe(subjectNodes, func(text []byte) { g.server.members.hear(text, g.server.options.Now()) }, func() {})
	return err
}

// hashFile returns the first half of the SHA-256 of a file, in hexadecimal.
func hashFile(path string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:16])
}
