package server

import (
	"context"
	"fmt"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/basalt-dev/basalt/config"
	"github.com/basalt-dev/basalt/modules/auth"
	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/events"
	"github.com/basalt-dev/basalt/modules/tracing"
	"github.com/basalt-dev/basalt/server/wiring"
)

// outbox is where an event waits: the database in which it happens.
func (r *runtime) outbox(e *config.Event) string {
	if e.Collection != "" {
		return r.config.Collections[e.Collection].Database
	}
	return r.home()
}

// wireEvents makes the outboxes, and says how what is in them is delivered.
func (r *runtime) wireEvents(ctx context.Context, _ *runtime) error {
	r.queued = map[string]*crud.Callable{}
	for name, e := range r.config.Events {
		d, err := r.deliverer(ctx, name, e)
		if err != nil {
			return err
		}
		d.Plans[name] = events.Plan{Retries: e.Retries, Backoff: time.Duration(e.Backoff), Timeout: time.Duration(e.Timeout), Receiver: r.receiver(e)}
		if e.Rule != nil {
			r.queued[name] = wiring.Callable(e.Ordered, e.Allowed)
		}
		if e.Times != nil {
			r.outboxes.Scheduler.Schedules = append(r.outboxes.Scheduler.Schedules, events.Schedule{Event: name, Next: e.Times.Next, Outbox: d.Database})
		}
	}
	return nil
}

// deliverer returns what delivers an event, and makes the outbox where it is the first one of its database.
func (r *runtime) deliverer(ctx context.Context, name string, e *config.Event) (*events.Deliverer, error) {
	database := r.outbox(e)
	if d := r.outboxes.Deliverers[database]; d != nil {
		return d, nil
	}
	driver := r.databases[database]
	if t, ok := db.As[db.Transactor](driver); ok && !t.Atomic() && e.Collection != "" {
		return nil, fmt.Errorf("event %s: the database %s has no transactions, so that an event could be lost, or happen without its change; take it out, or use a MongoDB replica set", name, database)
	}
	if err := driver.Sync(ctx, events.Collections()); err != nil {
		return nil, fmt.Errorf("database %s: %w", database, err)
	}
	d := &events.Deliverer{
		Database: driver, Plans: map[string]events.Plan{}, Now: r.server.options.Now, Observe: r.delivered, Wake: r.server.dispatcher.Wake,
		Failed: func(err error) {
			r.logger.Error("delivering events; it is tried again", "database", database, "error", err.Error())
		},
	}
	r.outboxes.Deliverers[database] = d
	return d, nil
}

// delivered counts a delivery.
func (r *runtime) delivered(e events.Event, outcome string, err error) {
	r.server.metrics.deliveries.WithLabelValues(e.Name, outcome).Inc()
	if err != nil {
		r.logger.Warn("an event could not be delivered", "event", e.Name, "id", e.ID, "attempt", e.Attempts, "outcome", outcome, "error", err.Error())
	}
}

// receiver returns what an event is delivered to.
func (r *runtime) receiver(e *config.Event) (out events.Receiver) {
	switch {
	case e.Call != "":
		out = events.Function{Caller: r.services[e.Service].Caller, Service: e.Service, Name: e.Function}
	case e.Stream != "":
		out = events.Stream{Bus: r.bus, Name: e.Stream, Keep: time.Duration(r.config.Bus.Keep)}
	default:
		out = events.Webhook{URL: e.URL.Reveal(), Secret: []byte(e.Secret.Reveal()), Client: r.server.options.Client, Now: r.server.options.Now}
	}
	if r.traces != nil {
		out = tracedReceiver{out, r.traces}
	}
	return out
}

// tracedReceiver makes each delivery a trace of its own.
type tracedReceiver struct {
	events.Receiver
	traces trace.TracerProvider
}

// Deliver implements [events.Receiver].
func (t tracedReceiver) Deliver(ctx context.Context, e events.Event) error {
	ctx, span := tracing.Root(ctx, t.traces, "event "+e.Name, "", trace.SpanKindProducer, attribute.String("messaging.message.id", e.ID), attribute.Int("basalt.attempt", e.Attempts))
	defer span.End()
	err := t.Receiver.Deliver(ctx, e)
	if err != nil {
		span.SetAttributes(attribute.String("error.type", errorType(err)))
	}
	return err
}

// triggersOf are the events that a collection raises.
func (r *runtime) triggersOf(collection string) []crud.Trigger {
	var out []crud.Trigger
	for name, e := range r.config.Events {
		if e.Collection == collection {
			out = append(out, crud.Trigger{Event: name, Op: e.Op, When: e.Wanted, Key: e.KeyField})
		}
	}
	return out
}

func destination(e *config.Event) string { return events.Destination(e.Call, e.URL.Reveal(), e.Stream) }

// raise stores the events of changes beside them.
func (r *runtime) raise(ctx context.Context, store db.Store, raised []crud.Raised) (err error) {
	all := make([]events.Event, len(raised))
	for i, one := range raised {
		change := events.Change{
			Event: one.Event, Collection: one.Collection, Op: string(one.Op), Doc: one.Doc, Old: one.Old, By: one.By,
			Key: one.Key, Destination: destination(r.config.Events[one.Event]),
		}
		if all[i], err = change.Encode(); err != nil {
			return err
		}
	}
	return r.store(ctx, store, all)
}

// raisesSecurity reports whether a security event is wanted.
func (r *runtime) raisesSecurity(name string) bool {
	for _, e := range r.config.Events {
		if e.Security == name {
			return true
		}
	}
	return false
}

// raiseSecurity stores what is wanted of a security event.
func (r *runtime) raiseSecurity(ctx context.Context, store db.Store, happened auth.Event) error {
	var all []events.Event
	for name, e := range r.config.Events {
		if e.Security != happened.Name {
			continue
		}
		security := events.Security{
			Event: name, Type: e.On, User: happened.User, By: happened.Actor, IP: happened.Client.IP, Detail: happened.Detail, Destination: destination(e),
		}
		event, err := security.Encode()
		if err != nil {
			return err
		}
		all = append(all, event)
	}
	return r.store(ctx, store, all)
}

func (r *runtime) store(ctx context.Context, store db.Store, all []events.Event) error {
	r.server.dispatcher.Stored()
	return events.Store(ctx, store, r.server.options.Now(), all)
}
