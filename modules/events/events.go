// Package events delivers events to functions and webhooks, at least once, from an outbox in the database in which
// they happened.
//
// A Dispatcher is the loop of a process: it raises the events of its Scheduler, and the Deliverer of each database
// passes events to their Receivers.
//
// It is not for detecting what happens (packages crud and auth do, in their transactions) or for choosing which
// events are raised and who receives them: the configuration does, and package server wires it.
package events

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

var outbox = db.Describe("_outbox",
	db.Column{Name: "id", Type: query.TypeID},
	db.Column{Name: "event", Type: query.TypeString},
	db.Column{Name: "lane", Type: query.TypeString, Index: true},
	db.Column{Name: "type", Type: query.TypeString},
	db.Column{Name: "data", Type: query.TypeString},
	db.Column{Name: "state", Type: query.TypeInt},
	db.Column{Name: "due", Type: query.TypeTime, Index: true},
	db.Column{Name: "attempts", Type: query.TypeInt},
	db.Column{Name: "created", Type: query.TypeTime},
	db.Column{Name: "finished", Type: query.TypeTime, Index: true},
	db.Column{Name: "error", Type: query.TypeString},
)

const (
	colID, colEvent, colOrderingKey, colType, colData, colState, colDue = 0, 1, 2, 3, 4, 5, 6
	colAttempts, colCreated, colFinished, colError                      = 7, 8, 9, 10
)

// State is the delivery state of an event.
type State string

// The states.
const (
	Pending State = "pending" // it will be delivered
	Done    State = "done"    // it was
	Dead    State = "dead"    // it could not be
)

// States lists all states, in the order of their numbers in the database.
var States = []State{Pending, Done, Dead}

func number(s State) query.Value { return query.Int(int64(slices.Index(States, s))) }

// Collections returns the internal collections to sync to a database.
func Collections() []*db.Collection { return []*db.Collection{outbox} }

// Event is something that has happened.
type Event struct {
	// ID is set by [Store], and is the same at every delivery.
	ID string
	// Name is the event's name in the configuration. Type is what has happened, such as "notes.created".
	Name, Type string
	// OrderingKey: events with the same key are delivered in order. If it is empty, the event waits
	// for no other.
	OrderingKey string
	Data        json.RawMessage
	// Due is when to deliver it; zero means at once.
	Due time.Time
	// The rest is the state of the delivery.
	State             State
	Attempts          int
	Created, Finished time.Time
	Error             string
}

// maxData limits the data of an event, in bytes.
const maxData = 1 << 20

// Store adds events to the outbox of a database, in a transaction. If a given id exists already, the error is a
// Conflict.
func Store(ctx context.Context, s db.Store, now time.Time, all []Event) error {
	rows := make([]query.Row, len(all))
	last := map[string]int64{}
	for i := range all {
		e := &all[i]
		if len(e.Data) > maxData {
			return fault.Errorf(fault.TooLarge, "the data of the event %s is larger than %d bytes", e.Name, maxData)
		}
		if e.ID == "" {
			at := now.UnixMicro()
			if e.OrderingKey != "" { // after earlier events, whatever the clock of another node is
				before, known := last[e.OrderingKey]
				if !known {
					var err error
					if before, err = newest(ctx, s, e.OrderingKey); err != nil {
						return err
					}
				}
				at = max(at, before+1)
				last[e.OrderingKey] = at
			}
			e.ID = fmt.Sprintf("%014x-%08x", at, rand.Uint32())
		}
		if e.OrderingKey == "" {
			e.OrderingKey = e.ID
		}
		due := e.Due
		if due.IsZero() {
			due = now
		}
		rows[i] = query.Row{
			query.String(e.ID), query.String(e.Name), query.String(e.OrderingKey), query.String(e.Type), query.String(string(e.Data)),
			number(Pending), query.Time(due), query.Int(0), query.Time(now), query.Null, query.Null,
		}
	}
	return s.Insert(ctx, outbox, rows)
}

// newest returns the time in the id of the newest event of an ordering key.
func newest(ctx context.Context, s db.Store, key string) (int64, error) {
	rows, err := s.Find(ctx, outbox, db.Find{Query: query.Query{Where: equal("lane", query.String(key)), Sort: outbox.KeyOrder(true), Limit: 1}, Fields: []int{colID}})
	if err != nil || len(rows) == 0 {
		return 0, err
	}
	text, _, _ := strings.Cut(rows[0][colID].Text(), "-")
	at, err := strconv.ParseInt(text, 16, 64)
	if err != nil {
		return 0, nil // an id chosen by the caller
	}
	return at, nil
}

