package sqlite

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// columnTypes are those of STRICT tables: bool is 0 or 1, time is microseconds since 1970 UTC,
// json is text.
var columnTypes = map[query.Kind]string{
	query.KindString: "TEXT", query.KindInt: "INTEGER", query.KindFloat: "REAL", query.KindBool: "INTEGER",
	query.KindTime: "INTEGER", query.KindJSON: "TEXT", query.KindBytes: "BLOB",
}

func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// Sync implements [db.Driver]. Tables, columns and indexes that are missing are made, all in one
// transaction; columns that no field names are left alone.
func (d *Driver) Sync(ctx context.Context, collections []*db.Collection) error {
	return d.writer.do(ctx, false, func(c *conn) error {
		var errs []error
		for _, col := range collections {
			if err := c.sync(col); err != nil {
				errs = append(errs, fmt.Errorf("collection %s: %w", col.Name, err))
			}
		}
		return errors.Join(errs...)
	})
}

func (c *conn) sync(col *db.Collection) error {
	have, err := c.tableColumns(col.Table)
	if err != nil {
		return err
	}
	if len(have) == 0 {
		if err := c.db.Exec(createTable(col)); err != nil {
			return err
		}
	}
	for i, column := range col.Columns {
		want := columnTypes[column.Type.Kind()]
		got, exists := have[strings.ToLower(column.Name)]
		switch {
		case len(have) == 0 || got == want:
		case !exists && i == col.Key:
			return fmt.Errorf("the table %s has no column %s to be the key", quote(col.Table), quote(column.Name))
		case !exists:
			if err := c.db.Exec("ALTER TABLE " + quote(col.Table) + " ADD COLUMN " + quote(column.Name) + " " + want); err != nil {
				return err
			}
		default:
			return fmt.Errorf("the column %s is %s, and type %s needs %s; Basalt does not convert data by itself. An admin would run:\n"+
				"  ALTER TABLE %s RENAME COLUMN %s TO %s;\n  ALTER TABLE %s ADD COLUMN %s %s;\n  UPDATE %s SET %s = CAST(%s AS %s);",
				quote(column.Name), got, column.Type, want,
				quote(col.Table), quote(column.Name), quote(column.Name+"_old"), quote(col.Table), quote(column.Name), want,
				quote(col.Table), quote(column.Name), quote(column.Name+"_old"), want)
		}
		if err := c.syncIndex(col, i); err != nil {
			return err
		}
	}
	return c.syncSearch(col)
}

func (c *conn) tableColumns(table string) (map[string]string, error) {
	s, _, err := c.db.Prepare("SELECT lower(name), upper(type) FROM pragma_table_info(?)")
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
	for i, column := range col.Columns {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(quote(column.Name) + " " + columnTypes[column.Type.Kind()])
		if i == col.Key {
			b.WriteString(" PRIMARY KEY")
		}
	}
	b.WriteString(") STRICT, WITHOUT ROWID")
	return b.String()
}

// syncIndex makes the index of a column. A plain one ends with the key, so that it also gives the
// order of a page.
func (c *conn) syncIndex(col *db.Collection, i int) error {
	column := col.Columns[i]
	if i == col.Key || !column.Unique && !column.Index {
		return nil
	}
	kind, suffix, columns := "INDEX", "_index", quote(column.Name)+", "+quote(col.Columns[col.Key].Name)
	if column.Unique {
		kind, suffix, columns = "UNIQUE INDEX", "_unique", quote(column.Name)
	}
	err := c.db.Exec("CREATE " + kind + " IF NOT EXISTS " + quote(col.Table+"_"+column.Name+suffix) + " ON " + quote(col.Table) + " (" + columns + ")")
	if err != nil && column.Unique {
		return fmt.Errorf("field %s can not become unique while documents share a value; find them with: SELECT %s, count(*) FROM %s GROUP BY 1 HAVING count(*) > 1: %w",
			column.Name, quote(column.Name), quote(col.Table), err)
	}
	return err
}
