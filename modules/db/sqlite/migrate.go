package sqlite

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/basalt-dev/basalt/modules/db"
	sqldb "github.com/basalt-dev/basalt/modules/db/sql"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

// Sync implements [db.Driver]. It does not touch columns without a field.
func (d *Driver) Sync(ctx context.Context, collections []*db.Collection) error {
	_, err := d.migrate(ctx, collections, false)
	return err
}

// Migrate implements [db.Migrator].
func (d *Driver) Migrate(ctx context.Context, collections []*db.Collection) ([]db.Migration, error) {
	return d.migrate(ctx, collections, true)
}

// Plan implements [db.Migrator].
func (d *Driver) Plan(ctx context.Context, collections []*db.Collection) (changes []db.Migration, err error) {
	err = d.read(ctx, func(c *conn) error {
		changes, err = c.planAll(collections)
		return err
	})
	return changes, err
}

// migrate runs in one transaction on the database's only writer.
func (d *Driver) migrate(ctx context.Context, collections []*db.Collection, destructive bool) (changes []db.Migration, err error) {
	err = d.writer.do(ctx, false, func(c *conn) error {
		if changes, err = c.planAll(collections); err != nil {
			return err
		}
		if refusal := db.Refusal(changes); refusal != nil && !destructive {
			return refusal
		}
		c.known = nil
		defer d.dialect.tables.Clear()
		if err := errors.Join(c.applyAll(changes), c.rememberKinds(collections)); err != nil {
			return err
		}
		if err := c.checkReferences(collections, changes); err != nil {
			return err
		}
		for _, col := range collections {
			c.findCollations(col, &d.dialect.collate)
			if err := c.findAltered(col, &d.dialect.altered); err != nil {
				return err
			}
			if err := c.probe(col); err != nil {
				return err
			}
		}
		return nil
	})
	return changes, err
}

// findAltered notes of which columns the table may store another value than it is sent: those it computes, and all of a table
// that has triggers of another program.
func (c *conn) findAltered(col *db.Collection, into *sync.Map) error {
	var names []string
	err := c.each(generated, col.Table, func(name string) { names = append(names, name) })
	if err == nil {
		err = c.each(others, col.Table, func(string) { names = []string{all} })
	}
	if names == nil {
		into.Delete(col.Table)
	} else {
		into.Store(col.Table, names)
	}
	return err
}

// all stands for all columns of a table.
const all = "*"

// Alters implements [db.Alterer].
func (d *Driver) Alters(c *db.Collection) (fields []int) {
	v, _ := d.dialect.altered.Load(c.Table)
	names, ok := v.([]string)
	if !ok {
		return nil
	}
	for _, i := range c.Stored() {
		if names[0] == all || slices.Contains(names, strings.ToLower(c.Columns[i].Name)) {
			fields = append(fields, i)
		}
	}
	return fields
}

// findCollations notes which columns of strings compare otherwise than by their bytes. Of a view that is not known, and
// saying that they compare by bytes changes nothing where they do.
func (c *conn) findCollations(col *db.Collection, into *sync.Map) {
	folds := make([]*query.Fold, len(col.Columns))
	defer func() { col.Shape.SetFolds(folds) }()
	for _, i := range col.Stored() {
		column := col.Columns[i]
		if columnTypes[column.Type.Kind()] != columnTypes[query.KindString] {
			continue
		}
		name := collated(col.Table, column.Name)
		if _, collation, _, _, _, err := c.db.TableColumnMetadata("main", col.Table, column.Name); err == nil && strings.EqualFold(collation, "binary") {
			into.Delete(name)
		} else {
			into.Store(name, collation)
			folds[i] = foldOf(column.Type, collation)
		}
	}
}

func (c *conn) applyAll(changes []db.Migration) error {
	if len(changes) == 0 {
		return nil
	}
	if err := c.db.Exec("CREATE TABLE IF NOT EXISTS " + quote(sqldb.History) + " (number INTEGER PRIMARY KEY, at INTEGER NOT NULL, collection TEXT NOT NULL, sql TEXT NOT NULL) STRICT"); err != nil {
		return err
	}
	for _, change := range changes {
		if err := c.db.Exec(change.SQL); err != nil {
			return fmt.Errorf("collection %s: %s: %w", change.Collection, change.SQL, err)
		}
		if strings.HasPrefix(change.SQL, writable) {
			if err := c.redefined(); err != nil {
				return err
			}
		}
		s, err := c.prepare("INSERT INTO " + quote(sqldb.History) + " (at, collection, sql) VALUES (?, ?, ?)")
		if err != nil {
			return err
		}
		for i, v := range []query.Value{query.Time(time.Now()), query.String(change.Collection), query.String(change.SQL)} {
			if err := bind(s, i+1, v); err != nil {
				return err
			}
		}
		if err := s.Exec(); err != nil {
			return err
		}
	}
	return nil
}

