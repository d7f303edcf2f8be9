package server_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"github.com/basalt-dev/basalt/server/servertest"
)

// bucketed starts a server whose photos are in S3, which is away while down.
func bucketed(t *testing.T, files string, down *atomic.Bool) *servertest.Instance {
	t.Helper()
	backend := s3mem.New()
	if err := backend.CreateBucket("media"); err != nil {
		t.Fatal(err)
	}
	inner := gofakes3.New(backend).Server()
	fake := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if down != nil && down.Load() {
			http.Error(w, "<Error><Code>ExpiredToken</Code></Error>", http.StatusBadRequest)
			return
		}
		inner.ServeHTTP(w, r)
	}))
	t.Cleanup(fake.Close)
	return servertest.Start(t, fmt.Sprintf("storage: { media: { driver: s3, endpoint: %q, bucket: media, region: us-east-1, key: k, secret: s, path_style: true } }\n", fake.URL)+
		strings.Replace(album, "files: { max: 1MiB,", "files: { "+files+"max: 1MiB,", 1))
}

// unfollowed returns the redirect that a path is answered with.
func unfollowed(t *testing.T, s *servertest.Instance, path, token string) *http.Response {
	t.Helper()
	req, err := http.NewRequest(http.MethodGet, s.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusFound {
		t.Fatalf("GET %s is answered with %d, not with a redirect", path, resp.StatusCode)
	}
	return resp
}

// TestFiles_RedirectToTheStorage: under the same rules, and for no longer than what lets the caller read.
func TestFiles_RedirectToTheStorage(t *testing.T) {
	t.Parallel()
	s := bucketed(t, "serve: redirect, ", nil)
	ada := s.Token(map[string]any{"sub": "ada"})
	doc := put(t, s, ada, "/v1/files/photos?path=a.txt&name=caf%C3%A9.txt", "the sea")
	empty := put(t, s, ada, "/v1/files/photos", "")
	at := "/v1/files/photos/" + doc.ID
	follow := func(path, token string) (lifetime int, answer *http.Response, body string) {
		t.Helper()
		a := unfollowed(t, s, path, token)
		if a.Header.Get("Cache-Control") != "private, no-store" || a.Header.Get("Referrer-Policy") != "no-referrer" || a.Header.Get("ETag") != "" {
			t.Errorf("the redirect has %v", a.Header)
		}
		u, err := url.Parse(a.Header.Get("Location"))
		if err != nil {
			t.Fatal(err)
		}
		if lifetime, err = strconv.Atoi(u.Query().Get("X-Amz-Expires")); err != nil {
			t.Fatalf("%s: %v", u, err)
		}
		if strings.Contains(u.String(), ada) {
			t.Error("the token of the caller is in the address")
		}
		resp, err := http.Get(u.String())
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return lifetime, resp, string(text)
	}
	for _, path := range []string{at, at + "/x.txt", "/v1/files/photos?path=a.txt"} {
		if lifetime, resp, body := follow(path, ada); lifetime != 60 || resp.StatusCode != 200 || body != "the sea" {
			t.Errorf("%s: good for %d s: %d %q", path, lifetime, resp.StatusCode, body)
		}
	}
	location := unfollowed(t, s, at+"?download=sea.txt", ada).Header.Get("Location")
	if u, err := url.Parse(location); err != nil || u.Query().Get("response-content-disposition") != `attachment; filename="sea.txt"` || u.Query().Get("response-content-type") != "text/plain; charset=utf-8" {
		t.Errorf("the storage answers as %s", location)
	}
	short := s.Token(map[string]any{"sub": "ada", "exp": time.Now().Add(30 * time.Second).Unix()})
	if lifetime, _, body := follow(at, short); lifetime > 30 || body != "the sea" {
		t.Errorf("a token of 30 s: the address is good for %d s", lifetime)
	}
	var l uploadLink
	s.Want(t, 201, call{Method: "POST", Path: at + "/link", Token: ada, Body: `{"expires":"20s"}`}).Decode(t, &l)
	if lifetime, _, body := follow(l.URL, ""); lifetime > 20 || body != "the sea" {
		t.Errorf("a link of 20 s: the address is good for %d s", lifetime)
	}
	s.Want(t, 204, call{Method: "DELETE", Path: at + "/link", Token: ada})
	for name, c := range map[string]struct {
		call
		status int
	}{
		"by another":             {call{Method: "GET", Path: at, Token: s.Token(map[string]any{"sub": "bob"})}, 404},
		"by an anonymous caller": {call{Method: "GET", Path: at}, 404},
		"a link after its end":   {call{Method: "GET", Path: l.URL}, 403},
		"the head":               {call{Method: "HEAD", Path: at, Token: ada}, 200},
		"what is there":          {call{Method: "GET", Path: at, Token: ada, Header: map[string]string{"If-None-Match": `"` + doc.SHA256 + `"`}}, 304},
		"what is not there":      {call{Method: "GET", Path: at, Token: ada, Header: map[string]string{"If-Match": `"x"`}}, 412},
		"an empty file":          {call{Method: "GET", Path: "/v1/files/photos/" + empty.ID, Token: ada}, 200},
	} {
		if a := s.Do(t, c.call); a.Status != c.status {
			t.Errorf("%s: %d, want %d: %v", name, a.Status, c.status, a.Header)
		}
	}
}

// TestFiles_AStorageThatIsAway: a refusal that says when to try again, and nothing half done.
func TestFiles_AStorageThatIsAway(t *testing.T) {
	t.Parallel()
	var down atomic.Bool
	s := bucketed(t, "", &down)
	ada := s.Token(map[string]any{"sub": "ada"})
	doc := put(t, s, ada, "/v1/files/photos?path=a.txt", "the sea")
	at := beginTus(t, s, ada, "half ", "Upload-Length", "9")
	down.Store(true)
	for name, c := range map[string]call{
		"reading":       {Method: "GET", Path: "/v1/files/photos/" + doc.ID, Token: ada},
		"a new file":    {Method: "POST", Path: "/v1/files/photos", Token: ada, Body: "x", Header: map[string]string{"Content-Type": "text/plain"}},
		"other bytes":   {Method: "PUT", Path: "/v1/files/photos/" + doc.ID, Token: ada, Body: "x", Header: map[string]string{"Content-Type": "text/plain"}},
		"a new upload":  tusCall("POST", "/v1/files/photos/tus", ada, "", "Upload-Length", "5"),
		"the last part": tusCall("PATCH", at, ada, "full", "Upload-Offset", "5"),
	} {
		if a := s.Do(t, c); a.Status != 503 || a.Header.Get("Retry-After") == "" || strings.Contains(a.Body, "ExpiredToken") {
			t.Errorf("%s: %d %v %s", name, a.Status, a.Header, a.Body)
		}
	}
	down.Store(false)
	var list struct{ Items []fileDoc }
	s.Want(t, 200, call{Method: "GET", Path: "/v1/db/photos", Token: ada}).Decode(t, &list)
	if len(list.Items) != 1 || list.Items[0].SHA256 != doc.SHA256 {
		t.Errorf("half done: %+v", list.Items)
	}
	s.Want(t, 204, tusCall("PATCH", at, ada, "full", "Upload-Offset", "5"))
}
