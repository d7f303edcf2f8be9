package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// released are the files of a checkout that the release script reads.
var released = []string{".github/release.sh", "LICENSE", "README.md", "CHANGELOG.md", "sdk/go/worker/go.mod",
	"sdk/js/package.json", "sdk/js/react/package.json", "sdk/js/vue/package.json", "sdk/js/svelte/package.json", "sdk/js/worker/package.json", "sdk/js/supabase/package.json"}

// release runs the release script, with a go that writes what it was asked to build instead of building it.
func release(t *testing.T, version string) (dist, output string, err error) {
	t.Helper()
	dir := t.TempDir()
	write := func(name, text string) {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o755); err != nil { // #nosec G306: some are run
			t.Fatal(err)
		}
	}
	for _, name := range released {
		text, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		write(name, string(text))
	}
	write("bin/go", `#!/bin/sh
line="$GOOS $GOARCH $*"
while [ "$1" != -o ] && [ "$1" != -output ]; do shift; done
echo "$line" >"$2"
`)
	script := exec.Command("sh", filepath.Join(dir, ".github/release.sh"), version)
	script.Env = append(os.Environ(), "PATH="+filepath.Join(dir, "bin")+":"+os.Getenv("PATH"))
	text, err := script.CombinedOutput()
	return filepath.Join(dir, "dist"), string(text), err
}

// clientVersion returns the version of a package of npm, its repository, and which client it needs.
func clientVersion(t *testing.T, file string) (version, repository, client string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, file))
	if err != nil {
		t.Fatal(err)
	}
	var p struct {
		Version    string
		Repository struct{ URL string }

		PeerDependencies map[string]string
	}
	if err := json.Unmarshal(text, &p); err != nil {
		t.Fatal(err)
	}
	return p.Version, p.Repository.URL, p.PeerDependencies["@basalt-dev/client"]
}

// TestRelease_HasEveryTarget runs the script: an archive and a bill of materials for each target, and their checksums.
func TestRelease_HasEveryTarget(t *testing.T) {
	t.Parallel()
	version, _, _ := clientVersion(t, "sdk/js/package.json")
	dist, output, err := release(t, "v"+version)
	if err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	check := exec.Command("sha256sum", "--check", "--strict", "checksums.txt")
	check.Dir = dist
	sums, err := check.CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, sums)
	}
	for _, target := range []string{"linux_amd64", "linux_arm64", "darwin_amd64", "darwin_arm64", "windows_amd64", "windows_arm64"} {
		name := "basalt_" + version + "_" + target
		for _, file := range []string{name + ".tar.gz: OK", name + ".cdx.json: OK"} {
			if !strings.Contains(string(sums), file) {
				t.Errorf("there is no %s in\n%s", file, sums)
			}
		}
		program := "basalt"
		if strings.HasPrefix(target, "windows") {
			program = "basalt.exe"
		}
		built, err := exec.Command("tar", "-xzOf", filepath.Join(dist, name+".tar.gz"), name+"/"+program).Output()
		if err != nil || !strings.HasPrefix(string(built), strings.Replace(target, "_", " ", 1)+" build ") || !strings.Contains(string(built), "-X main.version=v"+version+" ") {
			t.Errorf("%s was built by %q, %v", name, built, err)
		}
	}
}

// TestRelease_IsOfOneVersion: packages that have another version, or lead to another one, are not released.
func TestRelease_IsOfOneVersion(t *testing.T) {
	t.Parallel()
	dist, output, err := release(t, "v99.0.0")
	if err == nil || !strings.Contains(output, "sdk/js/package.json does not have the version 99.0.0") {
		t.Errorf("%v\n%s", err, output)
	}
	if _, err := os.Stat(dist); err == nil {
		t.Error("something was built")
	}
}

// TestRelease_PublishesEveryPackage of npm, which take the client of their own release. npm refuses the provenance of one
// that does not name this repository.
func TestRelease_PublishesEveryPackage(t *testing.T) {
	t.Parallel()
	workflow, err := os.ReadFile(filepath.Join(root, ".github/workflows/release.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	packages, err := filepath.Glob(filepath.Join(root, "sdk/js/*/package.json"))
	if err != nil || len(packages) < 4 {
		t.Fatalf("%v, %v", packages, err)
	}
	_, list, _ := strings.Cut(string(workflow), "for package in ")
	list, _, _ = strings.Cut(list, ";")
	for _, p := range append(packages, filepath.Join(root, "sdk/js/package.json")) {
		file, err := filepath.Rel(root, p)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(" "+list+" ", " "+filepath.ToSlash(filepath.Dir(file))+" ") {
			t.Errorf("%s is not published", file)
		}
		version, repository, client := clientVersion(t, file)
		if repository != "git+https://github.com/basalt-dev/basalt.git" {
			t.Errorf("%s names the repository %q", file, repository)
		}
		if client != "" && client != "^"+version {
			t.Errorf("%s needs the client %s, and the version is %s", file, client, version)
		}
	}
}
