package sqlite

import (
	"strings"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// columnTypes are the types in STRICT tables: bool is 0 or 1, time is microseconds since 1970 UTC, date, json and
// decimals are text; see encodeDecimal.
var columnTypes = map[query.Kind]string{
	query.KindString: "TEXT", query.KindInt: "INTEGER", query.KindFloat: "REAL", query.KindBool: "INTEGER",
	query.KindTime: "INTEGER", query.KindDate: "TEXT", query.KindDecimal: "TEXT", query.KindJSON: "TEXT", query.KindBytes: "BLOB",
}

// fits reports whether a column of a declared type can store a field: those of other programs have names such as
// varchar(80) or bigint, of which SQLite takes no more than the affinity (datatype3, section 3.1). Their dates are
// strings in columns of type DATE.
func fits(declared string, t query.Type) bool {
	own := columnTypes[t.Kind()]
	if declared == own || declared == "DATE" && t == query.TypeDate {
		return true
	}
	like := affinity(declared)
	return like != "" && like != query.TypeDate && columnTypes[like.Kind()] == own && (like != query.TypeBool || t == query.TypeBool)
}

func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

func (c *conn) tableColumns(table string) (map[string]string, error) {
	s, _, err := c.db.Prepare("SELECT lower(name), upper(type) FROM pragma_table_xinfo(?) WHERE hidden <> 1")
	if err != nil {
		return nil, err
	}
	defer s.Close()
	if err := s.BindText(1, table); err != nil {
		return nil, err
	}
	columns := map[string]string{}
	for s.Step() {
		columns[s.ColumnText(0)] = s.ColumnText(1)
	}
	return columns, s.Err()
}

func createTable(col *db.Collection) string {
	var b strings.Builder
	b.WriteString("CREATE TABLE " + quote(col.Table) + " (")
	for n, i := range col.Stored() {
		if n > 0 {
			b.WriteString(", ")
		}
		b.WriteString(quote(col.Columns[i].Name) + " " + columnTypes[col.Columns[i].Type.Kind()])
		if i == col.Key {
			b.WriteString(" PRIMARY KEY")
		}
	}
	if col.Parts != nil {
		b.WriteString(", PRIMARY KEY (" + col.KeyColumns(quote) + ")")
	}
	b.WriteString(") STRICT")
	if !numbered(col) {
		b.WriteString(", WITHOUT ROWID")
	}
	return b.String()
}

// numbered reports whether SQLite generates the ids, which it does if they are its rowids.
func numbered(col *db.Collection) bool {
	return col.Parts == nil && col.Columns[col.Key].Type.Kind() == query.KindInt
}
