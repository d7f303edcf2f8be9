package server_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/basalt-dev/basalt/server/servertest"
)

// TestStatic_NeverServesWhatIsPrivate: the configuration and the database are not served under another name either.
func TestStatic_NeverServesWhatIsPrivate(t *testing.T) {
	t.Parallel()
	path := servertest.Write(t, strings.Replace(notes, "log:", "static: { dir: ./public }\nlog:", 1))
	public := filepath.Join(filepath.Dir(path), "public")
	if err := os.Mkdir(public, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(public, "ok.txt"), []byte("ok"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := servertest.StartFile(t, path)
	for file, as := range map[string]string{"basalt.yaml": "a.txt", "test.db": "b.txt", "test.db-wal": "index.html"} {
		if err := os.Link(filepath.Join(filepath.Dir(path), file), filepath.Join(public, as)); err != nil {
			t.Fatal(err)
		}
	}
	for _, p := range []string{"/a.txt", "/b.txt", "/index.html", "/", "/%61.txt", "//a.txt"} {
		if a := s.Do(t, call{Method: "GET", Path: p}); a.Status < 300 || strings.Contains(a.Body, "admin-key") || strings.Contains(a.Body, "SQLite") {
			t.Errorf("%s: got %d %.60s", p, a.Status, a.Body)
		}
	}
	s.Want(t, 200, call{Method: "GET", Path: "/ok.txt"})
}

// TestStatic_CompressedFilesHaveTheAddressesOfOthers: links in a page are relative to where it is served.
func TestStatic_CompressedFilesHaveTheAddressesOfOthers(t *testing.T) {
	t.Parallel()
	path := servertest.Write(t, strings.Replace(notes, "log:", "static: { dir: ./public }\nlog:", 1))
	public := filepath.Join(filepath.Dir(path), "public")
	if err := os.MkdirAll(filepath.Join(public, "pages"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"pages/index.html", "pages/index.html.gz", "app.js", "app.js.gz"} {
		if err := os.WriteFile(filepath.Join(public, name), []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := servertest.StartFile(t, path)
	for p, want := range map[string]string{"/pages": "pages/", "/pages/index.html": "./", "/app.js/": "../app.js", "/pages/": "", "/app.js": ""} {
		for _, accept := range []string{"identity", "gzip"} {
			r, err := http.NewRequest(http.MethodGet, s.URL+p, nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Accept-Encoding", accept)
			a, err := http.DefaultTransport.RoundTrip(r) // which follows no one
			if err != nil {
				t.Fatal(err)
			}
			_ = a.Body.Close() // its header says it all
			coding := strings.TrimPrefix(accept, "identity")
			if want == "" && (a.StatusCode != 200 || a.Header.Get("Content-Encoding") != coding) || want != "" && (a.StatusCode != 301 || a.Header.Get("Location") != want) {
				t.Errorf("%s as %s: got %d, to %q", p, accept, a.StatusCode, a.Header.Get("Location"))
			}
		}
	}
}
