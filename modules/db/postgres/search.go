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
	return "to_tsvector('simple', " + folded(searchedParts(alias, c)) + ")"
}

func searchedParts(alias string, c *db.Collection) (out []string) {
	for _, column := range c.Columns {
		if column.Search {
			out = append(out, "coalesce("+alias+quote(column.Name)+"::text, '')")
		}
	}
	return out
}

// folded writes the searched fields as one text without accents.
func folded(parts []string) string {
	folding := query.Folding()
	return "translate(" + strings.Join(parts, " || ' ' || ") + ", '" + folding.Accented + folding.Marks + "', '" + folding.Plain + "')"
}

// letters writes the searched fields as one text without accents and in lower case, for typing mistakes. Where the extension
// pg_trgm is there, an index is on the same expression.
func letters(alias string, c *db.Collection) string {
	return "lower(" + folded(searchedParts(alias, c)) + ")"
}

// Forgives implements [db.Forgiving].
func (d *Driver) Forgives() {}

// Search looks for documents that contain all the words.
func (d dialect) Search(b *sqldb.Builder, f *query.Search) {
	if f.Typos {
		b.Write("(")
		whole, beginning := f.Terms()
		for n, w := range whole {
			near(b, n, w, notInWord+"|$")
		}
		if beginning != "" {
			near(b, len(whole), beginning, "")
		}
		b.Write(")")
		return
	}
	b.Write(document(b.Alias, b.Table.Collection) + " @@ ")
	words(b, f)
}

const notInWord = "[^[:alnum:]]"

// near writes that a word, or what begins with it, is there in spite of a typing mistake.
func near(b *sqldb.Builder, n int, word, after string) {
	if n > 0 {
		b.Write(" AND ")
	}
	if after != "" {
		after = "(" + after + ")"
	}
	b.Write(letters(b.Alias, b.Table.Collection) + " ~ ")
	b.Param(query.String("(^|" + notInWord + ")" + query.NearPattern(word, "[[:alnum:]]") + after))
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
