package server

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/basalt-dev/basalt/config"
	"github.com/basalt-dev/basalt/modules/bus"
	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/db/profile"
	"github.com/basalt-dev/basalt/modules/services"
	"github.com/basalt-dev/basalt/modules/services/wire"
	"github.com/basalt-dev/basalt/modules/tracing"
	"github.com/basalt-dev/basalt/server/api"
	"github.com/basalt-dev/basalt/server/wiring"
)

type busKey struct{ driver, url string }

// wireServices connects to the services.
func (r *runtime) wireServices(_ context.Context, old *runtime) error {
	r.services, r.buses = map[string]*api.Service{}, map[busKey]bus.Bus{}
	for name, c := range r.config.Services {
		s := &api.Service{Functions: map[string]*api.Function{}}
		for n, f := range c.Functions {
			s.Functions[n] = &api.Function{Function: f, Callable: wiring.Function(c, f)}
		}
		functions, err := r.functionsOf(c)
		if err != nil {
			return fmt.Errorf("service %s: %w", name, err)
		}
		caller, err := services.Open(services.Config{
			Database: functions,
			Name:     name, Driver: c.Driver, URL: c.URL.Reveal(), Secret: []byte(c.Secret.Reveal()), Now: r.server.options.Now,
			Idempotent: func(function string) bool { f := c.Functions[function]; return f != nil && f.Idempotent },
			Changed: func(open bool) {
				r.server.metrics.breaker(name, open)
				r.logger.Warn("the circuit breaker of a service changes", "service", name, "open", open)
			},
			Bus: func(driver, url string) (bus.Bus, error) { return r.busOf(driver, url, old) },
		})
		if err != nil {
			return fmt.Errorf("service %s: %w", name, err)
		}
		s.Caller = measuredCaller{caller, r.server.metrics}
		r.services[name] = s
	}
	return nil
}

// functionsOf is what calls the functions of a database, for a service that has those.
func (r *runtime) functionsOf(c *config.Service) (services.Database, error) {
	if c.Driver != "database" {
		return services.Database{}, nil
	}
	functions, ok := db.As[db.Functions](r.databases[c.Database])
	if !ok {
		return services.Database{}, fmt.Errorf("the database %s has no functions that can be called", c.Database)
	}
	limits := r.config.Limits
	return services.Database{Functions: functions, Name: c.Database, Schema: c.Schema, Rows: limits.Documents, Bytes: int(limits.Answer)}, nil
}

// busOf returns a bus for a service: that of the nodes, when it is the same, or one of its own.
func (r *runtime) busOf(driver, url string, old *runtime) (bus.Bus, error) {
	if r.config.Bus.Driver == driver && r.config.Bus.URL.Reveal() == url {
		return r.bus, nil
	}
	key := busKey{driver, url}
	if r.buses[key] != nil {
		return r.buses[key], nil
	}
	if old != nil && old.buses[key] != nil {
		r.buses[key] = old.buses[key]
		return r.buses[key], nil
	}
	b, err := bus.Open(driver, url)
	if err == nil {
		r.buses[key] = b
	}
	return b, err
}

// measuredCaller is a service whose calls are counted and traced.
type measuredCaller struct {
	services.Caller
	metrics *metrics
}

// Call implements [services.Caller].
func (m measuredCaller) Call(ctx context.Context, call wire.Call, piece func(json.RawMessage) error) (json.RawMessage, error) {
	start := time.Now()
	ctx, end := tracing.Start(ctx, "function "+call.Service+"."+call.Function)
	call.Trace = tracing.Parent(ctx)
	result, err := m.Caller.Call(ctx, call, piece)
	end(err)
	profile.Of(ctx).Spend(profile.Functions, time.Since(start))
	m.metrics.called(call.Service, call.Function, err, time.Since(start))
	return result, err
}
