package worker_test

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	tracev1 "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/basalt-dev/basalt/modules/bus/bustest"
	"github.com/basalt-dev/basalt/sdk/go/worker"
	"github.com/basalt-dev/basalt/server/servertest"
)

// spans takes what is sent to a collector by someone who may.
type spans struct {
	mu  sync.Mutex // guards all
	all []*tracev1.Span
}

func (s *spans) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if user, password, _ := r.BasicAuth(); user != "ann" || password != "of the spans" {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	body, err := io.ReadAll(r.Body)
	var request collector.ExportTraceServiceRequest
	if err != nil || r.URL.Path != "/v1/traces" || proto.Unmarshal(body, &request) != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, rs := range request.ResourceSpans {
		for _, ss := range rs.ScopeSpans {
			s.all = append(s.all, ss.Spans...)
		}
	}
}

// trace returns the names of the spans of a trace, each with that of its parent.
func (s *spans) trace(id string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	names := map[string]string{}
	for _, one := range s.all {
		names[string(one.SpanId)] = one.Name
	}
	var out []string
	for _, one := range s.all {
		if hex.EncodeToString(one.TraceId) == id {
			out = append(out, names[string(one.ParentSpanId)]+" > "+one.Name)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// TestTracing_FollowsARequest from the client through rule, cache, database and bus to the worker.
func TestTracing_FollowsARequest(t *testing.T) {
	t.Parallel()
	collected := &spans{}
	server := httptest.NewServer(collected)
	defer server.Close()
	nats := bustest.Start(t).URL()
	ctx, cancel := context.WithCancel(context.Background())
	recorder := tracetest.NewSpanRecorder()
	billing := worker.New("billing", worker.WithTraces(sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(recorder))))
	worker.Handle(billing, "charge", func(context.Context, *worker.Call, struct{}) (int, error) { return 1, nil })
	done := make(chan error, 1)
	go func() { done <- billing.Run(ctx, nats) }()
	defer func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}()
	s := servertest.Start(t, fmt.Sprintf(`
databases: { main: { driver: sqlite, url: "file:test.db" } }
auth: { tokens: { algorithm: HS256, secret: "a-secret-of-32-bytes-or-more-....", access: 15m, refresh: 720h } }
telemetry: { otlp: %q }
collections:
  notes:
    cache: { ttl: 30s }
    fields: { owner: { type: string }, title: { type: string } }
    rules: { read: 'doc.owner == auth.id', create: 'next.owner == auth.id' }
services: { billing: { driver: nats, url: %q, functions: { charge: { rule: 'true' } } } }
`, strings.Replace(server.URL, "://", "://ann:of%20the%20spans@", 1), nats))
	ann := user(s, "ann")
	const trace1, trace2, trace3 = "0af7651916cd43dd8448eb211c80319c", "1af7651916cd43dd8448eb211c80319c", "2af7651916cd43dd8448eb211c80319c"
	header := func(id string) map[string]string {
		return map[string]string{"traceparent": "00-" + id + "-b7ad6b7169203331-01"}
	}
	s.Want(t, 201, call{Method: "POST", Path: "/v1/db/notes", Token: ann, Body: `{"id":"1","owner":"ann","title":"a secret title"}`, Header: header(trace1)})
	s.Want(t, 200, call{Method: "GET", Path: "/v1/db/notes/1", Token: ann, Header: header(trace2)})
	c := call{Method: "POST", Path: "/v1/fn/billing/charge", Header: header(trace3)}
	callUntilThere(t, s, c)
	for range 10 {
		s.Want(t, 200, call{Method: "GET", Path: "/v1/db/notes/1", Token: ann})
	}
	want := map[string][]string{
		trace1: {" > POST /v1/db/:collection", "POST /v1/db/:collection > db insert", "POST /v1/db/:collection > rule"},
		trace2: {" > GET /v1/db/:collection/:id", "GET /v1/db/:collection/:id > cache", "GET /v1/db/:collection/:id > rule", "cache > db find"},
		trace3: {" > POST /v1/fn/:service/:function", "POST /v1/fn/:service/:function > function billing.charge"},
	}
	for id, names := range want {
		servertest.Eventually(t, "the trace is there: "+fmt.Sprint(names), func() bool {
			got := collected.trace(id)
			return !slices.ContainsFunc(names, func(n string) bool { return !slices.Contains(got, n) })
		})
	}
	servertest.Eventually(t, "the worker has a span of it", func() bool {
		return slices.ContainsFunc(recorder.Ended(), func(one sdktrace.ReadOnlySpan) bool {
			return one.Name() == "worker billing.charge" && one.SpanContext().TraceID().String() == trace3 && one.Parent().IsRemote()
		})
	})
	collected.mu.Lock()
	defer collected.mu.Unlock()
	for _, one := range collected.all { // a span is exported when the buffers of its request have those of another one
		for _, a := range one.Attributes {
			if method, _, _ := strings.Cut(one.Name, " "); a.Key == "http.request.method" && a.Value.GetStringValue() != method {
				t.Errorf("the span %s has the method %q", one.Name, a.Value.GetStringValue())
			}
		}
	}
	if text, err := json.Marshal(collected.all); err != nil || strings.Contains(string(text), "secret") {
		t.Error("a span contains the data of a document")
	}
}
