package mysql

import (
	"fmt"
	"hash/fnv"
	"slices"
	"strings"

	"github.com/basalt-dev/basalt/modules/db"
	sqldb "github.com/basalt-dev/basalt/modules/db/sql"
	"github.com/basalt-dev/basalt/modules/query"
)

// A searched table has a generated column with all the words in lower case, and a FULLTEXT index on it: that of the
// fields would compare as their columns do. It has every word from the shortest that the server indexes, because the
// connections switch its list of stop words off.

// ownPrefix begins the names of columns and indexes that Basalt adds for itself.
const ownPrefix = "_basalt_"

// internal reports whether a column is one that Basalt has added for itself.
func internal(column string) bool { return strings.HasPrefix(column, ownPrefix) }

// Searches implements [db.Searcher].
func (d *Driver) Searches() bool { return true }

// searchColumn is the name of the generated column, which differs for other fields; empty if none is searched.
func searchColumn(c *db.Collection) string {
	h := fnv.New32a()
	none := true
	for _, column := range c.Columns {
		if column.Search {
			fmt.Fprintf(h, "%q", column.Name)
			none = false
		}
	}
	if none {
		return ""
	}
	return fmt.Sprintf("%ssearch_%08x", ownPrefix, h.Sum32())
}

// planSearch plans the generated column and its index.
func (p *planner) planSearch(have *table) {
	want := searchColumn(p.col)
	var drop []string
	if have != nil {
		for _, name := range have.names() {
			if strings.HasPrefix(name, ownPrefix+"search_") && name != want {
				drop = append(drop, "DROP COLUMN "+quote(name))
			}
		}
		if _, there := have.columns[want]; there {
			want = ""
		}
	}
	alter := drop
	if want != "" {
		var fields []string
		for _, column := range p.col.Columns {
			if column.Search {
				fields = append(fields, quote(column.Name))
			}
		}
		alter = append(alter, "ADD COLUMN "+quote(want)+" LONGTEXT CHARACTER SET utf8mb4 COLLATE "+p.driver.flavor.collation+
			" GENERATED ALWAYS AS (lower(concat_ws(' ', "+strings.Join(fields, ", ")+"))) STORED INVISIBLE", "ADD FULLTEXT INDEX "+quote(want)+" ("+quote(want)+")")
	}
	if alter != nil {
		p.add("ALTER TABLE "+tableName(p.col.Table)+" "+strings.Join(alter, ", "), false, "the index of the search is missing or of other fields")
	}
}

// Search looks for documents that contain all the words. Words that are too short for the index are looked for one by one.
func (d *dialect) Search(b *sqldb.Builder, f *query.Search) {
	column := b.Alias + d.driver.layout(b.Table.Collection).search
	words := query.Words(f.Text)
	short := func(word string) bool { return len([]rune(word)) < d.driver.flavor.shortest }
	b.Write("(")
	n := 0
	if slices.ContainsFunc(words, func(w string) bool { return !short(w) }) {
		d.match(b, column, words)
		n++
	}
	for _, word := range words {
		if short(word) {
			b.Write(map[bool]string{true: " AND "}[n > 0] + column + " REGEXP ")
			b.Question(query.String(`(^|[^\p{L}\p{N}\p{M}])` + word + `($|[^\p{L}\p{N}\p{M}])`))
			n++
		}
	}
	b.Write(")")
}

// match writes the search of the words that the index has.
func (d *dialect) match(b *sqldb.Builder, column string, words []string) {
	var all []string
	for _, word := range words {
		if len([]rune(word)) >= d.driver.flavor.shortest {
			all = append(all, `+"`+word+`"`)
		}
	}
	b.Write("MATCH (" + column + ") AGAINST (")
	b.Question(query.String(strings.Join(all, " ")))
	b.Write(" IN BOOLEAN MODE)")
}

// Rank uses the relevance of the index.
func (d *dialect) Rank(b *sqldb.Builder, f *query.Search) {
	b.Write(" ORDER BY ")
	d.match(b, d.driver.layout(b.Table.Collection).search, query.Words(f.Text))
	b.Write(" DESC")
	for _, i := range b.Table.Collection.KeyFields() {
		b.Write(", ")
		b.Name(i)
	}
}
