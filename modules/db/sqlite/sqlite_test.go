package sqlite_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

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
	t.Parallel()
	dbtest.Run(t, open, dbtest.Exceptions{NaN: "SQLite stores NaN as null"})
}

func TestOpen_RefusesBadURLs(t *testing.T) {
	t.Parallel()
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
	t.Parallel()
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
	t.Parallel()
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

// TestWatch_ManyChangesOfOtherTables writes more into a table that is not watched than is read at once, and then,
// in the same commit, into one that is.
func TestWatch_ManyChangesOfOtherTables(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	d := open(t)
	defer d.Close()
	watched, other := dbtest.Collection("watched"), dbtest.Collection("other")
	if err := d.Sync(ctx, []*db.Collection{watched, other}); err != nil {
		t.Fatal(err)
	}
	watcher, _ := db.As[db.Watcher](d)
	for _, c := range []*db.Collection{other, watched} { // the first leaves triggers behind
		w, err := watcher.Watch(ctx, []*db.Collection{c})
		if err != nil {
			t.Fatal(err)
		}
		defer w.Close()
		if c == other {
			continue
		}
		for _, many := range []int{10, 1999, 2000, 4500} {
			if err := d.Transaction(ctx, func(s db.Store) error {
				rows := make([]query.Row, many)
				for i := range rows {
					rows[i] = make(query.Row, len(c.Columns))
					rows[i][0] = query.String(fmt.Sprint(many, "-", i))
				}
				return errors.Join(s.Insert(ctx, other, rows), s.Insert(ctx, watched, rows[:1]))
			}); err != nil {
				t.Fatal(err)
			}
			touched, err := w.Next(ctx)
			if want := fmt.Sprint(many, "-0"); err != nil || len(touched) != 1 || touched[0].ID != want {
				t.Fatalf("after %d others: got %v, %v; want %s", many, touched, err, want)
			}
			position, err := d.(db.Positioner).Position(ctx)
			if err != nil || position < touched[0].Position {
				t.Errorf("after %d others the position is %d, %v; that of the change %d", many, position, err, touched[0].Position)
			}
		}
		for _, many := range []int{4500, 12_000} { // all of a commit at once
			if err := d.Transaction(ctx, func(s db.Store) error {
				_, _, err := s.Update(ctx, other, db.Update{Where: query.True, Set: []db.Assignment{{Field: 3, Value: query.Int(1)}}})
				rows := make([]query.Row, many)
				for i := range rows {
					rows[i] = make(query.Row, len(c.Columns))
					rows[i][0] = query.String(fmt.Sprint("all", many, "-", i))
				}
				return errors.Join(err, s.Insert(ctx, watched, rows))
			}); err != nil {
				t.Fatal(err)
			}
			touched, err := w.Next(ctx)
			if err != nil || len(touched) != many && !(len(touched) > 0 && touched[0].ID == "") {
				t.Fatalf("got %d of %d changes of one commit, %v", len(touched), many, err)
			}
		}
	}
}
