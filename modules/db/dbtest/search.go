package dbtest

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// searches finds words while documents are created, changed and deleted.
func searches(t *testing.T, d db.Driver, c *db.Collection) {
	if s, ok := db.As[db.Searcher](d); !ok || !s.Searches() {
		t.Skip("the server has no search")
	}
	ctx := context.Background()
	words := query.NewShape([]query.Field{
		{Name: "id", Type: query.TypeID, NotNull: true}, {Name: "title", Type: query.TypeString, Search: true}, {Name: "body", Type: query.TypeString, Search: true}, {Name: "other", Type: query.TypeString},
	})
	articles := &db.Collection{Name: "articles", Table: c.Table + "_articles", Shape: words}
	for _, f := range words.Fields {
		articles.Columns = append(articles.Columns, db.Column{Name: f.Name, Type: f.Type, Search: f.Search})
	}
	must(t, d.Sync(ctx, []*db.Collection{articles}))
	must(t, d.Sync(ctx, []*db.Collection{articles})) // no changes
	article := func(id, title, body, other string) query.Row {
		return query.Row{query.String(id), query.String(title), query.String(body), query.String(other)}
	}
	rows := []query.Row{
		article("a", "Red Fox", "jumps over the lazy dog", "secret"), article("b", "The dog", "dog dog dog", ""), article("c", "ÜBER foxes", "café", "fox"), {query.String("d"), query.Null, query.Null, query.Null},
	}
	must(t, d.Insert(ctx, articles, rows))
	find := func(text string) []string {
		t.Helper()
		f := &query.Search{Fields: []string{"title", "body"}, Text: text}
		found, err := d.Find(ctx, articles, db.Find{Query: query.Query{Where: f, Sort: byID()}})
		must(t, err)
		want := []string{}
		for _, r := range rows {
			if query.Match(f, words, r, nil) {
				want = append(want, r[0].Text())
			}
		}
		if !slices.Equal(ids(found), want) {
			t.Errorf("%q: got %v, and %v in memory", text, ids(found), want)
		}
		return ids(found)
	}
	for text, want := range map[string][]string{
		"fox": {"a", "c"}, "fox ": {"a"}, "FOX red": {"a"}, "dog": {"a", "b"}, "dog jumps": {"a"}, "secret": {}, "über": {"c"}, "café": {"c"}, "nothing": {}, `" OR 1=1 -- *`: {}, "the": {"a", "b"}, "do ": {}, "do": {"a", "b"},
		"uber": {"c"}, "UBE": {"c"}, "cafe": {"c"}, "cafe ": {"c"}, "café,": {"c"}, "caf ": {}, "cafe\u0301": {"c"}, "fo": {"a", "c"}, "fo red": {}, "red fo": {"a"}, "red fo!": {}, "foxes f": {"c"}, "xes": {},
	} {
		if got := find(text); !slices.Equal(got, want) {
			t.Errorf("%q: got %v, want %v", text, got, want)
		}
	}
	if _, ok := db.As[db.Forgiving](d); ok {
		typos(t, d, articles, words, rows)
	}
	everyAccent(t, d, articles, words)
	best, err := d.Find(ctx, articles, db.Find{Query: query.Query{Where: &query.Search{Fields: []string{"title", "body"}, Text: "dog"}, Limit: 1}, Rank: &query.Search{Text: "dog"}})
	must(t, err)
	if len(best) != 1 || best[0][0].Text() != "b" {
		t.Errorf("the best is %v", ids(best))
	}
	rest, err := d.Find(ctx, articles, db.Find{Query: query.Query{Where: &query.Search{Fields: []string{"title", "body"}, Text: "dog"}, Limit: 1}, Rank: &query.Search{Text: "dog"}, Offset: 1})
	must(t, err)
	if len(rest) != 1 || rest[0][0].Text() != "a" {
		t.Errorf("the next is %v", ids(rest))
	}
	n, _, err := d.Update(ctx, articles, db.Update{Where: articles.ByKey("a"), Set: []db.Assignment{{Field: 1, Value: query.String("Green wolf")}}})
	rows[0][1] = query.String("Green wolf")
	if n != 1 || err != nil {
		t.Errorf("an update of a searched field: %d, %v", n, err)
	}
	find("fox")
	find("wolf dog")
	if n, err := d.Delete(ctx, articles, articles.ByKey("b")); n != 1 || err != nil {
		t.Errorf("a delete: %d, %v", n, err)
	}
	rows = slices.Delete(rows, 1, 2)
	find("dog")
}

