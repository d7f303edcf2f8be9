package webhook_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/basalt-dev/basalt/modules/webhook"
)

var now = time.Unix(1674087231, 0)

func request(t *testing.T, secret, id, body string, at time.Time) *http.Request {
	t.Helper()
	r, err := webhook.Request(t.Context(), "http://localhost/hook", []byte(secret), id, []byte(body), at)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestRequest_IsThatOfTheStandard compares with the example of Standard Webhooks 1.0: its secret is
// MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw in base64.
func TestRequest_IsThatOfTheStandard(t *testing.T) {
	t.Parallel()
	secret := "\x31\xf2\x90\xf6\xbf\x06\x29\x8a\xab\x4f\x08\xd4\x3c\x3f\x08\x2c\xf6\x48\xa3\x62\xda\x2d\xa4\xb0"
	r := request(t, secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", `{"test": 2432232314}`, time.Unix(1614265330, 0))
	if got := r.Header.Get("webhook-signature"); got != "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=" {
		t.Errorf("the signature is %s", got)
	}
	if r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/json" || r.Header.Get("webhook-timestamp") != "1614265330" {
		t.Errorf("%s %v", r.Method, r.Header)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil || string(body) != `{"test": 2432232314}` {
		t.Errorf("%s, %v", body, err)
	}
	if got := request(t, "", "1", "{}", now).Header.Values("webhook-signature"); got != nil {
		t.Errorf("without a secret: %v", got)
	}
}

func TestVerify_AcceptsNothingElse(t *testing.T) {
	t.Parallel()
	const body = `{"a":1}`
	for name, test := range map[string]struct {
		change func(h http.Header)
		body   string
		secret string
		after  time.Duration
		ok     bool
	}{
		"as it was sent":                 {nil, body, "s", 0, true},
		"a little later":                 {nil, body, "s", 4 * time.Minute, true},
		"a clock that is behind":         {nil, body, "s", -4 * time.Minute, true},
		"replayed later":                 {nil, body, "s", 6 * time.Minute, false},
		"from the future":                {nil, body, "s", -6 * time.Minute, false},
		"another body":                   {nil, `{"a":2}`, "s", 0, false},
		"another secret":                 {nil, body, "t", 0, false},
		"another id":                     {func(h http.Header) { h.Set("webhook-id", "2") }, body, "s", 0, false},
		"another time":                   {func(h http.Header) { h.Set("webhook-timestamp", "1674087232") }, body, "s", 0, false},
		"no time":                        {func(h http.Header) { h.Del("webhook-timestamp") }, body, "s", 0, false},
		"a time that is none":            {func(h http.Header) { h.Set("webhook-timestamp", "now") }, body, "s", 0, false},
		"no signature":                   {func(h http.Header) { h.Del("webhook-signature") }, body, "s", 0, false},
		"an empty signature":             {func(h http.Header) { h.Set("webhook-signature", "v1,") }, body, "s", 0, false},
		"one of several, as in rotation": {func(h http.Header) { h.Set("webhook-signature", "v1,old "+h.Get("webhook-signature")) }, body, "s", 0, true},
		"of another version": {func(h http.Header) {
			h.Set("webhook-signature", strings.Replace(h.Get("webhook-signature"), "v1,", "v1a,", 1))
		}, body, "s", 0, false},
		"id and time moved": {func(h http.Header) { h.Set("webhook-id", "1.1674087231"); h.Set("webhook-timestamp", "") }, body, "s", 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := request(t, "s", "1", body, now)
			if test.change != nil {
				test.change(r.Header)
			}
			if err := webhook.Verify(r.Header, []byte(test.body), []byte(test.secret), now.Add(test.after)); (err == nil) != test.ok {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestWithoutURL_HidesIt(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	r, err := webhook.Request(t.Context(), server.URL+"/?token=SECRET", nil, "1", nil, now)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(r)
	if err == nil {
		resp.Body.Close()
		t.Fatal("a closed server answers")
	}
	if got := webhook.WithoutURL(err).Error(); strings.Contains(got, "SECRET") || got == "" {
		t.Errorf("got %s", got)
	}
	if plain := errors.New("x"); webhook.WithoutURL(plain) != plain { //nolint:errorlint // it is the same one
		t.Error("another error is not kept")
	}
}

func TestNewID_IsNew(t *testing.T) {
	t.Parallel()
	if a, b := webhook.NewID(), webhook.NewID(); a == b || !strings.HasPrefix(a, "msg_") || len(a) < 24 {
		t.Errorf("%s and %s", a, b)
	}
}
