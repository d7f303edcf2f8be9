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
  = (SELECT array_agg(n ORDER BY n COLLATE "C") FROM unnest($2::text[]) AS n)`

// indexes plans the indexes of several columns, or of a part of the documents.
func (p *planner) indexes(ctx context.Context, have table) error {
	if len(p.col.Indexes) > 0 && len(have) > 0 { // conditions depend on the types of the columns
		p.driver.remember(map[string]table{p.col.Table: have})
	}
	for _, x := range p.col.Indexes {
		names := p.col.ColumnsOf(x)
		if x.Unique && x.Where == nil {
			var serving int
			if err := p.tx.QueryRow(ctx, servedTogether, tableName(p.col.Table), names).Scan(&serving); err != nil {
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
