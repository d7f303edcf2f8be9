package server

import (
	"context"
	"fmt"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/basalt-dev/basalt/modules/tracing"
)

// exportTime bounds how long spans may take to leave at the end.
const exportTime = 3 * time.Second

// prepareTracing makes what sends spans to a collector, or takes it over from the generation before.
func (g *generation) prepareTracing(ctx context.Context, old *generation) error {
	t := g.config.Telemetry
	if t == nil {
		return nil
	}
	if old != nil && old.config.Telemetry != nil && *old.config.Telemetry == *t {
		g.traces = old.traces
		return nil
	}
	exporter, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(t.OTLP.Reveal()+"/v1/traces"))
	if err != nil {
		return fmt.Errorf("telemetry.otlp is where a collector takes OTLP over HTTP, as in http://127.0.0.1:4318")
	}
	g.traces = sdktrace.NewTracerProvider(
		sdktrace.WithBatcher(exporter, sdktrace.WithBatchTimeout(time.Second)),
		sdktrace.WithSampler(sdktrace.ParentBased(sdktrace.TraceIDRatioBased(float64(t.Sample)/100))),
		sdktrace.WithResource(resource.NewSchemaless(
			attribute.String("service.name", t.Name), attribute.String("service.version", g.server.options.Version), attribute.String("service.instance.id", g.server.node),
		)),
	)
	return nil
}

// endTracing sends what is left.
func (g *generation) endTracing() error {
	ctx, cancel := context.WithTimeout(context.Background(), exportTime)
	defer cancel()
	if err := g.traces.Shutdown(ctx); err != nil {
		g.logger.Warn("some spans could not be sent", "error", err.Error())
	}
	return nil
}

// traced begins the span of a request, and makes the verdicts of rules spans in it.
func (r *request) traced() (end func(status int)) {
	method := methodOf(r.Ctx)
	ctx, span := tracing.Root(r.context, r.traces, method+" "+r.Route().Path, r.Get("traceparent"), trace.SpanKindServer,
		attribute.String("http.request.method", method), attribute.String("http.route", r.Route().Path))
	r.context = ctx
	if span.IsRecording() {
		r.Locals("trace", span.SpanContext().TraceID().String())
		r.traceRules = func(collection, op, verdict string, start time.Time) {
			tracing.Note(ctx, "rule", start, time.Now(), attribute.String("basalt.collection", collection), attribute.String("basalt.op", op), attribute.String("basalt.verdict", verdict))
		}
	}
	return func(status int) {
		span.SetAttributes(attribute.Int("http.response.status_code", status))
		if status >= 500 {
			span.SetStatus(codes.Error, "")
		}
		span.End()
	}
}
