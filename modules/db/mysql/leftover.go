package mysql

import (
	"context"
	"fmt"
	"hash/fnv"

	"github.com/basalt-dev/basalt/modules/db"
	sqldb "github.com/basalt-dev/basalt/modules/db/sql"
)

// indexName is the name of an index of a collection.
func indexName(c *db.Collection, x db.Index) string {
	name := c.IndexName(x)
	if len([]rune(name)) > maxName {
		h := fnv.New32a()
		h.Write([]byte(name))
		name = fmt.Sprintf("%s_%08x", string([]rune(name)[:maxName-9]), h.Sum32())
	}
	return name
}

// tied are the tables with foreign keys of other programs, and those that they refer to: their indexes may be needed. Those of
// Basalt need none but what their fields have.
const tied = "SELECT TABLE_NAME FROM information_schema.KEY_COLUMN_USAGE WHERE " + others + " UNION SELECT REFERENCED_TABLE_NAME FROM information_schema.KEY_COLUMN_USAGE WHERE " + others

const others = "TABLE_SCHEMA = DATABASE() AND REFERENCED_TABLE_NAME IS NOT NULL AND LEFT(CONSTRAINT_NAME, 11) <> '" + db.ReferencePrefix + "'"

// leave plans to drop the indexes that were made for the configuration, which has them no more, and takes them out of have.
func (p *planner) leave(ctx context.Context, have *table) error {
	if _, recorded := p.known[sqldb.History]; !recorded || len(have.indexes) == 0 {
		return nil
	}
	var statement, name string
	var history []string
	err := each(ctx, p.run, "SELECT `sql` FROM "+quote(sqldb.History)+" WHERE `sql` LIKE '%INDEX%' ORDER BY number", []any{&statement}, func() { history = append(history, statement) })
	if err != nil || len(history) == 0 {
		return err
	}
	needed := false
	if err := each(ctx, p.run, tied, []any{&name}, func() { needed = needed || name == p.col.Table }); err != nil || needed {
		return err
	}
	var has []db.Existing
	for name, x := range have.indexes {
		e := db.Existing{Name: name, Unique: x.unique}
		for _, column := range x.columns {
			e.Partial = e.Partial || internal(column) // whose flag is one of its columns
			e.Columns = append(e.Columns, column)
		}
		if !internal(x.columns[0]) { // that of the search
			has = append(has, e)
		}
	}
	leaving := db.Leftover(p.collections, p.col.Table, has, history, quote, indexName)
	for _, name := range leaving {
		delete(have.indexes, name)
	}
	p.changes = append(p.changes, db.Unwanted(p.col, leaving, func(name string) string {
		return "ALTER TABLE " + tableName(p.col.Table) + " DROP INDEX " + quote(name)
	})...)
	return nil
}
