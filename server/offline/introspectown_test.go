package offline_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/basalt-dev/basalt/modules/db/postgres/postgrestest"
	"github.com/basalt-dev/basalt/server/offline"
)

// TestIntrospect_OfItsOwnDatabase: who has lost the file gets the types back, and what is printed changes nothing in the
// database.
func TestIntrospect_OfItsOwnDatabase(t *testing.T) {
	t.Parallel()
	for driver, url := range map[string]string{"sqlite": "file:" + filepath.Join(t.TempDir(), "app.db"), "postgres": postgrestest.Database(t)} {
		t.Run(driver, func(t *testing.T) {
			t.Parallel()
			ctx := context.Background()
			head := "databases: { main: { driver: " + driver + ", url: \"" + url + "\" } }\n"
			path := filepath.Join(t.TempDir(), "basalt.yaml")
			save := func(text string) {
				t.Helper()
				if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			save(head + `
collections:
  teams: { fields: { name: { type: string, unique: true } }, rules: { read: 'true' } }
  notes:
    fields:
      team:  { type: ref, to: teams, index: true, on_delete: restrict }
      title: { type: string }
      tags:  { type: json }
      done:  { type: bool }
      due:   { type: date }
      at:    { type: time }
      price: { type: decimal }
      code:  { type: uuid }
      names: { type: list, of: string }
      raw:   { type: bytes }
      stars: { type: float }
      count: { type: int, index: true }
    indexes: [ { fields: [title, -at] } ]
    rules: { read: 'true' }
`)
			if _, err := offline.Migrate(ctx, path, offline.MigrateApply, false); err != nil {
				t.Fatal(err)
			}
			var out bytes.Buffer
			if err := offline.Introspect(ctx, path, "", &out); err != nil {
				t.Fatal(err)
			}
			for _, want := range []string{
				"team: { type: ref, to: teams, index: true }", "title: { type: string, index: true }", "tags: { type: json }", "done: { type: bool }", "due: { type: date }", "at: { type: time }",
				"price: { type: decimal }", "code: { type: uuid }", "names: { type: list, of: string", "raw: { type: bytes }", "stars: { type: float }", "count: { type: int, index: true }", "name: { type: string, unique: true }",
				"count: { type: int, index: true }\n    indexes:\n      - { fields: [title, -at] }\n    rules:",
			} {
				if !strings.Contains(out.String(), want) {
					t.Errorf("there is no %q", want)
				}
			}
			save(head + out.String())
			planned, err := offline.Migrate(ctx, path, offline.MigratePlan, true)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range planned {
				for _, step := range m.Steps {
					if strings.Contains(step.SQL, "basalt_ref_notes_team") { // what a deletion does is not in the database
						continue
					}
					t.Errorf("what is printed changes the database: %s", step.SQL)
				}
			}
			if t.Failed() {
				t.Logf("%s", out.String())
			}
		})
	}
}
