package servertest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
)

// HookSecret is what the requests of a [Hook] have to be signed with.
const HookSecret = "0123456789abcdef0123456789abcdef"

// Hook is a server that answers hooks.
type Hook struct {
	*httptest.Server
	unsigned atomic.Int64
}

// Unsigned returns how many requests were not signed, as Standard Webhooks 1.0 says.
func (h *Hook) Unsigned() int64 { return h.unsigned.Load() }

// StartHook runs a hook until the test ends.
func StartHook(t testing.TB, answer func(event, body string) (int, string)) *Hook {
	t.Helper()
	h := &Hook{}
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		mac := hmac.New(sha256.New, []byte(HookSecret))
		mac.Write([]byte(r.Header.Get("webhook-id") + "." + r.Header.Get("webhook-timestamp") + "." + string(body)))
		if r.Header.Get("webhook-signature") != "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)) {
			h.unsigned.Add(1)
		}
		var event struct{ Type string }
		if err := json.Unmarshal(body, &event); err != nil {
			t.Error(err)
		}
		status, text := answer(event.Type, string(body))
		w.WriteHeader(status)
		_, _ = io.WriteString(w, text) // the caller may be gone
	}))
	t.Cleanup(h.Close)
	return h
}
