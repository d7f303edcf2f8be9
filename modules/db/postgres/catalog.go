package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// ReadCatalog implements [db.CatalogReader].
func (d *Driver) ReadCatalog(ctx context.Context, statement string, row func(json []byte) error) error {
	return d.transaction(ctx, beginReadOnly, func(s store) error {
		rows, err := s.run.Query(ctx, "SELECT to_json(q)::text FROM ("+statement+") AS q")
		if err != nil {
			return err
		}
		var text string
		_, err = pgx.ForEachRow(rows, []any{&text}, func() error { return row([]byte(text)) })
		return err
	})
}
