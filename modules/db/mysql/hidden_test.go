package mysql_test

import (
	"context"
	"strings"
	"testing"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/db/dbtest"
	"github.com/basalt-dev/basalt/modules/db/mysql/mysqltest"
	"github.com/basalt-dev/basalt/modules/query"
)

// odd are rows with values that no field has, as other programs write them.
const odd = `(%d1, NULL, NULL, NULL, NULL), (%d2, '0000-00-00', '0000-00-00', '0000-00-00', 18446744073709551615),
	(%d3, '2024-00-10', '2024-00-10 01:02:03', '2024-05-01', 1), (%d4, '2024-05-00', '2024-05-00', '2024-05-02', 9223372036854775808),
	(%d5, '2024-02-31', '2023-02-29', '2024-05-03', 9223372036854775807), (%d6, '0000-02-29', '2024-02-29 23:59:59.999999', '2024-05-01', 2)`

func oddRows(before string) string { return strings.ReplaceAll(odd, "%d", before) }

var oddFields = idAnd(query.Field{Name: "day", Type: query.TypeDate}, query.Field{Name: "at", Type: query.TypeTime},
	query.Field{Name: "ts", Type: query.TypeTime}, query.Field{Name: "big", Type: query.TypeInt})

const oddTable = `CREATE TABLE v (id int PRIMARY KEY, day date, at datetime(6), ts timestamp NULL, big bigint unsigned, KEY (day), KEY (at), KEY (ts), KEY (big));
	SET sql_mode = 'ALLOW_INVALID_DATES'; `

// TestHidden_ConditionsAndMemoryAgree: what reads as null is null in conditions, orders and writes.
func TestHidden_ConditionsAndMemoryAgree(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	d, c, _ := adopted(t, mysqltest.Database(t), oddTable+"INSERT INTO v VALUES "+oddRows("1"), "v", oddFields...)
	dbtest.Consistent(t, d, c)
	nulls := map[string]int64{}
	for _, field := range c.Shape.Fields[1:] {
		where := &query.Compare{Path: query.Path{Field: field.Name}, Op: query.Eq, Value: query.Null}
		rows, err := d.Find(ctx, c, db.Find{Query: query.Query{Where: query.True, Sort: c.KeyOrder(false)}})
		if err != nil {
			t.Fatal(err)
		}
		want := int64(0)
		for _, row := range rows {
			if row[c.Shape.Index(field.Name)].IsNull() {
				want++
			}
		}
		if n, err := d.Count(ctx, c, where); err != nil || n != want || n < 2 {
			t.Errorf("%s is null in %d rows, %d are read so, %v", field.Name, n, want, err)
		}
		nulls[field.Name] = want
	}
	for name, want := range nulls { // an update refuses to convert such a date while it looks for rows
		where := &query.Compare{Path: query.Path{Field: name}, Op: query.Eq, Value: query.Null}
		if name == "big" {
			continue
		}
		if n, _, err := d.Update(ctx, c, db.Update{Where: where, Set: []db.Assignment{{Field: 4, Value: query.Int(3)}}}); err != nil || n != want {
			t.Errorf("an update where %s is null: %d, %v", name, n, err)
		}
	}
}

// TestHidden_SinceAValueIsSeen: a table had no such values when it was synced. The statement that first reads one
// decides as those after it.
func TestHidden_SinceAValueIsSeen(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	d, c, other := adopted(t, mysqltest.Database(t), oddTable+"INSERT INTO v VALUES (1, '2024-01-01', '2024-01-01', '2024-01-01', 1)", "v", oddFields...)
	other.SetMaxOpenConns(1)
	if _, err := other.Exec("SET sql_mode = 'ALLOW_INVALID_DATES'"); err != nil {
		t.Fatal(err)
	}
	if _, err := other.Exec("INSERT INTO v VALUES " + oddRows("2")); err != nil {
		t.Fatal(err)
	}
	early := &query.Compare{Path: query.Path{Field: "day"}, Op: query.Lt, Value: query.Days(100_000)}
	rows, err := d.Find(ctx, c, db.Find{Query: query.Query{Where: early, Sort: c.KeyOrder(false)}})
	if err != nil || len(rows) != 2 {
		t.Errorf("%v, %v", rows, err)
	}
	err = d.Transaction(ctx, func(s db.Store) error { // it runs again as a whole
		if _, err := s.Find(ctx, c, db.Find{Query: query.Query{Where: query.True, Sort: c.KeyOrder(false)}}); err != nil {
			return err
		}
		n, err := s.Count(ctx, c, &query.Compare{Path: query.Path{Field: "at"}, Op: query.Eq, Value: query.Null})
		if n != 5 {
			t.Errorf("at is null in %d rows", n)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	dbtest.Consistent(t, d, c)
}

// TestHidden_IndexesAreUsed by comparisons of a hidden column, and by the order of one that is not.
func TestHidden_IndexesAreUsed(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	plan := func(d db.Driver, c *db.Collection, q query.Query) string {
		q.Limit = 2
		e, ok := db.As[db.Explainer](d)
		if !ok {
			t.Fatal("the driver explains nothing")
		}
		s, err := e.Explain(ctx, c, db.Find{Query: q, Fields: []int{0}})
		if err != nil {
			t.Fatal(err)
		}
		return strings.Join(s.Plan, "; ")
	}
	fill := "; INSERT INTO v SELECT 1000 + seq, '2024-01-01' + INTERVAL seq DAY, '2024-01-01' + INTERVAL seq DAY, '2024-01-01' + INTERVAL seq DAY, seq FROM seq_1_to_2000; ANALYZE TABLE v"
	server := mysqltest.Database(t)
	d, c, _ := adopted(t, server, oddTable+"INSERT INTO v VALUES "+oddRows("1")+fill, "v", oddFields...)
	for name, v := range map[string]query.Value{"day": query.Days(19800), "at": query.Micros(1_710_720_000_000_000), "big": query.Int(40)} {
		for _, op := range []query.CompareOp{query.Eq, query.Lt} {
			where := &query.Compare{Path: query.Path{Field: name}, Op: op, Value: v}
			if p := plan(d, c, query.Query{Where: where}); !strings.Contains(p, "key "+name) {
				t.Errorf("%s %d: %s", name, op, p)
			}
		}
	}
	clean, c, _ := adopted(t, server, strings.ReplaceAll(oddTable, " v (", " w (")+strings.TrimPrefix(strings.ReplaceAll(fill, " v", " w"), ";"), "w", oddFields...)
	if p := plan(clean, c, query.Query{Where: query.True, Sort: []query.SortKey{{Field: "at"}, {Field: "id"}}}); !strings.Contains(p, "key at") {
		t.Errorf("an order: %s", p)
	}
}
