package postgres

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

const (
	// lockTime bounds how long writes that are sent together wait for others' transactions, for example one that has changed
	// the same document and not ended yet.
	lockTime = "set local lock_timeout = '20ms'"
	// lockRest is how long each write is sent alone after that.
	lockRest = time.Second
	// triesTogether is how often writes are sent together again without the one that failed.
	triesTogether = 3
)

// insertTogether stores a row together with others, in one transaction: they are stored when it has ended, or none of them is. It
// reports false where the row is to be stored alone.
func (d *Driver) insertTogether(ctx context.Context, c *db.Collection, rows []query.Row) (settled bool, err error) {
	b := d.build(c)
	defer d.release(b)
	if b.layout.hooks&onInsert != 0 || b.layout.makes(rows) {
		return false, nil
	}
	b.insert(rows, false)
	a := &asked{}
	if settled, err = d.writes.ask(ctx, d, b, a); settled && err == nil && a.changed != 1 {
		err = errNotStored
	}
	return settled, err
}

// isChange reports whether an update is one of a document by its key, which is short.
func isChange(c *db.Collection, u *db.Update) bool {
	return c.IsByKey(u.Where) && !query.HasLookups(u.Where)
}

// updateTogether changes a document together with others, as insertTogether stores them.
func (d *Driver) updateTogether(ctx context.Context, c *db.Collection, u db.Update) (n int64, rows []query.Row, settled bool, err error) {
	b := d.build(c)
	defer d.release(b)
	if b.layout.guarded || b.layout.hooks&onUpdate != 0 {
		return 0, nil, false, nil
	}
	b.update(u)
	if b.planned() {
		return 0, nil, false, nil
	}
	a := &asked{order: c.Table + " " + keyOf(c, u.Where), returns: u.Return}
	if u.Return {
		a.answer = newAnswer(b, b.Table.Kinds, b.Table.Stored, 1, 0)
	}
	if settled, err = d.writes.ask(ctx, d, b, a); !settled || err != nil {
		return 0, nil, settled, err
	}
	if u.Return {
		rows = a.answer.rows()
		return int64(len(rows)), rows, true, nil
	}
	return a.changed, nil, true, nil
}

// keyOf returns the key that a filter compares with, as a text that orders documents.
func keyOf(c *db.Collection, f query.Filter) (out string) {
	query.Leaves(f, func(leaf query.Filter) {
		if is, ok := leaf.(*query.Compare); ok && is.Op == query.Eq && is.Path == c.KeyPath() {
			out = is.Value.Text() + is.Value.JSON()
		}
	})
	return out
}

// write runs writes in one transaction, and settles them, unless it is certain that nothing is stored.
func (s *sending) write(t *together, c *pgxpool.Conn) {
	// All lock in the same order, so that no two of them wait for each other.
	rest := slices.SortedStableFunc(slices.Values(s.all), func(a, b *asked) int { return cmp.Compare(a.order, b.order) })
	for range triesTogether {
		if len(rest) < 2 {
			return
		}
		failed, err := s.transact(c, rest)
		if err != nil && nothingStored(err) {
			if c.Conn().PgConn().TxStatus() != 'I' {
				if _, err := c.Exec(s.context, "rollback"); err != nil { // the pool closes the connection
					return
				}
			}
			if failed < 0 || conflicting(err) || isLocked(err) {
				t.rest(lockRest)
				return
			}
			rest = slices.Delete(rest, failed, failed+1)
			continue
		}
		for _, a := range rest {
			if err != nil { // it is not known what is stored
				a.unread = clientError(s.context, err)
			}
			a.settle(a.unread)
		}
		return
	}
}

// isLocked reports whether a statement has waited too long for another transaction: lock_not_available.
func isLocked(err error) bool {
	var e *pgconn.PgError
	return errors.As(err, &e) && e.Code == "55P03"
}

// transact sends a whole transaction in one write. It returns which of the writes has failed, -1 if it was none of them.
func (s *sending) transact(c *pgxpool.Conn, writes []*asked) (failed int, err error) {
	var all pgx.Batch
	all.Queue(begin)
	all.Queue(lockTime)
	for _, a := range writes {
		all.Queue(a.sql, a.args...)
	}
	all.Queue("commit")
	results := c.SendBatch(s.context, &all)
	failed = -1
	for i := -2; i <= len(writes) && err == nil; i++ {
		if i < 0 || i == len(writes) {
			_, err = results.Exec()
		} else if err = writes[i].result(results); err != nil {
			failed = i
		}
	}
	if closed := results.Close(); err == nil {
		err = closed
	}
	return failed, err
}

// result reads the answer to a write. The others have theirs, even if it cannot be read.
func (a *asked) result(results pgx.BatchResults) error {
	if !a.returns {
		tag, err := results.Exec()
		a.changed = tag.RowsAffected()
		return err
	}
	rows, err := results.Query()
	if err != nil {
		return err
	}
	a.answer.start()
	a.unread = a.read(rows)
	rows.Close()
	return rows.Err()
}

// nothingStored reports whether it is certain, from the error of a transaction, that it has stored nothing. The server has refused
// a statement, or has not received any.
func nothingStored(err error) bool {
	var refused *pgconn.PgError
	return errors.As(err, &refused) && refused.SeverityUnlocalized == "ERROR" || pgconn.SafeToRetry(err)
}
