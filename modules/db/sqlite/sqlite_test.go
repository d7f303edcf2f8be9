package sqlite_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/db/dbtest"
	"github.com/basalt-dev/basalt/modules/db/sqlite"
	"github.com/basalt-dev/basalt/modules/query"
)

func open(t testing.TB) db.Driver {
	t.Helper()
	d, err := sqlite.Open(context.Background(), db.Config{URL: "file:test.db", Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestConformance(t *testing.T) {
	dbtest.Run(t, open, dbtest.Exceptions{NaN: "SQLite stores NaN as null"})
}

func TestOpen_RefusesBadURLs(t *testing.T) {
	for url, want := range map[string]string{
		"data/app.db":             `must start with "file:"`,
		"file:":                   "needs a file",
		"file::memory:":           "needs a file",
		"file:a.db?cache=shared":  `unknown option "cache"`,
		"file:a.db?synchronous=x": `unknown option "synchronous"`,
	} {
		_, err := sqlite.Open(context.Background(), db.Config{URL: url, Dir: t.TempDir()})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", url, err, want)
		}
	}
}

func TestSync_RefusalNamesTheStatement(t *testing.T) {
	d := open(t)
	defer d.Close()
	make := func(typ query.Type) *db.Collection {
		shape := query.NewShape([]query.Field{{Name: "id", Type: query.TypeID}, {Name: "x", Type: typ}})
		return &db.Collection{Name: "c", Table: "c", Shape: shape, Columns: []db.Column{{Name: "id", Type: query.TypeID}, {Name: "x", Type: typ}}}
	}
	if err := d.Sync(context.Background(), []*db.Collection{make(query.TypeString)}); err != nil {
		t.Fatal(err)
	}
	err := d.Sync(context.Background(), []*db.Collection{make(query.TypeInt)})
	if err == nil || !strings.Contains(err.Error(), `ALTER TABLE "c" RENAME COLUMN "x" TO "x_old"`) {
		t.Errorf("got %v", err)
	}
}

func TestOpen_TwoProcessesShareAFile(t *testing.T) {
	dir := t.TempDir()
	ctx := context.Background()
	var drivers [2]db.Driver
	c := dbtest.Collection("things")
	for i := range drivers {
		d, err := sqlite.Open(ctx, db.Config{URL: "file:" + filepath.Join(dir, "a.db")})
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		if err := d.Sync(ctx, []*db.Collection{c}); err != nil {
			t.Fatal(err)
		}
		drivers[i] = d
	}
	row := make([]query.Value, len(c.Columns))
	row[0] = query.String("a")
	if err := drivers[0].Insert(ctx, c, []query.Row{row}); err != nil {
		t.Fatal(err)
	}
	if n, err := drivers[1].Count(ctx, c, query.True); n != 1 || err != nil {
		t.Errorf("got %d, %v", n, err)
	}
}
