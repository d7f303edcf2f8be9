//go:build !browser

package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/basalt-dev/basalt/server/offline"
)

// TestInit_Templates writes each template, and checks its configuration and its packages. sdk/js/test/templates.test.js checks the types.
func TestInit_Templates(t *testing.T) {
	t.Parallel()
	for _, template := range []string{"todo", "react", "vue", "svelte", "next", "api"} {
		t.Run(template, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "app")
			c := initCommand{Dir: dir, Template: template}
			if err := c.Run(); err != nil {
				t.Fatal(err)
			}
			checked, err := offline.Check(filepath.Join(dir, "basalt.yaml"))
			if err != nil || checked.Collections["notes"] == nil {
				t.Fatal(err)
			}
			if err := c.Run(); err == nil || !strings.Contains(err.Error(), "exists already") {
				t.Errorf("it writes over what is there: %v", err)
			}
			if template == "todo" {
				return
			}
			var manifest struct{ Scripts, Dependencies map[string]string }
			text, err := os.ReadFile(filepath.Join(dir, "package.json"))
			if err == nil {
				err = json.Unmarshal(text, &manifest)
			}
			if err != nil || manifest.Scripts["build"] == "" {
				t.Fatalf("%v in %s", err, text)
			}
			for name, version := range manifest.Dependencies {
				if local, ok := strings.CutPrefix(version, "file:"); ok {
					if _, err := os.Stat(filepath.Join(dir, local, "package.json")); err != nil {
						t.Errorf("%s: %v", name, err)
					}
				}
			}
		})
	}
}

func TestInit_SaysWhatToRunNext(t *testing.T) {
	t.Parallel()
	for program, want := range map[string]string{"basalt": "basalt", "./basalt": "./basalt", "/usr/local/bin/basalt": "/usr/local/bin/basalt", "/tmp/go-build12/b001/exe/basalt": "go run ./cmd/basalt"} {
		if got := calledAs(program); got != want {
			t.Errorf("called as %s, it says %s, want %s", program, got, want)
		}
	}
}
