package postgres

import (
	"context"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// columnTypes are those of tables that Basalt makes. Text compares by bytes.
var columnTypes = map[query.Kind]string{
	query.KindString: `text COLLATE "C"`, query.KindInt: "bigint", query.KindFloat: "double precision", query.KindBool: "boolean",
	query.KindTime: "timestamptz", query.KindJSON: "jsonb", query.KindBytes: "bytea",
}

// fitting are the types of existing columns that a field of each kind can be kept in.
var fitting = map[query.Kind][]string{
	query.KindString: {"text", "character varying", "character", "uuid", "citext", "enum", "name"},
	query.KindInt:    {"bigint", "integer", "smallint"},
	query.KindFloat:  {"double precision", "real", "numeric"},
	query.KindBool:   {"boolean"},
	query.KindTime:   {"timestamp with time zone", "timestamp without time zone", "date"},
	query.KindJSON:   {"jsonb", "json"},
	query.KindBytes:  {"bytea"},
}

// table is what is known of a table: its columns, by name.
type table map[string]column

type column struct {
	typ string
	// bytewise says that text compares by bytes without being told to.
	bytewise bool
}

// quote quotes a name. (Most need no more than quotes around them.)
func quote(name string) string {
	if strings.IndexByte(name, '"') < 0 && strings.IndexByte(name, 0) < 0 {
		return `"` + name + `"`
	}
	return sanitize(name)
}

func sanitize(name string) string { return pgx.Identifier{name}.Sanitize() }

// tableName quotes a name that may have a schema before it.
func tableName(name string) string { return identifier(name).Sanitize() }

func (d *Driver) remember(known map[string]table) {
	for {
		old := d.schemas.Load()
		all := map[string]table{}
		if old != nil {
			for name, t := range *old {
				all[name] = t
			}
		}
		for name, t := range known {
			all[name] = t
		}
		if d.schemas.CompareAndSwap(old, &all) {
			return
		}
	}
}

// column returns what is known of a field's column; of a table that was not synced, what Basalt makes.
func (d *Driver) column(c *db.Collection, i int) column {
	if all := d.schemas.Load(); all != nil {
		if col, ok := (*all)[c.Table][c.Columns[i].Name]; ok {
			return col
		}
	}
	return column{fitting[c.Columns[i].Type.Kind()][0], true}
}

// readTable returns the columns of a table or view, none when it does not exist.
func readTable(ctx context.Context, tx pgx.Tx, name string) (columns table, view bool, err error) {
	rows, err := tx.Query(ctx, `
		SELECT a.attname, k.relkind IN ('v', 'm', 'f'), CASE WHEN t.typtype = 'e' THEN 'enum' ELSE format_type(a.atttypid, NULL) END,
		       coalesce(c.collname IN ('C', 'POSIX') OR c.collname = 'default' AND (SELECT datcollate IN ('C', 'POSIX') FROM pg_database WHERE datname = current_database()), true)
		FROM pg_attribute a JOIN pg_class k ON k.oid = a.attrelid JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN pg_collation c ON c.oid = a.attcollation
		WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped`, tableName(name))
	if err != nil {
		return nil, false, err
	}
	out := table{}
	var column column
	var columnName string
	_, err = pgx.ForEachRow(rows, []any{&columnName, &view, &column.typ, &column.bytewise}, func() error {
		out[columnName] = column
		return nil
	})
	return out, view, err
}

func createTable(col *db.Collection) string {
	var b strings.Builder
	b.WriteString("CREATE TABLE " + tableName(col.Table) + " (")
	for i, c := range col.Columns {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(quote(c.Name) + " " + columnTypes[c.Type.Kind()])
		if i == col.Key {
			b.WriteString(" PRIMARY KEY")
		}
	}
	b.WriteString(")")
	return b.String()
}

func identifier(name string) pgx.Identifier {
	schema, table, ok := strings.Cut(name, ".")
	if !ok {
		return pgx.Identifier{name}
	}
	return pgx.Identifier{schema, table}
}
