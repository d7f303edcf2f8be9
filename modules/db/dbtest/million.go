package dbtest

import (
	"context"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// Million are the fields of a table of another program with the indexes that its administrator made: by its key, by at, by
// owner and at, by state, by email and by price. In row n, from 1, the state is 'rare' where n can be divided by 100,000.
var Million = []query.Field{
	{Name: "id", Type: query.TypeUUID, NotNull: true}, {Name: "at", Type: query.TypeTime}, {Name: "owner", Type: query.TypeUUID},
	{Name: "state", Type: query.TypeString}, {Name: "email", Type: query.TypeString}, {Name: "price", Type: query.TypeDecimal},
}

// MillionRows is how many rows there are: BASALT_ROWS, or 100,000.
func MillionRows() int {
	n, err := strconv.Atoi(os.Getenv("BASALT_ROWS"))
	if err != nil {
		n = 100_000
	}
	return n
}

// The values that the questions look for, which are in the table.
const (
	MillionOwner = "00000000-0000-4000-8000-000000000007" // of each 1,000th row
	MillionEmail = "user77777@example.org"
	MillionPrice = "777.77" // of row 77,777
)

// BenchmarkMillion compares lists with the same statement written by hand, which hand runs and whose rows it scans. It takes
// turns, and reports how many times as long the driver takes.
func BenchmarkMillion(b *testing.B, d db.Driver, c *db.Collection, hand func(statement string) (rows int, err error)) {
	ctx := context.Background()
	at := func(name string) query.Path { return query.Path{Field: name} }
	is := func(name string, v query.Value) query.Filter { return &query.Compare{Path: at(name), Value: v} }
	price, _ := query.Coerce(c.Columns[5].Type, query.RawJSON(MillionPrice))
	newest := append([]query.SortKey{{Field: "at", Desc: true}}, c.KeyOrder(true)...)
	const columns = "SELECT id, at, owner, state, email, price FROM ev "
	for _, test := range []struct {
		name  string
		where query.Filter
		sort  []query.SortKey
		sql   string
		rows  int
	}{
		{"the newest", query.True, newest, columns + "ORDER BY at DESC, id DESC LIMIT 20", 20},
		{"the newest of an owner", is("owner", query.String(MillionOwner)), newest, columns + "WHERE owner = '" + MillionOwner + "' ORDER BY at DESC, id DESC LIMIT 20", 20},
		{"by the key", query.True, c.KeyOrder(false), columns + "ORDER BY id LIMIT 20", 20},
		{"an enum", is("state", query.String("rare")), c.KeyOrder(false), columns + "WHERE state = 'rare' ORDER BY id LIMIT 20", min(20, MillionRows()/100_000)},
		{"an address in another case", is("email", query.String("USER77777@example.org")), c.KeyOrder(false), columns + "WHERE email = 'USER77777@example.org' ORDER BY id LIMIT 20", -1},
		{"an address", is("email", query.String(MillionEmail)), c.KeyOrder(false), columns + "WHERE email = '" + MillionEmail + "' ORDER BY id LIMIT 20", 1},
		{"a price", is("price", price), c.KeyOrder(false), columns + "WHERE price = " + MillionPrice + " ORDER BY id LIMIT 20", 1},
	} {
		find := db.Find{Query: query.Query{Where: test.where, Sort: test.sort, Limit: 20}}
		b.Run(test.name, func(b *testing.B) {
			var ours, theirs time.Duration
			for b.Loop() {
				start := time.Now()
				found, err := d.Find(ctx, c, find)
				between := time.Now()
				n, err2 := hand(test.sql)
				ours, theirs = ours+between.Sub(start), theirs+time.Since(between)
				if err != nil || err2 != nil || test.rows >= 0 && (len(found) != test.rows || n != test.rows) {
					b.Fatal(len(found), n, err, err2)
				}
			}
			b.ReportMetric(float64(ours)/float64(theirs), "ratio")
			b.ReportMetric(float64(theirs.Microseconds())/float64(b.N), "µs-by-hand/op")
		})
	}
}
