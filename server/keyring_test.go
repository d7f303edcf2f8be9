package server_test

import (
	"context"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/basalt-dev/basalt/modules/auth/store"
	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/db/postgres/postgrestest"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/server/servertest"
)

// TestWithoutAuth_NoTablesOfAccounts: without the section auth there are no tables of it, and the key of cursors has a
// place of its own. One that an earlier version kept among those of auth stays in use.
func TestWithoutAuth_NoTablesOfAccounts(t *testing.T) {
	t.Parallel()
	for driver, url := range map[string]string{"sqlite": "file:" + filepath.Join(t.TempDir(), "app.db"), "postgres": postgrestest.Database(t)} {
		t.Run(driver, func(t *testing.T) {
			path := servertest.Write(t, `
databases: { main: { driver: `+driver+`, url: "`+url+`" } }
log: { level: error }
collections:
  notes: { fields: { title: { type: string } }, rules: { read: 'true', create: 'true' } }
`)
			s := servertest.StartFile(t, path)
			s.Want(t, 201, call{Method: "POST", Path: "/v1/db/notes", Body: `[{"title":"a"},{"title":"b"},{"title":"c"}]`})
			next := cursor(t, s, "")
			s.Stop()

			withDatabase(t, driver, url, func(ctx context.Context, d db.Driver) {
				if there := tablesOf(t, ctx, d); len(there) > 0 {
					t.Errorf("there are the tables %v", there)
				}
				asBefore(t, ctx, d)
			})
			s = servertest.StartFile(t, path)
			if cursor(t, s, next) == "" {
				t.Error("the key of the earlier version is not used")
			}
			s.Stop()
			withDatabase(t, driver, url, func(ctx context.Context, d db.Driver) {
				if _, err := d.Delete(ctx, oldKeys, query.True); err != nil {
					t.Fatal(err)
				}
			})
			s = servertest.StartFile(t, path)
			if cursor(t, s, next) == "" {
				t.Error("the key was not taken over")
			}
		})
	}
}

// cursor returns the cursor after a page.
func cursor(t *testing.T, s *servertest.Instance, after string) string {
	t.Helper()
	var page struct{ Next string }
	s.Want(t, 200, call{Method: "GET", Path: "/v1/db/notes?limit=1&sort=title&after=" + after}).Decode(t, &page)
	return page.Next
}

func withDatabase(t *testing.T, driver, url string, f func(context.Context, db.Driver)) {
	t.Helper()
	ctx := context.Background()
	d, err := db.Open(ctx, driver, db.Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	f(ctx, d)
	if err := d.Close(); err != nil {
		t.Error(err)
	}
}

// tablesOf returns the tables of accounts that are there.
func tablesOf(t *testing.T, ctx context.Context, d db.Driver) (names []string) {
	t.Helper()
	migrator, ok := db.As[db.Migrator](d)
	if !ok {
		t.Fatal("the driver has no schema")
	}
	for _, c := range store.Collections() {
		steps, err := migrator.Plan(ctx, []*db.Collection{c})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(steps, func(step db.Migration) bool { return step.NewTable }) {
			names = append(names, c.Table)
		}
	}
	return names
}

var (
	newKeys = db.Describe("_keyring", db.Column{Name: "id", Type: query.TypeID}, db.Column{Name: "value", Type: query.TypeString}, db.Column{Name: "created", Type: query.TypeTime})
	oldKeys = db.Describe("_keys", db.Column{Name: "id", Type: query.TypeID}, db.Column{Name: "value", Type: query.TypeString}, db.Column{Name: "created", Type: query.TypeTime}, db.Column{Name: "retired", Type: query.TypeTime})
)

// asBefore moves the key to where an earlier version kept it.
func asBefore(t *testing.T, ctx context.Context, d db.Driver) {
	t.Helper()
	rows, err := d.Find(ctx, newKeys, db.Find{Query: query.Query{Where: query.True, Limit: 10}})
	if err != nil || len(rows) != 1 {
		t.Fatalf("the keys are %v, %v", rows, err)
	}
	if err := d.Sync(ctx, []*db.Collection{oldKeys}); err != nil {
		t.Fatal(err)
	}
	if err := d.Insert(ctx, oldKeys, []query.Row{{rows[0][0], rows[0][1], query.Time(time.Now().Truncate(time.Microsecond)), query.Null}}); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Delete(ctx, newKeys, query.True); err != nil {
		t.Fatal(err)
	}
}
