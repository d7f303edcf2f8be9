package postgres

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

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

func quote(name string) string { return pgx.Identifier{name}.Sanitize() }

// tableName quotes a name that may have a schema before it.
func tableName(name string) string { return identifier(name).Sanitize() }

// Sync implements [db.Driver]. Nodes that start at once wait for each other; tables, columns and
// indexes that are missing are made in one transaction.
func (d *Driver) Sync(ctx context.Context, collections []*db.Collection) error {
	known := map[string]table{}
	err := d.with(ctx, func(c *pgxpool.Conn) error {
		return pgx.BeginFunc(ctx, c, func(tx pgx.Tx) error {
			lock := fnv.New64a()
			lock.Write([]byte("basalt schema"))
			if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock($1)", int64(lock.Sum64())); err != nil {
				return err
			}
			var errs []error
			for _, col := range collections {
				t, err := syncTable(ctx, tx, col)
				if err != nil {
					errs = append(errs, fmt.Errorf("collection %s: %w", col.Name, err))
				}
				known[col.Table] = t
			}
			return errors.Join(errs...)
		})
	})
	if err != nil {
		return err
	}
	d.remember(known)
	return nil
}

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

func syncTable(ctx context.Context, tx pgx.Tx, col *db.Collection) (table, error) {
	have, err := readTable(ctx, tx, col.Table)
	if err != nil {
		return nil, err
	}
	if len(have) == 0 {
		if _, err := tx.Exec(ctx, createTable(col)); err != nil {
			return nil, err
		}
	}
	missing := len(have) == 0
	for i, c := range col.Columns {
		got, exists := have[c.Name]
		kind := c.Type.Kind()
		switch {
		case missing, exists && slices.Contains(fitting[kind], got.typ):
		case !exists && i == col.Key:
			return nil, fmt.Errorf("the table %s has no column %s to be the key", tableName(col.Table), quote(c.Name))
		case !exists:
			if _, err := tx.Exec(ctx, "ALTER TABLE "+tableName(col.Table)+" ADD COLUMN "+quote(c.Name)+" "+columnTypes[kind]); err != nil {
				return nil, err
			}
		default:
			return nil, fmt.Errorf("the column %s is %s, and type %s needs %s; Basalt does not convert data by itself. An admin would run:\n  ALTER TABLE %s ALTER COLUMN %s TYPE %s USING %s::%s;",
				quote(c.Name), got.typ, c.Type, strings.Join(fitting[kind], ", "), tableName(col.Table), quote(c.Name), columnTypes[kind], quote(c.Name), strings.Fields(columnTypes[kind])[0])
		}
		if err := syncIndex(ctx, tx, col, i); err != nil {
			return nil, err
		}
	}
	if err := syncSearch(ctx, tx, col); err != nil {
		return nil, err
	}
	return readTable(ctx, tx, col.Table)
}

// readTable returns the columns of a table or view, none when it does not exist.
func readTable(ctx context.Context, tx pgx.Tx, name string) (table, error) {
	rows, err := tx.Query(ctx, `
		SELECT a.attname, CASE WHEN t.typtype = 'e' THEN 'enum' ELSE format_type(a.atttypid, NULL) END,
		       coalesce(c.collname IN ('C', 'POSIX') OR c.collname = 'default' AND (SELECT datcollate IN ('C', 'POSIX') FROM pg_database WHERE datname = current_database()), true)
		FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN pg_collation c ON c.oid = a.attcollation
		WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped`, tableName(name))
	if err != nil {
		return nil, err
	}
	out := table{}
	var column column
	var columnName string
	_, err = pgx.ForEachRow(rows, []any{&columnName, &column.typ, &column.bytewise}, func() error {
		out[columnName] = column
		return nil
	})
	return out, err
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

// syncIndex makes the index of a column. A plain one has the order of a page: null first, then by key.
func syncIndex(ctx context.Context, tx pgx.Tx, col *db.Collection, i int) error {
	c := col.Columns[i]
	if i == col.Key || !c.Unique && !c.Index {
		return nil
	}
	_, bare, ok := strings.Cut(col.Table, ".")
	if !ok {
		bare = col.Table
	}
	kind, suffix, columns := "INDEX", "_index", quote(c.Name)+" NULLS FIRST, "+quote(col.Columns[col.Key].Name)
	if c.Unique {
		kind, suffix, columns = "UNIQUE INDEX", "_unique", quote(c.Name)
	}
	name := bare + "_" + c.Name + suffix
	if len(name) > 63 { // the longest name of PostgreSQL
		h := fnv.New32a()
		h.Write([]byte(name))
		name = fmt.Sprintf("%s_%08x", name[:54], h.Sum32())
	}
	_, err := tx.Exec(ctx, "CREATE "+kind+" IF NOT EXISTS "+quote(name)+" ON "+tableName(col.Table)+" ("+columns+")")
	if err != nil && c.Unique {
		return fmt.Errorf("field %s can not become unique while documents share a value; find them with: SELECT %s, count(*) FROM %s GROUP BY 1 HAVING count(*) > 1: %w",
			c.Name, quote(c.Name), tableName(col.Table), err)
	}
	return err
}

func identifier(name string) pgx.Identifier {
	schema, table, ok := strings.Cut(name, ".")
	if !ok {
		return pgx.Identifier{name}
	}
	return pgx.Identifier{schema, table}
}
