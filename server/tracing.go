package server

import (
	"context"
	"fmt"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// exportTime bounds how long spans may take to leave at the end.
const exportTime = 3 * time.Second

// openTracing makes what sends spans to a collector, or takes it over from the runtime before.
func (r *runtime) openTracing(ctx context.Context, old *runtime) error {
	t := r.config.Telemetry
	if t == nil {
		return nil
	}
	if old != nil && old.config.Telemetry != nil && *old.config.Telemetry == *t {
		r.traces = old.traces
		return nil
	}
	to, err := newCollector(t.OTLP.Reveal())
	var exporter *otlptrace.Exporter
	if err == nil {
		exporter, err = otlptrace.New(ctx, to)
	}
	if err != nil {
		return fmt.Errorf("telemetry.otlp is where a collector takes OTLP over HTTP, as in http://127.0.0.1:4318")
	}
	r.traces = sdktrace.NewTracerProvider(
		sdktrace.WithBatcher(exporter, sdktrace.WithBatchTimeout(time.Second)),
		sdktrace.WithSampler(sdktrace.ParentBased(sdktrace.TraceIDRatioBased(float64(t.Sample)/100))),
		sdktrace.WithResource(resource.NewSchemaless(
			attribute.String("service.name", t.Name), attribute.String("service.version", r.server.options.Version), attribute.String("service.instance.id", r.server.node),
		)),
	)
	return nil
}

// endTracing sends what is left.
func (r *runtime) endTracing() error {
	ctx, cancel := context.WithTimeout(context.Background(), exportTime)
	defer cancel()
	if err := r.traces.Shutdown(ctx); err != nil {
		r.logger.Warn("some spans could not be sent", "error", err.Error())
	}
	return nil
}