// History implements [db.Migrator].
func (d *Driver) History(ctx context.Context) (out []db.Applied, err error) {
	err = d.read(ctx, func(c *conn) error {
		have, err := c.tableColumns(sqldb.History)
		if err != nil || len(have) == 0 {
			return err
		}
		s, _, err := c.db.Prepare("SELECT at, collection, sql FROM " + quote(sqldb.History) + " ORDER BY number")
		if err != nil {
			return err
		}
		defer s.Close()
		for s.Step() {
			out = append(out, db.Applied{At: time.UnixMicro(s.ColumnInt64(0)).UTC(), Collection: s.ColumnText(1), SQL: s.ColumnText(2)})
		}
		return s.Err()
	})
	return out, err
}

func (c *conn) planAll(collections []*db.Collection) ([]db.Migration, error) {
	changes, err := db.PlanAll(collections, func(col *db.Collection) ([]db.Migration, error) { return c.plan(collections, col) })
	if err != nil {
		return nil, err
	}
	return c.planReferences(collections, changes)
}

// plan returns the steps for one collection.
func (c *conn) plan(collections []*db.Collection, col *db.Collection) ([]db.Migration, error) {
	have, err := c.tableColumns(col.Table)
	if err != nil {
		return nil, err
	}
	leaving, err := c.leftover(collections, col)
	if err != nil {
		return nil, err
	}
	indexes, err := c.indexes(col.Table, leaving)
	if err != nil {
		return nil, err
	}
	known, err := c.kindsOf(col.Table)
	if err != nil {
		return nil, err
	}
	changes := db.Unwanted(col, leaving, func(name string) string { return "DROP INDEX IF EXISTS " + quote(name) })
	add := func(destructive bool, why, sql string) {
		changes = append(changes, db.Migration{Collection: col.Name, SQL: sql, Destructive: destructive, Why: why})
	}
	if len(have) == 0 {
		add(false, "the table is missing", createTable(col))
		changes[len(changes)-1].NewTable = true
	}
	for _, sql := range renames(col, have, known, indexes) {
		add(false, "the field had another name", sql)
	}
	lost, err := c.lost(col, have, known)
	if err != nil {
		return nil, err
	}
	for _, i := range col.Stored() {
		column := col.Columns[i]
		want := columnTypes[column.Type.Kind()]
		got, exists := have[strings.ToLower(column.Name)]
		table, name, old := quote(col.Table), quote(column.Name), quote(column.Name+"_old")
		index := indexOf(col, i)
		kept := strings.TrimPrefix(known[strings.ToLower(column.Name)], unused)
		fit := fits(got, column.Type)
		other := fit && kept != "" && kept != keptAs(column.Type) && !(kept == "uuid" && column.Type.Kind() == query.KindString)
		switch {
		case len(have) == 0 || fit && !other:
			if len(have) > 0 && kept == "" {
				if err := c.onlyValues(col.Table, column, got); err != nil {
					return nil, err
				}
			}
		case !exists && slices.Contains(col.KeyFields(), i):
			return nil, fmt.Errorf("the table %s has no column %s to be the key", table, name)
		case !exists:
			sql := "ALTER TABLE " + table + " ADD COLUMN " + name + " " + want
			if !column.Default.IsNull() {
				sql += "; UPDATE " + table + " SET " + name + " = " + literal(column)
			}
			other, why := lost.like(column.Type), "the column of the field is missing"
			if other != "" {
				why = db.Renamed(col, i, other)
			}
			add(other != "", why, sql)
		default:
			value, was := cast(old, column.Type, want, kept), got
			if other {
				value, was = converted(kept, column.Type, old), "kept as "+kept
			}
			sql := fmt.Sprintf("ALTER TABLE %s RENAME COLUMN %s TO %s; ALTER TABLE %s ADD COLUMN %s %s; UPDATE %s SET %s = %s", table, name, old, table, name, want, table, name, value)
			if index != "" && indexes[indexName(col, i)] {
				sql = "DROP INDEX " + quote(indexName(col, i)) + "; " + sql
				for _, known := range []string{indexName(col, i), "first " + strings.ToLower(column.Name), "unique " + strings.ToLower(column.Name)} {
					delete(indexes, known)
				}
			}
			add(true, fmt.Sprintf("the column %s is %s, and type %s needs %s", name, was, column.Type, want), sql)
		}
		if index != "" && !indexes[indexName(col, i)] && !served(col, i, indexes) {
			add(false, "the index is missing", index)
		}
	}
	there := db.Table{Name: col.Table}
	if len(col.Indexes) > 0 {
		if err := c.introspectTable(&there); err != nil {
			return nil, err
		}
	}
	for _, x := range col.Indexes {
		if slices.ContainsFunc(there.Indexes, func(is db.TableIndex) bool {
			return is.Where == "" && !slices.Contains(leaving, is.Name) && col.Serves(x, is.Columns, is.Desc)
		}) {
			continue
		}
		if name := col.IndexName(x); !indexes[name] && !(x.Unique && x.Where == nil && indexes["unique "+sortedNames(col.ColumnsOf(x))]) {
			b := c.build(col)
			b.CreateIndex(quote(name), x, inSQL)
			add(false, "the index is missing", string(b.SQL))
		}
	}
	search, err := c.planSearch(col)
	if err != nil {
		return nil, err
	}
	if search != "" {
		add(false, "the index of the search is missing or of other fields", search)
	}
	return changes, nil
}

