package dbtest

import (
	"context"
	"strings"
	"testing"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// decimal parses a decimal.
func decimal(text string) query.Value {
	v, _ := query.ParseDecimal(text)
	return v
}

// decimals stores, finds, sorts and adds decimals, none of which a float could hold.
func decimals(t *testing.T, d db.Driver, c *db.Collection, except Exceptions) {
	ctx := context.Background()
	p, s := shape.Index("p"), shape.Index("s")
	ascending := []string{"-9007199254740993.5", "-9007199254740993.25", "-0.30000000000000000001", "-0.3", "0", "0.1", "0.10000000000000000001", "1", "9.99", "10", "9007199254740993"}
	var rows []query.Row
	for i, text := range ascending {
		rows = append(rows, row(string(rune('z'-i)), map[string]query.Value{"p": decimal(text), "s": query.String("x")}))
	}
	rows = append(rows, row("a", map[string]query.Value{"s": query.String("none")}))
	must(t, d.Insert(ctx, c, rows))
	sorted, err := d.Find(ctx, c, db.Find{Query: query.Query{Where: query.True, Sort: []query.SortKey{{Field: "p"}, {Field: "id"}}}})
	must(t, err)
	same(t, "in order", sorted, append([]query.Row{rows[len(rows)-1]}, rows[:len(rows)-1]...))
	Consistent(t, d, c)
	got, err := d.Aggregate(ctx, c, db.Aggregate{Where: query.True, Group: []int{s}, Sum: []int{p}, Avg: []int{p}, Min: []int{p}, Max: []int{p}})
	must(t, err)
	same(t, "aggregates", got, [][]query.Value{
		{query.String("none"), query.Null, query.Null, query.Null, query.Null},
		{query.String("x"), decimal("-9007199254740973.16"), decimal("-818836295885543.01454545454545454545"), decimal(ascending[0]), decimal("9007199254740993")},
	})
	third := &query.Compare{Path: query.Path{Field: "p"}, Op: query.Eq, Value: decimal("0.1")}
	precise := decimal("0.3333333333333333333333333333333333")
	if except.Digits != "" {
		precise = decimal("0.333333333333333333333333333333")
	}
	n, changed, err := d.Update(ctx, c, db.Update{Where: third, Set: []db.Assignment{{Field: p, Value: precise}}, Return: true})
	must(t, err)
	if n != 1 || changed[0][p] != precise {
		t.Errorf("changed %d to %v", n, changed)
	}
	long := decimal(strings.Repeat("9", 300) + "." + strings.Repeat("9", 300))
	if _, _, err := d.Update(ctx, c, db.Update{Where: c.ByKey("a"), Set: []db.Assignment{{Field: p, Value: long}}}); err != nil {
		t.Logf("not every database has 600 digits: %v", err)
		return
	}
	same(t, "600 digits", all(t, d, c, c.ByKey("a"))[0][p], long)
	same(t, "found by them", ids(all(t, d, c, &query.Compare{Path: query.Path{Field: "p"}, Op: query.Ge, Value: long})), []string{"a"})
}
