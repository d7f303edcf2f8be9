// Package worker is the worker side of a service: functions that clients call through a Basalt server, and handlers
// of events. Any number of workers share the calls.
//
//	billing := worker.New("billing")
//	worker.Handle(billing, "charge", func(ctx context.Context, call *worker.Call, p Charge) (Receipt, error) { … })
//	err := billing.Run(ctx, "nats://127.0.0.1:4222")
//
// It is not for calling functions: that is [basalt.Call] of the client.
package worker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"

	"go.opentelemetry.io/otel/trace"

	"github.com/basalt-dev/basalt/modules/bus"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/services/wire"
	basalt "github.com/basalt-dev/basalt/sdk/go"
)

// Worker answers the calls of a service. All functions and handlers are added before it runs.
type Worker struct {
	service     string
	functions   map[string]function
	streams     map[string]streamHandler
	concurrency int
	log         *slog.Logger
	traces      trace.TracerProvider
}

// Option changes a new worker.
type Option func(*Worker)

// WithConcurrency sets how many calls are handled at once; the default is 64.
func WithConcurrency(n int) Option { return func(w *Worker) { w.concurrency = n } }

// WithLogger sets where failures are logged; the default is slog's.
func WithLogger(l *slog.Logger) Option { return func(w *Worker) { w.log = l } }

// WithTraces makes spans of traced calls with a provider of OpenTelemetry, as part of the traces of the server.
// Without it there are none.
func WithTraces(p trace.TracerProvider) Option { return func(w *Worker) { w.traces = p } }

// New returns a worker of a service, without functions.
func New(service string, options ...Option) *Worker {
	w := &Worker{service: service, functions: map[string]function{}, streams: map[string]streamHandler{}, concurrency: 64, log: slog.Default()}
	for _, o := range options {
		o(w)
	}
	return w
}

// Call is a call as a function sees it.
type Call struct {
	// ID is different for every call, and the same where one is retried.
	ID string
	// Auth has the claims of the caller; nil for an anonymous one, and for an event.
	Auth map[string]any
	// Key is the Idempotency-Key of the caller, or the id of an event; empty without one. A worker that has seen it
	// has done the work already.
	Key string

	send func(any) error
}

// Send sends a piece of the result, before the function returns. A caller that asks for no stream gets an array of
// the pieces, when the function returns nil.
func (c *Call) Send(piece any) error { return c.send(piece) }

// Handle adds a function to a worker. Its parameters are decoded into P. An error that is a *[basalt.Error], or wraps
// one, is sent to the caller with its Code, Detail and Fields. Any other is logged, and the caller learns only that
// the function has failed.
func Handle[P, R any](w *Worker, name string, f func(ctx context.Context, call *Call, params P) (R, error)) {
	w.functions[name] = func(ctx context.Context, c *wire.Call, send func(any) error) (any, error) {
		var params P
		if err := json.Unmarshal(c.Params, &params); err != nil {
			return nil, &wire.Failure{Code: fault.Invalid, Detail: "the parameters are not those of the function: " + err.Error()}
		}
		result, err := f(ctx, &Call{ID: c.ID, Auth: c.Auth, Key: c.Key, send: send}, params)
		var toCaller *basalt.Error
		if errors.As(err, &toCaller) {
			failure := &wire.Failure{Code: fault.Code(toCaller.Code), Detail: toCaller.Detail}
			for _, e := range toCaller.Fields {
				failure.Fields = append(failure.Fields, fault.FieldError(e))
			}
			return nil, failure
		}
		return result, err
	}
}

// Run answers calls, and handles events of streams, on the bus of a URL, such as nats://127.0.0.1:4222 or
// redis://127.0.0.1:6379, until ctx ends. Then it finishes those that have begun.
func (w *Worker) Run(ctx context.Context, busURL string) (err error) {
	u, err := url.Parse(busURL)
	if err != nil {
		return errors.New("worker: the URL of the bus is not valid; it is one such as nats://127.0.0.1:4222") // the error of the parser repeats it, with its password
	}
	driver := map[string]string{"nats": "nats", "tls": "nats", "redis": "redis", "rediss": "redis"}[u.Scheme]
	if driver == "" {
		return fmt.Errorf("worker: there is no bus for %s://; use nats:// or redis://", u.Scheme)
	}
	b, err := bus.Open(driver, busURL)
	if err != nil {
		return fmt.Errorf("worker: %w", err)
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	return w.run(ctx, b)
}

func (w *Worker) run(ctx context.Context, b bus.Bus) error {
	var stops []func()
	defer func() {
		for _, stop := range stops {
			stop()
		}
	}()
	if len(w.functions) > 0 {
		stop, err := w.serve(ctx, b)
		if err != nil {
			return fmt.Errorf("worker: serving %s: %w", w.service, err)
		}
		stops = append(stops, stop)
	}
	for stream, handle := range w.streams {
		stop, err := w.consume(b, stream, handle)
		if err != nil {
			return fmt.Errorf("worker: reading the stream %s for %s: %w", stream, w.service, err)
		}
		stops = append(stops, stop)
	}
	<-ctx.Done()
	return nil
}
