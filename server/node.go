package server

import (
	"context"
	"os"
	goruntime "runtime"
	runtimemetrics "runtime/metrics"

	"github.com/basalt-dev/basalt/modules/cluster"
)

// self is the record of this node for the others.
func (s *Server) self() cluster.Member {
	r := s.current.Load()
	host, _ := os.Hostname() // the record is good without it
	memory := []runtimemetrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	runtimemetrics.Read(memory) // unlike runtime.ReadMemStats it does not stop the world
	m := cluster.Member{
		ID: s.node, Host: host, Version: s.options.Version, Started: s.started, Draining: s.transport.Draining(), Away: s.cluster.Health.Away(),
		Config: r.fileHash, Connections: s.hub.Counts().Connections, Goroutines: goruntime.NumGoroutine(), Memory: memory[0].Value.Uint64() - memory[1].Value.Uint64(), Seen: s.options.Now(),
		Requests: r.handler.InFlight(),
	}
	if a := s.address.Load(); a != nil {
		m.Address = *a
	}
	return m
}

// announce publishes the record of this node.
func (s *Server) announce(ctx context.Context, gone bool) {
	s.with(func(r *runtime) {
		if !gone {
			cluster.Check(context.WithoutCancel(ctx), &s.cluster.Health, r.databases, s.options.Now(), r.logger)
		}
		m := s.self()
		m.Gone = gone
		cluster.Publish(ctx, r.bus, m)
	})
}
