// Package recipes has twelve rules that apps often need, each with its tests. Start from the one that
// is nearest to yours.
package recipes

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/basalt-dev/basalt/config"
	_ "github.com/basalt-dev/basalt/modules/db/sqlite"
	_ "github.com/basalt-dev/basalt/modules/files/local"
	"github.com/basalt-dev/basalt/rules/ruletest"
	"github.com/basalt-dev/basalt/server/offline"
)

func recipes(t *testing.T) []string {
	t.Helper()
	paths, err := filepath.Glob("*/rules.test.yaml")
	if err != nil || len(paths) != 12 {
		t.Fatalf("there are %d recipes, %v", len(paths), err)
	}
	return append(paths, "../todo/rules.test.yaml", "../album/rules.test.yaml")
}

func TestRecipes_PassTheirTestsWithoutWarnings(t *testing.T) {
	for _, path := range recipes(t) {
		c, err := config.Load(filepath.Join(filepath.Dir(path), "basalt.yaml"))
		if err != nil {
			t.Errorf("%v", err)
			continue
		}
		for _, w := range c.Warnings {
			if !slices.Contains(c.Exposed, w) { // the default of a variable, for trying a recipe out
				t.Errorf("%s", w)
			}
		}
		r, err := ruletest.Run(context.Background(), path, offline.OpenRuleTests)
		if err != nil {
			t.Errorf("%v", err)
			continue
		}
		var out strings.Builder
		if !r.Print(&out, false) || len(r.Results) < 8 {
			t.Errorf("%s", out.String())
		}
	}
}

// TestRecipes_TestsNoticeAWeakerRule takes one condition of each recipe away.
func TestRecipes_TestsNoticeAWeakerRule(t *testing.T) {
	for name, weaker := range map[string][2]string{
		"owner":            {`read:   'auth != nil && doc.owner == auth.id'`, `read:   'auth != nil'`},
		"team":             {`create: 'isMember(next.team)'`, `create: 'auth != nil'`},
		"roles":            {`(!changed("state") || roles.admin)`, `true`},
		"public-read":      {`&& !changed("author")`, ``},
		"moderation":       {`&& doc.state == "new"`, ``},
		"immutable-fields": {`"amount", `, ``},
		"rate-by-count":    {`&& !exists("posts", {"author": auth.id, "created": {"$gt": now() - duration("1m")}})`, ``},
		"time-windows":     {`, "closes": {"$gt": now()}}`, `}`},
		"invite-links":     {`, "ends": {"$gt": now()}})'`, `})'`},
		"multi-tenant":     {`mine(doc.tenant) && mine(next.tenant)`, `mine(doc.tenant)`},
		"soft-delete":      {`doc.shared && doc.deleted == nil`, `doc.shared`},
		"field-masks":      {`email:  'doc.user == auth.id'`, `email:  'auth != nil'`},
	} {
		dir := t.TempDir()
		for _, file := range []string{"basalt.yaml", "rules.test.yaml"} {
			content, err := os.ReadFile(filepath.Join(name, file))
			if err != nil {
				t.Fatal(err)
			}
			text := string(content)
			if file == "basalt.yaml" {
				if text = strings.Replace(text, weaker[0], weaker[1], 1); text == string(content) {
					t.Fatalf("%s has no %s", name, weaker[0])
				}
			}
			if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		r, err := ruletest.Run(context.Background(), filepath.Join(dir, "rules.test.yaml"), offline.OpenRuleTests)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var out strings.Builder
		if r.Print(&out, false) {
			t.Errorf("%s: no test notices that %s is gone", name, weaker[0])
		}
		if !strings.Contains(out.String(), "expected") || !strings.Contains(out.String(), "got") {
			t.Errorf("%s: the difference is not told: %s", name, out.String())
		}
	}
}

func TestRules_MistakesInATestFileAreReported(t *testing.T) {
	dir := t.TempDir()
	config := `databases: { main: { driver: sqlite, url: "file:x.db" } }
collections: { a: { fields: { x: { type: int } }, rules: { read: 'true' } } }`
	if err := os.WriteFile(filepath.Join(dir, "basalt.yaml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	for content, want := range map[string]string{
		"tests: [{ raed: a, expect: allow }]":                            "raed",
		"tests: [{ read: a }]":                                           "expects something",
		"tests: [{ expect: allow }]":                                     "with the collection",
		"tests: [{ read: a, create: a, expect: allow }]":                 "a test has one of",
		"tests: [{ delete: a, expect: allow }]":                          "needs an id",
		"fixtures: { a: [{ y: 1 }] }\ntests: [{ read: a, visible: [] }]": `there is no field "y"`,
		"fixtures: { b: [{ y: 1 }] }\ntests: [{ read: a, visible: [] }]": "no such collection",
	} {
		path := filepath.Join(dir, "t.yaml")
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := ruletest.Run(context.Background(), path, offline.OpenRuleTests); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", content, err, want)
		}
	}
}