func equal(field string, v query.Value) query.Filter {
	return &query.Compare{Path: query.Path{Field: field}, Op: query.Eq, Value: v}
}

func eventOf(row query.Row) Event {
	e := Event{
		ID: row[colID].Text(), Name: row[colEvent].Text(), OrderingKey: row[colOrderingKey].Text(), Type: row[colType].Text(), Data: json.RawMessage(row[colData].Text()),
		Due: row[colDue].Time(), Attempts: int(row[colAttempts].Int()), Created: row[colCreated].Time(), Error: row[colError].Text(),
	}
	if n := int(row[colState].Int()); n >= 0 && n < len(States) {
		e.State = States[n]
	}
	if !row[colFinished].IsNull() {
		e.Finished = row[colFinished].Time()
	}
	return e
}

// Page is what a list of events is asked for.
type Page struct {
	State State
	// Name is that of the events, and Before the id of one whose predecessors are listed; both may be empty.
	Name, Before string
	Limit        int
}

// List returns a page of events, newest first.
func List(ctx context.Context, s db.Store, p Page) ([]Event, error) {
	where := []query.Filter{equal("state", number(p.State))}
	if p.Name != "" {
		where = append(where, equal("event", query.String(p.Name)))
	}
	if p.Before != "" {
		where = append(where, &query.Compare{Path: query.Path{Field: "id"}, Op: query.Lt, Value: query.String(p.Before)})
	}
	rows, err := s.Find(db.ReadPrimary(ctx), outbox, db.Find{Query: query.Query{Where: query.All(where...), Sort: outbox.KeyOrder(true), Limit: p.Limit}})
	if err != nil {
		return nil, err
	}
	out := make([]Event, len(rows))
	for i, row := range rows {
		out[i] = eventOf(row)
	}
	return out, nil
}

// Count returns the number of events in each state.
func Count(ctx context.Context, s db.Store) (map[State]int64, error) {
	rows, err := s.Aggregate(ctx, outbox, db.Aggregate{Where: query.True, Group: []int{colState}, Count: true, Limit: 10})
	if err != nil {
		return nil, err
	}
	out := map[State]int64{}
	for _, row := range rows {
		if n := int(row[0].Int()); n >= 0 && n < len(States) {
			out[States[n]] = row[1].Int()
		}
	}
	return out, nil
}

// Replay delivers an event again. It reports false if there is none.
func Replay(ctx context.Context, s db.Store, id string, now time.Time) (bool, error) {
	n, _, err := s.Update(ctx, outbox, db.Update{Where: outbox.ByKey(id), Set: []db.Assignment{
		{Field: colState, Value: number(Pending)}, {Field: colDue, Value: query.Time(now)}, {Field: colAttempts, Value: query.Int(0)},
		{Field: colFinished, Value: query.Null},
	}})
	return n > 0, err
}

// Remove deletes an event. It reports false if there is none.
func Remove(ctx context.Context, s db.Store, id string) (bool, error) {
	n, err := s.Delete(ctx, outbox, outbox.ByKey(id))
	return n > 0, err
}

// keepTime is how long a delivered event is kept.
const keepTime = 24 * time.Hour

// Prune deletes events that were delivered before keepTime.
func Prune(ctx context.Context, s db.Store, now time.Time) error {
	_, err := s.Delete(ctx, outbox, query.All(equal("state", number(Done)),
		&query.Compare{Path: query.Path{Field: "finished"}, Op: query.Lt, Value: query.Time(now.Add(-keepTime))}))
	return err
}

// Plan is how an event is delivered.
type Plan struct {
	// Retries is how often a delivery is retried. Backoff is the wait before the first retry; it doubles with each
	// further one, up to an hour.
	Retries int
	Backoff time.Duration
	// Timeout limits one delivery.
	Timeout  time.Duration
	Receiver Receiver
}

const maxBackoff = time.Hour

// wait returns the backoff after a number of attempts.
func (p Plan) wait(attempts int) time.Duration {
	d := p.Backoff << min(attempts-1, 20)
	if d <= 0 || d > maxBackoff {
		d = maxBackoff
	}
	return d*9/10 + rand.N(d/5+1)
}
