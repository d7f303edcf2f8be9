package events

import (
	"context"
	"encoding/json"
	"log/slog"
	"strconv"
	"time"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/fault"
)

// Schedule raises an event at certain times.
type Schedule struct {
	Event string
	// Next returns the first scheduled time after a time.
	Next func(time.Time) time.Time
	// Outbox is where the event is stored.
	Outbox db.Store
}

// Scheduler raises the events of schedules. Every node has one; the id of an event ensures that it is raised once.
type Scheduler struct {
	Schedules []Schedule
	Log       *slog.Logger
}

// maxMissed limits how many missed times of a schedule are raised later.
const maxMissed = 100

// Raise stores the events that became due since a time, and reports whether all of them are stored.
func (s *Scheduler) Raise(ctx context.Context, since, now time.Time) bool {
	done := true
	for _, schedule := range s.Schedules {
		if err := schedule.raise(ctx, since, now); err != nil {
			s.Log.Error("an event of a schedule could not be stored; it is tried again", "event", schedule.Event, "error", err.Error())
			done = false
		}
	}
	return done
}

func (s Schedule) raise(ctx context.Context, since, now time.Time) error {
	at := s.Next(since.UTC())
	for range maxMissed {
		if at.After(now) || at.IsZero() { // the zero time is never
			return nil
		}
		data, err := json.Marshal(map[string]any{"event": s.Event, "type": "schedule", "at": at})
		if err != nil {
			return err
		}
		e := Event{ID: "at-" + strconv.FormatInt(at.Unix(), 10) + "-" + s.Event, Name: s.Event, Type: "schedule", OrderingKey: s.Event, Data: data}
		if err := Store(ctx, s.Outbox, now, []Event{e}); err != nil && fault.CodeOf(err) != fault.Conflict { // another node has stored it
			return err
		}
		at = s.Next(at)
	}
	return nil
}
