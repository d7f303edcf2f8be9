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

// Pages are lists of a collection with an indexed field that may be null, one that is required, and one in which half of the documents
// have the same.
type Pages struct {
	Collection *db.Collection
	total      int
}

// Page is a page of 20 documents, the first or a later one.
type Page struct {
	Name        string // of the order
	First, Deep db.Find
}

// NewPages stores documents, not in the order of their keys.
func NewPages(t testing.TB, d db.Driver, total int) *Pages {
	t.Helper()
	ctx := context.Background()
	c := keyed("paged", []query.Field{{Name: "id", Type: query.TypeID, NotNull: true}, {Name: "n", Type: query.TypeInt}, {Name: "r", Type: query.TypeInt}, {Name: "half", Type: query.TypeInt}, {Name: "title", Type: query.TypeString}}, nil)
	c.Columns[1].Index, c.Columns[2].Index, c.Columns[2].Required, c.Columns[3].Index = true, true, true, true
	must(t, d.Sync(ctx, []*db.Collection{c}))
	p := &Pages{c, total}
	for from := 0; from < total; from += 10_000 {
		rows := make([]query.Row, min(10_000, total-from))
		for i := range rows {
			rows[i] = p.row((from + i) * 7919 % total)
		}
		must(t, d.Insert(ctx, c, rows))
	}
	return p
}

// row is a document; those of the field that may be null begin with five nulls.
func (p *Pages) row(i int) query.Row {
	n := query.Int(int64(i))
	if i < 5 {
		n = query.Null
	}
	return query.Row{query.String(fmt.Sprintf("d%07d", i)), n, query.Int(int64(i)), query.Int(int64(2 * i / p.total)), query.String("a title that takes some room")}
}

// Each returns the first page and that of a number, by each field and by the key, both ways.
func (p *Pages) Each(t testing.TB, number int) (out []Page) {
	t.Helper()
	c, cursors := p.Collection, query.NewCursors([32]byte{1})
	for _, field := range []string{"n", "r", "half", "id"} {
		for _, desc := range []bool{false, true} {
			sort := []query.SortKey{{Field: field, Desc: desc}, {Field: "id", Desc: desc}}
			sort = slices.CompactFunc(sort, func(x, y query.SortKey) bool { return x == y })
			before := (number-1)*20 - 1
			if desc {
				before = p.total - 1 - before
			}
			after, err := cursors.After(c.Name, c.Shape, sort, cursors.Make(c.Name, c.Shape, sort, p.row(before)))
			must(t, err)
			find := func(where query.Filter) db.Find {
				return db.Find{Query: query.Query{Where: where, Sort: sort, Limit: 20}}
			}
			out = append(out, Page{fmt.Sprintf("%s/down=%t", field, desc), find(query.True), find(after[0])})
		}
	}
	return out
}

// BenchmarkPages reads the first page and the 500th of BASALT_ROWS documents, or 10,000, in turns, and reports how many times as
// long the 500th takes, by the medians and by the least of all rounds: a page costs the same wherever it is. Sums would be those of a few rounds in
// which the machine did something else.
//
// filled is called when all are stored, for statistics.
func BenchmarkPages(b *testing.B, d db.Driver, filled func()) {
	total, err := strconv.Atoi(os.Getenv("BASALT_ROWS"))
	if err != nil {
		total = 10_000
	}
	pages := NewPages(b, d, total)
	filled()
	read := func(find db.Find) time.Duration {
		start := time.Now()
		page, err := d.Find(context.Background(), pages.Collection, find)
		took := time.Since(start)
		if err != nil || len(page) < 15 { // the last of 10,000 ends before the nulls
			b.Fatal(len(page), err)
		}
		return took
	}
	for _, page := range pages.Each(b, 500) {
		b.Run(page.Name, func(b *testing.B) {
			var first, deep []time.Duration
			for b.Loop() {
				first = append(first, read(page.First))
				deep = append(deep, read(page.Deep))
			}
			slices.Sort(first)
			slices.Sort(deep)
			n := len(first)
			b.ReportMetric(float64(deep[n/2])/float64(first[n/2]), "ratio")
			b.ReportMetric(float64(deep[0])/float64(first[0]), "ratio-of-least")
			b.ReportMetric(float64(first[n/2].Microseconds()), "µs-first")
		})
	}
}
