package postgres

import (
	"context"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/basalt-dev/basalt/modules/db"
	sqldb "github.com/basalt-dev/basalt/modules/db/sql"
)

// ownIndexes lists the indexes of a table that nothing else depends on, such as a foreign key or a replica identity.
const ownIndexes = `
SELECT x.relname, i.indisunique, i.indpred IS NOT NULL OR 0 = ANY(i.indkey::int2[]),
       ARRAY(SELECT a.attname::text FROM unnest(i.indkey[0:i.indnkeyatts-1]) WITH ORDINALITY AS u (attribute, number) JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = u.attribute ORDER BY u.number)
FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_am m ON m.oid = x.relam AND m.amname = 'btree'
WHERE i.indrelid = to_regclass($1) AND NOT i.indisprimary AND NOT i.indisreplident AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid)
AND NOT EXISTS (SELECT FROM pg_inherits h WHERE h.inhrelid = i.indexrelid)`

// leave plans to drop the indexes that were made for the configuration, which has them no more.
func (p *planner) leave(ctx context.Context, collections []*db.Collection) error {
	var recorded bool
	if err := p.tx.QueryRow(ctx, "SELECT to_regclass($1) IS NOT NULL", quote(sqldb.History)).Scan(&recorded); err != nil || !recorded {
		return err
	}
	rows, err := p.tx.Query(ctx, ownIndexes, tableName(p.col.Table))
	if err != nil {
		return err
	}
	var has []db.Existing
	var x db.Existing
	if _, err = pgx.ForEachRow(rows, []any{&x.Name, &x.Unique, &x.Partial, &x.Columns}, func() error {
		found := x
		found.Columns = slices.Clone(x.Columns)
		has = append(has, found)
		return nil
	}); err != nil || len(has) == 0 {
		return err
	}
	if rows, err = p.tx.Query(ctx, "SELECT sql FROM "+quote(sqldb.History)+" WHERE sql LIKE '%INDEX%' ORDER BY number"); err != nil {
		return err
	}
	history, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	p.leaving = db.Leftover(collections, p.col.Table, has, history, quote, func(c *db.Collection, x db.Index) string {
		return indexName(c, strings.TrimPrefix(c.IndexName(x), c.Table))
	})
	p.changes = append(p.changes, db.Unwanted(p.col, p.leaving, func(name string) string {
		names := identifier(p.col.Table)
		names[len(names)-1] = name
		return "DROP INDEX IF EXISTS " + names.Sanitize()
	})...)
	return nil
}
