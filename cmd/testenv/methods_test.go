package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// lookups are packages that find methods by names that only the running program knows. Where the linker can reach that, it
// keeps every exported method of every type, and with them a quarter of the binary. Importers that are named here use
// nothing of it that is reachable.
var lookups = map[string][]string{
	"text/template":                {"html/template", "github.com/gofiber/fiber/v2", "github.com/spf13/cobra", "github.com/wneessen/go-mail"},
	"html/template":                {"github.com/wneessen/go-mail"},
	"golang.org/x/net/trace":       nil, // of google.golang.org/grpc: it makes pages with html/template at every start
	"github.com/alecthomas/kong":   nil,
	"github.com/expr-lang/expr":    nil,
	"github.com/expr-lang/expr/vm": nil,
}

// TestMethods_AreNotLookedUp reads what the packages of the binary import.
func TestMethods_AreNotLookedUp(t *testing.T) {
	t.Parallel()
	list := exec.Command("go", "list", "-deps", "-f", "{{.ImportPath}} {{join .Imports \" \"}}", "./cmd/basalt")
	list.Dir = root
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	packages := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(packages) < 500 {
		t.Errorf("only %d packages were read", len(packages))
	}
	for _, line := range packages {
		names := strings.Fields(line)
		for _, imported := range names[1:] {
			importers, is := lookups[imported]
			if is && !slices.Contains(importers, names[0]) {
				t.Errorf("%s imports %s, which looks methods up by name: the binary would have all methods of all types", names[0], imported)
			}
		}
	}
}

// TestMethods_AreDropped asks the linker, which says what keeps the methods. It does so first for what it reaches first:
// after that, it reaches much that nothing calls.
func TestMethods_AreDropped(t *testing.T) {
	t.Parallel()
	if os.Getenv("BASALT_LONG") == "" {
		t.Skip("links the binary again; with BASALT_LONG")
	}
	link := exec.Command("go", "build", "-ldflags=-dumpdep", "-o", filepath.Join(t.TempDir(), "basalt"), "./cmd/basalt")
	link.Dir = root
	out, err := link.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "main.main -> ") {
		t.Fatalf("the linker does not say what it reaches: %v, %.1000s", err, out)
	}
	for line := range strings.Lines(string(out)) {
		for _, symbol := range strings.Split(strings.TrimSpace(line), " -> ") {
			if name, is := strings.CutSuffix(symbol, " <ReflectMethod>"); is {
				t.Errorf("%s looks methods up by name, so that the binary has all methods of all types", name)
				return
			}
		}
	}
}
