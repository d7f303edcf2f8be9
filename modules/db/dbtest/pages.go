package dbtest

import (
	"context"
	"fmt"
	"testing"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// BenchmarkPages reads the first page and the 500th of 10,000 documents by an indexed field that may be null, both ways. A
// page costs the same wherever it is.
func BenchmarkPages(b *testing.B, d db.Driver) {
	ctx := context.Background()
	c := Collection("things")
	must(b, d.Sync(ctx, []*db.Collection{c}))
	rows := make([]query.Row, 10_000)
	n := shape.Index("n")
	for i := range rows {
		rows[i] = make(query.Row, len(c.Columns))
		rows[i][0], rows[i][n] = query.String(fmt.Sprintf("d%05d", i)), query.Int(int64(i))
	}
	must(b, d.Insert(ctx, c, rows))
	cursors := query.NewCursors([32]byte{1})
	for _, desc := range []bool{false, true} {
		sort := []query.SortKey{{Field: "n", Desc: desc}, {Field: "id", Desc: desc}}
		before := 499*20 - 1
		if desc {
			before = len(rows) - 1 - before
		}
		last, err := cursors.After(c.Name, c.Shape, sort, cursors.Make(c.Name, c.Shape, sort, rows[before]))
		must(b, err)
		for name, where := range map[string]query.Filter{"first": query.True, "500th": last[0]} {
			b.Run(fmt.Sprintf("%s/down=%t", name, desc), func(b *testing.B) {
				for b.Loop() {
					page, err := d.Find(ctx, c, db.Find{Query: query.Query{Where: where, Sort: sort, Limit: 20}})
					if err != nil || len(page) != 20 {
						b.Fatal(len(page), err)
					}
				}
			})
		}
	}
}
