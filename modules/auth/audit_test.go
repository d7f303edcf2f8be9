package auth_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/basalt-dev/basalt/modules/auth"
)

// TestEventNames_AreAll: what is audited has a name that configurations can use, and each name is audited.
func TestEventNames_AreAll(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var source strings.Builder
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") || file == "audit.go" {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		source.Write(text)
	}
	for _, m := range regexp.MustCompile(`Event\{Name: "([^"]+)"`).FindAllStringSubmatch(source.String(), -1) {
		if !slices.Contains(auth.EventNames, m[1]) {
			t.Errorf("%s is audited, and has no name for events", m[1])
		}
	}
	for _, name := range auth.EventNames {
		if !strings.Contains(source.String(), `"`+name+`"`) {
			t.Errorf("%s is a name, and never audited", name)
		}
	}
}
