package server_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/basalt-dev/basalt/server/servertest"
)

// sendRaw writes bytes to a server as they are, and reads its answer.
func sendRaw(t *testing.T, s *servertest.Instance, text string) (status int, header http.Header, body string) {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close() // the answer has been read
	if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	go io.WriteString(conn, text) // a refusal may come before all is sent
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close() // as above
	read, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, resp.Header, string(read)
}

// TestRefusals_CanBeRead: whatever is refused, also before any route is asked, has what every answer has, and a page of
// an allowed origin can read it.
func TestRefusals_CanBeRead(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, notes+`
cors: { origins: ["https://app.example.com"] }
limits: { body: 1KiB }
`)
	post := func(path, rest string) string {
		return "POST " + path + " HTTP/1.1\r\nHost: x\r\nOrigin: https://app.example.com\r\n" + rest
	}
	large := strings.Repeat("x", 4096)
	for what, test := range map[string]struct {
		request, code string
		status        int
	}{
		"a body of a known length":   {post("/v1/db/notes", "Content-Length: 4096\r\n\r\n"+large), "too_large", 413},
		"a body in chunks":           {post("/v1/db/notes", "Transfer-Encoding: chunked\r\n\r\n1000\r\n"+large+"\r\n0\r\n\r\n"), "too_large", 413},
		"a header":                   {post("/v1/db/notes", "X-Large: "+strings.Repeat("x", 64<<10)+"\r\n\r\n"), "too_large", 413},
		"an address":                 {post("/"+strings.Repeat("x", 64<<10), "\r\n"), "too_large", 413},
		"a chunk that is none":       {post("/v1/db/notes", "Transfer-Encoding: chunked\r\n\r\nzz\r\n"), "invalid_json", 400},
		"two lengths":                {post("/v1/db/notes", "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab"), "invalid_json", 400},
		"no HTTP":                    {"hello\r\n\r\n", "invalid_json", 400},
		"a coding":                   {post("/v1/db/notes", "Content-Encoding: br\r\nContent-Length: 2\r\n\r\n{}"), "unsupported_media_type", 415},
		"a bad token":                {post("/v1/db/notes", "Authorization: Bearer x\r\nContent-Length: 2\r\n\r\n{}"), "unauthenticated", 401},
		"an address that is nowhere": {post("/v1/nothing", "Content-Length: 2\r\n\r\n{}"), "not_found", 404},
	} {
		status, header, body := sendRaw(t, s, test.request)
		if status != test.status || !strings.Contains(body, fmt.Sprintf("%q", test.code)) {
			t.Errorf("%s: got %d %s, want %d %s", what, status, body, test.status, test.code)
		}
		for name, want := range map[string]string{
			"Access-Control-Allow-Origin": "https://app.example.com", "X-Content-Type-Options": "nosniff", "X-Frame-Options": "SAMEORIGIN",
			"Referrer-Policy": "strict-origin-when-cross-origin", "Content-Type": "application/problem+json",
		} {
			if got := header.Get(name); got != want {
				t.Errorf("%s: %s is %q, not %q", what, name, got, want)
			}
		}
		if header.Get("X-Request-Id") == "" || !strings.Contains(header.Get("Vary"), "Origin") || !strings.Contains(header.Get("Access-Control-Expose-Headers"), "X-Request-Id") {
			t.Errorf("%s: the headers are %v", what, header)
		}
		status, header, _ = sendRaw(t, s, strings.Replace(test.request, "https://app.", "https://evil.", 1))
		if got := header.Get("Access-Control-Allow-Origin"); strings.Contains(got, "evil") || got == "*" {
			t.Errorf("%s: %d to another origin allows %q", what, status, got)
		}
	}
}

