package api

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"github.com/basalt-dev/basalt/config"
	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/events"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/modules/schema"
)

// maxDelay bounds how long an event of a client may wait.
const maxDelay = 30 * 24 * time.Hour

// queue is the calls of events: clients queue them, and administrators look after those that were not delivered.
type queue struct {
	configured map[string]*config.Event
	queued     map[string]*crud.Callable
	home       db.Driver // where the events of clients are stored
	outboxes   map[string]*events.Deliverer
	dispatcher *events.Dispatcher
	limits     *limiter
	page       int // limits.page
	now        func() time.Time
}

// add is POST /v1/events.
func (q *queue) add(r *request, docs *crud.Service) ([]byte, error) {
	name, params, delay, err := q.body(r)
	if err != nil {
		return nil, err
	}
	callable := q.queued[name]
	if callable == nil {
		return nil, fault.Errorf(fault.NotFound, "there is no such event that clients may queue")
	}
	if delay < 0 || delay > maxDelay.Seconds() {
		return nil, fault.FieldErrorf("delay", "max", "delay is 0 to %d seconds", int(maxDelay.Seconds()))
	}
	e := q.configured[name]
	if err := q.limits.spend(r.context, r, e.Limit, name, 1); err != nil {
		return nil, err
	}
	data, err := docs.Call(r.context, r.caller, callable, params)
	if err != nil {
		return nil, err
	}
	event := events.Event{Name: name, Type: name, Data: data}
	if e.KeyField >= 0 {
		var params map[string]json.RawMessage
		if err := json.Unmarshal(data, &params); err != nil {
			return nil, err
		}
		event.OrderingKey = name + " " + string(params[e.Key])
	}
	now := q.now()
	if delay > 0 {
		event.Due = now.Add(time.Duration(delay * float64(time.Second)))
	}
	all := []events.Event{event}
	q.dispatcher.Stored()
	if err := q.home.Transaction(r.context, func(s db.Store) error {
		all[0].ID = ""
		return events.Store(r.context, s, now, all)
	}); err != nil {
		return nil, err
	}
	return json.Marshal(map[string]string{"id": all[0].ID})
}

// body reads the body of add. params is nil where it has no data.
func (q *queue) body(r *request) (name string, params []byte, delay float64, err error) {
	reader := schema.Reader{Names: []string{"event", "data", "delay"}}
	err = reader.Parse(r.body(), r.depth+1, func(member string, v query.Value) {
		switch member {
		case "event":
			name, _ = reader.String(member, v)
		case "delay":
			delay = reader.Number(member, v)
		case "data":
			if !v.IsNull() {
				params = v.AppendJSON(nil)
			}
		}
	})
	return name, params, delay, err
}

// list is GET /v1/admin/events.
func (q *queue) list(r *request) ([]byte, error) {
	p, err := r.params()
	if err != nil {
		return nil, err
	}
	state := events.State(p["state"])
	if state == "" {
		state = events.Dead
	}
	if !slices.Contains(events.States, state) {
		return nil, fault.FieldErrorf("state", "enum", "state is pending, done or dead")
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
	for name, d := range q.outboxes {
		found, err := events.List(r.context, d.Database, events.Page{State: state, Name: p["event"], Before: p["before"], Limit: q.page})
		if err != nil {
			return nil, err
		}
		for _, e := range found {
			out = append(out, item{name, e.ID, e.Name, e.Type, e.State, e.Attempts, e.Created, e.Due, e.Error, e.Data})
		}
	}
	return json.Marshal(map[string]any{"items": out})
}

// schedules is GET /v1/admin/schedules: the events that a time raises, with their next runs.
func (q *queue) schedules(*request) ([]byte, error) {
	const runs = 5
	type item struct {
		Event    string      `json:"event"`
		Schedule string      `json:"schedule"`
		Timezone string      `json:"timezone,omitempty"`
		Next     []time.Time `json:"next"`
	}
	out := []item{}
	for _, name := range slices.Sorted(maps.Keys(q.configured)) {
		e := q.configured[name]
		if e.Times == nil {
			continue
		}
		one := item{Event: name, Schedule: e.Schedule, Timezone: e.Timezone, Next: []time.Time{}}
		for at := e.Times.Next(q.now()); len(one.Next) < runs && !at.IsZero(); at = e.Times.Next(at) {
			one.Next = append(one.Next, at)
		}
		out = append(out, one)
	}
	return json.Marshal(map[string]any{"items": out})
}

// onEvent is a call that runs f with the outbox that has the event of the path.
func (q *queue) onEvent(f func(ctx context.Context, d db.Store, id string, now time.Time) (bool, error)) endpoint {
	return func(r *request) ([]byte, error) {
		for _, d := range q.outboxes {
			if found, err := f(r.context, d.Database, r.id(), q.now()); err != nil || found {
				q.dispatcher.Wake()
				return nil, err
			}
		}
		return nil, fault.Errorf(fault.NotFound, "there is no such event")
	}
}

func removeEvent(ctx context.Context, s db.Store, id string, _ time.Time) (bool, error) {
	return events.Remove(ctx, s, id)
}
