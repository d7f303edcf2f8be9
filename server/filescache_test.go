package server_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/basalt-dev/basalt/server/servertest"
)

// TestFiles_AreFoundInTheCache: what is known of a file is cached as its document is, for those who see the same of it, and
// until it changes.
func TestFiles_AreFoundInTheCache(t *testing.T) {
	t.Parallel()
	config := strings.Replace(album, "  photos:\n", "  photos:\n    cache: { ttl: 1h }\n", 1)
	s := servertest.Start(t, config)
	ada, bob := s.Token(map[string]any{"sub": "ada"}), s.Token(map[string]any{"sub": "bob"})
	doc := put(t, s, ada, "/v1/files/photos?path=a.txt", "first")
	hits := func() string {
		return regexp.MustCompile(`basalt_cache_answers_total\{from="local"\} \d+`).FindString(s.Want(t, 200, call{Method: "GET", Path: "/metrics"}).Body)
	}
	get := func(token string, status int, header ...string) servertest.Answer {
		t.Helper()
		c := call{Method: "GET", Path: "/v1/files/photos/" + doc.ID, Token: token, Header: map[string]string{}}
		for i := 0; i < len(header); i += 2 {
			c.Header[header[i]] = header[i+1]
		}
		return s.Want(t, status, c)
	}
	first := get(ada, 200)
	before := hits()
	again := get(ada, 200)
	if hits() == before || again.Body != "first" || again.Header.Get("Etag") != first.Header.Get("Etag") || again.Header.Get("Last-Modified") != first.Header.Get("Last-Modified") ||
		again.Header.Get("Content-Type") != first.Header.Get("Content-Type") || again.Header.Get("Content-Disposition") != first.Header.Get("Content-Disposition") {
		t.Errorf("hits %q, then %q; %v, then %v", before, hits(), first.Header, again.Header)
	}
	get(ada, 304, "If-None-Match", first.Header.Get("Etag"))
	get(ada, 206, "Range", "bytes=1-2")
	get(bob, 404)
	get(bob, 404)
	s.Want(t, 200, call{Method: "GET", Path: "/v1/db/photos/" + doc.ID, Token: ada}) // a document is none of a file
	s.Want(t, 200, call{Method: "PATCH", Path: "/v1/db/photos/" + doc.ID, Token: ada, Body: map[string]any{"alt": "all"}})
	if a := get(bob, 200); a.Body != "first" {
		t.Errorf("he may read it now: %s", a.Body)
	}
	s.Want(t, 200, call{Method: "PUT", Path: "/v1/files/photos/" + doc.ID, Token: ada, Body: "second", Header: map[string]string{"Content-Type": "text/plain"}})
	for _, token := range []string{ada, bob} {
		if a := get(token, 200); a.Body != "second" {
			t.Errorf("its bytes are others now: %s", a.Body)
		}
	}
	s.Want(t, 204, call{Method: "DELETE", Path: "/v1/files/photos/" + doc.ID, Token: ada})
	get(ada, 404)
	get(bob, 404)
}

// TestFiles_TheCacheKeepsWhatIsHidden: an administrator sees the name of a file whose bytes are public, and nobody else after them.
func TestFiles_TheCacheKeepsWhatIsHidden(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, `
databases: { main: { driver: memory } }
auth: { tokens: { secret: "0123456789abcdef0123456789abcdef" } }
admin: { keys: [adminadminadminadmin] }
collections:
  pages:
    cache: { ttl: 1h }
    files: { public: true }
    fields_readable: { name: 'auth.id == "ada"' }
    rules: { read: 'true', create: 'true' }
`)
	doc := put(t, s, "adminadminadminadmin", "/v1/files/pages?name=merger.txt", "x")
	for _, token := range []string{"adminadminadminadmin", "", s.Token(map[string]any{"sub": "bob"})} {
		a := s.Want(t, 200, call{Method: "GET", Path: "/v1/files/pages/" + doc.ID, Token: token})
		if named := strings.Contains(a.Header.Get("Content-Disposition"), "merger"); named != (token == "adminadminadminadmin") {
			t.Errorf("%q: %s", token, a.Header.Get("Content-Disposition"))
		}
	}
}

// TestFiles_BytesThatTheCacheDoesNotKnowOf: another node has replaced the bytes, and this one has not heard of it yet.
func TestFiles_BytesThatTheCacheDoesNotKnowOf(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	config := strings.Replace(strings.Replace(album, "  photos:\n", "  photos:\n    cache: { ttl: 1h }\n", 1), "file:app.db", "file:"+filepath.Join(dir, "app.db"), 1)
	config = strings.Replace(config, "collections:", "storage: { local: { driver: local, dir: "+filepath.Join(dir, "files")+" } }\ncollections:", 1)
	one := servertest.Start(t, config)
	ada := one.Token(map[string]any{"sub": "ada"})
	doc := put(t, one, ada, "/v1/files/photos", "first")
	one.Want(t, 200, call{Method: "GET", Path: "/v1/files/photos/" + doc.ID, Token: ada})
	other := servertest.Start(t, config)
	other.Want(t, 200, call{Method: "PUT", Path: "/v1/files/photos/" + doc.ID, Token: ada, Body: "second", Header: map[string]string{"Content-Type": "text/plain"}})
	servertest.Eventually(t, "the bytes before are gone", func() bool {
		_, err := os.Stat(filepath.Join(dir, "files", "content", "photos", doc.SHA256[:2], doc.SHA256[2:4], doc.SHA256))
		return os.IsNotExist(err)
	})
	if a := one.Want(t, 200, call{Method: "GET", Path: "/v1/files/photos/" + doc.ID, Token: ada}); a.Body != "second" {
		t.Errorf("the bytes are %s", a.Body)
	}
}
