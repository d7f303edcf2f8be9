package postgres

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/db/profile"
	"github.com/basalt-dev/basalt/modules/query"
)

// mostPipelined is how many statements of a transaction are sent in one write.
const mostPipelined = 128

// pipeline sends statements of one transaction together.
type pipeline struct {
	store
	tx      *transaction
	waiting []*queued
	room    int // in bytes, for the rows that are still to be read
}

// queued is a statement of an operation that waits to be sent.
type queued struct {
	of      *db.Operation
	b       *builder
	returns bool
	answer  answer
	rows    []query.Row // of an insert
}

// Pipelines implements [db.Pipeliner].
func (s store) Pipelines() bool {
	_, ok := s.run.(*transaction)
	return ok
}

// Pipeline implements [db.Pipeliner].
func (s store) Pipeline(ctx context.Context, operations []*db.Operation, bytes int) error {
	p := pipeline{store: s, tx: s.run.(*transaction), room: bytes}
	defer func() { p.release() }()
	for _, o := range operations {
		waits := p.add(o)
		if waits && len(p.waiting) < mostPipelined {
			continue
		}
		if err := p.flush(ctx); err != nil {
			return err
		}
		if waits {
			continue
		}
		if err := o.Run(ctx, s); err != nil {
			return err
		}
		if err := p.keep(o.Rows); err != nil {
			return err
		}
	}
	return p.flush(ctx)
}

// add makes the statements of an operation wait. It reports false for one that is to be run by itself: the database plans it
// for its values, or its table has triggers, for which it takes several statements.
func (p *pipeline) add(o *db.Operation) bool {
	c := o.Collection
	hooks := p.layout(c).hooks
	switch {
	case o.Find != nil:
		q := p.queue(o)
		find := *o.Find
		fields := p.find(q.b, c, &find)
		q.returns, q.answer = true, newAnswer(q.b, q.b.Table.Kinds, fields, find.Limit, find.Bytes)
	case o.Insert != nil:
		makes := p.layout(c).makes(o.Insert)
		for rows := range slices.Chunk(o.Insert, insertRows) {
			q := p.queue(o)
			q.b.insert(rows, makes)
			if q.rows, q.returns = rows, makes; makes {
				q.answer = newAnswer(q.b, q.b.Table.Kinds, q.b.layout.made, len(rows), 0)
			}
		}
	case o.Update != nil && hooks&onUpdate == 0:
		q := p.queue(o)
		q.b.update(*o.Update)
		if q.returns = o.Update.Return; q.returns {
			q.answer = newAnswer(q.b, q.b.Table.Kinds, q.b.Table.Stored, 1, 0)
		}
	case o.Update == nil && hooks&onDelete == 0:
		p.queue(o).b.Delete(o.Delete)
	default:
		return false
	}
	last := p.waiting[len(p.waiting)-1]
	if last.b.planned() {
		for len(p.waiting) > 0 && p.waiting[len(p.waiting)-1].of == o {
			last = p.waiting[len(p.waiting)-1]
			p.Driver.release(last.b)
			p.waiting = p.waiting[:len(p.waiting)-1]
		}
		return false
	}
	return true
}

// queue adds a statement that is still to be written.
func (p *pipeline) queue(o *db.Operation) *queued {
	q := &queued{of: o, b: p.build(o.Collection)}
	p.waiting = append(p.waiting, q)
	return q
}

// flush sends what waits, and reads the answers.
func (p *pipeline) flush(ctx context.Context) error {
	defer p.release()
	for some := range slices.Chunk(p.waiting, mostPipelined) {
		if err := p.send(ctx, some); err != nil {
			return err
		}
	}
	return nil
}

// send sends statements in one write. The database runs none after one that fails.
func (p *pipeline) send(ctx context.Context, some []*queued) (err error) {
	statements := make([]*pgx.QueuedQuery, len(some))
	for i, q := range some {
		statements[i] = &pgx.QueuedQuery{SQL: string(q.b.SQL), Arguments: q.b.arguments()}
	}
	results, err := p.tx.send(ctx, statements)
	if err != nil {
		return clientError(ctx, err)
	}
	defer func() {
		if closed := results.Close(); err == nil {
			err = clientError(ctx, closed)
		}
	}()
	for _, q := range some {
		running := profile.Begin(ctx, q.b.SQL)
		err := p.result(q, results)
		running.End()
		if err != nil {
			return clientError(ctx, p.guard(q.b, err))
		}
	}
	return nil
}

// result reads the answer to a statement.
func (p *pipeline) result(q *queued, results pgx.BatchResults) error {
	if !q.returns {
		tag, err := results.Exec()
		switch {
		case err != nil:
			return err
		case q.rows != nil && tag.RowsAffected() != int64(len(q.rows)):
			return errNotStored
		}
		q.of.Count += tag.RowsAffected()
		return nil
	}
	rows, err := results.Query()
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := q.answer.add(rows, rows.RawValues()); err != nil {
			return err
		}
	}
	if rows.Err() != nil {
		return rows.Err()
	}
	read := p.shown(q.b, &q.answer)
	if q.rows != nil {
		return q.b.layout.fill(q.rows, read)
	}
	if q.of.Find != nil && p.changed(q.b, *q.of.Find, read) {
		return errGuarded
	}
	q.of.Rows, q.of.Count = read, int64(len(read))
	return p.keep(read)
}

// keep counts rows that are held.
func (p *pipeline) keep(rows []query.Row) error {
	for _, row := range rows {
		p.room -= db.Size(row)
	}
	if p.room < 0 {
		return db.ErrTooLarge
	}
	return nil
}

// release takes back the memory of the statements.
func (p *pipeline) release() {
	for _, q := range p.waiting {
		p.Driver.release(q.b)
	}
	p.waiting = nil
}
