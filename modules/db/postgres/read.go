package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/db/profile"
	sqldb "github.com/basalt-dev/basalt/modules/db/sql"
	"github.com/basalt-dev/basalt/modules/query"
)

// Find implements [db.Store].
func (s store) Find(ctx context.Context, c *db.Collection, f db.Find) ([]query.Row, error) {
	b := s.build(c)
	defer s.release(b)
	fields := s.find(b, c, &f)
	rows, err := s.rows(ctx, b, b.Table.Kinds, fields, f.Limit, f.Bytes)
	if err == nil && s.changed(b, f, rows) {
		return nil, errGuarded
	}
	return rows, err
}

// find writes the statement of a Find, which it changes to what the table allows, and returns the fields of its columns.
func (s store) find(b *builder, c *db.Collection, f *db.Find) []int {
	if b.layout.guarded && f.Fields != nil {
		f.Fields = withKey(c, f.Fields)
	}
	if f.Lock == db.Shared && s.column(c, c.KeyFields()[0]).unlocked { // a lock needs the right to change the rows
		f.Lock = db.Unlocked
	}
	return b.Find(*f)
}

// Count implements [db.Store].
func (s store) Count(ctx context.Context, c *db.Collection, where query.Filter) (int64, error) {
	b := s.build(c)
	defer s.release(b)
	b.Count(where)
	var n int64
	err := s.each(ctx, b, func(rows pgx.Rows, _ [][]byte) error { return rows.Scan(&n) })
	return n, err
}

// Aggregate implements [db.Store].
func (s store) Aggregate(ctx context.Context, c *db.Collection, a db.Aggregate) ([][]query.Value, error) {
	b := s.build(c)
	defer s.release(b)
	kinds := b.Aggregate(a)
	rows, err := s.rows(ctx, b, kinds, nil, a.Limit, 0)
	if err != nil {
		return nil, err
	}
	b.Averages(rows)
	out := make([][]query.Value, len(rows))
	for i, row := range rows {
		out[i] = row
	}
	return out, nil
}

// rows runs a statement. Its columns are the fields, nil for all of them, of rows of these kinds.
func (s store) rows(ctx context.Context, b *builder, kinds []query.Kind, fields []int, limit, bytes int) ([]query.Row, error) {
	a := newAnswer(b, kinds, fields, limit, bytes)
	if err := s.each(ctx, b, a.add); err != nil {
		return nil, err
	}
	return s.shown(b, &a), nil
}

// shown returns the rows of an answer, and reports what they do not show.
func (s store) shown(b *builder, a *answer) []query.Row {
	out := a.rows()
	for _, l := range a.lost {
		s.unshown.Report(b.Table.Collection, out[l.row], l.field, time.Now())
	}
	return out
}

// answer collects the rows that a statement returns.
type answer struct {
	read   sqldb.Rows
	kinds  []query.Kind
	fields []int
	layout *layout
	limit  int
	bytes  int // that it may have, 0 for any number
	lost   []lostValue
	count  int
}

func newAnswer(b *builder, kinds []query.Kind, fields []int, limit, bytes int) answer {
	a := answer{kinds: kinds, fields: fields, layout: b.layout, limit: limit, bytes: bytes}
	a.start()
	return a
}

// start drops what was read.
func (a *answer) start() {
	a.read.Start(a.kinds, a.limit)
	a.lost, a.count = nil, 0
}

// add reads the current row.
func (a *answer) add(rows pgx.Rows, raw [][]byte) error {
	a.read.Next()
	for i, format := range rows.FieldDescriptions() {
		field := i
		switch {
		case a.fields == nil:
		case i < len(a.fields):
			field = a.fields[i]
		default: // whether a guarded column has a value
			continue
		}
		if err := decode(&a.read, field, a.kinds[field], raw[i], format.Format == pgx.BinaryFormatCode); err != nil {
			return fmt.Errorf("column %s: %w", format.Name, err)
		}
	}
	if a.layout.guarded {
		a.lost = a.layout.addLost(a.lost, a.count, a.fields, raw)
	}
	a.count++
	if a.read.Full(a.bytes) {
		return db.ErrTooLarge
	}
	return nil
}

// rows returns what was read.
func (a *answer) rows() []query.Row {
	out := a.read.Done()
	if a.fields != nil {
		a.layout.asLists(out)
	}
	return out
}

// each runs a statement and calls f for each of its rows.
func (s store) each(ctx context.Context, b *builder, f func(pgx.Rows, [][]byte) error) error {
	defer profile.Begin(ctx, b.SQL).End()
	args := b.arguments()
	if b.planned() {
		args = append([]any{pgx.QueryExecModeCacheDescribe}, args...)
	}
	rows, err := s.run.Query(ctx, string(b.SQL), args...)
	if err != nil {
		return clientError(ctx, s.guard(b, err))
	}
	defer rows.Close()
	for rows.Next() {
		if err := f(rows, rows.RawValues()); err != nil {
			return err
		}
	}
	return clientError(ctx, s.guard(b, rows.Err()))
}

// Explain implements [db.Explainer].
func (d *Driver) Explain(ctx context.Context, c *db.Collection, f db.Find) (out db.Statement, err error) {
	err = d.on(ctx, func(s store) error {
		b := d.build(c)
		defer d.release(b)
		b.Find(f)
		out = db.Statement{Text: string(b.SQL)}
		for _, a := range b.Args {
			if a.Native != nil {
				a.Value = query.String(fmt.Sprint(a.Native)) // also a label
			}
			out.Args = append(out.Args, a.Value)
		}
		b.SQL = append([]byte("EXPLAIN "), b.SQL...)
		return s.each(ctx, b, func(rows pgx.Rows, _ [][]byte) error {
			var line string
			err := rows.Scan(&line)
			out.Plan = append(out.Plan, line)
			return err
		})
	})
	return out, err
}
