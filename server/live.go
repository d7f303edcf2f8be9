package server

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"github.com/basalt-dev/basalt/config"
	"github.com/basalt-dev/basalt/modules/bus"
	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/realtime"
)

// publish is POST /v1/channels/:channel.
func publish(r *request) ([]byte, error) {
	var body struct {
		Data json.RawMessage `json:"data"`
	}
	if err := json.Unmarshal(r.body(), &body); err != nil || body.Data == nil {
		return nil, fault.FieldErrorf("data", "required", `the body is {"data":…}`)
	}
	id, err := r.server.hub.Publish(r.context, r.caller, r.segment("channel"), bytes.Clone(body.Data))
	if err != nil {
		return nil, err
	}
	return json.Marshal(map[string]string{"message": id})
}

// prepareBus opens what nodes tell each other things over, or takes it over from the generation before.
func (g *generation) prepareBus(old *generation) error {
	b := g.config.Bus
	if old != nil && old.config.Bus.Driver == b.Driver && old.config.Bus.URL == b.URL {
		g.bus = old.bus
		return nil
	}
	var err error
	g.bus, err = bus.Open(b.Driver, b.URL.Reveal())
	return err
}

// published returns a database as its changes become known: by itself, or, where it does not tell of them,
// one that publishes what this node writes.
func (s *Server) published(ctx context.Context, driver db.Driver, name string, g *generation) db.Driver {
	watcher, ok := db.Ability[db.Watcher](driver)
	if !ok {
		return driver
	}
	source := watcher.Source(ctx)
	if source.Complete {
		return driver
	}
	return realtime.Publish(driver, name, s.node, g.bus, source, g.logger.Warn)
}

// Source is where the changes of a database come from.
type Source struct {
	Database string
	db.Source
}

// sourceTime bounds how long a database is asked where its changes come from.
const sourceTime = 3 * time.Second

// Sources asks where the changes for live queries will come from. Nothing is made or changed.
func Sources(ctx context.Context, c *config.Config) []Source {
	ctx, cancel := context.WithTimeout(ctx, sourceTime)
	defer cancel()
	var out []Source
	for _, name := range slices.Sorted(maps.Keys(c.Databases)) {
		d := c.Databases[name]
		out = append(out, Source{name, db.SourceOf(ctx, d.Driver, d.Settings(c.Dir))})
	}
	return out
}
