package services

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/basalt-dev/basalt/modules/bus"
)

// StreamEvent is an event as it is appended to a stream.
type StreamEvent struct {
	Type      string          `json:"type"`
	Timestamp time.Time       `json:"timestamp"`
	Data      json.RawMessage `json:"data"`
	// Trace is the traceparent of what has appended it, empty where that is not traced.
	Trace string `json:"trace,omitempty"`

	// ID is the same however often the event comes, and Attempt is 1 when the service gets it for the first time.
	ID      string `json:"-"`
	Attempt int    `json:"-"`
}

// StreamHandler handles an event. After an error it is handled again, by any worker of the service.
type StreamHandler func(context.Context, StreamEvent) error

// consume handles the events of a stream. Those of a service are a group.
func (w *Worker) consume(b bus.Bus, stream string, handle StreamHandler) (stop func(), err error) {
	return b.Consume(stream, w.Service, w.Concurrency, func(ctx context.Context, entry bus.Entry) error {
		err := w.handleEvent(ctx, entry, handle)
		if err != nil {
			w.Log.Error("an event was not handled; it comes again", "service", w.Service, "stream", stream, "event", entry.ID, "attempt", entry.Attempt, "error", err.Error())
		}
		return err
	})
}

func (w *Worker) handleEvent(ctx context.Context, entry bus.Entry, handle StreamHandler) (err error) {
	var e StreamEvent
	if err := json.Unmarshal(entry.Message, &e); err != nil {
		return fmt.Errorf("it is not an event of Basalt: %w", err)
	}
	e.ID, e.Attempt = entry.ID, entry.Attempt
	ctx, end := w.traced(ctx, w.Service+" "+e.Type, e.Trace)
	defer func() { end(err) }()
	defer recovered(&err)
	return handle(ctx, e)
}
