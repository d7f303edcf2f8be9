package otlp

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

type transport func(*http.Request) (*http.Response, error)

func (t transport) RoundTrip(r *http.Request) (*http.Response, error) { return t(r) }

// TestClient_AsksABusyCollectorAgain for a minute, and when it says.
func TestClient_AsksABusyCollectorAgain(t *testing.T) {
	for name, c := range map[string]struct {
		header string
		refuse int           // how often it refuses
		least  time.Duration // how long that takes at least
		sent   bool
	}{
		"for a while":  {"", 2, 6 * time.Second, true},
		"when it says": {"20", 1, 20 * time.Second, true},
		"too late":     {"90", 1, 0, false},
		"never":        {"", 1000, 15 * time.Second, false},
	} {
		synctest.Test(t, func(t *testing.T) {
			client, err := New("http://collector", func(string) string { return "" })
			if err != nil {
				t.Fatal(err)
			}
			begin, asked := time.Now(), 0
			client.http.Transport = transport(func(r *http.Request) (*http.Response, error) {
				body, err := io.ReadAll(r.Body)
				if err != nil || string(body) != "spans" {
					t.Errorf("%s: the body is %q, %v", name, body, err)
				}
				status := http.StatusOK
				if asked++; asked <= c.refuse {
					status = http.StatusServiceUnavailable
				}
				return &http.Response{StatusCode: status, Status: http.StatusText(status), Header: http.Header{"Retry-After": {c.header}}, Body: io.NopCloser(strings.NewReader(""))}, nil
			})
			err = client.upload(context.Background(), []byte("spans"))
			if took := time.Since(begin); (err == nil) != c.sent || took < c.least || took > giveUp {
				t.Errorf("%s: %v after %s, %d times", name, err, took, asked)
			}
		})
	}
}
