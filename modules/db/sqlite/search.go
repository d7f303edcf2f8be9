package sqlite

import (
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/ncruces/go-sqlite3"

	"github.com/basalt-dev/basalt/modules/db"
	sqldb "github.com/basalt-dev/basalt/modules/db/sql"
	"github.com/basalt-dev/basalt/modules/query"
)

// Correlates implements [db.Correlator].
func (d *Driver) Correlates() {}

// Searches implements [db.Searcher].
func (d *Driver) Searches() bool { return true }

// The table has no rowid, which FTS5 needs: a second table assigns one to each document. Triggers maintain the
// index, so it includes writes of other programs.
func searchTable(table string) string { return table + "_basalt_search" }
func searchKeys(table string) string  { return table + "_basalt_search_keys" }
func searchWords(table string) string { return table + "_basalt_search_words" }

// Forgives implements [db.Forgiving].
func (d *Driver) Forgives() {}

// registerNear adds the function for a word of the index that is another one but for a typing mistake.
func registerNear(c *sqlite3.Conn) error {
	return c.CreateFunction("basalt_near", 3, sqlite3.DETERMINISTIC, func(ctx sqlite3.Context, arg ...sqlite3.Value) {
		ctx.ResultBool(query.Near(arg[0].Text(), arg[1].Text(), arg[2].Bool()))
	})
}

// tokenizer takes letters with and without accents as equal.
const tokenizer = "tokenize = \"unicode61 remove_diacritics 2\""

// searchesAs reports whether an index was made with a tokenizer.
func (c *conn) searchesAs(table, tokenizer string) (bool, error) {
	s, _, err := c.db.Prepare("SELECT 1 FROM sqlite_master WHERE name = ? AND instr(sql, ?)")
	if err != nil {
		return false, err
	}
	defer s.Close()
	if err := errors.Join(s.BindText(1, table), s.BindText(2, tokenizer)); err != nil {
		return false, err
	}
	return s.Step(), s.Err()
}

// planSearch returns the statements that create the full-text index of a table and fill it from existing
// documents, empty if nothing is to do.
func (c *conn) planSearch(col *db.Collection) (string, error) {
	var fields []string
	if col.Parts != nil {
		if slices.ContainsFunc(col.Columns, func(c db.Column) bool { return c.Search }) {
			return "", errors.New("a search finds documents by a key of one column, and this table has one of several")
		}
		return "", nil
	}
	for _, column := range col.Columns {
		if column.Search {
			fields = append(fields, quote(column.Name))
		}
	}
	index, keys, table, id := quote(searchTable(col.Table)), quote(searchKeys(col.Table)), quote(col.Table), quote(col.Columns[col.Key].Name)
	have, err := c.tableColumns(searchTable(col.Table))
	if err != nil {
		return "", err
	}
	current, err := c.searchesAs(searchTable(col.Table), tokenizer)
	if err != nil {
		return "", err
	}
	if len(have) == len(fields) && (current || len(have) == 0) {
		same := true
		for _, column := range col.Columns {
			_, there := have[strings.ToLower(column.Name)]
			same = same && there == column.Search
		}
		if same {
			return c.planWords(col, len(fields) > 0)
		}
	}
	var sql []string
	if len(have) > 0 { // other fields, or another kind of index: it is recreated
		for _, event := range []string{"insert", "update", "delete"} {
			sql = append(sql, "DROP TRIGGER IF EXISTS "+quote(searchTable(col.Table)+"_"+event))
		}
		sql = append(sql, "DROP TABLE IF EXISTS "+quote(searchWords(col.Table)), "DROP TABLE "+index, "DROP TABLE "+keys)
	}
	if fields != nil {
		list := strings.Join(fields, ", ")
		of := func(row string) string { return row + "." + strings.Join(fields, ", "+row+".") }
		number := func(row string) string { return "(SELECT number FROM " + keys + " WHERE id = " + row + "." + id + ")" }
		put := "INSERT INTO " + keys + " (id) VALUES (new." + id + "); INSERT INTO " + index + " (rowid, " + list + ") VALUES (" + number("new") + ", " + of("new") + ");"
		take := "DELETE FROM " + index + " WHERE rowid = " + number("old") + "; DELETE FROM " + keys + " WHERE id = old." + id + ";"
		trigger := func(event, after, what string) string {
			return "CREATE TRIGGER " + quote(searchTable(col.Table)+"_"+event) + " AFTER " + after + " ON " + table + " BEGIN " + what + " END"
		}
		sql = append(sql,
			"CREATE TABLE "+keys+" (number INTEGER PRIMARY KEY, id "+columnTypes[col.Columns[col.Key].Type.Kind()]+" NOT NULL UNIQUE) STRICT",
			"CREATE VIRTUAL TABLE "+index+" USING fts5("+list+", "+tokenizer+")",
			createWords(col.Table),
			"INSERT INTO "+keys+" (id) SELECT "+id+" FROM "+table,
			"INSERT INTO "+index+" (rowid, "+list+") SELECT k.number, "+of("t")+" FROM "+table+" AS t JOIN "+keys+" AS k ON k.id = t."+id,
			trigger("insert", "INSERT", put), trigger("delete", "DELETE", take), trigger("update", "UPDATE OF "+id+", "+list, take+" "+put),
		)
	}
	return strings.Join(sql, "; "), nil
}

