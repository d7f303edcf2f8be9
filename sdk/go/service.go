package basalt

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/basalt-dev/basalt/modules/bus"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/services"
)

// Service is the worker side of a service: the functions that clients call, and events are told to. Any number of
// workers share the calls.
//
//	billing := basalt.NewService("billing")
//	basalt.Handle(billing, "charge", func(ctx context.Context, call *basalt.FunctionCall, p Charge) (Receipt, error) { … })
//	err := billing.Run(ctx, "nats://127.0.0.1:4222")
type Service struct{ worker services.Worker }

// FunctionCall is a call as a function sees it.
type FunctionCall struct {
	// ID is different for every call, and the same where one is tried again.
	ID string
	// Auth has the claims of the caller; nil for an anonymous one, and for an event.
	Auth map[string]any
	// Key is the Idempotency-Key of the caller, or the id of an event; empty without one. Who has seen it has done
	// the work already.
	Key string

	send func(any) error
}

// Send sends a piece of the result, before the function returns. A caller that asks for no stream gets an array of
// the pieces, when the function returns nil.
func (c *FunctionCall) Send(piece any) error { return c.send(piece) }

// ServiceOption changes a new service.
type ServiceOption func(*Service)

// WithConcurrency says how many calls are handled at once; the default is 64.
func WithConcurrency(n int) ServiceOption { return func(s *Service) { s.worker.Concurrency = n } }

// WithLogger says where failures are logged; the default is slog's.
func WithLogger(l *slog.Logger) ServiceOption { return func(s *Service) { s.worker.Log = l } }

// WithTraces makes the spans of calls that are traced with a provider of OpenTelemetry, as part of the traces of the
// server.
func WithTraces(p trace.TracerProvider) ServiceOption {
	return func(s *Service) { s.worker.Traces = p }
}

// NewService returns a service without functions.
func NewService(name string, options ...ServiceOption) *Service {
	s := &Service{worker: services.Worker{Service: name, Functions: map[string]services.Handler{}, Streams: map[string]services.StreamHandler{}, Concurrency: 64, Log: slog.Default()}}
	for _, o := range options {
		o(s)
	}
	return s
}

// Handle adds a function to a service. Its parameters are decoded into P. An error that is an *[Error], or has one
// in it, is told to the caller, by its Code, Detail and Fields; any other is logged, and the caller learns only that
// the function has failed. All functions are added before the service runs.
func Handle[P, R any](s *Service, function string, f func(ctx context.Context, call *FunctionCall, params P) (R, error)) {
	s.worker.Functions[function] = func(ctx context.Context, c *services.Call, send func(any) error) (any, error) {
		var params P
		if err := json.Unmarshal(c.Params, &params); err != nil {
			return nil, &services.Failure{Code: fault.Invalid, Detail: "the parameters are not those of the function: " + err.Error()}
		}
		result, err := f(ctx, &FunctionCall{ID: c.ID, Auth: c.Auth, Key: c.Key, send: send}, params)
		var told *Error
		if errors.As(err, &told) {
			failure := &services.Failure{Code: fault.Code(told.Code), Detail: told.Detail}
			for _, e := range told.Fields {
				failure.Fields = append(failure.Fields, fault.FieldError(e))
			}
			return nil, failure
		}
		return result, err
	}
}

// StreamEvent is an event of a stream, with its data decoded.
type StreamEvent[D any] struct {
	// ID is the same however often the event comes. Who has seen it has done the work already.
	ID string
	// Type is what it is about, as in orders.created, and Timestamp when it has happened.
	Type      string
	Timestamp time.Time
	// Attempt is 1 when the service gets it for the first time.
	Attempt int
	Data    D
}

// Consume adds a handler for the events of a stream, which events of the configuration with `stream` are appended to.
// The workers of a service share them, beginning with those that are kept already, and each is handled at least once:
// after an error it comes again, to any of them. Only with [Service.Run].
func Consume[D any](s *Service, stream string, f func(ctx context.Context, event StreamEvent[D]) error) {
	s.worker.Streams[stream] = func(ctx context.Context, e services.StreamEvent) error {
		event := StreamEvent[D]{ID: e.ID, Type: e.Type, Timestamp: e.Timestamp, Attempt: e.Attempt}
		if err := json.Unmarshal(e.Data, &event.Data); err != nil {
			return fmt.Errorf("the data is not that of the handler: %w", err)
		}
		return f(ctx, event)
	}
}

// Run answers calls, and handles events of streams, on the bus of a URL, such as nats://127.0.0.1:4222 or
// redis://127.0.0.1:6379, until ctx ends, and then finishes those that it has.
func (s *Service) Run(ctx context.Context, busURL string) (err error) {
	u, err := url.Parse(busURL)
	if err != nil {
		return errors.New("basalt: the URL of a bus is one such as nats://127.0.0.1:4222") // the error repeats it
	}
	driver := map[string]string{"nats": "nats", "tls": "nats", "redis": "redis", "rediss": "redis"}[u.Scheme]
	if driver == "" {
		return fmt.Errorf("basalt: there is no bus for %s://; there are nats:// and redis://", u.Scheme)
	}
	b, err := bus.Open(driver, busURL)
	if err != nil {
		return fmt.Errorf("basalt: %w", err)
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	return s.worker.Run(ctx, b)
}

// Handler answers calls over HTTP, for a service with `driver: http`. Calls that are not signed with its secret are
// refused; an empty secret takes them all.
func (s *Service) Handler(secret string) http.Handler { return s.worker.Handler([]byte(secret)) }
