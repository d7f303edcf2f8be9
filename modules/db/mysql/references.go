package mysql

import (
	"context"
	"strings"

	"github.com/basalt-dev/basalt/modules/db"
	sqldb "github.com/basalt-dev/basalt/modules/db/sql"
)

// planReferences plans the foreign keys. InnoDB checks them row by row and knows no later time, so that documents which
// refer to each other in a circle, or to others of their own collection, could not be deleted in one step: those have none.
func (d *Driver) planReferences(ctx context.Context, run runner, known schema, collections []*db.Collection, steps []db.Migration) ([]db.Migration, error) {
	made, has := map[string]bool{}, map[string]string{}
	var statement, table, name string
	if known[sqldb.History] != nil {
		if err := each(ctx, run, "SELECT `sql` FROM "+quote(sqldb.History)+" WHERE `sql` LIKE 'CREATE TABLE %'", []any{&statement}, func() {
			before, _, _ := strings.Cut(statement, " (")
			made[before] = true
		}); err != nil {
			return nil, err
		}
	}
	if len(made) > 0 {
		if err := each(ctx, run, "SELECT TABLE_NAME, CONSTRAINT_NAME FROM information_schema.REFERENTIAL_CONSTRAINTS WHERE CONSTRAINT_SCHEMA = DATABASE() AND LEFT(CONSTRAINT_NAME, 11) = '"+db.ReferencePrefix+"'", []any{&table, &name}, func() { has[name] = table }); err != nil {
			return nil, err
		}
	}
	return db.PlanReferences(collections, steps, db.Guards{
		Own:     func(table string) bool { return made["CREATE TABLE "+tableName(table)] },
		Has:     has,
		Refuses: db.Reference.Circular,
		Add: func(r db.Reference) string {
			return "ALTER TABLE " + tableName(r.From.Table) + " ADD CONSTRAINT " + quote(r.Name) + " FOREIGN KEY (" + quote(r.Column()) + ") REFERENCES " + tableName(r.To.Table) + " (" + quote(r.Key()) + ")"
		},
		Drop: func(table, name string) string {
			return "ALTER TABLE " + tableName(table) + " DROP FOREIGN KEY " + quote(name)
		},
		Hanging: func(r db.Reference, limit int) (out [][2]string, err error) {
			var one [2]string
			err = each(ctx, run, db.HangingQuery(r, limit, tableName, quote, func(column string) string { return "CAST(" + column + " AS CHAR)" }), []any{&one[0], &one[1]}, func() { out = append(out, one) })
			return out, err
		},
	})
}
