package mysql

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// Introspect implements [db.Introspector].
func (d *Driver) Introspect(ctx context.Context) (out []db.Table, err error) {
	err = d.with(ctx, func(c *sql.Conn) error {
		known, err := d.readSchema(ctx, c)
		if err != nil {
			return err
		}
		points := map[[2]string]string{}
		var from, column, to string
		if err := each(ctx, c, "SELECT TABLE_NAME, lower(COLUMN_NAME), REFERENCED_TABLE_NAME FROM information_schema.KEY_COLUMN_USAGE WHERE TABLE_SCHEMA = DATABASE() AND REFERENCED_TABLE_SCHEMA = DATABASE() AND POSITION_IN_UNIQUE_CONSTRAINT = 1",
			[]any{&from, &column, &to}, func() { points[[2]string{from, column}] = to }); err != nil {
			return err
		}
		for name, t := range known {
			if strings.HasPrefix(name, ownPrefix) {
				continue
			}
			one := described(name, t, func(column string) string { return points[[2]string{name, column}] })
			for i := range one.Fields { // every string of another program, unless its collation is one of bytes
				c := t.columns[strings.ToLower(one.Fields[i].Name)]
				one.Fields[i].Folds = one.Fields[i].Type == query.TypeString && c.charset != "" && !strings.HasSuffix(c.collation, "_bin")
			}
			for i, f := range one.Fields {
				if strings.HasSuffix(f.Native, "char(36)") && strings.HasSuffix(t.columns[strings.ToLower(f.Name)].collation, "_ci") && !t.view {
					var uuids bool
					if err := each(ctx, c, uuidsIn(name, f.Name), []any{&uuids}, func() {}); err != nil {
						return err
					}
					if uuids {
						one.Fields[i].Type, one.Fields[i].Folds = query.TypeUUID, false
					}
				}
			}
			out = append(out, one)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("mysql: reading the tables: %w", err)
	}
	slices.SortFunc(out, func(a, b db.Table) int { return strings.Compare(a.Name, b.Name) })
	return out, nil
}

// uuidsIn asks whether the first values of a column are uuids, written as Basalt does: as such, their index gives their order.
func uuidsIn(table, column string) string {
	return "SELECT count(*) > 0 AND coalesce(sum(x REGEXP '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'), 0) = count(*) FROM (SELECT CAST(" + quote(column) + " AS BINARY) AS x FROM " + tableName(table) +
		" WHERE " + quote(column) + " IS NOT NULL LIMIT 1000) AS s"
}

// described describes a table. to returns what a column refers to.
func described(name string, t *table, to func(column string) string) db.Table {
	out := db.Table{Name: name, ReadOnly: t.view, Indexes: together(t)}
	for _, column := range t.indexes["PRIMARY"].columns {
		out.Key = append(out.Key, t.columns[column].name)
	}
	for _, column := range t.order {
		if internal(column) {
			continue
		}
		c := t.columns[column]
		f := db.TableField{Name: c.name, Type: typeOf(c), Native: c.full, Required: c.notNull, To: to(column), Filled: c.fills}
		for _, x := range t.indexes {
			f.Indexed = f.Indexed || x.columns[0] == column
			f.Unique = f.Unique || x.unique && len(x.columns) == 1 && x.columns[0] == column
		}
		if c.typ == "enum" {
			f.Enum = members(c.full)
		}
		out.Fields = append(out.Fields, f)
	}
	return out
}

// together are the indexes of several columns.
func together(t *table) (out []db.TableIndex) {
	for _, name := range slices.Sorted(maps.Keys(t.indexes)) {
		x := t.indexes[name]
		if name == "PRIMARY" || len(x.columns) < 2 || slices.ContainsFunc(x.columns, func(c string) bool { return internal(c) || t.columns[c].name == "" }) {
			continue
		}
		found := db.TableIndex{Name: name, Desc: x.desc, Unique: x.unique}
		for _, c := range x.columns {
			found.Columns = append(found.Columns, t.columns[c].name)
		}
		out = append(out, found)
	}
	return out
}

// members are the values of an enum such as enum('a','it”s').
func members(full string) (out []string) {
	for rest := strings.TrimSuffix(strings.TrimPrefix(full, "enum("), ")"); len(rest) > 1; {
		text, i := "", 1
		for ; i < len(rest); i++ {
			if rest[i] == '\'' {
				if i+1 == len(rest) || rest[i+1] != '\'' {
					break
				}
				i++
			}
			text += rest[i : i+1]
		}
		out = append(out, text)
		rest = strings.TrimPrefix(rest[min(i+1, len(rest)):], ",")
	}
	return out
}

// typeOf returns the field type for a column, empty if none fits.
func typeOf(c column) query.Type {
	switch {
	case c.json:
		return query.TypeJSON
	case c.typ == "uuid":
		return query.TypeUUID
	}
	for _, t := range []query.Type{query.TypeJSON, query.TypeBool, query.TypeInt, query.TypeDecimal, query.TypeFloat, query.TypeDate, query.TypeTime, query.TypeBytes, query.TypeString} {
		if stores(c, t) {
			return t
		}
	}
	return ""
}
