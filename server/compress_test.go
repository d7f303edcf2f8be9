package server_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/valyala/fasthttp"

	"github.com/basalt-dev/basalt/server/servertest"
)

// unpack decodes an answer.
func unpack(t *testing.T, coding string, body []byte) string {
	t.Helper()
	var r io.Reader = bytes.NewReader(body)
	var err error
	switch coding {
	case "gzip":
		r, err = gzip.NewReader(r)
	case "br":
		var plain []byte
		plain, err = fasthttp.AppendUnbrotliBytes(nil, body)
		r = bytes.NewReader(plain)
	case "zstd":
		r, err = zstd.NewReader(r)
	}
	if err != nil {
		t.Fatal(err)
	}
	out, err := io.ReadAll(r)
	if err != nil {
		t.Fatalf("%s: %v", coding, err)
	}
	return string(out)
}

// TestCompression: who says that they take compressed answers gets large ones so, and no other user.
func TestCompression(t *testing.T) {
	t.Parallel()
	path := servertest.Write(t, `
databases: { main: { driver: memory } }
auth: { tokens: { secret: "0123456789abcdef0123456789abcdef" }, providers: { password: {} } }
admin: { keys: ["admin-key-admin-key"] }
log: { level: error }
static: { path: /, dir: public, fallback: index.html }
storage: { local: { driver: local, dir: files } }
cors: { origins: ["https://app.example.com"] }
collections:
  notes:
    fields: { text: { type: string } }
    rules: { read: 'true', create: 'true' }
    cache: { ttl: 1h }
  papers: { files: { storage: local }, rules: { read: 'true', create: 'true' } }
`)
	public := filepath.Join(filepath.Dir(path), "public")
	if err := os.Mkdir(public, 0o700); err != nil {
		t.Fatal(err)
	}
	script := strings.Repeat("let a = 1;\n", 500)
	for name, content := range map[string]string{"index.html": strings.Repeat("<p>", 1000), "app.js": script, "app.js.br": string(fasthttp.AppendBrotliBytes(nil, []byte(script))), "large.txt": script, "photo.png": script} {
		if err := os.WriteFile(filepath.Join(public, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := servertest.StartFile(t, path)
	large, small := strings.Repeat("all work and no play ", 100), "short"
	s.Want(t, 201, call{Method: "POST", Path: "/v1/db/notes", Body: map[string]string{"id": "large", "text": large}})
	s.Want(t, 201, call{Method: "POST", Path: "/v1/db/notes", Body: map[string]string{"id": "small", "text": small}})
	s.Want(t, 201, call{Method: "PUT", Path: "/v1/files/papers?path=a.txt", Body: large, Header: map[string]string{"Content-Type": "text/plain"}})
	get := func(path, accept string, more ...string) (*http.Response, []byte) {
		t.Helper()
		req, err := http.NewRequest(http.MethodGet, s.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Accept-Encoding", accept) // without it the client asks for gzip, and hides it
		for i := 0; i < len(more); i += 2 {
			req.Header.Set(more[i], more[i+1])
		}
		resp, err := http.DefaultTransport.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp, body
	}
	for _, test := range []struct{ path, accept, coding, has string }{
		{"/v1/db/notes/large", "gzip", "gzip", large},
		{"/v1/db/notes/large", "br", "br", large},
		{"/v1/db/notes/large", "zstd", "zstd", large},
		{"/v1/db/notes/large", "gzip, deflate, br, zstd", "zstd", large},
		{"/v1/db/notes/large", "gzip;q=1.0, br;q=0.5, zstd;q=0", "gzip", large},
		{"/v1/db/notes/large", "*", "zstd", large},
		{"/v1/db/notes/large", "GZIP", "gzip", large},
		{"/v1/db/notes/large", "x-gzip", "gzip", large},
		{"/v1/db/notes/large", "gzip;q=0", "", large},
		{"/v1/db/notes/large", "identity", "", large},
		{"/v1/db/notes/large", "identity;q=1, gzip;q=0.5", "", large},
		{"/v1/db/notes/large", "deflate", "", large},
		{"/v1/db/notes/large", "gzip;q=x", "", large},
		{"/v1/db/notes/large", "", "", large},
		{"/v1/db/notes?limit=5", "br", "br", large},
		{"/v1/db/notes/small", "gzip", "", small},
		{"/openapi.json", "gzip", "gzip", "openapi"},
		{"/docs/", "br", "br", "<html"},
		{"/v1/sdk.js", "gzip", "gzip", "createClient"},
		{"/v1/sdk.js", "br", "br", "createClient"},
		{"/metrics", "gzip", "gzip", "basalt_"},
		{"/console/", "gzip", "gzip", "<html"},
		{"/app.js", "br", "br", script},
		{"/app.js", "gzip", "gzip", script},
		{"/app.js", "", "", script},
		{"/large.txt", "br", "br", script},
		{"/photo.png", "br", "", script},
		{"/v1/files/papers?path=a.txt", "gzip", "", large},
	} {
		for range 2 { // the second time from the cache
			resp, body := get(test.path, test.accept)
			if got := resp.Header.Get("Content-Encoding"); resp.StatusCode != 200 || got != test.coding {
				t.Errorf("%s with %q: got %d, compressed by %q, want %q", test.path, test.accept, resp.StatusCode, got, test.coding)
				continue
			}
			if text := unpack(t, test.coding, body); !strings.Contains(text, test.has) {
				t.Errorf("%s with %q: the answer is %.100q", test.path, test.accept, text)
			}
			if test.coding != "" && (!strings.Contains(resp.Header.Get("Vary"), "Accept-Encoding") || len(body) != int(resp.ContentLength)) {
				t.Errorf("%s with %q: Vary is %q, %d bytes of %d", test.path, test.accept, resp.Header.Get("Vary"), len(body), resp.ContentLength)
			}
			if tag := resp.Header.Get("ETag"); test.coding != "" && tag != "" {
				if !strings.HasPrefix(tag, "W/") {
					t.Errorf("%s with %q: the tag is %q", test.path, test.accept, tag)
				}
				if again, body := get(test.path, test.accept, "If-None-Match", tag); again.StatusCode != 304 || len(body) > 0 {
					t.Errorf("%s with %q: again is %d with %d bytes", test.path, test.accept, again.StatusCode, len(body))
				}
			}
		}
	}
	// Origins are told, too, and what is cached for one client is not another's.
	resp, _ := get("/v1/db/notes/large", "gzip", "Origin", "https://app.example.com")
	if vary := resp.Header.Get("Vary"); !strings.Contains(vary, "Origin") || !strings.Contains(vary, "Accept-Encoding") {
		t.Errorf("Vary is %q", vary)
	}
	if resp, body := get("/large.txt", "gzip", "Range", "bytes=0-1999"); resp.StatusCode != 206 || resp.Header.Get("Content-Encoding") != "" || len(body) != 2000 {
		t.Errorf("a range is %d by %q, %d bytes", resp.StatusCode, resp.Header.Get("Content-Encoding"), len(body))
	}
	// Answers with secrets stay as they are.
	for i := range 8 {
		s.Want(t, 201, call{Method: "POST", Path: "/v1/auth/signup", Body: map[string]any{"email": fmt.Sprintf("pupil%d@example.com", i), "password": "correct horse"}})
	}
	for _, path := range []string{"/v1/admin/users?limit=100", "/v1/auth/nothing/" + strings.Repeat("x", 1200)} {
		resp, body := get(path, "gzip", "Authorization", "Bearer admin-key-admin-key")
		if coding := resp.Header.Get("Content-Encoding"); coding != "" {
			t.Errorf("%s is compressed by %q: %s", path, coding, body)
		}
	}
}

// TestCompression_OfWhatIsInTheBinary: who does not say that they take compressed answers gets none, as curl does.
func TestCompression_OfWhatIsInTheBinary(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, `
databases: { main: { driver: memory } }
log: { level: error }
console: {}
collections: { notes: { fields: { text: { type: string } }, rules: { read: 'true' } } }
`)
	transport := &http.Transport{DisableCompression: true} // or it asks for gzip itself
	t.Cleanup(transport.CloseIdleConnections)
	for _, path := range []string{"/console/", "/v1/sdk.js", "/docs/", "/docs/style.css"} {
		for accept, want := range map[string]string{"": "", "identity": "", "gzip;q=0": "", "gzip": "gzip", "deflate, gzip;q=0.5": "gzip"} {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			if accept != "" {
				req.Header.Set("Accept-Encoding", accept)
			}
			resp, err := transport.RoundTrip(req)
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(resp.Body)
			_ = resp.Body.Close()
			if coding := resp.Header.Get("Content-Encoding"); err != nil || resp.StatusCode != 200 || coding != want || unpack(t, coding, body) == "" || !strings.Contains(resp.Header.Get("Vary"), "Accept-Encoding") {
				t.Errorf("%s with %q: %d, %q, %d bytes, %v", path, accept, resp.StatusCode, coding, len(body), err)
			}
		}
	}
}
