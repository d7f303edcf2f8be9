package server

import (
	"context"

	"github.com/basalt-dev/basalt/modules/bus"
	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/realtime"
)

// openBus opens what nodes exchange messages over, or takes it over from the runtime before.
func (r *runtime) openBus(_ context.Context, old *runtime) error {
	b := r.config.Bus
	if old != nil && old.config.Bus.Driver == b.Driver && old.config.Bus.URL == b.URL {
		r.bus = old.bus
		return nil
	}
	var err error
	r.bus, err = bus.Open(b.Driver, b.URL.Reveal())
	return err
}

// published returns a database as its changes become known: by itself, or, where it does not tell of them,
// one that publishes what this node writes.
func (s *Server) published(ctx context.Context, driver db.Driver, name string, r *runtime) db.Driver {
	watcher, ok := db.As[db.Watcher](driver)
	if !ok {
		return driver
	}
	source := watcher.Source(ctx)
	if source.Complete {
		return driver
	}
	return realtime.Publish(driver, name, s.node, r.bus, source, r.logger.Warn)
}
