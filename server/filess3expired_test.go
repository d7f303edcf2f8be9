package server_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"github.com/basalt-dev/basalt/server/servertest"
)

// TestFiles_CredentialsOfS3Expire: then nothing is stored or lost, clients are asked to come again, and with new credentials in
// the configuration all goes on, also what had begun with the old ones.
func TestFiles_CredentialsOfS3Expire(t *testing.T) {
	t.Parallel()
	backend := s3mem.New()
	if err := backend.CreateBucket("media"); err != nil {
		t.Fatal(err)
	}
	inner := gofakes3.New(backend).Server()
	var valid atomic.Value // the token of the credentials that have not expired
	valid.Store("token-1")
	var refused atomic.Int64
	fake := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token := r.Header.Get("X-Amz-Security-Token")
		key := strings.Replace(token, "token", "key", 1)
		if token != valid.Load() || !strings.Contains(r.Header.Get("Authorization"), "Credential="+key+"/") {
			refused.Add(1)
			w.Header().Set("Content-Type", "application/xml")
			w.WriteHeader(http.StatusBadRequest) // as AWS does
			if r.Method != http.MethodHead {
				_, _ = fmt.Fprint(w, "<Error><Code>ExpiredToken</Code><Message>The provided token has expired.</Message></Error>") // to a client that may be gone
			}
			return
		}
		inner.ServeHTTP(w, r)
	}))
	t.Cleanup(fake.Close)
	config := func(n int) string {
		return fmt.Sprintf("storage: { media: { driver: s3, endpoint: %q, bucket: media, region: us-east-1, key: key-%d, secret: secret-%d, token: token-%d, path_style: true } }\n", fake.URL, n, n, n) + album
	}
	s := servertest.Start(t, config(1))
	ada := s.Token(map[string]any{"sub": "ada"})
	content := strings.Repeat("0123456789", 20_000)
	doc := put(t, s, ada, "/v1/files/photos?path=a.txt", content)
	at := beginTus(t, s, ada, "half ", "Upload-Length", "9")

	valid.Store("token-2")
	for what, c := range map[string]call{
		"read":     {Method: "GET", Path: "/v1/files/photos/" + doc.ID},
		"range":    {Method: "GET", Path: "/v1/files/photos/" + doc.ID, Header: map[string]string{"Range": "bytes=1-2"}},
		"new":      {Method: "POST", Path: "/v1/files/photos?path=b.txt", Body: content, Header: map[string]string{"Content-Type": "text/plain"}},
		"replace":  {Method: "PUT", Path: "/v1/files/photos/" + doc.ID, Body: "other", Header: map[string]string{"Content-Type": "text/plain"}},
		"a piece":  tusCall("PATCH", at, ada, "full", "Upload-Offset", "5"),
		"a second": tusCall("POST", "/v1/files/photos/tus", ada, "", "Upload-Length", "9"),
	} {
		c.Token = ada
		a := s.Do(t, c)
		if a.Status != 503 || a.Header.Get("Retry-After") == "" || strings.Contains(a.Body, "secret") || strings.Contains(a.Body, "token") {
			t.Errorf("%s: %d %v %s", what, a.Status, a.Header, a.Body)
		}
	}
	if refused.Load() == 0 {
		t.Error("the storage has refused nothing")
	}
	if list := s.Want(t, 200, call{Method: "GET", Path: "/v1/db/photos", Token: ada}).IDs(t); len(list) != 1 {
		t.Errorf("documents: %v", list)
	}

	if err := os.WriteFile(s.Path, []byte(config(2)), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.Reload(); err != nil {
		t.Fatal(err)
	}
	if a := s.Want(t, 200, call{Method: "GET", Path: "/v1/files/photos/" + doc.ID, Token: ada}); a.Body != content {
		t.Errorf("got %d bytes", len(a.Body))
	}
	offset := s.Want(t, 200, tusCall("HEAD", at, ada, "")).Header.Get("Upload-Offset")
	if offset != "5" {
		t.Errorf("the upload that had begun is at %s", offset)
	}
	last := s.Want(t, 204, tusCall("PATCH", at, ada, "full", "Upload-Offset", "5"))
	if a := s.Want(t, 200, call{Method: "GET", Path: "/v1/files/photos/" + last.Header.Get("X-Basalt-Document"), Token: ada}); a.Body != "half full" {
		t.Errorf("got %q", a.Body)
	}
	put(t, s, ada, "/v1/files/photos?path=b.txt", content)
	if log := s.Log(); strings.Contains(log, "secret-1") || strings.Contains(log, "token-1") {
		t.Error("the log has the credentials")
	}
}
