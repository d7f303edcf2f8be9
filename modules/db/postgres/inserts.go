package postgres

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// lockTime bounds how long inserts that are sent together wait for others' transactions, for example one that has stored
// the same unique value and not ended yet. Then each waits alone.
const lockTime = "set local lock_timeout = '50ms'"

// insertTogether stores a row together with others, in one transaction: they are stored when it has ended, or none of them is. It
// reports false where the row is to be stored alone.
func (d *Driver) insertTogether(ctx context.Context, c *db.Collection, rows []query.Row) (settled bool, err error) {
	b := d.build(c)
	defer d.release(b)
	if b.layout.hooks&onInsert != 0 || b.layout.makes(rows) {
		return false, nil
	}
	b.insert(rows, false)
	return d.inserts.ask(ctx, d, b, &asked{})
}

// insert stores rows, and settles all of them, unless it is certain that none is stored.
func (s *sending) insert(c *pgxpool.Conn) {
	if len(s.all) == 1 {
		return
	}
	stored, err := s.transact(c)
	if err != nil && nothingStored(err) {
		if c.Conn().PgConn().TxStatus() != 'I' {
			_, _ = c.Exec(s.context, "rollback") // the pool closes a connection on which it fails
		}
		return
	}
	for i, a := range s.all {
		switch {
		case err != nil:
			a.settle(clientError(s.context, err))
		case !stored[i]:
			a.settle(errNotStored)
		default:
			a.settle(nil)
		}
	}
}

// transact sends a whole transaction in one write, and reports which rows are stored.
func (s *sending) transact(c *pgxpool.Conn) (stored []bool, err error) {
	var all pgx.Batch
	all.Queue(begin)
	all.Queue(lockTime)
	for _, a := range s.all {
		all.Queue(a.sql, a.args...)
	}
	all.Queue("commit")
	results := c.SendBatch(s.context, &all)
	var tag pgconn.CommandTag
	for i := range all.Len() {
		if tag, err = results.Exec(); err != nil {
			break
		}
		if i >= 2 && i < 2+len(s.all) {
			stored = append(stored, tag.RowsAffected() == 1)
		}
	}
	if closed := results.Close(); err == nil {
		err = closed
	}
	return stored, err
}

// nothingStored reports whether it is certain, from the error of a transaction, that it has stored nothing. The server has refused
// a statement, or has not received any.
func nothingStored(err error) bool {
	var refused *pgconn.PgError
	return errors.As(err, &refused) && refused.SeverityUnlocalized == "ERROR" || pgconn.SafeToRetry(err)
}
