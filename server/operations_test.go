package server_test

import (
	"bufio"
	"compress/gzip"
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/basalt-dev/basalt/server"
	"github.com/basalt-dev/basalt/server/servertest"
)

// eventually waits for something that happens by itself, at most a minute.
var eventually = servertest.Eventually

func TestReload_ABrokenFileLeavesTheOldOneServing(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, notes)
	u := user(s, "u1")
	read := call{Method: "GET", Path: "/v1/db/closed", Token: u}
	s.Want(t, 403, read)
	write := func(content string) {
		if err := os.WriteFile(s.Path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(strings.Replace(notes, "fields: { x: { type: int } }", "fields: { x: { type: int }, y: { type: string } }\n    rules: { read: 'true' }", 1))
	eventually(t, "the new rule is in force", func() bool { return s.Do(t, read).Status == 200 })

	write("collections: [")
	eventually(t, "the broken file is refused", func() bool {
		return strings.Contains(s.Do(t, call{Method: "GET", Path: "/metrics"}).Body, `basalt_config_reloads_total{outcome="refused"}`)
	})
	s.Want(t, 200, read)
}

func TestReload_NoRequestFails(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, notes)
	u := user(s, "u1")
	var stop atomic.Bool
	var writers sync.WaitGroup
	var written atomic.Int64
	for range 4 {
		writers.Go(func() {
			for !stop.Load() {
				if a := s.Do(t, call{Method: "POST", Path: "/v1/db/notes", Token: u, Body: `{"title":"x"}`}); a.Status != 201 {
					t.Errorf("got %d %s", a.Status, a.Body)
					return
				}
				written.Add(1)
			}
		})
	}
	for range 10 {
		if err := s.Reload(); err != nil {
			t.Error(err)
		}
	}
	stop.Store(true)
	writers.Wait()
	var page struct{ Total int64 }
	s.Want(t, 200, call{Method: "GET", Path: "/v1/db/notes?count=true&limit=1", Token: u}).Decode(t, &page)
	if page.Total != written.Load() {
		t.Errorf("%d answers of 201, and %d documents", written.Load(), page.Total)
	}
}

// TestShutdown_FinishesWhatItAccepted stops the server under load: every answer that arrives is one,
// and every 201 is stored.
func TestShutdown_FinishesWhatItAccepted(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, notes)
	u := user(s, "u1")
	client := &http.Client{Timeout: time.Minute}
	var written atomic.Int64
	var writers sync.WaitGroup
	started := make(chan struct{}, 100)
	for range 8 {
		writers.Go(func() {
			for {
				req, _ := http.NewRequest("POST", s.URL+"/v1/db/notes", strings.NewReader(`{"title":"x"}`))
				req.Header.Set("Authorization", "Bearer "+u)
				resp, err := client.Do(req)
				if err != nil {
					return // the server is gone
				}
				resp.Body.Close()
				if resp.StatusCode == 201 {
					written.Add(1)
				} else if resp.StatusCode != 503 {
					t.Errorf("got %d", resp.StatusCode)
				}
				select {
				case started <- struct{}{}:
				default:
				}
			}
		})
	}
	for range 50 {
		<-started
	}
	s.Stop()
	writers.Wait()
	again := servertest.StartFile(t, s.Path)
	var page struct{ Total int64 }
	again.Want(t, 200, call{Method: "GET", Path: "/v1/db/notes?count=true&limit=1", Token: u}).Decode(t, &page)
	if page.Total < written.Load() {
		t.Errorf("%d answers of 201, and %d documents", written.Load(), page.Total)
	}
}

func TestLimits_BodyPageBatchAndTime(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, strings.Replace(notes, "log:", "limits: { body: 1KiB, page: 3, batch: 2, depth: 4, nodes: 5 }\nlog:", 1))
	u := user(s, "u1")
	for _, test := range []struct {
		method, path, body string
		status             int
	}{
		{"POST", "/v1/db/notes", `{"title":"` + strings.Repeat("x", 2000) + `"}`, 413},
		{"POST", "/v1/db/notes", `[{"title":"a"},{"title":"b"},{"title":"c"}]`, 422},
		{"POST", "/v1/db/notes", `{"title":"a","tags":[[[[1]]]]}`, 422},
		{"POST", "/v1/db/notes/query", `{"where":{"stars":{"$in":[1,2,3,4,5,6]}}}`, 422},
		{"GET", "/v1/db/notes?limit=50", "", 200}, // capped, which next shows
	} {
		c := call{Method: test.method, Path: test.path, Token: u}
		if test.body != "" {
			c.Body = test.body
		}
		if a := s.Do(t, c); a.Status != test.status {
			t.Errorf("%s %s: got %d, want %d: %s", test.method, test.path, a.Status, test.status, a.Body)
		}
	}
	for range 3 {
		s.Want(t, 201, call{Method: "POST", Path: "/v1/db/notes", Token: u, Body: `[{"title":"a"},{"title":"b"}]`})
	}
	a := s.Want(t, 200, call{Method: "GET", Path: "/v1/db/notes?limit=50", Token: u})
	if n := len(a.IDs(t)); n != 3 || strings.Contains(a.Body, `"next":null`) {
		t.Errorf("%d documents, %s", n, a.Body)
	}
	long := strings.Repeat("x", 40000)
	if a := s.Do(t, call{Method: "GET", Path: "/v1/db/notes?filter=" + long, Token: u}); a.Status != 413 {
		t.Errorf("a long address: got %d %s", a.Status, a.Body)
	}
}

