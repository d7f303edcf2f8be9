package dbtest

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// BenchmarkPages reads the first page and the 500th of BASALT_ROWS documents, or 10,000: by an indexed field that may be null, by
// one that is required, and by the key, both ways. It takes turns, and reports how many times as long the 500th takes: a page costs
// the same wherever it is.
//
// filled is called when all are stored, for statistics.
func BenchmarkPages(b *testing.B, d db.Driver, filled func()) {
	ctx := context.Background()
	c := keyed("paged", []query.Field{{Name: "id", Type: query.TypeID, NotNull: true}, {Name: "n", Type: query.TypeInt}, {Name: "r", Type: query.TypeInt}, {Name: "title", Type: query.TypeString}}, nil)
	c.Columns[1].Index, c.Columns[2].Index, c.Columns[2].Required = true, true, true
	must(b, d.Sync(ctx, []*db.Collection{c}))
	total, err := strconv.Atoi(os.Getenv("BASALT_ROWS"))
	if err != nil {
		total = 10_000
	}
	row := func(i int) query.Row {
		n := query.Int(int64(i))
		if i < 5 {
			n = query.Null
		}
		return query.Row{query.String(fmt.Sprintf("d%07d", i)), n, query.Int(int64(i)), query.String("a title that takes some room")}
	}
	for from := 0; from < total; from += 10_000 {
		rows := make([]query.Row, min(10_000, total-from))
		for i := range rows {
			rows[i] = row((from + i) * 7919 % total) // not in their order
		}
		must(b, d.Insert(ctx, c, rows))
	}
	filled()
	cursors := query.NewCursors([32]byte{1})
	for _, field := range []string{"n", "r", "id"} {
		for _, desc := range []bool{false, true} {
			sort := []query.SortKey{{Field: field, Desc: desc}, {Field: "id", Desc: desc}}
			sort = slices.CompactFunc(sort, func(x, y query.SortKey) bool { return x == y })
			before := 499*20 - 1
			if desc {
				before = total - 1 - before
			}
			after, err := cursors.After(c.Name, c.Shape, sort, cursors.Make(c.Name, c.Shape, sort, row(before)))
			must(b, err)
			read := func(where query.Filter) time.Duration {
				start := time.Now()
				page, err := d.Find(ctx, c, db.Find{Query: query.Query{Where: where, Sort: sort, Limit: 20}})
				took := time.Since(start)
				if err != nil || len(page) < 15 { // the last of 10,000 ends before the nulls
					b.Fatal(len(page), err)
				}
				return took
			}
			b.Run(fmt.Sprintf("%s/down=%t", field, desc), func(b *testing.B) {
				var first, deep time.Duration
				for b.Loop() {
					first += read(query.True)
					deep += read(after[0])
				}
				b.ReportMetric(float64(deep)/float64(first), "ratio")
				b.ReportMetric(float64(first.Microseconds())/float64(b.N), "µs-first/op")
			})
		}
	}
}
