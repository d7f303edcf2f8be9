// Package tracing creates spans if a request is traced, and costs next to nothing otherwise.
//
// It is not for deciding what is traced or where spans are sent: package server has the exporter. There is no
// global provider: a span uses the provider of its context.
package tracing

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/basalt-dev/basalt/modules/fault"
)

// scope is the instrumentation scope of the spans.
const scope = "github.com/basalt-dev/basalt"

// On reports whether a context is traced.
func On(ctx context.Context) bool { return trace.SpanFromContext(ctx).IsRecording() }

func nothing(error) {}

// Start begins a child span of the span in the context, if there is one. The caller must call end.
func Start(ctx context.Context, name string, attributes ...attribute.KeyValue) (_ context.Context, end func(err error)) {
	parent := trace.SpanFromContext(ctx)
	if !parent.IsRecording() {
		return ctx, nothing
	}
	ctx, span := parent.TracerProvider().Tracer(scope).Start(ctx, name, trace.WithAttributes(attributes...))
	return ctx, func(err error) { finish(span, err) }
}

// Note adds a span for something that has already happened.
func Note(ctx context.Context, name string, start, end time.Time, attributes ...attribute.KeyValue) {
	parent := trace.SpanFromContext(ctx)
	if !parent.IsRecording() {
		return
	}
	_, span := parent.TracerProvider().Tracer(scope).Start(ctx, name, trace.WithTimestamp(start), trace.WithAttributes(attributes...))
	span.End(trace.WithTimestamp(end))
}

// finish ends a span. It omits the error message, which may contain data.
func finish(span trace.Span, err error) {
	if err != nil {
		code := fault.CodeOf(err)
		span.SetAttributes(attribute.String("error.type", string(code)))
		if code == fault.Internal || code == fault.Unavailable || code == fault.Timeout {
			span.SetStatus(codes.Error, string(code))
		}
	}
	span.End()
}

// Root begins the span of a request, as part of the trace of a W3C traceparent, which may be empty.
func Root(ctx context.Context, provider trace.TracerProvider, name, traceparent string, kind trace.SpanKind, attributes ...attribute.KeyValue) (context.Context, trace.Span) {
	if traceparent != "" {
		ctx = propagation.TraceContext{}.Extract(ctx, propagation.MapCarrier{"traceparent": traceparent})
	}
	return provider.Tracer(scope).Start(ctx, name, trace.WithSpanKind(kind), trace.WithAttributes(attributes...))
}

// Parent returns the W3C traceparent of a context, empty if it is not traced.
func Parent(ctx context.Context) string {
	carrier := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(ctx, carrier)
	return carrier["traceparent"]
}
