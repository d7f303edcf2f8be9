package sqlite

import (
	"strconv"
	"strings"

	"github.com/ncruces/go-sqlite3"
)

// SQLite plans a statement again for each value, where ANALYZE has sampled an index that the value is looked for
// in: a rare value is found otherwise than a frequent one. That takes longer than to find a few rows. So a plan is kept where
// all values are rare.

// rare is how many rows a value of an index has on average, at most, for its plan to be kept.
const rare = 50

// steady prepares a statement that has just been prepared again, so that its plan is kept, if it finds few rows whatever the
// values are. It returns nil for any other.
func (c *conn) steady(sql string) *sqlite3.Stmt {
	if strings.HasPrefix(sql, "EXPLAIN") || !c.sampled() {
		return nil
	}
	if !c.findsFew(sql) {
		c.valued.watch(sql)
		return nil
	}
	s, _, err := c.db.PrepareFlags(unsampled(sql), sqlite3.PREPARE_PERSISTENT)
	if err != nil {
		return nil
	}
	return s
}

// unsampled writes = +? for = ?, and so on, outside of quotes: the same value, for which SQLite does not look into the samples.
func unsampled(sql string) string {
	var out strings.Builder
	quote := byte(0)
	for i := range len(sql) {
		switch c := sql[i]; {
		case quote != 0 && c == quote:
			quote = 0
		case quote == 0 && (c == '"' || c == '\'' || c == '`'):
			quote = c
		case quote == 0 && c == '?' && i > 2 && sql[i-1] == ' ' && strings.IndexByte("=<>", sql[i-2]) >= 0:
			out.WriteByte('+')
		}
		out.WriteByte(sql[i])
	}
	return out.String()
}

// sampled reports whether ANALYZE has sampled the indexes.
func (c *conn) sampled() bool {
	found, err := c.column(`SELECT name FROM sqlite_schema WHERE name = 'sqlite_stat4'`, 0)
	return err == nil && len(found) > 0
}

// findsFew reports whether each table of a statement is searched by an index that has few rows for any value.
func (c *conn) findsFew(sql string) bool {
	steps, err := c.column("EXPLAIN QUERY PLAN "+sql, 3)
	searched := false
	for _, step := range steps {
		if strings.HasPrefix(step, "USE TEMP B-TREE") {
			continue
		}
		_, index, ok := strings.Cut(step, " USING INDEX ")
		if !ok {
			_, index, ok = strings.Cut(step, " USING COVERING INDEX ")
		}
		index, condition, equal := strings.Cut(index, " (")
		equal = equal && !strings.ContainsAny(condition, "<>") // how much a range finds is not known
		if !strings.HasPrefix(step, "SEARCH ") || !ok || !equal || !c.few(index) {
			return false
		}
		searched = true
	}
	return err == nil && searched
}

// few reports whether an index has few rows for each value of its first column.
func (c *conn) few(index string) bool {
	stats, err := c.column("SELECT stat FROM sqlite_stat1 WHERE idx = '"+strings.ReplaceAll(index, "'", "''")+"'", 0)
	if err != nil || len(stats) != 1 {
		return false
	}
	parts := strings.Fields(stats[0])
	if len(parts) < 2 {
		return false
	}
	n, err := strconv.Atoi(parts[1])
	return err == nil && n <= rare
}

// column returns a column of the rows of a statement.
func (c *conn) column(sql string, column int) (out []string, err error) {
	s, _, err := c.db.Prepare(sql)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	for s.Step() {
		out = append(out, s.ColumnText(column))
	}
	return out, s.Err()
}
