package server

import (
	"context"
	"encoding/base64"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
)

// partialSuccess is an answer that refuses spans.
func partialSuccess(count uint64, why string) string {
	inner := protowire.AppendVarint(protowire.AppendTag(nil, 1, protowire.VarintType), count)
	inner = protowire.AppendString(protowire.AppendTag(inner, 2, protowire.BytesType), why)
	return string(protowire.AppendBytes(protowire.AppendTag(nil, 1, protowire.BytesType), inner))
}

// TestCollector_Sends what a collector understands, tries again where that helps, and says what went wrong.
func TestCollector_Sends(t *testing.T) {
	t.Parallel()
	type answer struct {
		status           int
		retryAfter, body string
	}
	for _, c := range []struct {
		name    string
		answers []answer
		want    string // of the error
	}{
		{"at once", []answer{{200, "", ""}}, ""},
		{"at the second attempt", []answer{{503, "", "restarting"}, {200, "", ""}}, ""},
		{"when it is time again", []answer{{429, "0", ""}, {502, "", ""}, {504, "", ""}, {200, "", ""}}, ""},
		{"not, where it may not", []answer{{401, "", "who are you?"}}, "401 Unauthorized: who are you?"},
		{"in part", []answer{{200, "", partialSuccess(3, "too old")}}, "refused 3 spans: too old"},
		{"all, with an empty success", []answer{{200, "", "\x0a\x00"}}, ""},
		{"all, with an answer that is none", []answer{{200, "", "\x0a\xff"}}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			attempts := 0
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, err := io.ReadAll(r.Body)
				var got tracepb.TracesData
				if err != nil || proto.Unmarshal(body, &got) != nil || len(got.ResourceSpans) != 1 || got.ResourceSpans[0].SchemaUrl != "x" {
					t.Errorf("got %q (%v)", body, err)
				}
				if user, password, _ := r.BasicAuth(); user != "ann" || password != "a b" || r.Method != "POST" || r.URL.Path != "/below/v1/traces" || r.Header.Get("Content-Type") != "application/x-protobuf" {
					t.Errorf("got %s %s with %v", r.Method, r.URL, r.Header)
				}
				if attempts == len(c.answers) {
					t.Error("one attempt too many")
					return
				}
				a := c.answers[attempts]
				attempts++
				w.Header().Set("Content-Type", "application/x-protobuf")
				if a.retryAfter != "" {
					w.Header().Set("Retry-After", a.retryAfter)
				}
				w.WriteHeader(a.status)
				_, _ = io.WriteString(w, a.body)
			}))
			defer s.Close()
			to, err := newCollector(strings.Replace(s.URL, "://", "://ann:a%20b@", 1) + "/below")
			if err != nil {
				t.Fatal(err)
			}
			to.pause = time.Millisecond
			err = to.UploadTraces(context.Background(), []*tracepb.ResourceSpans{{SchemaUrl: "x"}})
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
			if attempts != len(c.answers) {
				t.Errorf("%d attempts, want %d", attempts, len(c.answers))
			}
		})
	}
}

// TestCollector_EndsWithItsContext, and keeps the password to itself.
func TestCollector_EndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.Background())
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "3600")
		w.WriteHeader(http.StatusServiceUnavailable)
		cancel()
	}))
	to, err := newCollector(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	if err := to.UploadTraces(ctx, nil); err == nil {
		t.Error("what was never taken is no error")
	}
	s.Close()
	for _, base := range []string{strings.Replace(s.URL, "://", "://ann:hunter2@", 1), "http://ann:hunter2@a b"} {
		to, err := newCollector(base)
		if err == nil {
			err = to.UploadTraces(context.Background(), nil)
		}
		if err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: got %v", base, err)
		}
	}
}

// TestCollector_TakesHeadersOfTheEnvironment, as other programs with OpenTelemetry do.
func TestCollector_TakesHeadersOfTheEnvironment(t *testing.T) {
	t.Setenv("OTEL_EXPORTER_OTLP_HEADERS", "api-key=a%20key, x-scope = b ,,broken=%zz,none")
	to, err := newCollector("http://ann:b@127.0.0.1:4318/")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"Api-Key": "a key", "X-Scope": "b", "Authorization": "Basic " + base64.StdEncoding.EncodeToString([]byte("ann:b")), "Broken": "", "None": ""}
	for name, value := range want {
		if got := to.header.Get(name); got != value {
			t.Errorf("%s is %q, want %q", name, got, value)
		}
	}
	if to.url != "http://127.0.0.1:4318/v1/traces" {
		t.Errorf("it sends to %s", to.url)
	}
}
