package dbtest

import (
	"context"
	"strings"
	"testing"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// patterns are tests of strings at the bounds of [query.CheckText]: as long as it lets them be, and such that a matcher which
// comes back to each % would never end, or give up. They mean the same as in memory.
func patterns(t *testing.T, d db.Driver, c *db.Collection) {
	ctx := context.Background()
	letters := strings.Repeat("aB", query.MaxText/2)
	strange := strings.Repeat(`_*[\`, query.MaxText/4)
	texts := []string{strings.Repeat("a", 3000), strings.Repeat("a", 3000) + "b", strings.Repeat("ab", 1500) + "c\nd", letters, strange,
		strings.Repeat("a", 20) + "b" + strings.Repeat("a", 3000), strings.Repeat("é", query.MaxText/2), "", "x"}
	var rows []query.Row
	for i, text := range texts {
		row := make(query.Row, len(c.Columns))
		row[0], row[1] = query.String(string(rune('a'+i))), query.String(text)
		rows = append(rows, row)
	}
	must(t, d.Insert(ctx, c, rows))
	var tests []query.Filter
	path := query.Path{Field: "s"}
	for _, pattern := range []string{
		strings.Repeat("%a", 15) + "%b", strings.Repeat("%a", 16) + "c", strings.Repeat("%_a", 16), strings.Repeat("a%", 16), strings.Repeat("%ab", 15) + "%D", "%" + strings.Repeat("a", 2999) + "%b",
		strings.Repeat("%a", 14) + "%b%", strings.Repeat("%a", 13) + "%_b%", // whoever looks from the end finds many letters after the b first
		letters, strings.Repeat("_", query.MaxText), strings.Repeat("_", query.MaxText/2), "%" + letters[1:], letters[:len(letters)-1] + "%", query.EscapePattern(strange[:query.MaxText/2]) + "%", strings.Repeat("é", query.MaxText/2),
	} {
		if err := query.CheckText(path, query.ILike, pattern); err != nil {
			t.Fatal(err)
		}
		tests = append(tests, &query.Text{Path: path, Op: query.Like, Text: pattern}, &query.Text{Path: path, Op: query.ILike, Text: pattern})
	}
	for _, text := range texts {
		for _, op := range []query.TextOp{query.Contains, query.StartsWith, query.EndsWith} {
			if err := query.CheckText(path, op, text); err != nil {
				t.Fatal(err)
			}
			tests = append(tests, &query.Text{Path: path, Op: op, Text: text})
		}
	}
	for _, f := range tests {
		want := int64(0)
		for _, row := range rows {
			if query.Match(f, c.Shape, row, nil) {
				want++
			}
		}
		text := f.(*query.Text)
		if n, err := d.Count(ctx, c, f); err != nil || n != want {
			t.Errorf("%s with %.40q (%d bytes) selects %d in the database and %d in memory, %v", text.Op, text.Text, len(text.Text), n, want, err)
		}
	}
}
