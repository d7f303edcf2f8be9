package mysql

import (
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/basalt-dev/basalt/modules/db"
	sqldb "github.com/basalt-dev/basalt/modules/db/sql"
	"github.com/basalt-dev/basalt/modules/query"
)

// A searched table has a generated column with all the words in lower case and without accents, and a FULLTEXT index on
// it: that of the fields would compare as their columns do. It has every word from the shortest that the server indexes,
// because the connections switch its list of stop words off.

// ownPrefix begins the names of columns and indexes that Basalt adds for itself.
const ownPrefix = "_basalt_"

// internal reports whether a column is one that Basalt has added for itself.
func internal(column string) bool { return strings.HasPrefix(column, ownPrefix) }

// Forgives implements [db.Forgiving].
func (d *Driver) Forgives() {}

// Searches implements [db.Searcher].
func (d *Driver) Searches() bool { return true }

// searchColumn is the name of the generated column, which differs for other fields; empty if none is searched.
func searchColumn(c *db.Collection) string {
	h := fnv.New32a()
	none := true
	for _, column := range c.Columns {
		if column.Search {
			fmt.Fprintf(h, "%q without accents", column.Name)
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
			" GENERATED ALWAYS AS ("+folded("concat_ws(' ', "+strings.Join(fields, ", ")+")")+") STORED INVISIBLE", "ADD FULLTEXT INDEX "+quote(want)+" ("+quote(want)+")")
	}
	if alter != nil {
		p.add("ALTER TABLE "+tableName(p.col.Table)+" "+strings.Join(alter, ", "), false, "the index of the search is missing or of other fields")
	}
}

// folded writes a text in lower case and without accents.
func folded(text string) string {
	folding := query.Folding()
	plain := []rune(folding.Plain)
	accented := map[rune][]rune{}
	for i, r := range []rune(folding.Accented) {
		accented[plain[i]] = append(accented[plain[i]], r)
	}
	replace := func(characters, by string) {
		text = "regexp_replace(" + text + ", '[" + characters + "]', '" + by + "')"
	}
	for _, letter := range slices.Sorted(maps.Keys(accented)) {
		replace(string(accented[letter]), string(letter))
	}
	replace(folding.Marks, "")
	return "lower(" + text + ")"
}

// The characters before and after a word in a regular expression.
const (
	beforeWord = `(^|[^\p{L}\p{Nd}\p{M}])`
	afterWord  = `($|[^\p{L}\p{Nd}\p{M}])`
	inWord     = `[\p{L}\p{Nd}\p{M}]`
)

// terms returns the terms that the index finds, and the regular expressions of those that are too short for it, or may have a
// typing mistake.
func (d *dialect) terms(f *query.Search) (indexed, short []string) {
	whole, beginning := f.Terms()
	if f.Typos {
		for _, word := range whole {
			short = append(short, beforeWord+query.NearPattern(word, inWord)+afterWord)
		}
		if beginning != "" {
			short = append(short, beforeWord+query.NearPattern(beginning, inWord))
		}
		return nil, short
	}
	has := func(word string) bool { return utf8.RuneCountInString(word) >= d.driver.flavor.shortest }
	for _, word := range whole {
		if has(word) {
			indexed = append(indexed, `+"`+word+`"`)
		} else {
			short = append(short, beforeWord+word+afterWord)
		}
	}
	switch {
	case beginning == "":
	case has(beginning):
		indexed = append(indexed, "+"+beginning+"*")
	default:
		short = append(short, beforeWord+beginning)
	}
	return indexed, short
}

// Search looks for documents that contain all the words. Words that are too short for the index are looked for one by one.
func (d *dialect) Search(b *sqldb.Builder, f *query.Search) {
	column := b.Alias + d.driver.layout(b.Table.Collection).search
	indexed, short := d.terms(f)
	b.Write("(")
	if indexed != nil {
		match(b, column, indexed)
	}
	for n, expression := range short {
		if n > 0 || indexed != nil {
			b.Write(" AND ")
		}
		b.Write(column + " REGEXP ")
		b.Question(query.String(expression))
	}
	b.Write(")")
}

// match writes the search of the terms of the index.
func match(b *sqldb.Builder, column string, terms []string) {
	b.Write("MATCH (" + column + ") AGAINST (")
	b.Question(query.String(strings.Join(terms, " ")))
	b.Write(" IN BOOLEAN MODE)")
}

// Rank uses the relevance of the index.
func (d *dialect) Rank(b *sqldb.Builder, f *query.Search) {
	b.Write(" ORDER BY ")
	indexed, _ := d.terms(&query.Search{Fields: f.Fields, Text: f.Text}) // those without mistakes first
	match(b, d.driver.layout(b.Table.Collection).search, indexed)
	b.Write(" DESC")
	for _, i := range b.Table.Collection.KeyFields() {
		b.Write(", ")
		b.Name(i)
	}
}
