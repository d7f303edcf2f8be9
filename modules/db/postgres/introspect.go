package postgres

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// columnsOf lists the columns of tables and views, except internal ones of PostgreSQL and Basalt.
const columnsOf = `
SELECT n.nspname, c.relname, c.relkind IN ('v', 'm'), a.attname,
       ` + typeOfColumn + `,
       a.attnotnull,
       ` + labels + `,
       coalesce((SELECT array_position(i.indkey::int2[], a.attnum) FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary), -1),
       EXISTS (SELECT 1 FROM pg_index i WHERE i.indrelid = c.oid AND i.indisunique AND i.indnkeyatts = 1 AND i.indkey[0] = a.attnum AND i.indpred IS NULL),
       EXISTS (SELECT 1 FROM pg_index i WHERE i.indrelid = c.oid AND i.indkey[0] = a.attnum),
       coalesce((SELECT fn.nspname || '.' || f.relname FROM pg_constraint k JOIN pg_class f ON f.oid = k.confrelid JOIN pg_namespace fn ON fn.oid = f.relnamespace
                 WHERE k.conrelid = c.oid AND k.contype = 'f' AND k.conkey = ARRAY[a.attnum] LIMIT 1), ''),
       ` + fills + `, t.typname = 'citext' OR EXISTS (SELECT FROM pg_collation o WHERE o.oid = a.attcollation AND NOT o.collisdeterministic)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_type t ON t.oid = ` + baseType + `
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname NOT LIKE 'pg\_%' AND n.nspname <> 'information_schema' AND c.relname NOT LIKE '\_basalt%' AND NOT c.relispartition
ORDER BY n.nspname, c.relname, a.attnum`

// indexesOf lists the valid indexes of several columns, or of a part of the rows, that have an order. Those of expressions
// are left out.
const indexesOf = `
SELECT n.nspname, c.relname, x.relname, i.indisunique, coalesce(pg_get_expr(i.indpred, i.indrelid), ''),
       (SELECT array_agg(a.attname::text ORDER BY u.number) FROM unnest(i.indkey[0:i.indnkeyatts-1]) WITH ORDINALITY AS u (attribute, number) JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = u.attribute),
       (SELECT array_agg(u.option & 1 = 1 ORDER BY u.number) FROM unnest(i.indoption[0:i.indnkeyatts-1]) WITH ORDINALITY AS u (option, number))
FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_am m ON m.oid = x.relam AND m.amname = 'btree' JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE NOT i.indisprimary AND i.indisvalid AND 0 <> ALL(i.indkey::int2[]) AND (i.indnkeyatts > 1 OR i.indpred IS NOT NULL) AND NOT c.relispartition
ORDER BY x.relname`

// Introspect implements [db.Introspector].
func (d *Driver) Introspect(ctx context.Context) (out []db.Table, err error) {
	err = d.with(ctx, func(c *pgxpool.Conn) error {
		rows, err := c.Query(ctx, columnsOf)
		if err != nil {
			return err
		}
		var schema, table, to string
		var view bool
		var keyPosition int
		var f db.TableField
		keys := map[string]map[int]string{}
		citext := false
		_, err = pgx.ForEachRow(rows, []any{&schema, &table, &view, &f.Name, &f.Native, &f.Required, &f.Enum, &keyPosition, &f.Unique, &f.Indexed, &to, &f.Filled, &f.Folds}, func() error {
			name := inSchema(schema + "." + table)
			if len(out) == 0 || out[len(out)-1].Name != name {
				out = append(out, db.Table{Name: name, ReadOnly: view})
				keys[name] = map[int]string{}
			}
			t := &out[len(out)-1]
			found := f
			found.Enum = slices.Clone(f.Enum)
			found.To = inSchema(to)
			found.Type = typeOf(f.Native)
			found.Nulls = found.Type.IsList() // nothing says that there are none
			citext = citext || f.Native == "citext"
			if keyPosition >= 0 {
				keys[name][keyPosition] = f.Name
			}
			t.Fields = append(t.Fields, found)
			return nil
		})
		for i := range out {
			for n := range len(keys[out[i].Name]) {
				out[i].Key = append(out[i].Key, keys[out[i].Name][n])
			}
		}
		if err != nil {
			return err
		}
		if rows, err = c.Query(ctx, indexesOf); err != nil {
			return err
		}
		var x db.TableIndex
		_, err = pgx.ForEachRow(rows, []any{&schema, &table, &x.Name, &x.Unique, &x.Where, &x.Columns, &x.Desc}, func() error {
			for i := range out {
				if out[i].Name == inSchema(schema+"."+table) {
					found := x
					found.Columns, found.Desc = slices.Clone(x.Columns), slices.Clone(x.Desc)
					out[i].Indexes = append(out[i].Indexes, found)
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		if err := d.learnFold(ctx, c, citext); err != nil {
			return err
		}
		for _, t := range out {
			for i, f := range t.Fields {
				t.Fields[i].AnyCase = f.Native == "citext" && d.fold.Load() != nil
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("postgres: reading the tables: %w", err)
	}
	return out, nil
}

// inSchema omits the name of the default schema.
func inSchema(name string) string {
	const public = "public."
	if len(name) > len(public) && name[:len(public)] == public {
		return name[len(public):]
	}
	return name
}

// typeOf returns the field type for a column, empty if none fits.
func typeOf(native string) query.Type {
	switch native { // which fields of type time, string and float can use, too
	case "date":
		return query.TypeDate
	case "uuid":
		return query.TypeUUID
	case "numeric":
		return query.TypeDecimal
	}
	for element, natives := range lists {
		if slices.Contains(natives, native) {
			return query.ListOf(element)
		}
	}
	kinds := map[query.Kind]query.Type{
		query.KindString: query.TypeString, query.KindInt: query.TypeInt, query.KindFloat: query.TypeFloat, query.KindBool: query.TypeBool,
		query.KindTime: query.TypeTime, query.KindJSON: query.TypeJSON, query.KindBytes: query.TypeBytes,
	}
	for kind, natives := range fitting {
		if slices.Contains(natives, native) {
			return kinds[kind]
		}
	}
	return ""
}
