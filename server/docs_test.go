package server_test

import (
	"strings"
	"testing"

	"github.com/basalt-dev/basalt/server/servertest"
)

func TestDocs_AreInTheBinary(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, "databases: { main: { driver: sqlite, url: \"file:test.db\" } }\nlog: { level: error }\n")
	for path, want := range map[string]string{
		"/docs": "<h1", "/docs/": "Five minutes", "/docs/rules": "a rule is a filter", "/docs/rules/": "a rule is a filter", "/docs/style.css": "color-scheme", "/docs/index.json": `"page":"rules"`,
		"/docs/files/examples/todo/basalt.yaml": "collections:",
	} {
		a := s.Want(t, 200, call{Method: "GET", Path: path})
		if !strings.Contains(a.Body, want) || a.Header.Get("Content-Security-Policy") == "" || a.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s lacks %q, or a header: %v", path, want, a.Header)
		}
		s.Want(t, 304, call{Method: "GET", Path: path, Header: map[string]string{"If-None-Match": a.Header.Get("ETag")}})
	}
	for _, path := range []string{"/docs/nothing", "/docs/../docs.go", "/docs/%2e%2e/docs.go", "/docs/site/rules.html", "/docs/files"} {
		if a := s.Do(t, call{Method: "GET", Path: path}); a.Status == 200 {
			t.Errorf("%s is %d: %.80s", path, a.Status, a.Body)
		}
	}
}
