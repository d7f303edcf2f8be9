package postgres

import (
	"strings"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// Searches implements [db.Searcher].
func (d *Driver) Searches() bool { return true }

// document writes the searched expression. The index is on the same expression.
func document(alias string, c *db.Collection) string {
	parts := []string{}
	for _, column := range c.Columns {
		if column.Search {
			parts = append(parts, "coalesce("+alias+quote(column.Name)+"::text, '')")
		}
	}
	return "to_tsvector('simple', " + strings.Join(parts, " || ' ' || ") + ")"
}

// search writes the condition that the document contains all the words.
func (b *builder) search(f *query.Search) {
	b.write(document(b.alias, b.col) + " @@ ")
	b.words(f)
}

func (b *builder) words(f *query.Search) {
	b.write("plainto_tsquery('simple', ")
	b.arg(strings.Join(query.Words(f.Text), " "), "text")
	b.write(")")
}

// byRank writes the order of a search.
func (b *builder) byRank(f *query.Search) {
	b.write(" ORDER BY ts_rank(" + document(b.alias, b.col) + ", ")
	b.words(f)
	b.write(") DESC")
	for _, i := range b.col.KeyFields() {
		b.write(", ")
		b.raw(i)
	}
}
