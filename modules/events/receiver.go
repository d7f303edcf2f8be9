package events

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/basalt-dev/basalt/modules/bus"
	"github.com/basalt-dev/basalt/modules/services"
	"github.com/basalt-dev/basalt/modules/services/wire"
	"github.com/basalt-dev/basalt/modules/tracing"
	"github.com/basalt-dev/basalt/modules/webhook"
)

// Receiver is the target of a delivery. It is safe for concurrent use.
type Receiver interface {
	// Deliver returns nil once the receiver has the event; after an error the event is delivered again. It must
	// return when ctx ends.
	Deliver(ctx context.Context, e Event) error
}

// Function is a receiver that calls a function of a service.
type Function struct {
	Caller        services.Caller
	Service, Name string
}

// Deliver implements [Receiver].
func (f Function) Deliver(ctx context.Context, e Event) error {
	_, err := f.Caller.Call(ctx, wire.Call{ID: e.ID, Key: e.ID, Service: f.Service, Function: f.Name, Params: e.Data}, nil)
	return err
}

// Stream is a receiver that appends to a stream of the bus.
type Stream struct {
	Bus  bus.Bus
	Name string
	Keep time.Duration // how long the stream keeps an event
}

// Deliver implements [Receiver].
func (s Stream) Deliver(ctx context.Context, e Event) error {
	body, err := json.Marshal(wire.StreamEvent{Type: e.Type, Timestamp: e.Created, Data: e.Data, Trace: tracing.Parent(ctx)})
	if err != nil {
		return err
	}
	return s.Bus.Append(ctx, s.Name, e.ID, body, s.Keep)
}

// Webhook is a receiver that posts to a URL, which must answer with 2xx.
type Webhook struct {
	URL    string
	Secret []byte
	Client *http.Client
	Now    func() time.Time
}

// Deliver implements [Receiver].
func (w Webhook) Deliver(ctx context.Context, e Event) (err error) {
	body, err := json.Marshal(map[string]any{"type": e.Type, "timestamp": e.Created, "data": e.Data})
	if err != nil {
		return err
	}
	req, err := webhook.Request(ctx, w.URL, w.Secret, e.ID, body, w.Now())
	if err != nil {
		return err
	}
	if parent := tracing.Parent(ctx); parent != "" {
		req.Header.Set("traceparent", parent)
	}
	resp, err := w.Client.Do(req)
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
