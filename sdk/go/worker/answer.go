package worker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/basalt-dev/basalt/modules/bus"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/services/wire"
	"github.com/basalt-dev/basalt/modules/tracing"
)

// function answers a call. What it returns is encoded as JSON; pieces may be sent before. An error that wraps a
// *wire.Failure is sent to the caller.
type function func(ctx context.Context, c *wire.Call, send func(piece any) error) (any, error)

// serve answers the calls on a bus.
func (w *Worker) serve(ctx context.Context, b bus.Bus) (stop func(), err error) {
	return b.Serve(wire.Subject(w.service), w.concurrency, func(message []byte, answer func([]byte) error) {
		var c wire.Call
		if err := json.Unmarshal(message, &c); err != nil {
			w.log.Error("a call is not JSON", "service", w.service, "error", err.Error())
			return
		}
		err := w.answer(context.WithoutCancel(ctx), &c, func(a wire.Answer) error {
			text, err := json.Marshal(a)
			if err != nil {
				return err
			}
			return answer(text)
		})
		if err != nil {
			w.log.Warn("the answer to a call was not delivered", "service", c.Service, "function", c.Function, "call", c.ID, "error", err.Error())
		}
	})
}

// answer answers one call. Its error is that of send.
func (w *Worker) answer(ctx context.Context, c *wire.Call, send func(wire.Answer) error) error {
	if !c.Deadline.IsZero() {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, c.Deadline)
		defer cancel()
	}
	ctx, end := w.traced(ctx, c.Service+"."+c.Function, c.Trace)
	result, err := w.call(ctx, c, func(piece any) error {
		text, err := json.Marshal(piece)
		if err != nil {
			return err
		}
		return send(wire.Answer{Piece: text})
	})
	defer end(err)
	if err != nil {
		return send(wire.Answer{Error: w.failure(c, err), Done: true})
	}
	text, err := json.Marshal(result)
	if err != nil {
		return send(wire.Answer{Error: w.failure(c, fmt.Errorf("its result is not JSON: %w", err)), Done: true})
	}
	return send(wire.Answer{Result: text, Done: true})
}

// call calls the function. A panic in it is an error.
func (w *Worker) call(ctx context.Context, c *wire.Call, send func(any) error) (result any, err error) {
	f := w.functions[c.Function]
	if f == nil {
		return nil, &wire.Failure{Code: fault.NotFound, Detail: "this worker has no function " + c.Function}
	}
	defer recovered(&err)
	return f(ctx, c, send)
}

// failure returns what the caller learns of an error. The rest of it goes to the log.
func (w *Worker) failure(c *wire.Call, err error) *wire.Failure {
	var failure *wire.Failure
	switch {
	case errors.As(err, &failure):
		return failure
	case errors.Is(err, context.DeadlineExceeded):
		return &wire.Failure{Code: fault.Timeout, Detail: "the function has not finished in time"}
	}
	w.log.Error("a function has failed", "service", c.Service, "function", c.Function, "call", c.ID, "error", err.Error())
	return &wire.Failure{Code: fault.Internal, Detail: "see the log of the worker"}
}

// recovered makes a panic the error of the function that defers it.
func recovered(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("panic: %v", p)
	}
}

// traced begins the span of what a worker does, where there is a provider. The caller ends it.
func (w *Worker) traced(ctx context.Context, what, parent string) (_ context.Context, end func(error)) {
	if w.traces == nil {
		return ctx, func(error) {}
	}
	ctx, span := tracing.Root(ctx, w.traces, "worker "+what, parent, trace.SpanKindConsumer)
	return ctx, func(err error) {
		if err != nil {
			span.SetStatus(codes.Error, "")
		}
		span.End()
	}
}
