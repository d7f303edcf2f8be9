package services

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/basalt-dev/basalt/modules/bus"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/tracing"
)

// subject is that of a service on a bus.
func subject(service string) string { return "fn." + service }

// Bus calls a service whose workers are on a bus.
type Bus struct{ Bus bus.Bus }

// Call implements [Caller].
func (b Bus) Call(ctx context.Context, c Call, piece func(json.RawMessage) error) (json.RawMessage, error) {
	c.Deadline, _ = ctx.Deadline()
	message, err := json.Marshal(c)
	if err != nil {
		return nil, err
	}
	collected := collector{piece: piece}
	err = b.Bus.Request(ctx, subject(c.Service), message, func(text []byte) bool {
		var a Answer
		if err := json.Unmarshal(text, &a); err != nil {
			collected.err = fmt.Errorf("the worker answers with something else than JSON: %w", err)
			return false
		}
		return collected.take(a)
	})
	switch {
	case errors.Is(err, bus.ErrNobody):
		return nil, fault.Retry(fault.Unavailable, time.Second, "no worker of the service %s is there; try again", c.Service)
	case errors.Is(err, context.DeadlineExceeded):
		return nil, late(err)
	case err != nil:
		return nil, errors.Join(fault.Retry(fault.Unavailable, time.Second, "the service cannot be reached; try again"), err)
	}
	return collected.whole()
}

// Handler answers a call. What it returns is encoded as JSON; pieces may be sent before. An error that is a *Failure,
// or has one in it, is told to the caller; any other is logged, and the caller learns that the function has failed.
type Handler func(ctx context.Context, c *Call, send func(piece any) error) (any, error)

// Worker answers the calls of a service.
type Worker struct {
	Service string
	// Functions has the handlers, by name; Streams those of events of streams, which all workers of the service share.
	Functions map[string]Handler
	Streams   map[string]StreamHandler
	// Concurrency is how many calls are handled at once.
	Concurrency int
	Log         *slog.Logger
	// Traces makes the spans of calls that are traced; nil makes none.
	Traces trace.TracerProvider
}

// Run answers calls on a bus until ctx ends, and then finishes those that it has.
func (w *Worker) Run(ctx context.Context, b bus.Bus) error {
	var stops []func()
	defer func() {
		for _, stop := range stops {
			stop()
		}
	}()
	if len(w.Functions) > 0 {
		stop, err := w.serve(ctx, b)
		if err != nil {
			return fmt.Errorf("serving %s: %w", w.Service, err)
		}
		stops = append(stops, stop)
	}
	for stream, handle := range w.Streams {
		stop, err := w.consume(b, stream, handle)
		if err != nil {
			return fmt.Errorf("reading the stream %s for %s: %w", stream, w.Service, err)
		}
		stops = append(stops, stop)
	}
	<-ctx.Done()
	return nil
}

func (w *Worker) serve(ctx context.Context, b bus.Bus) (stop func(), err error) {
	return b.Serve(subject(w.Service), w.Concurrency, func(message []byte, answer func([]byte) error) {
		var c Call
		if err := json.Unmarshal(message, &c); err != nil {
			w.Log.Error("a call that is not JSON", "error", err.Error())
			return
		}
		err := w.Handle(context.WithoutCancel(ctx), &c, func(a Answer) error {
			text, err := json.Marshal(a)
			if err != nil {
				return err
			}
			return answer(text)
		})
		if err != nil {
			w.Log.Warn("nobody has heard the answer to a call", "service", c.Service, "function", c.Function, "call", c.ID, "error", err.Error())
		}
	})
}

// Handle answers one call. The error is that of answer.
func (w *Worker) Handle(ctx context.Context, c *Call, answer func(Answer) error) error {
	if !c.Deadline.IsZero() {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, c.Deadline)
		defer cancel()
	}
	ctx, end := w.traced(ctx, c.Service+"."+c.Function, c.Trace)
	var traced error
	defer func() { end(traced) }()
	result, err := w.run(ctx, c, func(piece any) error {
		text, err := json.Marshal(piece)
		if err != nil {
			return err
		}
		return answer(Answer{Piece: text})
	})
	traced = err
	var failure *Failure
	switch {
	case err == nil:
	case errors.As(err, &failure):
		return answer(Answer{Error: failure, Done: true})
	case errors.Is(err, context.DeadlineExceeded):
		return answer(Answer{Error: &Failure{Code: fault.Timeout, Detail: "the function has not finished in time"}, Done: true})
	default:
		w.Log.Error("a function has failed", "service", c.Service, "function", c.Function, "call", c.ID, "error", err.Error())
		return answer(Answer{Error: &Failure{Code: fault.Internal, Detail: "see the log of the worker"}, Done: true})
	}
	text, err := json.Marshal(result)
	if err != nil {
		w.Log.Error("the result of a function is no JSON", "service", c.Service, "function", c.Function, "call", c.ID, "error", err.Error())
		return answer(Answer{Error: &Failure{Code: fault.Internal, Detail: "see the log of the worker"}, Done: true})
	}
	return answer(Answer{Result: text, Done: true})
}

func (w *Worker) run(ctx context.Context, c *Call, send func(any) error) (result any, err error) {
	handle := w.Functions[c.Function]
	if handle == nil {
		return nil, &Failure{Code: fault.NotFound, Detail: "this worker has no function " + c.Function}
	}
	defer recovered(&err)
	return handle(ctx, c, send)
}

// recovered makes a panic the error of the function that defers it.
func recovered(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("panic: %v", p)
	}
}

// traced begins the span of what a worker does, where its spans are wanted. The caller ends it.
func (w *Worker) traced(ctx context.Context, what, parent string) (_ context.Context, end func(error)) {
	if w.Traces == nil {
		return ctx, func(error) {}
	}
	ctx, span := tracing.Root(ctx, w.Traces, "worker "+what, parent, trace.SpanKindConsumer)
	return ctx, func(err error) {
		if err != nil {
			span.SetStatus(codes.Error, "")
		}
		span.End()
	}
}
