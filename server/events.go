package server

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/basalt-dev/basalt/config"
	"github.com/basalt-dev/basalt/modules/auth"
	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/events"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/modules/services"
	"github.com/basalt-dev/basalt/modules/tracing"
	"github.com/basalt-dev/basalt/modules/webhook"
	"github.com/basalt-dev/basalt/rules"
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
			fields := make([]crud.Field, len(e.Ordered))
			for i, p := range e.Ordered {
				fields[i] = fieldOf(p)
			}
			g.queued[name] = crud.NewCallable(name, fields, e.Allowed)
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
			_, err := g.callService(ctx, g.services[e.Service], services.Call{
				ID: event.ID, Key: event.ID, Service: e.Service, Function: e.Function, Params: event.Data,
			}, nil)
			return err
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
		var failed *url.Error
		if errors.As(err, &failed) {
			err = failed.Err // it repeats the address, which may have a secret in it
		}
		return fmt.Errorf("the webhook can not be reached: %w", err)
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

// triggersOf are the events that a collection raises.
func (g *generation) triggersOf(collection string) []crud.Trigger {
	var out []crud.Trigger
	for name, e := range g.config.Events {
		if e.Collection == collection {
			out = append(out, crud.Trigger{Event: name, Op: e.Op, When: e.Wanted, Key: e.KeyField})
		}
	}
	return out
}

var happenings = map[rules.Op]string{rules.Create: "created", rules.Update: "updated", rules.Delete: "deleted"}

// raise stores the events of a change beside it.
func (g *generation) raise(ctx context.Context, store db.Store, raised []crud.Raised) error {
	all := make([]events.Event, len(raised))
	for i, r := range raised {
		kind := r.Collection + "." + happenings[r.Op]
		data, err := json.Marshal(struct {
			Event string          `json:"event"`
			Type  string          `json:"type"`
			Doc   json.RawMessage `json:"doc"`
			Old   json.RawMessage `json:"old"`
			By    *string         `json:"by"`
		}{r.Event, kind, orNull(r.Doc), orNull(r.Old), optional(r.By)})
		if err != nil {
			return err
		}
		all[i] = events.Event{Name: r.Event, Type: kind, Lane: r.Event + " " + r.Key, Data: data}
	}
	g.server.raised.Store(true)
	return events.Store(ctx, store, g.server.options.Now(), all)
}

