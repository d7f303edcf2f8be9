package postgres_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/db/dbtest"
	"github.com/basalt-dev/basalt/modules/db/postgres"
	"github.com/basalt-dev/basalt/modules/db/postgres/postgrestest"
	"github.com/basalt-dev/basalt/modules/query"
)

// BenchmarkRows lists 20 documents, decoded here and written as JSON here, beside the database making
// the JSON (row_to_json).
func BenchmarkRows(b *testing.B) {
	ctx := context.Background()
	url := postgrestest.Database(b)
	d, err := postgres.Open(ctx, db.Config{URL: url})
	if err != nil {
		b.Fatal(err)
	}
	defer d.Close() // the benchmark is over
	shape := query.NewShape([]query.Field{{Name: "id", Type: query.TypeID, NotNull: true}, {Name: "owner", Type: query.TypeString}, {Name: "title", Type: query.TypeString}, {Name: "body", Type: query.TypeString},
		{Name: "stars", Type: query.TypeInt}, {Name: "done", Type: query.TypeBool}, {Name: "created", Type: query.TypeTime}})
	c := &db.Collection{Name: "notes", Table: "notes", Shape: shape}
	for _, f := range shape.Fields {
		c.Columns = append(c.Columns, db.Column{Name: f.Name, Type: f.Type})
	}
	if err := d.Sync(ctx, []*db.Collection{c}); err != nil {
		b.Fatal(err)
	}
	var rows []query.Row
	for i := range 20 {
		rows = append(rows, query.Row{query.String(fmt.Sprintf("n%d", i)), query.String("u1"), query.String("a title"), query.String("some text that is neither long nor short, as people write it"), query.Int(int64(i)), query.Bool(i%2 == 0), query.Micros(1_700_000_000_000_000)})
	}
	if err := d.Insert(ctx, c, rows); err != nil {
		b.Fatal(err)
	}
	b.Run("decoded here", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			found, err := d.Find(ctx, c, db.Find{Query: query.Query{Where: query.True, Sort: []query.SortKey{{Field: "id"}}, Limit: 20}})
			if err != nil || len(found) != 20 {
				b.Fatal(err)
			}
			out := make([]byte, 0, 4096)
			for _, row := range found {
				for _, v := range row {
					out = v.AppendJSON(append(out, ','))
				}
			}
		}
	})
	b.Run("row_to_json", func(b *testing.B) {
		conn, err := pgx.Connect(ctx, url)
		if err != nil {
			b.Fatal(err)
		}
		defer conn.Close(ctx) // the benchmark is over
		b.ReportAllocs()
		for b.Loop() {
			r, err := conn.Query(ctx, "SELECT row_to_json(t)::text FROM (SELECT id, owner, title, body, stars, done, created FROM notes ORDER BY id LIMIT 20) t")
			if err != nil {
				b.Fatal(err)
			}
			out, n := make([]byte, 0, 4096), 0
			for r.Next() {
				out = append(append(out, ','), r.RawValues()[0]...)
				n++
			}
			if r.Err() != nil || n != 20 || len(out) < 2000 {
				b.Fatal(r.Err(), n, len(out))
			}
		}
	})
}

func BenchmarkPages(b *testing.B) {
	ctx, url := context.Background(), postgrestest.Database(b)
	d, err := postgres.Open(ctx, db.Config{URL: url})
	if err != nil {
		b.Fatal(err)
	}
	defer d.Close() // the benchmark is over
	dbtest.BenchmarkPages(b, d, func() {
		conn, err := pgx.Connect(ctx, url)
		if err != nil {
			b.Fatal(err)
		}
		defer conn.Close(ctx)
		if _, err := conn.Exec(ctx, "VACUUM ANALYZE paged"); err != nil {
			b.Fatal(err)
		}
	})
}