// Search uses the index.
func (d *dialect) Search(b *sqldb.Builder, f *query.Search) {
	c := b.Table.Collection
	index := quote(searchTable(c.Table))
	b.Name(c.Key)
	b.Write(" IN (SELECT k.id FROM " + index + " AS s JOIN " + quote(searchKeys(c.Table)) + " AS k ON k.number = s.rowid WHERE s." + index + " MATCH ")
	matching(b, f)
	b.Write(")")
}

// createWords makes a table of all words of the index, which has nothing itself.
func createWords(table string) string {
	return "CREATE VIRTUAL TABLE " + quote(searchWords(table)) + " USING fts5vocab(" + quote(searchTable(table)) + ", 'row')"
}

// planWords returns the statement for the table of words, empty if it is there or there is no index.
func (c *conn) planWords(col *db.Collection, searched bool) (string, error) {
	there, err := c.searchesAs(searchWords(col.Table), "fts5vocab")
	if err != nil || there || !searched {
		return "", err
	}
	return createWords(col.Table), nil
}

// matching writes the query of the index. With typing mistakes each word of the search stands for the words of the index that
// are near it.
func matching(b *sqldb.Builder, f *query.Search) {
	if !f.Typos {
		b.Question(query.String(match(f)))
		return
	}
	whole, beginning := f.Terms()
	near := func(n int, word string, beginning int64) {
		if n > 0 {
			b.Write(" || ' AND ' || ")
		}
		// A word that is near nothing makes the query look for a word of no letters, which nothing has.
		b.Write("(SELECT '(' || coalesce(group_concat('\"' || term || '\"', ' OR '), '\"\"') || ')' FROM " + quote(searchWords(b.Table.Collection.Table)) + " WHERE ")
		if first, size := utf8.DecodeRuneInString(word); query.Mistakes(word) { // a small part of the words
			b.Write("term >= ")
			b.Question(query.String(word[:size]))
			b.Write(" AND term < ")
			b.Question(query.String(string(first + 1)))
			b.Write(" AND ")
		}
		b.Write("basalt_near(term, ")
		b.Question(query.String(word))
		b.Write(", ")
		b.Question(query.Int(beginning))
		b.Write("))")
	}
	b.Write("(")
	for n, w := range whole {
		near(n, w, 0)
	}
	if beginning != "" {
		near(len(whole), beginning, 1)
	}
	b.Write(")")
}

// match returns the words as an FTS5 query: each in quotes, all of them, and a star after the beginning of one.
func match(f *query.Search) string {
	whole, beginning := f.Terms()
	var terms []string
	for _, w := range whole {
		terms = append(terms, `"`+w+`"`)
	}
	if beginning != "" {
		terms = append(terms, `"`+beginning+`"*`)
	}
	return strings.Join(terms, " AND ")
}

// Rank uses the rank of FTS5.
func (d *dialect) Rank(b *sqldb.Builder, f *query.Search) {
	c := b.Table.Collection
	index, key := quote(searchTable(c.Table)), b.Table.Columns[c.Key].Name
	b.Write(" ORDER BY (SELECT s.rank FROM " + index + " AS s WHERE s." + index + " MATCH ")
	b.Question(query.String(match(f))) // documents without a typing mistake come first
	b.Write(" AND s.rowid = (SELECT k.number FROM " + quote(searchKeys(c.Table)) + " AS k WHERE k.id = " + b.Table.Name + "." + key + "))")
	if f.Typos {
		b.Write(" NULLS LAST")
	}
	b.Write(", " + key)
}
