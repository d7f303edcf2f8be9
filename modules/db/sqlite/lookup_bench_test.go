package sqlite_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/ncruces/go-sqlite3"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/db/sqlite"
	"github.com/basalt-dev/basalt/modules/query"
)

// BenchmarkLookup lists the 20 newest of 1,000,000 notes that a membership lets the caller see, beside
// the statement that one would write by hand. The caller is in 10 of 1,000 teams.
func BenchmarkLookup(b *testing.B) {
	ctx := context.Background()
	dir := b.TempDir()
	d, err := sqlite.Open(ctx, db.Config{URL: "file:lookup.db", Dir: dir})
	if err != nil {
		b.Fatal(err)
	}
	defer d.Close()
	collection := func(name string, fields []query.Field, indexed ...string) *db.Collection {
		c := &db.Collection{Name: name, Table: name, Shape: query.NewShape(fields)}
		for _, f := range fields {
			column := db.Column{Name: f.Name, Type: f.Type}
			for _, i := range indexed {
				column.Index = column.Index || i == f.Name
			}
			c.Columns = append(c.Columns, column)
		}
		return c
	}
	id := query.Field{Name: "id", Type: query.TypeID, NotNull: true}
	text := func(name string) query.Field { return query.Field{Name: name, Type: query.TypeString} }
	members := collection("members", []query.Field{id, text("team"), text("user")}, "team", "user")
	notes := collection("notes", []query.Field{id, text("team"), text("title"), {Name: "created", Type: query.TypeTime}}, "team", "created")
	notes.Related = map[string]*db.Collection{"members": members}
	if err := d.Sync(ctx, []*db.Collection{members, notes}); err != nil {
		b.Fatal(err)
	}
	var rows []query.Row
	for i := range 10_000 {
		rows = append(rows, query.Row{query.String(fmt.Sprintf("m%d", i)), query.String(fmt.Sprintf("t%d", i%1000)), query.String(fmt.Sprintf("u%d", i/10))})
	}
	if err := d.Insert(ctx, members, rows); err != nil {
		b.Fatal(err)
	}
	for base := 0; base < 1_000_000; base += 50_000 {
		rows = rows[:0]
		for i := base; i < base+50_000; i++ {
			rows = append(rows, query.Row{query.String(fmt.Sprintf("n%07d", i)), query.String(fmt.Sprintf("t%d", i*7919%1000)), query.String("a note"), query.Micros(int64(i) * 1e6)})
		}
		if err := d.Insert(ctx, notes, rows); err != nil {
			b.Fatal(err)
		}
	}
	raw, err := sqlite3.Open("file:" + filepath.Join(dir, "lookup.db"))
	if err != nil {
		b.Fatal(err)
	}
	defer raw.Close()
	if err := raw.Exec("PRAGMA cache_size = -16384; ANALYZE"); err != nil {
		b.Fatal(err)
	}
	byHand, _, err := raw.Prepare(`SELECT id, team, title, created FROM notes WHERE team IN (SELECT team FROM members WHERE user = ?) ORDER BY created DESC, id DESC LIMIT 20`)
	if err != nil {
		b.Fatal(err)
	}
	defer byHand.Close()
	b.Run("by hand", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			if err := byHand.BindText(1, fmt.Sprintf("u%d", i%1000)); err != nil {
				b.Fatal(err)
			}
			n := 0
			for byHand.Step() {
				_, _, _, _ = byHand.ColumnText(0), byHand.ColumnText(1), byHand.ColumnText(2), byHand.ColumnInt64(3)
				n++
			}
			if err := byHand.Reset(); err != nil || n != 20 {
				b.Fatal(n, err)
			}
		}
	})
	b.Run("rule", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			where := query.Lookup("members", &query.Compare{Path: query.Path{Field: "user"}, Op: query.Eq, Value: query.String(fmt.Sprintf("u%d", i%1000))},
				query.Link{Inner: query.Path{Field: "team"}, Op: query.Eq, Outer: query.Path{Field: "team"}})
			rows, err := d.Find(ctx, notes, db.Find{Query: query.Query{Where: where, Sort: []query.SortKey{{Field: "created", Desc: true}, {Field: "id", Desc: true}}, Limit: 20}})
			if err != nil || len(rows) != 20 {
				b.Fatal(len(rows), err)
			}
		}
	})
}