func TestHeaders_SecurityCORSAndRequestID(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, strings.Replace(notes, "log:", "cors: { origins: [\"https://app.example.com\"] }\nlog:", 1))
	origin := func(o string) map[string]string {
		return map[string]string{"Origin": o, "Access-Control-Request-Method": "PATCH", "Access-Control-Request-Headers": "authorization,if-match"}
	}
	good := s.Do(t, call{Method: "OPTIONS", Path: "/v1/db/notes", Header: origin("https://app.example.com")})
	if good.Status != 204 || good.Header.Get("Access-Control-Allow-Origin") != "https://app.example.com" || !strings.Contains(good.Header.Get("Access-Control-Allow-Methods"), "PATCH") {
		t.Errorf("got %d %v", good.Status, good.Header)
	}
	bad := s.Do(t, call{Method: "OPTIONS", Path: "/v1/db/notes", Header: origin("https://evil.example.com")})
	if bad.Header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("got %v", bad.Header)
	}
	a := s.Do(t, call{Method: "GET", Path: "/v1/db/notes", Token: user(s, "u1")})
	for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", "Content-Security-Policy": "default-src 'none'", "X-Request-Id": ""} {
		if got := a.Header.Get(name); got == "" || !strings.HasPrefix(got, want) {
			t.Errorf("%s is %q", name, got)
		}
	}
}

func TestMetrics_CountRequestsVerdictsAndCalls(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, notes)
	s.Want(t, 200, call{Method: "GET", Path: "/v1/db/notes", Token: user(s, "u1")})
	s.Want(t, 404, call{Method: "GET", Path: "/nothing/" + strings.Repeat("x", 100)})
	text := s.Want(t, 200, call{Method: "GET", Path: "/metrics"}).Body
	for _, want := range []string{
		`basalt_http_requests_total{code="200",method="GET",route="/v1/db/:collection"} 1`,
		`basalt_http_requests_total{code="404",method="GET",route="unmatched"} 1`,
		`basalt_rule_verdicts_total{collection="notes",op="read",verdict="filter"} 1`,
		`basalt_db_call_seconds_count{call="find",database="main"}`,
		"basalt_rules_compiled_total 4\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("there is no %s", want)
		}
	}
	if regexp.MustCompile(`u1|test\.db|0123456789abcdef`).MatchString(text) {
		t.Error("the metrics say too much")
	}
}

func TestHealth_LiveReadyAndSDK(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, notes)
	for path, part := range map[string]string{"/healthz": "ok", "/readyz": "ready", "/v1/sdk.js": "createClient", "/.well-known/jwks.json": `"keys":[]`} {
		if a := s.Want(t, 200, call{Method: "GET", Path: path}); !strings.Contains(a.Body, part) {
			t.Errorf("%s: got %.100s", path, a.Body)
		}
	}
	plain := s.Want(t, 200, call{Method: "GET", Path: "/v1/sdk.js", Header: map[string]string{"Accept-Encoding": "identity"}})
	packed := s.Want(t, 200, call{Method: "GET", Path: "/v1/sdk.js", Header: map[string]string{"Accept-Encoding": "gzip"}})
	r, err := gzip.NewReader(strings.NewReader(packed.Body))
	if err != nil {
		t.Fatal(err)
	}
	if unpacked, err := io.ReadAll(r); err != nil || string(unpacked) != plain.Body || packed.Header.Get("Content-Encoding") != "gzip" || packed.Header.Get("Vary") == "" {
		t.Errorf("with gzip: %d bytes of %d, %v, %v", len(unpacked), len(plain.Body), err, packed.Header)
	}
}

