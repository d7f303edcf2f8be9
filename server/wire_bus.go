package server

import (
	"context"

	"github.com/basalt-dev/basalt/modules/bus"
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
