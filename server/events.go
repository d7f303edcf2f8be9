package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/basalt-dev/basalt/config"
	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/events"
	"github.com/basalt-dev/basalt/modules/services/wire"
	"github.com/basalt-dev/basalt/modules/tracing"
	"github.com/basalt-dev/basalt/modules/webhook"
)

// outbox is where an event waits: the database in which it happens.
func (g *generation) outbox(e *config.Event) string {
	if e.Collection != "" {
		return g.config.Collections[e.Collection].Database
	}
	return g.firstDatabase()
}

// prepareEvents makes the outboxes, and says how what is in them is delivered.
func (g *generation) prepareEvents(ctx context.Context) error {
	g.deliverers, g.queued = map[string]*events.Deliverer{}, map[string]*crud.Callable{}
	for name, e := range g.config.Events {
		database := g.outbox(e)
		d := g.deliverers[database]
		if d == nil {
			driver := g.databases[database]
			if t, ok := db.Ability[db.Transactor](driver); ok && !t.Atomic() && e.Collection != "" {
				return fmt.Errorf("event %s: the database %s has no transactions, so that an event could be lost, or happen without its change; take it out, or use a MongoDB replica set", name, database)
			}
			if err := driver.Sync(ctx, events.Collections()); err != nil {
				return fmt.Errorf("database %s: %w", database, err)
			}
			d = &events.Deliverer{Database: driver, Plans: map[string]events.Plan{}, Now: g.server.options.Now, Observe: g.delivered, Wake: g.server.wakeEvents, Failed: func(err error) {
				g.logger.Error("delivering events; it is tried again", "database", database, "error", err.Error())
			}}
			g.deliverers[database] = d
		}
		d.Plans[name] = events.Plan{Retries: e.Retries, Backoff: time.Duration(e.Backoff), Timeout: time.Duration(e.Timeout), Deliver: g.tracedDelivery(g.receiver(e))}
		if e.Rule != nil {
			g.queued[name] = crud.NewCallable(name, fieldsOf(e.Ordered), e.Allowed)
		}
	}
	return nil
}

// delivered counts a delivery.
func (g *generation) delivered(e events.Event, outcome string, err error) {
	g.server.metrics.deliveries.WithLabelValues(e.Name, outcome).Inc()
	if err != nil {
		g.logger.Warn("an event could not be delivered", "event", e.Name, "id", e.ID, "attempt", e.Attempts, "outcome", outcome, "error", err.Error())
	}
}

// tracedDelivery makes each delivery a trace of its own.
func (g *generation) tracedDelivery(deliver func(context.Context, events.Event) error) func(context.Context, events.Event) error {
	if g.traces == nil {
		return deliver
	}
	return func(ctx context.Context, e events.Event) error {
		ctx, span := tracing.Root(ctx, g.traces, "event "+e.Name, "", trace.SpanKindProducer, attribute.String("messaging.message.id", e.ID), attribute.Int("basalt.attempt", e.Attempts))
		defer span.End()
		err := deliver(ctx, e)
		if err != nil {
			span.SetAttributes(attribute.String("error.type", errorType(err)))
		}
		return err
	}
}

// receiver returns what delivers an event.
func (g *generation) receiver(e *config.Event) func(context.Context, events.Event) error {
	if e.Call != "" {
		return func(ctx context.Context, event events.Event) error {
			_, err := g.callService(ctx, g.services[e.Service], wire.Call{
				ID: event.ID, Key: event.ID, Service: e.Service, Function: e.Function, Params: event.Data,
			}, nil)
			return err
		}
	}
	if e.Stream != "" {
		return func(ctx context.Context, event events.Event) error {
			body, err := json.Marshal(wire.StreamEvent{Type: event.Type, Timestamp: event.Created, Data: event.Data, Trace: tracing.Parent(ctx)})
			if err != nil {
				return err
			}
			return g.bus.Append(ctx, e.Stream, event.ID, body, time.Duration(g.config.Bus.Keep))
		}
	}
	address, secret := e.URL.Reveal(), []byte(e.Secret.Reveal())
	return func(ctx context.Context, event events.Event) error {
		body, err := json.Marshal(map[string]any{"type": event.Type, "timestamp": event.Created, "data": event.Data})
		if err != nil {
			return err
		}
		return g.post(ctx, address, secret, event.ID, body)
	}
}

// post sends a webhook, which has to be answered with 2xx.
func (g *generation) post(ctx context.Context, address string, secret []byte, id string, body []byte) (err error) {
	req, err := webhook.Request(ctx, address, secret, id, body, g.server.options.Now())
	if err != nil {
		return err
	}
	if parent := tracing.Parent(ctx); parent != "" {
		req.Header.Set("traceparent", parent)
	}
	resp, err := g.server.options.Client.Do(req)
	if err != nil {
		return fmt.Errorf("the webhook cannot be reached: %w", webhook.WithoutURL(err))
	}
	defer func() { err = errors.Join(err, resp.Body.Close()) }()
	if _, err := io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10)); err != nil {
		return err
	}
	if resp.StatusCode/100 != 2 {
		return fmt.Errorf("the webhook answers %s", resp.Status)
	}
	return nil
}

// deliverInterval is how often a node looks for events that are due.
const deliverInterval = time.Second

// wakeEvents makes this node look for events that are due.
func (s *Server) wakeEvents() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// deliver delivers events, and raises those of schedules, until ctx ends.
func (s *Server) deliver(ctx context.Context) {
	ticker := time.NewTicker(deliverInterval)
	defer ticker.Stop()
	checked := s.options.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		case <-s.wake:
		}
		g := s.current.Load()
		if !g.enter() {
			continue
		}
		now := s.options.Now()
		if g.raiseScheduled(ctx, checked, now) {
			checked = now
		}
		for name, d := range g.deliverers {
			if err := d.Run(ctx); err != nil && ctx.Err() == nil {
				g.logger.Error("looking for events to deliver; it is tried again", "database", name, "error", err.Error())
			}
		}
		g.leave()
	}
}
