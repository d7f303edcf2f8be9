package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/basalt-dev/basalt/config"
	"github.com/basalt-dev/basalt/server/dialect/graphql"
)

const typed = `
databases: { main: { driver: memory } }
collections:
  notes: { fields: { %s: { type: string } } }
`

// TestGenTypes_WatchWritesAgain changes the configuration while the types are watched: also by a file that replaces it,
// as editors do, and with a mistake in between, which leaves the types as they are.
func TestGenTypes_WatchWritesAgain(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c := typesCommand{Lang: "ts", Config: filepath.Join(dir, "basalt.yaml"), Out: filepath.Join(dir, "types.ts"), Watch: true}
	save := func(field string, replace bool) {
		path := c.Config
		if replace {
			path += ".new"
		}
		if err := os.WriteFile(path, []byte(strings.Replace(typed, "%s", field, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
		if replace {
			if err := os.Rename(path, c.Config); err != nil {
				t.Fatal(err)
			}
		}
	}
	has := func(text string) {
		t.Helper()
		for deadline := time.Now().Add(2 * time.Minute); ; time.Sleep(10 * time.Millisecond) {
			types, err := os.ReadFile(c.Out)
			if err == nil && strings.Contains(string(types), text) {
				return
			}
			if time.Now().After(deadline) {
				t.Fatalf("the types never have %q; they are %q (%v)", text, types, err)
			}
		}
	}
	save("title", false)
	ctx, stop := context.WithCancel(context.Background())
	var owned sync.WaitGroup
	owned.Go(func() { c.watch(ctx) })
	defer owned.Wait()
	defer stop()
	has("title?: string | null;")
	save("label", false)
	has("label?: string | null;")
	save("label: {", true) // a mistake
	save("name", true)
	has("name?: string | null;")
}

func TestGenTypes_WatchNeedsAFile(t *testing.T) {
	t.Parallel()
	if err := (&typesCommand{Lang: "ts", Watch: true}).Run(); err == nil || !strings.Contains(err.Error(), "--out") {
		t.Error(err)
	}
}

func TestGenGraphQL_SchemaOfAConfiguration(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "basalt.yaml")
	if err := os.WriteFile(path, []byte("databases: { main: { driver: memory } }\ncollections:\n  notes: { fields: { title: { type: string } }, rules: { read: 'true' } }\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	loaded, err := config.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	text, err := graphql.SDL(loaded)
	if err != nil || !strings.Contains(text, "notes_by_pk(id: ID!): notes\n") || strings.Contains(text, "mutation_root") {
		t.Errorf("%v in %s", err, text)
	}
}
