package postgres

import (
	"context"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/basalt-dev/basalt/modules/db"
	sqldb "github.com/basalt-dev/basalt/modules/db/sql"
)

// planReferences plans the foreign keys. They are checked when a transaction ends: a delete takes along what refers to it
// statement by statement, and documents may refer to each other in a circle.
func planReferences(ctx context.Context, tx pgx.Tx, collections []*db.Collection, steps []db.Migration) ([]db.Migration, error) {
	made, err := madeTables(ctx, tx)
	if err != nil {
		return nil, err
	}
	has := map[string]string{}
	var name, table string
	for _, c := range collections {
		rows, err := tx.Query(ctx, "SELECT conname FROM pg_constraint WHERE contype = 'f' AND conrelid = to_regclass($1) AND starts_with(conname, $2)", tableName(c.Table), db.ReferencePrefix)
		if err != nil {
			return nil, err
		}
		table = c.Table
		if _, err := pgx.ForEachRow(rows, []any{&name}, func() error { has[name] = table; return nil }); err != nil {
			return nil, err
		}
	}
	return db.PlanReferences(collections, steps, db.Guards{
		Own: func(table string) bool { return made["CREATE TABLE "+tableName(table)+" ("] },
		Has: has,
		Add: func(r db.Reference) string {
			return "ALTER TABLE " + tableName(r.From.Table) + " ADD CONSTRAINT " + quote(r.Name) + " FOREIGN KEY (" + quote(r.Column()) + ") REFERENCES " + tableName(r.To.Table) + " (" + quote(r.Key()) + ") DEFERRABLE INITIALLY DEFERRED"
		},
		Drop: func(table, name string) string {
			return "ALTER TABLE " + tableName(table) + " DROP CONSTRAINT " + quote(name)
		},
		Hanging: func(r db.Reference, limit int) (out [][2]string, err error) {
			rows, err := tx.Query(ctx, db.HangingQuery(r, limit, tableName, quote, func(column string) string { return column + "::text" }))
			if err != nil {
				return nil, err
			}
			var one [2]string
			_, err = pgx.ForEachRow(rows, []any{&one[0], &one[1]}, func() error { out = append(out, one); return nil })
			return out, err
		},
	})
}

// madeTables are the beginnings of the statements that have made tables, as the history has them.
func madeTables(ctx context.Context, tx pgx.Tx) (map[string]bool, error) {
	made := map[string]bool{}
	var recorded bool
	if err := tx.QueryRow(ctx, "SELECT to_regclass($1) IS NOT NULL", quote(sqldb.History)).Scan(&recorded); err != nil || !recorded {
		return made, err
	}
	rows, err := tx.Query(ctx, "SELECT sql FROM "+quote(sqldb.History)+" WHERE starts_with(sql, 'CREATE TABLE ')")
	if err != nil {
		return nil, err
	}
	var sql string
	_, err = pgx.ForEachRow(rows, []any{&sql}, func() error {
		before, _, _ := strings.Cut(sql, " (")
		made[before+" ("] = true
		return nil
	})
	return made, err
}
