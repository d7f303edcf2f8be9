// Package tracing makes spans where a request is traced, and costs next to nothing where it is not.
//
// It is not for deciding what is traced or where spans go: package server has the exporter. There is no global
// provider: a span that begins in a context belongs to the one that is there.
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

// scope names who makes the spans.
const scope = "github.com/basalt-dev/basalt"

// On reports whether what happens in a context is traced.
func On(ctx context.Context) bool { return trace.SpanFromContext(ctx).IsRecording() }

func nothing(error) {}

// Start begins a span inside the one of the context, if there is one. The caller calls end.
func Start(ctx context.Context, name string, attributes ...attribute.KeyValue) (_ context.Context, end func(err error)) {
	parent := trace.SpanFromContext(ctx)
	if !parent.IsRecording() {
		return ctx, nothing
	}
	ctx, span := parent.TracerProvider().Tracer(scope).Start(ctx, name, trace.WithAttributes(attributes...))
	return ctx, func(err error) { finish(span, err) }
}

// Note makes a span of something that has happened already.
func Note(ctx context.Context, name string, start, end time.Time, attributes ...attribute.KeyValue) {
	parent := trace.SpanFromContext(ctx)
	if !parent.IsRecording() {
		return
	}
	_, span := parent.TracerProvider().Tracer(scope).Start(ctx, name, trace.WithTimestamp(start), trace.WithAttributes(attributes...))
	span.End(trace.WithTimestamp(end))
}

// finish ends a span. The text of an error is not told, because it may have something of the data in it.
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

// Parent returns the W3C traceparent of what happens in a context, empty where nothing is traced.
func Parent(ctx context.Context) string {
	carrier := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(ctx, carrier)
	return carrier["traceparent"]
}
