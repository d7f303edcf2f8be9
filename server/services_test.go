package server_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/basalt-dev/basalt/server/servertest"
)

// Workers are tested in sdk/go/worker; this is the calling side.
const servicesConfig = `
databases: { main: { driver: sqlite, url: "file:test.db" } }
auth: { tokens: { algorithm: HS256, secret: "a-secret-of-32-bytes-or-more-....", access: 15m, refresh: 720h } }
admin: { keys: ["admin-key-admin-key"] }
collections:
  accounts: { fields: { owner: { type: string, index: true }, open: { type: bool } } }
services:
  billing:
    SERVICE
    functions:
      charge:
        rule: 'auth != nil && exists("accounts", {"id": request.params.account, "owner": auth.id, "open": true})'
        params:
          account: { type: string, required: true }
          amount:  { type: int, required: true, min: 1, max: 1000 }
          note:    { type: string, default: "none" }
        idempotent: true
      count:  { rule: 'true', params: { to: { type: int, required: true } } }
      fail:   { rule: 'true', params: { how: { type: string } }, timeout: 500ms }
      unsafe: { rule: 'true' }
      hidden: {}
      rare:   { rule: 'true', limit: { rate: 2/1h, by: all } }
`

// TestServices_OverHTTP: what may be repeated is tried again; a server that fails again and again is left alone;
// calls are signed.
func TestServices_OverHTTP(t *testing.T) {
	t.Parallel()
	var arrived, broken atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		arrived.Add(1)
		if r.Header.Get("webhook-signature") == "" || r.Header.Get("webhook-id") == "" {
			t.Error("a call is not signed")
		}
		if broken.Add(-1) >= 0 {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		_, _ = w.Write([]byte(`"fine"`))
	}))
	defer server.Close()
	s := servertest.Start(t, strings.Replace(servicesConfig, "SERVICE", fmt.Sprintf("driver: http\n    url: %q\n    secret: \"whsec\"", server.URL), 1))
	ann := user(s, "ann")
	s.Want(t, 201, call{Method: "POST", Path: "/v1/db/accounts", Token: admin, Body: `{"id":"a1","owner":"ann","open":true}`})
	pay := call{Method: "POST", Path: "/v1/fn/billing/charge", Token: ann, Body: `{"account":"a1","amount":7}`}
	once := call{Method: "POST", Path: "/v1/fn/billing/unsafe"}
	broken.Store(2)
	if got := s.Want(t, 200, pay).Body; got != `"fine"` || arrived.Load() != 3 {
		t.Errorf("got %s after %d", got, arrived.Load())
	}
	broken.Store(1)
	s.Want(t, 503, once)
	if arrived.Load() != 4 {
		t.Errorf("what may happen once was sent %d times", arrived.Load()-3)
	}
	s.Want(t, 200, once)
	broken.Store(1000)
	for range 10 {
		s.Want(t, 503, once)
	}
	if sent := arrived.Load() - 5; sent != 5 {
		t.Errorf("a server that fails was sent %d calls", sent)
	}
	if a := s.Want(t, 503, once); a.Header.Get("Retry-After") == "" || !strings.Contains(a.Body, "circuit breaker open") {
		t.Errorf("got %s", a.Body)
	}
}
