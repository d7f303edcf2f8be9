package postgres

import (
	"context"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// columnTypes are the column types of tables that Basalt creates. Text compares by bytes.
var columnTypes = map[query.Kind]string{
	query.KindString: `text COLLATE "C"`, query.KindInt: "bigint", query.KindFloat: "double precision", query.KindBool: "boolean",
	query.KindTime: "timestamptz", query.KindJSON: "jsonb", query.KindBytes: "bytea", query.KindDate: "date", query.KindDecimal: "numeric",
}

// textual are the types that have no form of their own here: a field of type string reads and writes their text.
var textual = []string{
	"inet", "cidr", "macaddr", "macaddr8", "interval", "time without time zone", "time with time zone", "money", "bit", "bit varying", "xml", "hstore", "ltree", "tsvector",
	"point", "line", "lseg", "box", "path", "polygon", "circle", "int4range", "int8range", "numrange", "tsrange", "tstzrange", "daterange",
	"int4multirange", "int8multirange", "nummultirange", "tsmultirange", "tstzmultirange", "datemultirange", "tsquery", "jsonpath", "pg_lsn", `"char"`, "oid", "regclass", "regtype", "xid8",
	"inet[]", "cidr[]", "interval[]", "time without time zone[]", "timestamp without time zone[]", "point[]", "bit[]", "jsonb[]", "json[]", "money[]",
	"int4range[]", "int8range[]", "numrange[]", "tsrange[]", "tstzrange[]", "daterange[]", other,
}

// other stands for the types that databases have of their own, besides enums: composite ones, ranges, those of extensions,
// arrays of these, and arrays of arrays.
const other = "other"

// fitting are the types of existing columns that can store a field of each kind.
var fitting = map[query.Kind][]string{
	query.KindString:  append([]string{"text", "character varying", "character", "uuid", "citext", "enum", "name"}, textual...),
	query.KindInt:     {"bigint", "integer", "smallint"},
	query.KindFloat:   {"double precision", "real", "numeric"},
	query.KindBool:    {"boolean"},
	query.KindTime:    {"timestamp with time zone", "timestamp without time zone", "date"},
	query.KindJSON:    {"jsonb", "json"},
	query.KindBytes:   {"bytea"},
	query.KindDate:    {"date"},
	query.KindDecimal: {"numeric"},
}

// lists are the types of columns that can store lists, by the type of the elements. The first is that of own tables.
var lists = map[query.Type][]string{
	query.TypeString: {"text[]", "character varying[]", "citext[]", "name[]", "enum[]"}, query.TypeInt: {"bigint[]", "integer[]", "smallint[]"},
	query.TypeFloat: {"double precision[]", "real[]"}, query.TypeBool: {"boolean[]"}, query.TypeTime: {"timestamp with time zone[]"},
	query.TypeDate: {"date[]"}, query.TypeUUID: {"uuid[]"}, query.TypeDecimal: {"numeric[]"},
}

// columnType is the type of a column that Basalt creates for a field.
func columnType(t query.Type) string {
	if t.IsList() {
		return lists[t.Element()][0]
	}
	if t == query.TypeUUID {
		return "uuid"
	}
	return columnTypes[t.Kind()]
}

// fits are the types of existing columns that can store a field.
func fits(t query.Type) []string {
	if t.IsList() {
		return lists[t.Element()]
	}
	if t == query.TypeUUID {
		return []string{"uuid"}
	}
	return fitting[t.Kind()]
}

// table is the definition of a table: its columns, by name.
type table map[string]column

type column struct {
	typ string
	// bytewise is true if text compares by bytes by default.
	bytewise bool
	// fills is true if the database sets a value when an insert has null, defaults if it does when an insert omits
	// the column.
	fills, defaults bool
	// loose is true if a collation takes different strings as equal.
	loose bool
	// changes is true if the stored value can differ from the inserted one.
	changes bool
	// alters is true if the database may store another value than it is sent, also in an update that sends none.
	alters bool
	// hooks are the changes that fire triggers and rules of the table.
	hooks int
	// unlocked is true if the rows of the table cannot be locked, or not by this user.
	unlocked bool
	// notNull is true if the column has no null, and the indexes of other programs may give its order: see [notNull].
	notNull bool
	// named is the name of the type in SQL, schema where it is, and labels are the values of an enum.
	named, schema string
	labels        []string
}

// The changes, in the bits of pg_trigger.tgtype.
const (
	onInsert = 4
	onDelete = 8
	onUpdate = 16
)

// quote quotes a name.
func quote(name string) string {
	if strings.IndexByte(name, '"') < 0 && strings.IndexByte(name, 0) < 0 {
		return `"` + name + `"`
	}
	return sanitize(name)
}

func sanitize(name string) string { return pgx.Identifier{name}.Sanitize() }

// tableName quotes a name that may include a schema.
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
			d.layouts.Clear()
			return
		}
	}
}

