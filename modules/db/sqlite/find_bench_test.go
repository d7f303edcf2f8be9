package sqlite_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/db/dbtest"
	"github.com/basalt-dev/basalt/modules/query"
)

// BenchmarkFind reads from 10,000 documents, with rendering, running and decoding.
func BenchmarkFind(b *testing.B) {
	ctx := context.Background()
	d := open(b)
	defer d.Close() // the benchmark is over
	c := dbtest.Collection("things")
	if err := d.Sync(ctx, []*db.Collection{c}); err != nil {
		b.Fatal(err)
	}
	rows := make([]query.Row, 10_000)
	for i := range rows {
		rows[i] = make(query.Row, len(c.Columns))
		rows[i][0], rows[i][1], rows[i][3] = query.String(fmt.Sprintf("d%05d", i)), query.String("some text of a document"), query.Int(int64(i%1000))
	}
	if err := d.Insert(ctx, c, rows); err != nil {
		b.Fatal(err)
	}
	n := query.Path{Field: "n"}
	for _, test := range []struct {
		name string
		find db.Find
		rows int
	}{
		{"by key", db.Find{Query: query.Query{Where: c.ByKey("d05000"), Limit: 1}}, 1},
		{"list", db.Find{Query: query.Query{Where: &query.Compare{Path: n, Op: query.Ge, Value: query.Int(500)}, Sort: []query.SortKey{{Field: "n"}, {Field: "id"}}, Limit: 20}}, 20},
		{"of several", db.Find{Query: query.Query{Where: c.ByKeys([]string{"d00001", "d00002", "d00003", "d00004", "d00005"}), Limit: 5}}, 5},
	} {
		b.Run(test.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if found, err := d.Find(ctx, c, test.find); err != nil || len(found) != test.rows {
					b.Fatal(len(found), err)
				}
			}
		})
	}
}

func BenchmarkPages(b *testing.B) {
	d := open(b)
	defer d.Close() // the benchmark is over
	dbtest.BenchmarkPages(b, d, func() {})
}
