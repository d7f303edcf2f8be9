package dbtest

import (
	"context"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// insideJSON draws documents and an order by what is inside a json field, of which the types differ from document to document, and
// reads them page by page.
func insideJSON(t *testing.T, d db.Driver, c *db.Collection, except Exceptions) {
	ctx := context.Background()
	by := func(sub string, desc, nullLargest bool) []query.SortKey {
		return []query.SortKey{{Field: "j", Sub: sub, Desc: desc, NullLargest: nullLargest}, {Field: "id", Desc: desc}}
	}
	if except.JSONOrder != "" {
		if _, err := d.Find(ctx, c, db.Find{Query: query.Query{Sort: by("a", false, false)}}); err == nil {
			t.Error("an order that the database has not is not refused")
		}
		return
	}
	inner := []string{`null`, `false`, `true`, `-1`, `0`, `0.5`, `1`, `1.0`, `10`, `9`, `9007199254740992`, `9007199254740993`, `1e300`, `""`, `"a"`, `"B"`, `"b"`, `"10"`, `"9"`, `"é"`, `"true"`, `[]`, `[1]`, `{}`, `{"b":1}`, `{"b":"x"}`}
	rapid.Check(t, func(rt *rapid.T) {
		rows := make([]query.Row, rapid.IntRange(0, 20).Draw(rt, "documents"))
		for i := range rows {
			rows[i] = except.document(rt, i)
			if rapid.IntRange(0, 3).Draw(rt, "any") > 0 {
				rows[i][c.Shape.Index("j")] = query.RawJSON(`{"a":` + rapid.SampledFrom(inner).Draw(rt, "inside") + `}`)
			}
		}
		rows = rounded(d, rows)
		sort := by(rapid.SampledFrom([]string{"a", "a.b", "nothing"}).Draw(rt, "path"), rapid.Bool().Draw(rt, "desc"), rapid.Bool().Draw(rt, "null is the largest"))
		must(t, errOnly(d.Delete(ctx, c, query.True)))
		if len(rows) > 0 {
			must(t, d.Insert(ctx, c, rows))
		}
		want := slices.Clone(rows)
		slices.SortStableFunc(want, query.Ordering(c.Shape, sort))
		var got []query.Row
		for len(got) < len(rows) {
			page, err := d.Find(ctx, c, db.Find{Query: query.Query{Where: query.True, Sort: sort, Limit: 7}, Offset: len(got)})
			must(t, err)
			if len(page) == 0 {
				break
			}
			got = append(got, page...)
		}
		if !slices.Equal(ids(got), ids(want)) {
			rt.Fatalf("sorted by %v the rows are %v, not %v: %s", sort, ids(got), ids(want), show(rows))
		}
	})
}
