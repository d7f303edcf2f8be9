package postgres

import (
	"context"
	"fmt"
	"strings"

	"github.com/basalt-dev/basalt/modules/db"
	sqldb "github.com/basalt-dev/basalt/modules/db/sql"
	"github.com/basalt-dev/basalt/modules/query"
)

// servedTogether counts the unique indexes over a set of columns.
const servedTogether = `
SELECT count(*) FROM pg_index i WHERE i.indrelid = to_regclass($1) AND i.indisunique AND i.indpred IS NULL AND i.indisvalid
AND (SELECT array_agg(a.attname::text ORDER BY a.attname::text COLLATE "C") FROM unnest(i.indkey[0:i.indnkeyatts-1]) AS k JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k)
  = (SELECT array_agg(n ORDER BY n COLLATE "C") FROM unnest($2::text[]) AS n) AND (SELECT s.relname::text FROM pg_class s WHERE s.oid = i.indexrelid) <> ALL (coalesce($3::text[], '{}'))`

// servedOrder counts the indexes that begin with columns in an order, or in the opposite one.
const servedOrder = `
SELECT count(*) FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_am m ON m.oid = x.relam AND m.amname = 'btree'
WHERE i.indrelid = to_regclass($1) AND i.indpred IS NULL AND i.indisvalid AND i.indnkeyatts >= cardinality($2::text[])
AND (SELECT array_agg(a.attname::text ORDER BY u.number) FROM unnest(i.indkey[0:cardinality($2::text[])-1]) WITH ORDINALITY AS u (attribute, number) JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = u.attribute) = $2
AND (SELECT array_agg(u.option & 1 = 1 ORDER BY u.number) FROM unnest(i.indoption[0:cardinality($2::text[])-1]) WITH ORDINALITY AS u (option, number)) IN ($3::bool[], $4::bool[]) AND (SELECT s.relname::text FROM pg_class s WHERE s.oid = i.indexrelid) <> ALL (coalesce($5::text[], '{}'))`

// indexes plans the indexes of several columns, or of a part of the documents.
func (p *planner) indexes(ctx context.Context, have table) error {
	if len(p.col.Indexes) > 0 && len(have) > 0 { // conditions depend on the types of the columns
		p.driver.remember(map[string]table{p.col.Table: have})
	}
	for _, x := range p.col.Indexes {
		names := p.col.ColumnsOf(x)
		if x.Unique && x.Where == nil {
			var serving int
			if err := p.tx.QueryRow(ctx, servedTogether, tableName(p.col.Table), names, p.leaving).Scan(&serving); err != nil {
				return err
			}
			if serving > 0 {
				continue
			}
		}
		if !x.Unique && x.Where == nil {
			var serving int
			if err := p.tx.QueryRow(ctx, servedOrder, tableName(p.col.Table), names, x.Desc, db.Opposite(x.Desc), p.leaving).Scan(&serving); err != nil {
				return err
			}
			if serving > 0 {
				continue
			}
		}
		err := p.missingIndex(ctx, strings.TrimPrefix(p.col.IndexName(x), p.col.Table), func(name string) string {
			b := p.driver.build(p.col)
			defer p.driver.release(b)
			b.CreateIndex(name, x, inSQL)
			return string(b.SQL)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// inSQL writes an argument in SQL, as a string that the cast behind it reads.
func inSQL(a sqldb.Arg) string {
	if a.Native != nil { // there are no lists in the condition of an index
		return fmt.Sprint(a.Native)
	}
	if a.Value.Kind() == query.KindBytes {
		return fmt.Sprintf(`'\x%x'`, a.Value.Text())
	}
	text := a.Value.Text()
	if a.Value.Kind() != query.KindString {
		text = strings.Trim(a.Value.JSON(), `"`)
	}
	return db.Literal(query.String(text))
}
