package docs

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"github.com/basalt-dev/basalt/config"
	_ "github.com/basalt-dev/basalt/modules/db/memory" // the drivers that the chapters show
	_ "github.com/basalt-dev/basalt/modules/db/mongo"
	_ "github.com/basalt-dev/basalt/modules/db/mysql"
	_ "github.com/basalt-dev/basalt/modules/db/postgres"
	_ "github.com/basalt-dev/basalt/modules/db/sqlite"
	_ "github.com/basalt-dev/basalt/modules/files/local"
	_ "github.com/basalt-dev/basalt/modules/files/s3"
)

// around is what a snippet of a configuration leaves out: it is merged into this.
const around = `
databases: { main: { driver: sqlite, url: "file:data/app.db" } }
auth: { database: main, tokens: { secret: "x9Qf2mLr7TzVw4Kc8NbYs3Hd6JgPe5Ra" }, providers: { password: {} } }
collections:
  notes:       { database: main, fields: { owner: { type: string }, author: { type: string }, team: { type: string }, public: { type: bool }, secret: { type: string }, title: { type: string }, grade: { type: int }, plan: { type: string } } }
  users:       { database: main, fields: { plan: { type: string } } }
  orders:      { database: main, fields: { item: { type: string } } }
  members:     { database: main, fields: { team: { type: string }, user: { type: string }, room: { type: string } } }
  accounts:    { database: main, fields: { owner: { type: string } } }
  audit_users: { database: main, fields: { text: { type: string } } }
  news:        { database: main, fields: { text: { type: string } } }
services:
  mail:    { driver: http, url: "http://127.0.0.1:9", secret: "x9Qf2mLr7TzVw4Kc8NbYs3Hd6JgPe5Ra", functions: { welcome: {} } }
  reports: { driver: http, url: "http://127.0.0.1:9", secret: "x9Qf2mLr7TzVw4Kc8NbYs3Hd6JgPe5Ra", functions: { nightly: {} } }
  jobs:    { driver: http, url: "http://127.0.0.1:9", secret: "x9Qf2mLr7TzVw4Kc8NbYs3Hd6JgPe5Ra", functions: { import: {} } }
`

var (
	snippet  = regexp.MustCompile("(?s)```(\\w+)\n(.*?)```")
	variable = regexp.MustCompile(`\$\{(\w+)\}`)
	ruleLine = regexp.MustCompile(`^(read|create|update|delete): *'`)
)

// TestSnippets_OfTheConfigurationLoad completes each snippet of YAML with what it leaves out, and loads it.
func TestSnippets_OfTheConfigurationLoad(t *testing.T) {
	for _, p := range parts {
		for _, c := range p.Chapters {
			source, err := os.ReadFile(filepath.Join("..", "..", c.File))
			if err != nil {
				t.Fatal(err)
			}
			for i, m := range snippet.FindAllStringSubmatch(string(source), -1) {
				if m[1] != "yaml" || strings.Contains(m[2], "\ntests:") || strings.HasPrefix(m[2], "expected:") || strings.HasPrefix(m[2], "users:\n") { // those of `rules test` and of seeds
					continue
				}
				t.Run(fmt.Sprintf("%s/%d", c.File, i), func(t *testing.T) {
					for _, v := range variable.FindAllStringSubmatch(m[2], -1) {
						t.Setenv(v[1], valueOf(v[1]))
					}
					if !ruleLine.MatchString(m[2]) {
						load(t, m[2])
						return
					}
					for line := range strings.Lines(m[2]) {
						load(t, "collections: { notes: { rules: { "+strings.TrimSpace(strings.Split(line, "  #")[0])+" } } }")
					}
				})
			}
		}
	}
}

// valueOf is what the environment has for a snippet.
func valueOf(name string) string {
	switch {
	case name == "DATABASE_URL" || name == "REPLICA_URL":
		return "postgres://basalt@127.0.0.1:5432/app"
	case strings.HasSuffix(name, "_URL"):
		return "redis://127.0.0.1:6379"
	case strings.Contains(name, "ENCRYPTION"):
		return "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
	}
	return "x9Qf2mLr7TzVw4Kc8NbYs3Hd6JgPe5Ra"
}

func load(t *testing.T, text string) {
	t.Helper()
	var whole, part map[string]any
	if err := yaml.Unmarshal([]byte(around), &whole); err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal([]byte(text), &part); err != nil {
		t.Fatal(err)
	}
	file, err := yaml.Marshal(merged(whole, part))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	operations := filepath.Join(dir, "operations") // which a snippet names
	if err := errors.Join(os.Mkdir(operations, 0o700), os.WriteFile(filepath.Join(operations, "notes.graphql"), []byte("{ notes { id } }"), 0o600)); err != nil {
		t.Fatal(err)
	}
	if _, err := config.Parse("basalt.yaml", dir, file); err != nil {
		t.Errorf("%v\n%s", err, text)
	}
}

// merged returns a with b in it: objects are merged, anything else is replaced.
func merged(a, b map[string]any) map[string]any {
	out := maps.Clone(a)
	for name, value := range b {
		inner, ok := value.(map[string]any)
		if before, both := out[name].(map[string]any); ok && both {
			out[name] = merged(before, inner)
		} else {
			out[name] = value
		}
	}
	return out
}
