package postgres

import (
	"strings"

	"github.com/basalt-dev/basalt/modules/db"
	sqldb "github.com/basalt-dev/basalt/modules/db/sql"
	"github.com/basalt-dev/basalt/modules/query"
)

// Searches implements [db.Searcher].
func (d *Driver) Searches() bool { return true }

// document writes the searched expression, without accents. The index is on the same expression.
func document(alias string, c *db.Collection) string {
	parts := []string{}
	for _, column := range c.Columns {
		if column.Search {
			parts = append(parts, "coalesce("+alias+quote(column.Name)+"::text, '')")
		}
	}
	folding := query.Folding()
	return "to_tsvector('simple', translate(" + strings.Join(parts, " || ' ' || ") + ", '" + folding.Accented + folding.Marks + "', '" + folding.Plain + "'))"
}

// Search looks for documents that contain all the words.
func (d dialect) Search(b *sqldb.Builder, f *query.Search) {
	b.Write(document(b.Alias, b.Table.Collection) + " @@ ")
	words(b, f)
}

func words(b *sqldb.Builder, f *query.Search) {
	whole, beginning := f.Terms()
	b.Write("(plainto_tsquery('simple', ")
	b.Param(query.String(strings.Join(whole, " ")))
	b.Write(")")
	if beginning != "" {
		b.Write(" && to_tsquery('simple', ")
		b.Param(query.String("'" + beginning + "':*"))
		b.Write(")")
	}
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
