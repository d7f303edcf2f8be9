package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// stepInSource is a step of a request in the table of server/api/steps.go.
var stepInSource = regexp.MustCompile(`(?m)^\t\th\.(\w+),`)

// TestArchitecture_LeadsToWhatThereIs: the paths that the documents for contributors name exist, and the steps of a request
// are those of the source.
func TestArchitecture_LeadsToWhatThereIs(t *testing.T) {
	t.Parallel()
	path := regexp.MustCompile("`((?:cmd|config|examples|modules|rules|sdk|server|\\.github)(?:/[\\w.-]+)+)/?(?: [^`]*)?`")
	for _, name := range []string{".github/ARCHITECTURE.md", ".github/CONTRIBUTING.md", "modules/db/README.md"} {
		text, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		all := path.FindAllStringSubmatch(string(text), -1)
		if len(all) < 4 {
			t.Errorf("%s names %d paths", name, len(all))
		}
		for _, m := range all {
			if strings.HasSuffix(m[1], "v1.2.3") { // a tag
				continue
			}
			if _, err := os.Stat(filepath.Join(root, m[1])); err != nil {
				t.Errorf("%s names %s, which does not exist", name, m[1])
			}
		}
	}

	walks, err := os.ReadFile(filepath.Join(root, ".github/ARCHITECTURE.md"))
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile(filepath.Join(root, "server/api/steps.go"))
	if err != nil {
		t.Fatal(err)
	}
	_, named, _ := strings.Cut(string(walks), "(what each request passes: ")
	named, _, _ = strings.Cut(named, ")")
	want := []string{"`admit`", "`fastPath`"}
	for _, m := range stepInSource.FindAllStringSubmatch(string(source), -1) {
		want = append(want, "`"+m[1]+"`")
	}
	if got := strings.Split(named, ", "); len(want) < 10 || !slices.Equal(got, want) {
		t.Errorf("ARCHITECTURE.md names the steps %v, and the source has %v", got, want)
	}
}
