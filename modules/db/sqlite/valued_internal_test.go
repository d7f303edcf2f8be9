package sqlite

import (
	"context"
	"fmt"
	"testing"

	"github.com/ncruces/go-sqlite3"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// TestValued_KeepsAPlanForEachValue: a rare value and a frequent one are found by plans of their own, none of which is made
// again for a value that was asked for lately; and there are not ever more of them.
func TestValued_KeepsAPlanForEachValue(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	driver, err := db.Open(ctx, "sqlite", db.Config{URL: "file:" + t.TempDir() + "/a.db"})
	if err != nil {
		t.Fatal(err)
	}
	defer driver.Close() // the test is over
	shape := query.NewShape([]query.Field{{Name: "id", Type: query.TypeID, NotNull: true}, {Name: "state", Type: query.TypeString}, {Name: "n", Type: query.TypeInt}})
	c := &db.Collection{Name: "ev", Table: "ev", Shape: shape, Columns: []db.Column{{Name: "id", Type: query.TypeID}, {Name: "state", Type: query.TypeString, Index: true}, {Name: "n", Type: query.TypeInt}}}
	if err := driver.Sync(ctx, []*db.Collection{c}); err != nil {
		t.Fatal(err)
	}
	var rows []query.Row
	for n := range 4000 {
		state := "open"
		if n%1000 == 0 {
			state = "rare"
		}
		rows = append(rows, query.Row{query.String(fmt.Sprintf("k%05d", n)), query.String(state), query.Int(int64(n))})
	}
	if err := driver.Insert(ctx, c, rows); err != nil {
		t.Fatal(err)
	}
	err = driver.Transaction(ctx, func(s db.Store) error {
		keepsPlans(t, s.(transaction).conn, c)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func keepsPlans(t *testing.T, conn *conn, c *db.Collection) {
	if err := conn.db.Exec("ANALYZE"); err != nil {
		t.Fatal(err)
	}
	conn.forget()
	find := func(state string) []query.Row {
		t.Helper()
		where := &query.Compare{Path: query.Path{Field: "state"}, Value: query.String(state)}
		found, err := conn.find(c, db.Find{Query: query.Query{Where: where, Sort: c.KeyOrder(false), Limit: 20}})
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	for range 5 {
		if rare, open, none := find("rare"), find("open"), find("none"); len(rare) != 4 || rare[3][0].Text() != "k03000" || len(open) != 20 || open[0][0].Text() != "k00001" || len(none) != 0 {
			t.Fatalf("found %d, %d and %d rows", len(rare), len(open), len(none))
		}
	}
	if len(conn.valued.plans) != 3 {
		t.Errorf("%d plans are kept, not 3", len(conn.valued.plans))
	}
	for key, s := range conn.valued.plans {
		if n := s.Status(sqlite3.STMTSTATUS_REPREPARE, false); n > 1 {
			t.Errorf("%q was planned %d times more", key, n)
		}
	}
	for n := range 2 * maxValued {
		find(fmt.Sprint("none", n))
	}
	if n := len(conn.valued.plans); n > maxValued {
		t.Errorf("%d plans are kept", n)
	}
}
