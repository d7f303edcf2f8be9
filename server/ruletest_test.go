package server_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/basalt-dev/basalt/rules/ruletest"
	"github.com/basalt-dev/basalt/server/offline"
)

// attacked runs a test file on rules and returns the names and texts of what failed.
func attacked(t *testing.T, notes, tests string) (names []string, text string) {
	t.Helper()
	dir := t.TempDir()
	config := `databases: { main: { driver: sqlite, url: "file:x.db" } }
collections:
  teams:
    fields: { owner: { type: string }, closed: { type: bool } }
    rules: { read: 'doc.owner == auth.id' }
  notes:
    fields: { owner: { type: string }, team: { type: string }, secret: { type: string }, state: { type: string } }
    fields_readable: { secret: 'doc.state != "draft"' }
    rules: { ` + notes + ` }
`
	for name, content := range map[string]string{"basalt.yaml": config, "rules.test.yaml": `fixtures:
  teams: [{ id: red, owner: ann, closed: true }]
  notes: [{ id: a, owner: ann, team: red, secret: s, state: draft }]
` + tests} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	report, err := ruletest.Run(context.Background(), filepath.Join(dir, "rules.test.yaml"), offline.OpenRuleTests)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if report.Print(&out, false) != (!strings.Contains(out.String(), "FAIL")) || report.Attacks == 0 {
		t.Errorf("printed %s", out.String())
	}
	for _, r := range report.Results {
		if r.Failure != "" {
			names = append(names, r.Name)
		}
	}
	return names, out.String()
}

func TestRuleTests_AttackWhatTheAuthorDidNotThinkOf(t *testing.T) {
	t.Parallel()
	const visible = "tests: [{ as: { sub: ann }, read: notes, visible: [a] }]"
	const delivered = "tests: [{ as: { sub: ann }, update: notes, id: a, doc: { state: draft }, expect: allow }]"
	for _, test := range []struct{ name, notes, tests, want string }{
		{"an owner's notes", `read: 'doc.owner == auth.id'`, visible, ""},
		{"public", `read: 'true'`, visible, "an anonymous caller may read notes of nulls"}, // secret is shown where the state is null
		{"a user who is not the owner", `read: 'doc.owner != "x"'`, visible, "an anonymous caller may read notes"},
		{"said", `read: 'doc.team == "red"'`, "tests: [{ read: notes, visible: [a] }]", ""},
		{"a note without a state", `read: 'doc.owner == auth.id || doc.state != "draft"'`, visible, "an anonymous caller may read notes of nulls"},
		{"a state that is named where it is null", `read: 'doc.owner == auth.id || doc.state == nil'`, visible, ""},
		{"a closed team", `read: 'doc.owner == auth.id || get("teams", doc.team).closed != true'`, visible, "an anonymous caller may read notes without what it points to"},
		{"a lookup that has to fail", `read: 'doc.owner == auth.id || !exists("teams", {"id": doc.team, "closed": true})'`, visible, "an anonymous caller may read notes without what it points to"},
		{"a change by an anonymous caller", `read: 'true', update: 'auth.role != "guest"'`, delivered, "an anonymous caller may update notes"},
		{"a create by an anonymous caller", `create: 'next.owner != "x"'`, `tests: [{ as: { sub: ann }, create: notes, doc: { owner: ann }, expect: allow }]`, "an anonymous caller may create notes"},
		{"a create for a team that is gone", `create: '!exists("teams", {"id": next.team, "closed": true}) && auth != nil'`, `tests: [{ as: { sub: ann }, create: notes, doc: { team: red }, expect: forbidden }]`, "the caller may create notes without what it points to"},
		{"a create with nulls", `create: 'next.team != "red" && auth != nil'`, `tests: [{ as: { sub: ann }, create: notes, doc: { team: red }, expect: forbidden }]`, "the caller may create notes of nulls"},
		{"less for who signs in", `read: 'auth.id != "bob"'`, `tests: [{ as: { sub: bob }, read: notes, expect: deny }, { read: notes, visible: [a] }]`, "an anonymous caller may read notes"},
		{"more for a stranger", `read: 'auth != nil', delete: 'auth != nil && auth.id != "bob"'`, `tests: [{ as: { sub: bob }, delete: notes, id: a, expect: deny }]`, "a stranger may delete notes"},
	} {
		names, text := attacked(t, test.notes, test.tests)
		if test.want == "" && len(names) > 0 || test.want != "" && !slices.Contains(names, test.want) {
			t.Errorf("%s: %q fail, want %q\n%s", test.name, names, test.want, text)
		}
		if test.want == "" {
			continue
		}
		expected := test.tests + "\nexpected: [" + `"` + strings.Join(names, `", "`) + `"]`
		if names, text := attacked(t, test.notes, expected); len(names) > 0 {
			t.Errorf("%s: %q fail although the file expects them\n%s", test.name, names, text)
		}
	}
	if names, text := attacked(t, `read: 'doc.owner == auth.id'`, visible+"\nexpected: [\"an anonymous caller may read notes\"]"); len(names) != 1 || !strings.Contains(text, "take it out of expected") {
		t.Errorf("what is expected and not so: %s", text)
	}
}

// TestRuleTests_OfFiles: what the server would find out about the bytes is what the test says of them.
func TestRuleTests_OfFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, content := range map[string]string{"basalt.yaml": `databases: { main: { driver: sqlite, url: "file:x.db" } }
collections:
  photos:
    files: { types: ["image/*"] }
    fields: { owner: { type: string, index: true } }
    set: { create: { owner: auth.id } }
    rules:
      read: 'doc.owner == auth.id'
      create: 'auth != nil && next.size < 100 && next.type startsWith "image/"'
      update: 'doc.owner == auth.id && next.size < 100'
`, "rules.test.yaml": `fixtures:
  photos: [{ id: a, owner: ann, name: a.png, type: image/png, size: 5, sha256: "00" }]
tests:
  - { as: { sub: ann }, read: photos, visible: [a] }
  - { as: { sub: bob }, read: photos, visible: [] }
  - { as: { sub: ann }, create: photos, doc: { name: b.png, type: image/png, size: 99 }, expect: allow }
  - { as: { sub: ann }, create: photos, doc: { name: b.png, type: image/png, size: 100 }, expect: forbidden }
  - { as: { sub: ann }, create: photos, doc: { name: b.zip, type: application/zip, size: 9 }, expect: forbidden }
  - { create: photos, doc: { name: b.png, type: image/png, size: 9 }, expect: unauthenticated }
  - { as: { sub: ann }, update: photos, id: a, doc: { size: 50 }, expect: allow }
  - { as: { sub: ann }, update: photos, id: a, doc: { size: 500 }, expect: forbidden }
`} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	report, err := ruletest.Run(context.Background(), filepath.Join(dir, "rules.test.yaml"), offline.OpenRuleTests)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range report.Results {
		if r.Failure != "" {
			t.Errorf("%s: %s", r.Name, r.Failure)
		}
	}
}
