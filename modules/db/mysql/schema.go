package mysql

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// schema is the definition of the tables of a database, by name. It is immutable.
type schema map[string]*table

// table is the definition of a table or view.
type table struct {
	columns map[string]column // by name in lower case
	order   []string          // their names in lower case, in the order of the table
	view    bool
	// indexes are the columns of the indexes, in lower case, by the name of the index.
	indexes map[string]index
}

type index struct {
	columns []string
	desc    []bool
	unique  bool
}

type column struct {
	name string
	// typ is the type without its length, such as varchar; full is the whole type.
	typ, full string
	// charset and collation are empty if the column has no strings.
	charset, collation string
	// json is true if the column is text that is checked to be JSON.
	json bool
	// notNull is true if it refuses null; fills if the database sets a value when an insert has null, defaults if it
	// does when an insert omits the column; computed if it is always set by the database.
	// numbered if it numbers the rows.
	notNull, fills, defaults, computed, numbered bool
	// changes is true if the stored value can differ from the inserted one.
	changes bool
	// alters is true if the database sets the value itself, or triggers of the table may.
	alters bool
	// truthy is true if a bool may be stored as another number than 0 and 1, which the type does not refuse.
	truthy  bool
	comment string
}

// boolComment marks the bools of own columns, which are 0 or 1.
const boolComment = "0 or 1"

// ownTypes store every value of a field unchanged.
var ownTypes = []string{"bigint(20)", "bigint", "double", "tinyint(1)", "datetime(6)", "date", "decimal(65,30)", "longtext", "mediumtext", "text", "varchar", "longblob", "mediumblob", "blob", "varbinary", "json"}

// columnsOf lists the columns of the tables of a database. MariaDB writes a missing default of a nullable column as NULL.
const columnsOf = `
SELECT c.TABLE_NAME, c.COLUMN_NAME, c.DATA_TYPE, c.COLUMN_TYPE, coalesce(c.CHARACTER_SET_NAME, ''), coalesce(c.COLLATION_NAME, ''), c.IS_NULLABLE = 'NO',
       coalesce(c.COLUMN_DEFAULT, 'NULL') <> 'NULL', c.EXTRA, t.TABLE_TYPE, c.COLUMN_COMMENT
FROM information_schema.COLUMNS AS c JOIN information_schema.TABLES AS t ON t.TABLE_SCHEMA = c.TABLE_SCHEMA AND t.TABLE_NAME = c.TABLE_NAME
WHERE c.TABLE_SCHEMA = DATABASE() ORDER BY c.TABLE_NAME, c.ORDINAL_POSITION`

// readSchema reads the tables of the database.
func (d *Driver) readSchema(ctx context.Context, run runner) (schema, error) {
	out := schema{}
	var tableName, typ, extra, comment string
	var col column
	var defaults bool
	err := each(ctx, run, columnsOf, []any{&tableName, &col.name, &col.typ, &col.full, &col.charset, &col.collation, &col.notNull, &defaults, &extra, &typ, &comment}, func() {
		t := out[tableName]
		if t == nil {
			t = &table{columns: map[string]column{}, indexes: map[string]index{}, view: typ != "BASE TABLE"}
			out[tableName] = t
		}
		c := col
		c.comment = comment
		c.typ = strings.ToLower(c.typ)
		extra = strings.ToLower(extra)
		c.computed = strings.Contains(extra, "generated") && !strings.Contains(extra, "default_generated")
		c.numbered = strings.Contains(extra, "auto_increment")
		c.alters = c.computed || t.view || strings.Contains(extra, "on update")
		c.truthy = c.typ == "tinyint" && comment != boolComment
		c.defaults = defaults || c.numbered || c.computed
		c.fills = c.notNull && defaults || c.numbered || c.computed
		c.changes = c.computed || t.view || c.typ == "json" && !d.flavor.mariadb || strings.Contains(extra, "on update") || !slices.Contains(ownTypes, strings.TrimSuffix(c.full, " unsigned")) && !slices.Contains(ownTypes, c.typ) || c.typ == "decimal" && c.full != "decimal(65,30)" || c.typ == "datetime" && c.full != "datetime(6)"
		name := strings.ToLower(c.name)
		t.columns[name], t.order = c, append(t.order, name)
	})
	if err != nil {
		return nil, err
	}
	var indexName, columnName string
	var unique, desc bool
	err = each(ctx, run, "SELECT TABLE_NAME, INDEX_NAME, NOT NON_UNIQUE AND SUB_PART IS NULL, coalesce(COLUMN_NAME, ''), coalesce(COLLATION, 'A') = 'D' FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = DATABASE() ORDER BY TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX",
		[]any{&tableName, &indexName, &unique, &columnName, &desc}, func() {
			if t := out[tableName]; t != nil {
				have, again := t.indexes[indexName]
				t.indexes[indexName] = index{append(have.columns, strings.ToLower(columnName)), append(have.desc, desc), unique && (!again || have.unique)}
			}
		})
	if err != nil {
		return nil, err
	}
	err = each(ctx, run, "SELECT DISTINCT EVENT_OBJECT_TABLE FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = DATABASE() AND ACTION_TIMING = 'BEFORE' AND EVENT_MANIPULATION <> 'DELETE'", []any{&tableName}, func() {
		if t := out[tableName]; t != nil {
			for name, c := range t.columns {
				c.changes, c.alters = true, true
				t.columns[name] = c
			}
		}
	})
	if err != nil || !d.flavor.mariadb {
		return out, err
	}
	var clause string
	return out, each(ctx, run, "SELECT TABLE_NAME, CHECK_CLAUSE FROM information_schema.CHECK_CONSTRAINTS WHERE CONSTRAINT_SCHEMA = DATABASE() AND CHECK_CLAUSE LIKE 'json_valid(%'", []any{&tableName, &clause}, func() {
		name := strings.ToLower(strings.ReplaceAll(strings.TrimSuffix(strings.TrimPrefix(clause, "json_valid(`"), "`)"), "``", "`"))
		if t := out[tableName]; t != nil {
			if c, ok := t.columns[name]; ok {
				c.json = true
				t.columns[name] = c
			}
		}
	})
}