func orNull(v json.RawMessage) json.RawMessage {
	if v == nil {
		return json.RawMessage("null")
	}
	return v
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// raisesSecurity reports whether a security event is wanted.
func (g *generation) raisesSecurity(name string) bool {
	for _, e := range g.config.Events {
		if e.Security == name {
			return true
		}
	}
	return false
}

// raiseSecurity stores what is wanted of a security event.
func (g *generation) raiseSecurity(ctx context.Context, store db.Store, happened auth.Event) error {
	var all []events.Event
	for name, e := range g.config.Events {
		if e.Security != happened.Name {
			continue
		}
		data, err := json.Marshal(map[string]any{"event": name, "type": e.On, "user": optional(happened.User), "by": optional(happened.Actor), "ip": optional(happened.Client.IP), "detail": happened.Detail})
		if err != nil {
			return err
		}
		lane := ""
		if happened.User != "" {
			lane = name + " user " + happened.User
		}
		all = append(all, events.Event{Name: name, Type: e.On, Lane: lane, Data: data})
	}
	g.server.raised.Store(true)
	return events.Store(ctx, store, g.server.options.Now(), all)
}

// maxDelay bounds how long an event of a client may wait.
const maxDelay = 30 * 24 * time.Hour

// queueEvent is POST /v1/events.
func queueEvent(r *request) ([]byte, error) {
	var body struct {
		Event string          `json:"event"`
		Data  json.RawMessage `json:"data"`
		Delay float64         `json:"delay"`
	}
	if err := json.Unmarshal(r.Body(), &body); err != nil {
		return nil, query.Errorf(query.InvalidJSON, `the body is {"event":"…","data":{…},"delay":seconds}`)
	}
	callable := r.queued[body.Event]
	if callable == nil {
		return nil, query.Errorf(query.NotFound, "there is no such event that clients may queue")
	}
	if body.Delay < 0 || body.Delay > maxDelay.Seconds() {
		return nil, query.FieldErrorf("delay", "max", "delay is 0 to %d seconds", int(maxDelay.Seconds()))
	}
	e := r.config.Events[body.Event]
	if err := r.spend(e.Limit, body.Event); err != nil {
		return nil, err
	}
	data, err := r.crud.Call(r.context, r.caller, callable, bytes.Clone(body.Data))
	if err != nil {
		return nil, err
	}
	event := events.Event{Name: body.Event, Type: body.Event, Data: data}
	if e.KeyField >= 0 {
		var params map[string]json.RawMessage
		if err := json.Unmarshal(data, &params); err != nil {
			return nil, err
		}
		event.Lane = body.Event + " " + string(params[e.Key])
	}
	now := r.server.options.Now()
	if body.Delay > 0 {
		event.Due = now.Add(time.Duration(body.Delay * float64(time.Second)))
	}
	all := []events.Event{event}
	r.server.raised.Store(true)
	if err := r.databases[r.outbox(e)].Transaction(r.context, func(s db.Store) error {
		all[0].ID = ""
		return events.Store(r.context, s, now, all)
	}); err != nil {
		return nil, err
	}
	return json.Marshal(map[string]string{"id": all[0].ID})
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

// raiseScheduled stores the events whose time has come since another time. Every node does so; the id of an event
// lets it happen once.
func (g *generation) raiseScheduled(ctx context.Context, since, now time.Time) bool {
	done := true
	for name, e := range g.config.Events {
		if e.Times == nil {
			continue
		}
		at := e.Times.Next(since.UTC())
		for range maxMissed {
			if at.After(now) {
				break
			}
			data, err := json.Marshal(map[string]any{"event": name, "type": "schedule", "at": at})
			if err == nil {
				err = events.Store(ctx, g.databases[g.outbox(e)], now, []events.Event{{
					ID: "at-" + strconv.FormatInt(at.Unix(), 10) + "-" + name, Name: name, Type: "schedule", Lane: name, Data: data,
				}})
			}
			if err != nil && query.CodeOf(err) != query.Conflict { // another node has
				g.logger.Error("an event of a schedule could not be stored; it is tried again", "event", name, "error", err.Error())
				done = false
				break
			}
			at = e.Times.Next(at)
		}
	}
	return done
}

// maxMissed bounds how many times of a schedule are made up for.
const maxMissed = 100

// listEvents is GET /v1/admin/events.
func listEvents(r *request) ([]byte, error) {
	if err := r.adminOnly(); err != nil {
		return nil, err
	}
	p, err := r.params()
	if err != nil {
		return nil, err
	}
	state := events.State(p["state"])
	if state == "" {
		state = events.Dead
	}
	if !contains([]string{"pending", "done", "dead"}, string(state)) {
		return nil, query.FieldErrorf("state", "enum", "state is pending, done or dead")
	}
	type item struct {
		Database string          `json:"database"`
		ID       string          `json:"id"`
		Event    string          `json:"event"`
		Type     string          `json:"type"`
		State    events.State    `json:"state"`
		Attempts int             `json:"attempts"`
		Created  time.Time       `json:"created"`
		Due      time.Time       `json:"due"`
		Error    string          `json:"error,omitempty"`
		Data     json.RawMessage `json:"data"`
	}
	out := []item{}
	for name, d := range r.deliverers {
		found, err := events.List(r.context, d.Database, state, p["event"], p["before"], r.config.Limits.Page)
		if err != nil {
			return nil, err
		}
		for _, e := range found {
			out = append(out, item{name, e.ID, e.Name, e.Type, e.State, e.Attempts, e.Created, e.Due, e.Error, orNull(e.Data)})
		}
	}
	return json.Marshal(map[string]any{"items": out})
}

// onEvent runs f with the outbox that has the event of the path.
func onEvent(f func(ctx context.Context, d db.Store, id string, now time.Time) (bool, error)) func(*request) ([]byte, error) {
	return func(r *request) ([]byte, error) {
		if err := r.adminOnly(); err != nil {
			return nil, err
		}
		for _, d := range r.deliverers {
			if found, err := f(r.context, d.Database, r.id(), r.server.options.Now()); err != nil || found {
				r.server.wakeEvents()
				return nil, err
			}
		}
		return nil, query.Errorf(query.NotFound, "there is no such event")
	}
}

func removeEvent(ctx context.Context, s db.Store, id string, _ time.Time) (bool, error) {
	return events.Remove(ctx, s, id)
}