// onlyValues refuses a column of another program's table that has something else than values of its type. They would
// be null here, or another value, and not so to a filter.
func (c *conn) onlyValues(table string, column db.Column, declared string) error {
	name := quote(column.Name)
	condition, example := onlyOf(column.Type, name)
	if condition == "" && declared != columnTypes[column.Type.Kind()] { // which stores values of any type
		condition, example = onlyTyped(column.Type.Kind(), name), "one of type "+column.Type.Kind().String()
	}
	if condition == "" {
		return nil
	}
	s, _, err := c.db.Prepare("SELECT " + name + " FROM " + quote(table) + " WHERE NOT (" + name + " IS NULL OR " + condition + ") LIMIT 1")
	if err != nil {
		return err
	}
	defer s.Close()
	if s.Step() {
		return fmt.Errorf("the column %s of %s has %q, which is not %s; correct it, or let the field have the type string", name, quote(table), fault.Clip(s.ColumnText(0)), example)
	}
	return s.Err()
}

// cast returns the SQL that converts a stored value to a column type.
func cast(old string, to query.Type, want, kept string) string {
	switch {
	case to == query.TypeDecimal:
		return "basalt_decimal(" + old + ")"
	case to == query.TypeDate && kept == query.KindTime.String():
		return "date(" + old + " / 1000000 - (" + old + " % 1000000 < 0), 'unixepoch')"
	case to == query.TypeTime && kept == query.KindDate.String():
		return "strftime('%s', " + old + ") * 1000000"
	case kept == query.KindDate.String() && want != columnTypes[query.KindString]:
		return "NULL"
	case to == query.TypeDate, to == query.TypeUUID:
		condition, _ := onlyOf(to, old)
		return "CASE WHEN " + condition + " THEN " + old + " END"
	case kept == query.KindDecimal.String():
		old = "basalt_decimal_text(" + old + ")"
	}
	return "CAST(" + old + " AS " + want + ")"
}

// literal writes the default of a column in its stored form.
func literal(column db.Column) string { return stored(column.Type.Kind(), column.Default) }

// inSQL writes a parameter in SQL.
func inSQL(a sqldb.Arg) string { return stored(a.Value.Kind(), a.Value) }

// stored writes a value of a kind in its stored form.
func stored(kind query.Kind, v query.Value) string {
	switch kind {
	case query.KindBool:
		return map[bool]string{true: "1", false: "0"}[v.Bool()]
	case query.KindTime:
		return db.Literal(query.Int(v.Int()))
	case query.KindDecimal:
		return db.Literal(query.String(encodeDecimal(v.Text())))
	case query.KindJSON:
		return db.Literal(query.String(v.JSON()))
	case query.KindBytes:
		return "x" + db.Literal(v)
	}
	return db.Literal(v)
}

// indexes returns the names of a table's indexes, and entries "first x" and "unique x,y" if one begins with a column
// x, or is unique for x and y, which are sorted. Those that leave are left out.
func (c *conn) indexes(table string, leaving []string) (map[string]bool, error) {
	s, _, err := c.db.Prepare(`SELECT l.name, lower(i.name), l."unique" AND NOT l.partial, l.partial, (SELECT group_concat(name) FROM (SELECT lower(name) AS name FROM pragma_index_info(l.name) ORDER BY 1))
		FROM pragma_index_list(?) AS l, pragma_index_info(l.name) AS i WHERE i.seqno = 0`)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	if err := s.BindText(1, table); err != nil {
		return nil, err
	}
	out := map[string]bool{}
	for s.Step() {
		if slices.Contains(leaving, s.ColumnText(0)) {
			continue
		}
		out[s.ColumnText(0)] = true
		if !s.ColumnBool(3) {
			out["first "+s.ColumnText(1)] = true
		}
		if s.ColumnBool(2) {
			out["unique "+s.ColumnText(4)] = true
		}
	}
	return out, s.Err()
}

// served reports whether an existing index serves a column.
func served(col *db.Collection, i int, indexes map[string]bool) bool {
	name := strings.ToLower(col.Columns[i].Name)
	if col.Columns[i].Unique {
		return indexes["unique "+name]
	}
	return indexes["first "+name] || col.KeyFields()[0] == i
}

func indexName(col *db.Collection, i int) string {
	suffix := "_index"
	if col.Columns[i].Unique {
		suffix = "_unique"
	}
	return col.Table + "_" + col.Columns[i].Name + suffix
}

// indexOf returns the statement for the index of a column, empty if it has none. A plain one ends with the key, so
// that it also gives the order of a page.
func indexOf(col *db.Collection, i int) string {
	column := col.Columns[i]
	if i == col.Key || !column.Unique && !column.Index {
		return ""
	}
	kind, columns := "INDEX", quote(column.Name)+", "+col.KeyColumns(quote)
	if column.Unique {
		kind, columns = "UNIQUE INDEX", quote(column.Name)
	}
	return "CREATE " + kind + " " + quote(indexName(col, i)) + " ON " + quote(col.Table) + " (" + columns + ")"
}