func TestStatic_StaysInsideItsDirectory(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, content := range map[string]string{
		"public/index.html": "<h1>app</h1>", "public/.env": "SECRET", "public/sub/x.js": "js", "secret.txt": "SECRET",
		"basalt.yaml": strings.Replace(notes, "log:", "static: { path: /, dir: ./public, fallback: index.html }\nlog:", 1),
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("../secret.txt", filepath.Join(dir, "public", "link.txt")); err != nil {
		t.Fatal(err)
	}
	s := servertest.StartFile(t, filepath.Join(dir, "basalt.yaml"))
	html := map[string]string{"Accept": "text/html"}
	for path, want := range map[string]int{"/": 200, "/index.html": 301, "/sub/x.js": 200, "/app/route": 200, "/sub/": 200} {
		a := s.Do(t, call{Method: "GET", Path: path, Header: html})
		if a.Status != want && a.Status != 200 {
			t.Errorf("%s: got %d", path, a.Status)
		}
	}
	for _, path := range []string{"/.env", "/link.txt", "/../secret.txt", "/..%2fsecret.txt", "/%2e%2e/secret.txt", "/sub/../../secret.txt", "/..\\secret.txt", "/test.db", "/../basalt.yaml"} {
		for _, header := range []map[string]string{nil, html} {
			if a := s.Do(t, call{Method: "GET", Path: path, Header: header}); strings.Contains(a.Body, "SECRET") || strings.Contains(a.Body, "secret:") || a.Status >= 500 {
				t.Errorf("%s: got %d %s", path, a.Status, a.Body)
			}
		}
	}
	if a := s.Do(t, call{Method: "GET", Path: "/v1/nothing", Header: html}); a.Status != 404 || a.Code() != "not_found" {
		t.Errorf("a wrong address of the API: got %d %s", a.Status, a.Body)
	}
}

func TestNew_RefusesToStartOnAMistakeAndSaysWhere(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "basalt.yaml")
	if err := os.WriteFile(path, []byte(strings.Replace(notes, "doc.done", "doc.don", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := server.New(context.Background(), path, server.Options{Log: os.Stderr})
	if err == nil || !strings.Contains(err.Error(), `there is no field "don"; did you mean "done"?`) || !strings.Contains(err.Error(), "basalt.yaml:25:") {
		t.Errorf("got %v", err)
	}
}

// TestShutdown_DoesNotWaitForSilentConnections: browsers and clients open connections ahead of use.
func TestShutdown_DoesNotWaitForSilentConnections(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, notes)
	for range 3 {
		c, err := net.Dial("tcp", strings.TrimPrefix(s.URL, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
	}
	s.Want(t, 200, call{Method: "GET", Path: "/healthz"}) // the connections before this one are accepted
	s.Stop()                                              // fails the test when it takes longer than a drain
}

// TestLimits_SlowClientsAreLetGo: one that does not finish its request, one that sends its body too
// slowly, and one that does not read.
func TestLimits_SlowClientsAreLetGo(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, strings.Replace(notes, "log:", "limits: { timeout: 500ms }\nlog:", 1))
	for what, test := range map[string]struct{ sent, want string }{
		"half a header": {"GET /healthz HTTP/1.1\r\nHost: x\r\nX-", "504 Gateway Timeout"},
		"half a body":   {"POST /v1/db/notes HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{", "504 Gateway Timeout"},
		"nothing":       {"", ""}, // an answer would be taken for that to a request which is sent just then
	} {
		c, err := net.Dial("tcp", strings.TrimPrefix(s.URL, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if _, err := c.Write([]byte(test.sent)); err != nil {
			t.Fatal(err)
		}
		if err := c.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		answer, err := io.ReadAll(c) // ends when the server closes the connection
		if err != nil || !strings.Contains(string(answer), test.want) || test.want == "" && len(answer) > 0 {
			t.Errorf("%s: got %q, %v", what, answer, err)
		}
	}
	// A connection that is used again has a deadline of its own each time.
	c, err := net.Dial("tcp", strings.TrimPrefix(s.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	reader := bufio.NewReader(c)
	for range 4 {
		if _, err := c.Write([]byte("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")); err != nil {
			t.Fatal(err)
		}
		resp, err := http.ReadResponse(reader, nil)
		if err != nil || resp.StatusCode != 200 {
			t.Fatalf("got %v, %v", resp, err)
		}
		if _, err := io.Copy(io.Discard, resp.Body); err != nil {
			t.Fatal(err)
		}
		time.Sleep(300 * time.Millisecond)
	}
}
