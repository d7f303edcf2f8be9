package docs

import (
	"bytes"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the site")

// TestSite_IsCommitted makes the site again: a chapter that was changed is shown as it is now.
func TestSite_IsCommitted(t *testing.T) {
	want, err := build(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		write(t, want)
		return
	}
	for name, content := range want {
		if got, err := fs.ReadFile(site, "site/"+name); err != nil || !bytes.Equal(got, content) {
			t.Errorf("%s is not up to date: run go generate ./modules/docs", name)
		}
	}
	err = fs.WalkDir(site, "site", func(path string, d fs.DirEntry, err error) error {
		if _, ok := want[strings.TrimPrefix(path, "site/")]; !ok && !d.IsDir() {
			t.Errorf("%s is made of nothing: run go generate ./modules/docs", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func write(t *testing.T, files map[string][]byte) {
	t.Helper()
	if err := os.RemoveAll("site"); err != nil {
		t.Fatal(err)
	}
	for name, content := range files {
		path := filepath.Join("site", name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

var links = regexp.MustCompile(`(?:href|src)="/docs/([^"#]*)(?:#([^"]*))?"`)

// TestSite_LinksLeadSomewhere follows every link between pages, to its heading.
func TestSite_LinksLeadSomewhere(t *testing.T) {
	err := fs.WalkDir(site, "site", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".html" {
			return err
		}
		content, err := fs.ReadFile(site, path)
		for _, m := range links.FindAllSubmatch(content, -1) {
			page, _, ok := Page(string(m[1]))
			if !ok || len(m[2]) > 0 && !bytes.Contains(page, []byte(`id="`+string(m[2])+`"`)) {
				t.Errorf("%s links to /docs/%s#%s, which is not there", path, m[1], m[2])
			}
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestPage_IsFoundByItsName(t *testing.T) {
	for name, want := range map[string]string{
		"": "text/html; charset=utf-8", "rules": "text/html; charset=utf-8", "style.css": "text/css; charset=utf-8", "search.js": "text/javascript; charset=utf-8",
		"index.json": "application/json", "files/examples/todo/basalt.yaml": "text/html; charset=utf-8",
		"nothing": "", "../docs.go": "", "..": "", "/etc/passwd": "", "rules/": "text/html; charset=utf-8", "files": "", "//": "", "rules//": "", "site/index.html": "",
	} {
		_, contentType, ok := Page(name)
		if ok != (want != "") || ok && contentType != want {
			t.Errorf("Page(%q) is %q (%t), want %q", name, contentType, ok, want)
		}
	}
}