// each calls f for the rows of a statement, which are scanned into the targets.
func each(ctx context.Context, run runner, statement string, targets []any, f func()) error {
	rows, err := run.QueryContext(ctx, statement)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := rows.Scan(targets...); err != nil {
			return err
		}
		f()
	}
	return rows.Err()
}

// remember replaces what is known of the tables.
func (d *Driver) remember(known schema) {
	d.schema.Store(&known)
	d.layouts.Clear()
}

// table returns the definition of a collection's table; nil if it was not synced.
func (d *Driver) table(c *db.Collection) *table {
	if known := d.schema.Load(); known != nil {
		return (*known)[c.Table]
	}
	return nil
}

// column returns the definition of a field's column; for a table that was not synced, the one Basalt creates.
func (d *Driver) column(c *db.Collection, i int) column {
	if t := d.table(c); t != nil {
		if col, ok := t.columns[strings.ToLower(c.Columns[i].Name)]; ok {
			return col
		}
	}
	typ := c.Columns[i].Type
	numbered := i == c.Key && c.Parts == nil && typ.Kind() == query.KindInt
	return column{typ: fits(typ)[0], full: fits(typ)[0], charset: "utf8mb4", collation: d.flavor.collation, json: typ.Kind() == query.KindJSON, numbered: numbered, fills: numbered}
}

// fitting are the types of columns that can store a field of each kind. The first is that of own tables.
var fitting = map[query.Kind][]string{
	query.KindString:  {"longtext", "mediumtext", "text", "tinytext", "varchar", "char", "enum", "set", "time", "uuid", "inet4", "inet6", "bit"},
	query.KindInt:     {"bigint", "int", "mediumint", "smallint", "tinyint", "year"},
	query.KindFloat:   {"double", "float", "decimal"},
	query.KindBool:    {"tinyint", "bit"},
	query.KindTime:    {"datetime", "timestamp", "date"},
	query.KindJSON:    {"json"},
	query.KindBytes:   {"longblob", "mediumblob", "blob", "tinyblob", "varbinary", "binary"},
	query.KindDate:    {"date"},
	query.KindDecimal: {"decimal"},
}

// fits are the types of columns that can store a field.
func fits(t query.Type) []string {
	if t == query.TypeUUID {
		return []string{"varchar", "char", "uuid"}
	}
	return fitting[t.Kind()]
}

// stores reports whether an existing column can store a field.
func stores(c column, t query.Type) bool {
	switch {
	case t.Kind() == query.KindJSON:
		return c.typ == "json" || c.json
	case c.json:
		return false
	case t == query.TypeUUID && c.typ != "uuid":
		return strings.HasSuffix(c.full, "char(36)")
	case t.Kind() == query.KindBool:
		return c.full == "tinyint(1)" || c.full == "bit(1)"
	}
	return slices.Contains(fits(t), c.typ)
}

const (
	indexedLength  = 512 // characters of a string that is a key or has an index; an index has at most 3072 bytes
	togetherLength = 255 // of one in a key or an index of several columns
)

// bound is how many characters or bytes the column of a field may have, because of its indexes; 0 if there is no bound.
func bound(c *db.Collection, i int) int {
	switch {
	case slices.Contains(c.Parts, i), slices.ContainsFunc(c.Indexes, func(x db.Index) bool { return slices.Contains(x.Fields, i) }):
		return togetherLength
	case i == c.Key, c.Columns[i].Unique, c.Columns[i].Index:
		return indexedLength
	}
	return 0
}

// created is the definition of a column that Basalt creates for a field.
func (d *Driver) created(c *db.Collection, i int) string {
	typ := d.columnType(c, i)
	switch c.Columns[i].Type.Kind() {
	case query.KindBool:
		typ += " COMMENT '" + boolComment + "'"
	case query.KindTime, query.KindDate:
		typ += " COMMENT '" + noZeros + "'"
	}
	return typ
}

// columnType is the type of a column that Basalt creates for a field.
func (d *Driver) columnType(c *db.Collection, i int) string {
	text := " CHARACTER SET utf8mb4 COLLATE " + d.flavor.collation
	limit := bound(c, i)
	switch t := c.Columns[i].Type; {
	case t == query.TypeUUID:
		return "VARCHAR(36)" + text
	case t.Kind() == query.KindString && limit > 0:
		return "VARCHAR(" + number(limit) + ")" + text
	case t.Kind() == query.KindString:
		return "LONGTEXT" + text
	case t.Kind() == query.KindBytes && limit > 0:
		return "VARBINARY(" + number(limit) + ")"
	default:
		return createdTypes[t.Kind()]
	}
}

var createdTypes = map[query.Kind]string{
	query.KindInt: "BIGINT", query.KindFloat: "DOUBLE", query.KindBool: "BOOLEAN", query.KindTime: "DATETIME(6)", query.KindJSON: "JSON",
	query.KindBytes: "LONGBLOB", query.KindDate: "DATE", query.KindDecimal: "DECIMAL(65,30)",
}

// quote quotes a name.
func quote(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }

// quoteText writes a string in SQL.
func quoteText(text string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `''`, "\x00", `\0`).Replace(text) + "'"
}

// names are the columns of a table, sorted.
func (t *table) names() []string { return slices.Sorted(maps.Keys(t.columns)) }