// column returns the definition of a field's column; for a table that was not synced, the one Basalt creates.
func (d *Driver) column(c *db.Collection, i int) column {
	if all := d.schemas.Load(); all != nil {
		if col, ok := (*all)[c.Table][c.Columns[i].Name]; ok {
			return col
		}
	}
	kind := c.Columns[i].Type.Kind()
	return column{typ: fits(c.Columns[i].Type)[0], bytewise: true, fills: i == c.Key && c.Parts == nil && kind == query.KindInt}
}

// baseType is the type of a column a: of a domain, the type it is made of.
const baseType = `(WITH RECURSIVE b AS (SELECT a.atttypid AS type UNION ALL SELECT d.typbasetype FROM b JOIN pg_type d ON d.oid = b.type AND d.typtype = 'd')
	SELECT b.type FROM b JOIN pg_type d ON d.oid = b.type AND d.typtype <> 'd')`

// typeName is the name of the type t of a column. Types of extensions may be in any schema.
const typeName = `CASE WHEN t.typtype = 'e' THEN 'enum' WHEN t.typcategory = 'A' AND (SELECT e.typtype FROM pg_type e WHERE e.oid = t.typelem) = 'e' THEN 'enum[]'
	WHEN t.typname IN ('citext', 'hstore', 'ltree') THEN t.typname WHEN t.typname = '_citext' THEN 'citext[]' ELSE format_type(t.oid, NULL) END`

// typeOfColumn is the name of the type t of a column of a table: other for those that are of this database alone.
const typeOfColumn = `CASE WHEN t.typtype = 'c' OR a.attndims > 1 OR t.oid >= 16384 AND (t.typtype IN ('r', 'm') OR t.typtype = 'b' AND t.typcategory <> 'A' AND t.typname NOT IN ('citext', 'hstore', 'ltree'))
	OR t.typcategory = 'A' AND t.typname <> '_citext' AND (SELECT e.typtype = 'c' OR e.oid >= 16384 AND e.typtype <> 'e' FROM pg_type e WHERE e.oid = t.typelem) THEN '` + other + `' ELSE ` + typeName + ` END`

// labels are the values of an enum type t, or of the enum that it has arrays of.
const labels = `coalesce((SELECT array_agg(e.enumlabel::text ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid OR e.enumtypid = t.typelem AND t.typcategory = 'A'), '{}')`

// notNull is the condition that a column a of a table k has no null, and is ordered without NULLS FIRST or LAST: the
// indexes of other programs have none, so that these give the order. Basalt's own put null first.
const notNull = `(a.attnotnull AND k.relkind IN ('r', 'p') AND coalesce((SELECT bool_or(u.option IN (0, 3)) FROM pg_index i, unnest(i.indkey::int2[], i.indoption::int2[]) AS u (number, option)
	WHERE i.indrelid = k.oid AND i.indisvalid AND u.number = a.attnum), true))`

