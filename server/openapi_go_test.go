package server_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/basalt-dev/basalt/server/servertest"
)

// generated is what the client of testdata/openapi is made for.
const generated = `
databases: { main: { driver: memory } }
log: { level: error }
collections:
  persons:
    fields: { name: { type: string, required: true }, tags: { type: list, of: string }, extra: { type: json }, money: { type: decimal }, weight: { type: float }, born: { type: date } }
    rules: { read: 'true', create: 'true', update: 'true', delete: 'true' }
  notes:
    fields: { title: { type: string, required: true }, stars: { type: int, default: 0 }, state: { type: string, enum: [open, closed] }, author: { type: ref, to: persons }, created: { type: time, default: "now()" } }
    rules: { read: 'true', create: 'true', update: 'true', delete: 'true' }
`

// TestOpenAPI_AGoClientOfOAPICodegen makes a client of the description with oapi-codegen: it compiles, a wrong field does not,
// and it works. It takes minutes, and modules that nothing else needs.
func TestOpenAPI_AGoClientOfOAPICodegen(t *testing.T) {
	t.Parallel()
	if os.Getenv("BASALT_LONG") == "" {
		t.Skip("in the long mode")
	}
	s := servertest.Start(t, generated)
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("testdata/openapi")); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "api"), 0o700); err != nil {
		t.Fatal(err)
	}
	description := s.Want(t, 200, call{Method: "GET", Path: "/openapi.json"}).Body
	if err := os.WriteFile(filepath.Join(dir, "description.json"), []byte(description), 0o600); err != nil {
		t.Fatal(err)
	}
	run := func(args ...string) (string, error) {
		cmd := exec.CommandContext(t.Context(), "go", args...)
		cmd.Dir, cmd.Env = dir, append(os.Environ(), "GOFLAGS=-mod=mod", "GOWORK=off")
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	if out, err := run("tool", "oapi-codegen", "-generate", "types,client", "-package", "api", "-o", "api/api.go", "description.json"); err != nil {
		t.Fatalf("the generator: %v %s", err, out)
	}
	out, err := run("run", ".", s.URL)
	const want = `{"author":"Ann","count":1,"extra":{"k":1},"found":1,"gone":"not_found","money":19.9,"now":true,"replaced":"replaced","stale":true,"stars":9007199254740993,"state":"open","tags":["a","b","c","d"],"total":1,"updated":9007199254740995,"wrong":"unknown_field"}`
	if err != nil || strings.TrimSpace(out) != want {
		t.Errorf("got %v %s, want %s", err, out, want)
	}
	if out, err := run("build", "-tags", "wrong", "."); err == nil || !strings.Contains(out, "unknown field Titel") || !strings.Contains(out, "NotePatch_Stars") {
		t.Errorf("wrong fields compile: %v %s", err, out)
	}
}
