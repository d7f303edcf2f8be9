package server

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

	"github.com/cespare/xxhash/v2"

	"github.com/basalt-dev/basalt/config"
	"github.com/basalt-dev/basalt/modules/auth"
	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/events"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/rules"
)

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
		all[i] = events.Event{Name: r.Event, Type: kind, Lane: destination(g.config.Events[r.Event]) + " " + r.Collection + " " + r.Key, Data: data}
	}
	g.server.raised.Store(true)
	return events.Store(ctx, store, g.server.options.Now(), all)
}

// destination is the part of a lane that says where an event goes: what several events tell the same receiver of one
// document comes in order. It is a hash, because an address may have a secret in it.
func destination(e *config.Event) string {
	return strconv.FormatUint(xxhash.Sum64String(e.Call+"\x00"+e.URL.Reveal()+"\x00"+e.Stream), 36)
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
			lane = destination(e) + " user " + happened.User
		}
		all = append(all, events.Event{Name: name, Type: e.On, Lane: lane, Data: data})
	}
	g.server.raised.Store(true)
	return events.Store(ctx, store, g.server.options.Now(), all)
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
			if err != nil && fault.CodeOf(err) != fault.Conflict { // another node has
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