// fills is the SQL condition that the database sets the value of a column a when an insert has none.
const fills = `(a.attnotnull AND a.atthasdef OR a.attgenerated <> '' OR a.attidentity <> '')`

// readTable returns the columns of a table or view, none if it does not exist.
func readTable(ctx context.Context, tx pgx.Tx, name string) (columns table, view bool, err error) {
	rows, err := tx.Query(ctx, `
		SELECT a.attname, k.relkind IN ('v', 'm', 'f'), `+typeOfColumn+`,
		       coalesce(c.collname IN ('C', 'POSIX') OR c.collname = 'default' AND (SELECT datcollate IN ('C', 'POSIX') FROM pg_database WHERE datname = current_database()), true),
		       `+fills+`, a.atthasdef, a.atttypid <> t.oid OR a.atttypmod >= 0 AND format_type(a.atttypid, NULL) <> 'character varying'
		       OR format_type(a.atttypid, NULL) IN ('real', 'character', 'json') OR k.relkind IN ('v', 'f')
		       OR EXISTS (SELECT FROM pg_trigger g WHERE g.tgrelid = k.oid AND NOT g.tgisinternal AND g.tgtype & 7 = 7),
		       coalesce((SELECT bit_or(g.tgtype & 28) FROM pg_trigger g WHERE g.tgrelid = k.oid AND NOT g.tgisinternal AND g.tgtype & 3 = 3), 0)
		       | coalesce((SELECT bit_or(CASE r.ev_type WHEN '2' THEN 16 WHEN '3' THEN 4 WHEN '4' THEN 8 ELSE 0 END) FROM pg_rewrite r WHERE r.ev_class = k.oid AND k.relkind IN ('r', 'p')), 0),
		       a.attgenerated <> '' OR EXISTS (SELECT FROM pg_trigger g WHERE g.tgrelid = k.oid AND NOT g.tgisinternal AND g.tgtype & 20 <> 0) OR EXISTS (SELECT FROM pg_rewrite r WHERE r.ev_class = k.oid AND k.relkind IN ('r', 'p')),
		       NOT (pg_relation_is_updatable(k.oid, false) & 4 = 4 AND has_any_column_privilege(k.oid, 'UPDATE')), `+notNull+`, format_type(t.oid, NULL), quote_ident((SELECT n.nspname FROM pg_namespace n WHERE n.oid = t.typnamespace)), `+labels+`, coalesce(NOT c.collisdeterministic, false)
		FROM pg_attribute a JOIN pg_class k ON k.oid = a.attrelid JOIN pg_type t ON t.oid = `+baseType+` LEFT JOIN pg_collation c ON c.oid = a.attcollation
		WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped`, tableName(name))
	if err != nil {
		return nil, false, err
	}
	out := table{}
	var column column
	var columnName string
	_, err = pgx.ForEachRow(rows, []any{&columnName, &view, &column.typ, &column.bytewise, &column.fills, &column.defaults, &column.changes, &column.hooks, &column.alters, &column.unlocked, &column.notNull, &column.named, &column.schema, &column.labels, &column.loose}, func() error {
		out[columnName] = column
		column.labels = nil
		return nil
	})
	return out, view, err
}

func createTable(col *db.Collection) string {
	var b strings.Builder
	b.WriteString("CREATE TABLE " + tableName(col.Table) + " (")
	for n, i := range col.Stored() {
		if n > 0 {
			b.WriteString(", ")
		}
		c := col.Columns[i]
		b.WriteString(quote(c.Name) + " " + columnType(c.Type))
		if i == col.Key {
			if c.Type.Kind() == query.KindInt {
				b.WriteString(" GENERATED BY DEFAULT AS IDENTITY")
			}
			b.WriteString(" PRIMARY KEY")
		}
	}
	if col.Parts != nil {
		b.WriteString(", PRIMARY KEY (" + col.KeyColumns(quote) + ")")
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