// TestPreflight_HeadersOfAListedOrigin: whatever headers tracing adds to its calls are allowed to a listed origin, and none
// to another.
func TestPreflight_HeadersOfAListedOrigin(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, notes+`
cors: { origins: ["https://app.example.com"] }
`)
	const asked = "authorization,baggage,sentry-trace,tracestate,traceparent,x-anything"
	for origin, allowed := range map[string]bool{"https://app.example.com": true, "https://evil.example.com": false} {
		for _, path := range []string{"/v1/db/notes", "/v1/auth/refresh", "/v1/files/none/1", "/v1/nothing"} {
			a := s.Do(t, call{Method: "OPTIONS", Path: path, Header: map[string]string{"Origin": origin, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": asked}})
			for name := range strings.SplitSeq(asked, ",") {
				if has := strings.Contains(strings.ToLower(a.Header.Get("Access-Control-Allow-Headers")), name); allowed && !has {
					t.Errorf("%s: %s may not send %s: %v", path, origin, name, a.Header)
				}
			}
			if got := a.Header.Get("Access-Control-Allow-Origin"); (got == origin) != allowed {
				t.Errorf("%s: %s gets %q", path, origin, got)
			}
		}
	}
}

// TestPreflight_ARefusalIsInTheLog: whoever has an app on another port sees which setting is missing, once.
func TestPreflight_ARefusalIsInTheLog(t *testing.T) {
	t.Parallel()
	const quiet = "log: { level: warn }\n"
	preflight := func(s *servertest.Instance, origin string) {
		s.Do(t, call{Method: "OPTIONS", Path: "/v1/db/notes", Header: map[string]string{"Origin": origin, "Access-Control-Request-Method": "POST"}})
		s.Do(t, call{Method: "GET", Path: "/v1/db/notes", Header: map[string]string{"Origin": s.URL}}) // the own page may send it, too
	}
	config := strings.Replace(notes, "log: { level: error }\n", quiet, 1)
	for _, cors := range []string{"", "cors: { origins: [\"https://app.example.com\"] }\n"} {
		s := servertest.Start(t, config+cors)
		preflight(s, "http://localhost:5173")
		preflight(s, "http://localhost:5173")
		s.Stop()
		if n := strings.Count(s.Log(), `cors: { origins: [\"http://localhost:5173\"] }`); n != 1 || strings.Contains(s.Log(), s.URL) {
			t.Errorf("%q: the log names the setting %d times: %s", cors, n, s.Log())
		}
	}
	listed := servertest.Start(t, config+"cors: { origins: [\"http://localhost:5173\"] }\n")
	preflight(listed, "http://localhost:5173")
	if listed.Stop(); strings.Contains(listed.Log(), "cors") {
		t.Errorf("the log says %s", listed.Log())
	}
}

// TestOrigins_AreTheSameForHTTPAndLive: what may read an answer may open a live connection, and nothing else.
func TestOrigins_AreTheSameForHTTPAndLive(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, notes+`
cors: { origins: ["https://app.example.com", "https://*.preview.example.com"] }
`)
	for origin, allowed := range map[string]bool{
		"https://app.example.com":               true,
		"https://x.preview.example.com":         true,
		"https://a.b.preview.example.com":       true,
		"https://preview.example.com":           false,
		"https://evilpreview.example.com":       false,
		"https://x.preview.example.com.evil.eu": false,
		"https://app.example.com.evil.eu":       false,
		"http://app.example.com":                false,
		"http://x.preview.example.com":          false,
		"https://app.example.com:8443":          false,
		"null":                                  false,
	} {
		got := s.Want(t, 200, call{Method: "GET", Path: "/healthz", Header: map[string]string{"Origin": origin}}).Header.Get("Access-Control-Allow-Origin")
		if (got == origin) != allowed || !allowed && got != "" {
			t.Errorf("%s: HTTP allows %q", origin, got)
		}
		status, _, body := sendRaw(t, s, "GET /v1/realtime HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"+
			"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: basalt.v1\r\nOrigin: "+origin+"\r\n\r\n")
		if (status == 101) != allowed || !allowed && status != 403 {
			t.Errorf("%s: a live connection gets %d %s", origin, status, body)
		}
	}
}
