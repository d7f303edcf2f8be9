package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/modfile"
)

const root = "../.."

// allModules returns the go.mod of each module, by directory; that of the root is "".
func allModules(t *testing.T) map[string]*modfile.File {
	t.Helper()
	dirs, err := modules(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{"sdk/go", "sdk/go/worker", "sdk/go/test", "examples/functions"} {
		if !slices.Contains(dirs, dir) {
			t.Errorf("%s is not found: %v", dir, dirs)
		}
	}
	files := map[string]*modfile.File{}
	for _, dir := range append(dirs, "") {
		path := filepath.Join(root, dir, "go.mod")
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if files[dir], err = modfile.Parse(path, text, nil); err != nil {
			t.Fatal(err)
		}
	}
	return files
}

func ours(path string) bool { return path == module || strings.HasPrefix(path, module+"/") }

// TestModules_HaveTheSameVersions: what is compiled for one module is used for all, and a user of the SDK gets what
// was tested. The release number of our own modules is raised in all of them at once.
func TestModules_HaveTheSameVersions(t *testing.T) {
	t.Parallel()
	files := allModules(t)
	versions, own := map[string]string{}, ""
	for _, r := range files[""].Require {
		versions[r.Mod.Path] = r.Mod.Version
	}
	for dir, file := range files {
		if dir != "" && file.Module.Mod.Path != module+"/"+dir {
			t.Errorf("%s is the module %s", dir, file.Module.Mod.Path)
		}
		if file.Go.Version != files[""].Go.Version {
			t.Errorf("%s is of Go %s, and the root of %s", dir, file.Go.Version, files[""].Go.Version)
		}
		for _, r := range file.Require {
			switch want := versions[r.Mod.Path]; {
			case ours(r.Mod.Path):
				if own == "" {
					own = r.Mod.Version
				}
				if r.Mod.Version != own {
					t.Errorf("%s requires %s, and another module requires %s of ours", dir, r.Mod, own)
				}
			case want != "" && r.Mod.Version != want:
				t.Errorf("%s requires %s, and the root %s: run `go get %s@%s` in %s", dir, r.Mod, want, r.Mod.Path, want, dir)
			}
		}
	}
}

// TestModules_NeedNoReplaceOfAUser: `go install` of the server refuses a module with replacements, and those of a
// module that is required are ignored, so they may only lead to our own modules.
func TestModules_NeedNoReplaceOfAUser(t *testing.T) {
	t.Parallel()
	for dir, file := range allModules(t) {
		if (dir == "" || dir == "sdk/go") && len(file.Replace) > 0 {
			t.Errorf("the module %s has replacements", file.Module.Mod.Path)
		}
		for _, r := range file.Replace {
			if !ours(r.Old.Path) || filepath.Join(dir, r.New.Path) != filepath.FromSlash(strings.TrimPrefix(strings.TrimPrefix(r.Old.Path, module), "/")) && r.Old.Path != module {
				t.Errorf("%s replaces %s by %s", dir, r.Old.Path, r.New.Path)
			}
		}
		for _, r := range file.Require {
			if (dir == "" || dir == "sdk/go") && ours(r.Mod.Path) {
				t.Errorf("the module %s requires %s", file.Module.Mod.Path, r.Mod)
			}
		}
	}
}

// TestModules_TheClientCompilesAWebSocketAndNothingElse besides the standard library.
func TestModules_TheClientCompilesAWebSocketAndNothingElse(t *testing.T) {
	t.Parallel()
	list := exec.Command("go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", ".")
	list.Dir = filepath.Join(root, "sdk", "go")
	text, err := list.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	for _, path := range strings.Fields(string(text)) {
		if path != module+"/sdk/go" && !strings.HasPrefix(path, "github.com/gobwas/") {
			t.Errorf("the client compiles %s", path)
		}
	}
}

// TestBrowserPackages: they are found by their build tag, so that none is forgotten.
func TestBrowserPackages(t *testing.T) {
	t.Parallel()
	found, err := browserPackages(root)
	for _, dir := range []string{"./examples/album", "./examples/auth", "./examples/browsertest", "./examples/chat", "./examples/todo", "./modules/console", "./modules/files/clients"} {
		if !slices.Contains(found, dir) {
			t.Errorf("%s is not found: %v, %v", dir, found, err)
		}
	}
}
