package otlp_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/basalt-dev/basalt/modules/tracing/otlp"
)

func environment(values map[string]string) func(string) string {
	return func(name string) string { return values[name] }
}

func spans(name string) []*tracepb.ResourceSpans {
	return []*tracepb.ResourceSpans{{ScopeSpans: []*tracepb.ScopeSpans{{Spans: []*tracepb.Span{{Name: name, TraceId: bytes.Repeat([]byte{1}, 16)}}}}}}
}

// TestClient_SendsWhatCollectorsTake: the request is an ExportTraceServiceRequest, sent as the environment says.
func TestClient_SendsWhatCollectorsTake(t *testing.T) {
	t.Parallel()
	for name, env := range map[string]map[string]string{
		"plain": {},
		"all":   {"OTEL_EXPORTER_OTLP_COMPRESSION": "gzip", "OTEL_EXPORTER_OTLP_HEADERS": "authorization=Bearer%20k,x-team = a ", "OTEL_EXPORTER_OTLP_TIMEOUT": "20000"},
		"ours":  {"OTEL_EXPORTER_OTLP_HEADERS": "x-team=b", "OTEL_EXPORTER_OTLP_TRACES_HEADERS": "authorization=Bearer k,x-team=a", "OTEL_EXPORTER_OTLP_TRACES_COMPRESSION": "gzip"},
	} {
		var got collector.ExportTraceServiceRequest
		var header http.Header
		var path, user string
		server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			header, path = r.Header, r.URL.String()
			user, _, _ = r.BasicAuth()
			var body io.Reader = r.Body
			if header.Get("Content-Encoding") == "gzip" {
				var err error
				if body, err = gzip.NewReader(r.Body); err != nil {
					t.Error(err)
					return
				}
			}
			text, err := io.ReadAll(body)
			if err != nil || proto.Unmarshal(text, &got) != nil {
				t.Errorf("%s: the body is no request: %v", name, err)
			}
		}))
		address := strings.Replace(server.URL, "http://", "http://ann:pw@", 1) + "/base/"
		if name != "plain" {
			address = server.URL + "/base/"
		}
		c, err := otlp.New(address, environment(env))
		if err != nil {
			t.Fatal(err)
		}
		if err := c.UploadTraces(context.Background(), spans("a request")); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		server.Close()
		if len(got.ResourceSpans) != 1 || got.ResourceSpans[0].ScopeSpans[0].Spans[0].Name != "a request" {
			t.Errorf("%s: the collector has %v", name, &got)
		}
		if path != "/base/v1/traces" || header.Get("Content-Type") != "application/x-protobuf" {
			t.Errorf("%s: sent to %s as %s", name, path, header.Get("Content-Type"))
		}
		zipped := header.Get("Content-Encoding") == "gzip"
		if name == "plain" && (zipped || user != "ann") || name != "plain" && (!zipped || header.Get("Authorization") != "Bearer k" || header.Get("X-Team") != "a") {
			t.Errorf("%s: the headers are %v", name, header)
		}
	}
}

// TestClient_SaysWhatTheCollectorSays when it refuses all, or some.
func TestClient_SaysWhatTheCollectorSays(t *testing.T) {
	t.Parallel()
	some, err := proto.Marshal(&collector.ExportTraceServiceResponse{PartialSuccess: &collector.ExportTracePartialSuccess{RejectedSpans: 3, ErrorMessage: "too old"}})
	if err != nil {
		t.Fatal(err)
	}
	for want, answer := range map[string]struct {
		status int
		kind   string
		body   string
	}{
		"":                              {200, "application/x-protobuf", ""},
		"3 spans: too old":              {200, "application/x-protobuf", string(some)},
		"401 Unauthorized: no such key": {401, "text/plain", "no such key\n"},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", answer.kind)
			w.WriteHeader(answer.status)
			_, _ = io.WriteString(w, answer.body) // the client has gone
		}))
		c, err := otlp.New(server.URL, environment(nil))
		if err != nil {
			t.Fatal(err)
		}
		err = c.UploadTraces(context.Background(), spans("x"))
		if (want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
		server.Close()
	}
}

// TestClient_TrustsTheCertificateOfTheEnvironment and no other.
func TestClient_TrustsTheCertificateOfTheEnvironment(t *testing.T) {
	t.Parallel()
	server := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer server.Close()
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, trusted := range []bool{false, true} {
		env := map[string]string{}
		if trusted {
			env["OTEL_EXPORTER_OTLP_CERTIFICATE"] = file
		}
		c, err := otlp.New(server.URL, environment(env))
		if err != nil {
			t.Fatal(err)
		}
		if err := c.UploadTraces(context.Background(), spans("x")); (err == nil) != trusted {
			t.Errorf("trusted %t: %v", trusted, err)
		}
	}
}

// TestNew_RefusesWhatCannotWork, and does not repeat what may be a key.
func TestNew_RefusesWhatCannotWork(t *testing.T) {
	t.Parallel()
	for want, env := range map[string]map[string]string{
		"HEADERS has the form":      {"OTEL_EXPORTER_OTLP_HEADERS": "hunter2"},
		"TIMEOUT is a number":       {"OTEL_EXPORTER_OTLP_TIMEOUT": "hunter2"},
		"CERTIFICATE: open":         {"OTEL_EXPORTER_OTLP_CERTIFICATE": "/nowhere"},
		"CLIENT_CERTIFICATE: open":  {"OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE": "/nowhere", "OTEL_EXPORTER_OTLP_CLIENT_KEY": "/nowhere"},
		"where a collector takes O": nil,
	} {
		address := "http://127.0.0.1:4318"
		if env == nil {
			address = "hunter2"
		}
		if _, err := otlp.New(address, environment(env)); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// TestClient_StopEndsWhatWaits: a server that shuts down does not wait for a collector that is away.
func TestClient_StopEndsWhatWaits(t *testing.T) {
	t.Parallel()
	asked := make(chan struct{}, 10)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusServiceUnavailable)
		asked <- struct{}{}
	}))
	defer server.Close()
	c, err := otlp.New(server.URL, environment(nil))
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- c.UploadTraces(context.Background(), spans("x")) }()
	<-asked
	if err := c.Stop(context.Background()); err != nil {
		t.Error(err)
	}
	if err := <-done; err == nil {
		t.Error("it was sent")
	}
}
