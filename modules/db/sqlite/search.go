package sqlite

import (
	"errors"
	"slices"
	"strings"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// Searches implements [db.Searcher].
func (d *Driver) Searches() bool { return true }

// The table has no rowid, which FTS5 needs: a second table assigns one to each document. Triggers maintain the
// index, so it includes writes of other programs.
func searchTable(table string) string { return table + "_basalt_search" }
func searchKeys(table string) string  { return table + "_basalt_search_keys" }

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
	if len(have) == len(fields) {
		same := true
		for _, column := range col.Columns {
			_, there := have[strings.ToLower(column.Name)]
			same = same && there == column.Search
		}
		if same {
			return "", nil
		}
	}
	var sql []string
	if len(have) > 0 { // other fields: the index is recreated
		for _, event := range []string{"insert", "update", "delete"} {
			sql = append(sql, "DROP TRIGGER IF EXISTS "+quote(searchTable(col.Table)+"_"+event))
		}
		sql = append(sql, "DROP TABLE "+index, "DROP TABLE "+keys)
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
			"CREATE VIRTUAL TABLE "+index+" USING fts5("+list+", tokenize = \"unicode61 remove_diacritics 0\")",
			"INSERT INTO "+keys+" (id) SELECT "+id+" FROM "+table,
			"INSERT INTO "+index+" (rowid, "+list+") SELECT k.number, "+of("t")+" FROM "+table+" AS t JOIN "+keys+" AS k ON k.id = t."+id,
			trigger("insert", "INSERT", put), trigger("delete", "DELETE", take), trigger("update", "UPDATE OF "+id+", "+list, take+" "+put),
		)
	}
	return strings.Join(sql, "; "), nil
}

// search writes the condition that the index finds the document.
func (b *builder) search(f *query.Search) {
	if b.alias != "" {
		b.write(b.alias)
	}
	b.name(b.col.Columns[b.col.Key].Name)
	b.write(" IN (SELECT k.id FROM ")
	b.name(searchTable(b.col.Table))
	b.write(" AS s JOIN ")
	b.name(searchKeys(b.col.Table))
	b.write(" AS k ON k.number = s.rowid WHERE s.")
	b.name(searchTable(b.col.Table))
	b.write(" MATCH ")
	b.arg(query.String(match(f)))
	b.write(")")
}

// match returns the words as an FTS5 query: each in quotes, all of them.
func match(f *query.Search) string {
	words := query.Words(f.Text)
	for i, w := range words {
		words[i] = `"` + w + `"`
	}
	return strings.Join(words, " AND ")
}

// byRank writes the order of a search.
func (b *builder) byRank(f *query.Search) {
	b.write(" ORDER BY (SELECT s.rank FROM ")
	b.name(searchTable(b.col.Table))
	b.write(" AS s WHERE s.")
	b.name(searchTable(b.col.Table))
	b.write(" MATCH ")
	b.arg(query.String(match(f)))
	b.write(" AND s.rowid = (SELECT k.number FROM ")
	b.name(searchKeys(b.col.Table))
	b.write(" AS k WHERE k.id = ")
	b.write(quote(b.col.Table) + ".")
	b.name(b.col.Columns[b.col.Key].Name)
	b.write(")), ")
	b.name(b.col.Columns[b.col.Key].Name)
}
