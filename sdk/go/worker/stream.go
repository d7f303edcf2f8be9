package worker

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/basalt-dev/basalt/modules/bus"
	"github.com/basalt-dev/basalt/modules/services/wire"
)

// StreamEvent is an event of a stream, with its data decoded.
type StreamEvent[D any] struct {
	// ID is the same however often the event comes. A worker that has seen it has done the work already.
	ID string
	// Type is the kind of event, such as orders.created, and Timestamp when it happened.
	Type      string
	Timestamp time.Time
	// Attempt is 1 when the service gets it for the first time.
	Attempt int
	Data    D
}

// streamHandler handles an event. After an error it is handled again, by any worker of the service.
type streamHandler func(context.Context, bus.Entry, wire.StreamEvent) error

// Consume adds a handler for the events of a stream. Events of the configuration with `stream` are appended to it.
// The workers of a service share them, beginning with those that are kept already, and each is handled at least once:
// after an error it comes again, to any of them. Only [Worker.Run] reads streams.
func Consume[D any](w *Worker, stream string, f func(ctx context.Context, event StreamEvent[D]) error) {
	w.streams[stream] = func(ctx context.Context, entry bus.Entry, e wire.StreamEvent) error {
		event := StreamEvent[D]{ID: entry.ID, Type: e.Type, Timestamp: e.Timestamp, Attempt: entry.Attempt}
		if err := json.Unmarshal(e.Data, &event.Data); err != nil {
			return fmt.Errorf("the data is not that of the handler: %w", err)
		}
		return f(ctx, event)
	}
}

// consume handles the events of a stream. The workers of a service are a consumer group.
func (w *Worker) consume(b bus.Bus, stream string, handle streamHandler) (stop func(), err error) {
	return b.Consume(stream, w.service, w.concurrency, func(ctx context.Context, entry bus.Entry) error {
		err := w.handleEvent(ctx, entry, handle)
		if err != nil {
			w.log.Error("an event was not handled; it is delivered again", "service", w.service, "stream", stream, "event", entry.ID, "attempt", entry.Attempt, "error", err.Error())
		}
		return err
	})
}

func (w *Worker) handleEvent(ctx context.Context, entry bus.Entry, handle streamHandler) (err error) {
	var e wire.StreamEvent
	if err := json.Unmarshal(entry.Message, &e); err != nil {
		return fmt.Errorf("it is not an event of Basalt: %w", err)
	}
	ctx, end := w.traced(ctx, w.service+" "+e.Type, e.Trace)
	defer func() { end(err) }()
	defer recovered(&err)
	return handle(ctx, entry, e)
}
