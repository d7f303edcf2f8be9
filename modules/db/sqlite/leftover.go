package sqlite

import (
	"strings"

	"github.com/basalt-dev/basalt/modules/db"
	sqldb "github.com/basalt-dev/basalt/modules/db/sql"
	"github.com/basalt-dev/basalt/modules/query"
)

// leftover returns the indexes of a collection's table that were made for the configuration, which has them no more. A
// unique index stays while a foreign key refers to the table, because it may need it.
func (c *conn) leftover(collections []*db.Collection, col *db.Collection) ([]string, error) {
	history, err := c.texts("SELECT sql FROM "+quote(sqldb.History)+" WHERE sql LIKE '%INDEX%' ORDER BY number", sqldb.History)
	if err != nil || len(history) == 0 {
		return nil, err
	}
	own := "(instr(m.sql, '" + db.ReferencePrefix + "') AND lower(f.\"to\") = lower(" + db.Literal(query.String(col.Columns[col.Key].Name)) + "))" // which need the key alone
	referred, err := c.texts(`SELECT m.name FROM sqlite_schema m, pragma_foreign_key_list(m.name) f WHERE m.type = 'table' AND lower(f."table") = lower(?) AND NOT `+own, col.Table)
	if err != nil {
		return nil, err
	}
	lines, err := c.texts(`SELECT l."unique" || l.partial || ' ' || l.name || char(10) || (SELECT group_concat(name, char(10)) FROM (SELECT coalesce(name, '') AS name FROM pragma_index_info(l.name) ORDER BY seqno))
		FROM pragma_index_list(?) AS l WHERE l.origin = 'c'`, col.Table)
	if err != nil {
		return nil, err
	}
	var has []db.Existing
	for _, line := range lines {
		parts := strings.Split(line, "\n")
		x := db.Existing{Unique: line[0] == '1', Partial: line[1] == '1', Name: parts[0][3:], Columns: parts[1:]}
		if !x.Unique || len(referred) == 0 {
			has = append(has, x)
		}
	}
	return db.Leftover(collections, col.Table, has, history, quote, (*db.Collection).IndexName), nil
}

// texts returns the first column of a query about a table, none if there is no such table.
func (c *conn) texts(sql, table string) (out []string, err error) {
	if have, err := c.tableColumns(table); err != nil || len(have) == 0 {
		return nil, err
	}
	s, _, err := c.db.Prepare(sql)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	if strings.Contains(sql, "?") {
		if err := s.BindText(1, table); err != nil {
			return nil, err
		}
	}
	for s.Step() {
		out = append(out, s.ColumnText(0))
	}
	return out, s.Err()
}
