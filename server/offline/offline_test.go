package offline_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/basalt-dev/basalt/modules/db"
	_ "github.com/basalt-dev/basalt/modules/db/memory"
	_ "github.com/basalt-dev/basalt/modules/db/postgres"
	"github.com/basalt-dev/basalt/modules/db/postgres/postgrestest"
	_ "github.com/basalt-dev/basalt/modules/db/sqlite"
	"github.com/basalt-dev/basalt/sdk/gen"
	"github.com/basalt-dev/basalt/server/offline"
)

const rest = `
auth: { tokens: { algorithm: ES256 } }
collections:
  members: { fields: { team: { type: string }, user: { type: string } }, rules: { read: 'true' } }
  notes:
    fields: { team: { type: string }, author: { type: string }, stars: { type: int, default: 3 } }
    rules:
      read: 'exists("members", {"team": doc.team, "user": auth.id})'
      create: 'next.author == auth.id'
`

func write(t *testing.T, database string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "basalt.yaml")
	if err := os.WriteFile(path, []byte("databases: { main: "+database+" }"+rest), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// tools runs all that is to leave a database as it is.
func tools(t *testing.T, path string) {
	t.Helper()
	ctx := context.Background()
	if _, err := offline.Check(path); err != nil {
		t.Error(err)
	}
	for question, want := range map[string]string{
		`{"op":"read","collection":"notes","as":{"sub":"u1"}}`:                         "filter",
		`{"op":"read","collection":"notes","as":{"sub":"u1"},"id":"x"}`:                "filter",
		`{"op":"create","collection":"notes","as":{"sub":"u1"},"doc":{"author":"u1"}}`: "allow",
		`{"op":"create","collection":"notes","as":{"sub":"u1"},"doc":{"author":"u2"}}`: "deny",
		`{"op":"delete","collection":"notes","as":{"sub":"u1"},"id":"x"}`:              "deny",
		`{"op":"read","collection":"members"}`:                                         "allow",
	} {
		e, err := offline.Explain(ctx, path, []byte(question))
		if err != nil {
			t.Errorf("%s: %v", question, err)
			continue
		}
		if e.Verdict != want {
			t.Errorf("%s: %s, expected %s", question, e.Verdict, want)
		}
		if e.Statement != "" {
			t.Errorf("%s: the statement is that of another database: %s", question, e.Statement)
		}
	}
	if _, err := gen.Types(path, "ts"); err != nil {
		t.Error(err)
	}
	if _, err := offline.Token(ctx, path, map[string]any{"sub": "u1"}, time.Now(), time.Hour); err == nil || !strings.Contains(err.Error(), "start the server once") {
		t.Errorf("a token without a key: %v", err)
	}
	tests, err := offline.OpenRuleTests(ctx, path)
	if err != nil {
		t.Fatal(err)
	}
	if err := tests.Load(ctx, map[string][]byte{"members": []byte(`[{"id":"1","team":"a","user":"u1"}]`)}); err != nil {
		t.Error(err)
	}
	if err := tests.Close(); err != nil {
		t.Error(err)
	}
}

// TestTools_LeaveAFreshFolderEmpty: what serves nothing makes nothing.
func TestTools_LeaveAFreshFolderEmpty(t *testing.T) {
	path := write(t, `{ driver: sqlite, url: "file:data/app.db" }`)
	tools(t, path)
	files, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(files) != 1 {
		t.Errorf("the folder has %v, %v", files, err)
	}
}

// TestTools_LeaveAnEmptyDatabaseEmpty is the same of a server's database, which is there already.
func TestTools_LeaveAnEmptyDatabaseEmpty(t *testing.T) {
	url := postgrestest.Database(t)
	tools(t, write(t, `{ driver: postgres, url: "`+url+`" }`))
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx) // the test is over
	var have int
	if err := conn.QueryRow(ctx, "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace").Scan(&have); err != nil || have != 0 {
		t.Errorf("the database has %d tables and indexes, %v", have, err)
	}
}

func tables(t *testing.T, driver, url string) (names []string) {
	t.Helper()
	ctx := context.Background()
	d, err := db.Open(ctx, driver, db.Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	}()
	in, ok := db.As[db.Introspector](d)
	if !ok {
		t.Fatal("the driver cannot describe a database")
	}
	found, err := in.Introspect(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range found {
		names = append(names, table.Name)
	}
	return names
}

// TestExplain_AsksTheDatabaseThatIsThere: with tables the answer is that of the database, whose schema stays as it is.
func TestExplain_AsksTheDatabaseThatIsThere(t *testing.T) {
	for driver, url := range map[string]string{"sqlite": "file:" + filepath.Join(t.TempDir(), "app.db"), "postgres": postgrestest.Database(t)} {
		t.Run(driver, func(t *testing.T) {
			path := write(t, `{ driver: `+driver+`, url: "`+url+`" }`)
			ctx := context.Background()
			if _, err := offline.Migrate(ctx, path, offline.MigrateApply, false); err != nil {
				t.Fatal(err)
			}
			before := tables(t, driver, url)
			e, err := offline.Explain(ctx, path, []byte(`{"op":"read","collection":"notes","as":{"sub":"u1"},"id":"x"}`))
			if err != nil || e.Document == nil || e.Document.Found || e.Statement == "" {
				t.Errorf("got %+v, %v", e, err)
			}
			if after := tables(t, driver, url); len(after) != len(before) {
				t.Errorf("tables before %v, after %v", before, after)
			}
		})
	}
}