// typos finds words in spite of a mistake, as in memory.
func typos(t *testing.T, d db.Driver, articles *db.Collection, words *query.Shape, rows []query.Row) {
	t.Helper()
	ctx := context.Background()
	for text, want := range map[string][]string{
		"jumsp": {"a"}, "jmps": {"a"}, "jumpss": {"a"}, "jamps ": {"a"}, "jumqz": {}, "foxse": {"c"}, "fxo": {}, "foks": {}, "fixe": {"c"}, "fixe ": {}, "uebr": {"c"}, "bog": {}, "umps": {}, "bumps": {}, "cofe": {"c"}, "café": {"c"}, "lazzy dgo": {}, "lazzy dog": {"a"}, "nothing": {}, "jumps": {"a"}, "dog": {"a", "b"},
		"dog jumsp": {"a"}, "lzay jupms": {"a"}, `" OR 1=1 -- (*`: {},
	} {
		f := &query.Search{Fields: []string{"title", "body"}, Text: text, Typos: true}
		found, err := d.Find(ctx, articles, db.Find{Query: query.Query{Where: f, Sort: byID()}})
		must(t, err)
		inMemory := []string{}
		for _, r := range rows {
			if query.Match(f, words, r, nil) {
				inMemory = append(inMemory, r[0].Text())
			}
		}
		if !slices.Equal(ids(found), want) || !slices.Equal(inMemory, want) {
			t.Errorf("%q with typos: got %v, and %v in memory, want %v", text, ids(found), inMemory, want)
		}
		ranked, err := d.Find(ctx, articles, db.Find{Query: query.Query{Where: f, Limit: 9}, Rank: f})
		must(t, err)
		if len(ranked) != len(want) {
			t.Errorf("%q with typos: ranked are %v", text, ids(ranked))
		}
		n, err := d.Count(ctx, articles, query.Negate(f))
		must(t, err)
		if int(n) != len(rows)-len(want) {
			t.Errorf("%q with typos: %d are not found", text, n)
		}
	}
}

// everyAccent stores a word with each accented letter, and finds it by the letter without.
func everyAccent(t *testing.T, d db.Driver, articles *db.Collection, words *query.Shape) {
	t.Helper()
	ctx := context.Background()
	var rows []query.Row
	for _, r := range query.Folding().Accented {
		rows = append(rows, query.Row{query.String(fmt.Sprintf("accent-%x", r)), query.String("qq" + string(r) + "q"), query.Null, query.Null})
	}
	must(t, d.Insert(ctx, articles, rows))
	for c := 'a'; c <= 'z'; c++ {
		f := &query.Search{Fields: []string{"title", "body"}, Text: "qq" + string(c) + "q "}
		found, err := d.Find(ctx, articles, db.Find{Query: query.Query{Where: f, Sort: byID()}})
		must(t, err)
		want := []string{}
		for _, r := range rows {
			if query.Match(f, words, r, nil) {
				want = append(want, r[0].Text())
			}
		}
		slices.Sort(want)
		if !slices.Equal(ids(found), want) {
			t.Errorf("%c with accents: found %v of %v", c, ids(found), want)
		}
	}
	_, err := d.Delete(ctx, articles, &query.Search{Fields: []string{"title", "body"}, Text: "qq"})
	must(t, err)
}
