package sqlite

import (
	"slices"
	"strings"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// renames returns the statements for columns that had another name, and gives them the new one in what is known of
// the table.
func renames(col *db.Collection, have, known map[string]string, indexes map[string]bool) []string {
	var out []string
	for _, i := range col.Stored() {
		column := col.Columns[i]
		from, to := strings.ToLower(column.Was), strings.ToLower(column.Name)
		_, there := have[from]
		if _, done := have[to]; done || !there || from == "" {
			continue
		}
		out = append(out, "ALTER TABLE "+quote(col.Table)+" RENAME COLUMN "+quote(column.Was)+" TO "+quote(column.Name))
		for _, names := range []map[string]string{have, known} {
			if value, ok := names[from]; ok {
				names[to] = value
				delete(names, from)
			}
		}
		for _, word := range []string{"first ", "unique "} {
			if indexes[word+from] {
				indexes[word+to] = true
				delete(indexes, word+from)
			}
		}
	}
	return out
}

// sortedNames joins the names of columns, as [conn.indexes] does.
func sortedNames(columns []string) string {
	names := make([]string, len(columns))
	for i, name := range columns {
		names[i] = strings.ToLower(name)
	}
	slices.Sort(names)
	return strings.Join(names, ",")
}

// lostColumns are the columns with data that had a field until now, by what is recorded of their kind.
type lostColumns map[string]string

// like returns the column that a field of a type may have been stored in, empty if there is none.
func (l lostColumns) like(t query.Type) string { return l[keptAs(t)] }

// unused marks the recorded kind of a column that has lost its field.
const unused = "unused "

// lost returns the columns that lose their field.
func (c *conn) lost(col *db.Collection, have, known map[string]string) (lostColumns, error) {
	out := lostColumns{}
	for name, kind := range known {
		used := slices.ContainsFunc(col.Stored(), func(i int) bool { return strings.EqualFold(col.Columns[i].Name, name) })
		if _, there := have[name]; used || !there || strings.HasPrefix(kind, unused) {
			continue
		}
		s, _, err := c.db.Prepare("SELECT 1 FROM " + quote(col.Table) + " WHERE " + quote(name) + " IS NOT NULL LIMIT 1")
		if err != nil {
			return nil, err
		}
		if s.Step() && (out[kind] == "" || name < out[kind]) {
			out[kind] = name
		}
		if err := s.Close(); err != nil {
			return nil, err
		}
	}
	return out, nil
}
