package postgres

import (
	"strings"

	"github.com/basalt-dev/basalt/modules/db"
	sqldb "github.com/basalt-dev/basalt/modules/db/sql"
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

// Search looks for documents that contain all the words.
func (d dialect) Search(b *sqldb.Builder, f *query.Search) {
	b.Write(document(b.Alias, b.Table.Collection) + " @@ ")
	words(b, f)
}

func words(b *sqldb.Builder, f *query.Search) {
	b.Write("plainto_tsquery('simple', ")
	b.Param(query.String(strings.Join(query.Words(f.Text), " ")))
	b.Write(")")
}

// Rank uses ts_rank.
func (d dialect) Rank(b *sqldb.Builder, f *query.Search) {
	b.Write(" ORDER BY ts_rank(" + document(b.Alias, b.Table.Collection) + ", ")
	words(b, f)
	b.Write(") DESC")
	for _, i := range b.Table.Collection.KeyFields() {
		b.Write(", ")
		b.Name(i)
	}
}
