package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// isGet reports whether a read is one of a document by its key, which is short.
func isGet(c *db.Collection, f *db.Find) bool {
	return f.Limit == 1 && f.Sort == nil && f.Rank == nil && f.PerLimit == 0 && f.Offset == 0 && c.IsByKey(f.Where) && !query.HasLookups(f.Where)
}

// findTogether sends a read together with others. It reports false where it is to be run alone.
func (d *Driver) findTogether(ctx context.Context, on *Driver, c *db.Collection, f db.Find) (rows []query.Row, settled bool, err error) {
	b := d.build(c)
	defer d.release(b)
	fields := b.Find(f)
	if b.layout.guarded || b.planned() {
		return nil, false, nil
	}
	a := &asked{answer: newAnswer(b, b.Table.Kinds, fields, f.Limit, f.Bytes)}
	if settled, err = on.reads.ask(ctx, on, b, a); !settled || err != nil {
		return nil, settled, err
	}
	return a.answer.rows(), true, nil
}

// read sends reads, in one transaction of the database, and settles each as its answer comes. Those after one that fails have
// none.
func (s *sending) read(_ *together, c *pgxpool.Conn) {
	var all pgx.Batch
	for _, a := range s.all {
		all.Queue(a.sql, a.args...)
	}
	results := c.SendBatch(s.context, &all)
	defer results.Close() // which returns an error that was returned before
	for _, a := range s.all {
		rows, err := results.Query()
		if err != nil {
			return
		}
		unread := a.read(rows)
		rows.Close()
		if rows.Err() != nil {
			return
		}
		if unread == nil { // otherwise it is run again, for its error
			a.settle(nil)
		}
	}
}

// read reads rows. A panic is an error: it is not that of the others.
func (a *asked) read(rows pgx.Rows) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("reading an answer: %v", p)
		}
	}()
	for rows.Next() {
		if err := a.answer.add(rows, rows.RawValues()); err != nil {
			return err
		}
	}
	return nil
}
