/** What is needed of the package @opentelemetry/api; undefined where it is not installed. */
const api = import("@opentelemetry/api").catch(() => undefined);
const traceparent = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;
/** Runs f in a span that is part of the trace of its caller, where OpenTelemetry is set up in this process. */
export async function traced(name, parent, f) {
    const otel = await api;
    if (!otel)
        return f();
    const { context, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } = otel;
    const [, traceId, spanId, flags] = traceparent.exec(parent ?? "") ?? [];
    const outer = traceId && spanId ? trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags: parseInt(flags ?? "0", 16), isRemote: true }) : ROOT_CONTEXT;
    const span = trace.getTracer("@basalt-dev/worker").startSpan(name, { kind: SpanKind.CONSUMER }, outer);
    try {
        return await context.with(trace.setSpan(outer, span), f);
    }
    catch (error) {
        span.setStatus({ code: SpanStatusCode.ERROR });
        throw error;
    }
    finally {
        span.end();
    }
}
