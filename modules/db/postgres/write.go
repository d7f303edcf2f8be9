package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/db/profile"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

const (
	insertRows = 100   // rows per statement
	copyRows   = 1_000 // from this size on COPY is faster
)

// Insert implements [db.Store]. Outside a transaction it is one statement.
func (s store) Insert(ctx context.Context, c *db.Collection, rows []query.Row) error {
	l := s.layout(c)
	makes := l.makes(rows)
	if !makes && len(rows) >= copyRows && s.copies(c) {
		return s.copy(ctx, c, rows)
	}
	for len(rows) > 0 {
		n := min(insertRows, len(rows))
		if err := s.insertRows(ctx, c, rows[:n], makes); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}

// errNotStored is the error if a trigger or a rule of the database skips a row; the rest is rolled back.
var errNotStored = fault.Errorf(fault.Invalid, "the database does not store this: a trigger or a rule of its own leaves it out")

// insertRows stores rows with one statement. It reads what the database has set, if makes is true.
func (s store) insertRows(ctx context.Context, c *db.Collection, rows []query.Row, makes bool) error {
	b := s.build(c)
	defer s.release(b)
	b.insert(rows, makes)
	if makes {
		return s.insertMade(ctx, b, rows)
	}
	tag, err := s.exec(ctx, b)
	switch {
	case err != nil:
		return clientError(ctx, err)
	case tag.RowsAffected() != int64(len(rows)):
		return errNotStored
	}
	return nil
}

// insertMade stores rows, and reads back what the database has set.
func (s store) insertMade(ctx context.Context, b *builder, rows []query.Row) error {
	stored, err := s.rows(ctx, b, b.Table.Kinds, b.layout.made, len(rows), 0)
	if err != nil {
		return err
	}
	return b.layout.fill(rows, stored)
}

// fill sets in rows what the database has set in those that it has stored.
func (l *layout) fill(rows, stored []query.Row) error {
	if len(stored) != len(rows) {
		return errNotStored
	}
	for n, row := range rows {
		for _, i := range l.made {
			row[i] = stored[n][i]
		}
	}
	return nil
}

// copies reports whether every column has Basalt's own type, which COPY requires.
func (s store) copies(c *db.Collection) bool {
	l := s.layout(c)
	for _, i := range l.Stored {
		if l.Columns[i].Type != fitting[l.Columns[i].Kind][0] {
			return false
		}
	}
	return true
}

func (s store) copy(ctx context.Context, c *db.Collection, rows []query.Row) error {
	fields := c.Stored()
	names := make([]string, len(fields))
	for n, i := range fields {
		names[n] = c.Columns[i].Name
	}
	source := pgx.CopyFromSlice(len(rows), func(r int) ([]any, error) {
		values := make([]any, len(names))
		for n, i := range fields {
			values[n] = copied(c.Columns[i].Type.Kind(), rows[r][i])
		}
		return values, nil
	})
	_, err := s.run.CopyFrom(ctx, identifier(c.Table), names, source)
	return clientError(ctx, err)
}

// copied returns a value of a column in the form of pgx.
func copied(kind query.Kind, v query.Value) any {
	switch {
	case v.IsNull():
		return nil
	case kind == query.KindJSON:
		return []byte(jsonText(v))
	}
	return native(v)
}

// Update implements [db.Store].
func (s store) Update(ctx context.Context, c *db.Collection, u db.Update) (int64, []query.Row, error) {
	if s.layout(c).hooks&onUpdate == 0 {
		return s.update(ctx, c, u)
	}
	selected, err := s.lock(ctx, c, u.Where)
	if err != nil || selected == 0 {
		return 0, nil, err
	}
	n, rows, err := s.update(ctx, c, u)
	if err == nil && n < selected {
		err = errNotStored
	}
	return n, rows, err
}

func (s store) update(ctx context.Context, c *db.Collection, u db.Update) (int64, []query.Row, error) {
	b := s.build(c)
	defer s.release(b)
	b.update(u)
	if !u.Return {
		tag, err := s.exec(ctx, b)
		return tag.RowsAffected(), nil, clientError(ctx, s.guard(b, err))
	}
	rows, err := s.rows(ctx, b, b.Table.Kinds, b.Table.Stored, 1, 0)
	return int64(len(rows)), rows, err
}

// Delete implements [db.Store].
func (s store) Delete(ctx context.Context, c *db.Collection, where query.Filter) (int64, error) {
	b := s.build(c)
	defer s.release(b)
	b.Delete(where)
	if b.layout.hooks&onDelete == 0 {
		tag, err := s.exec(ctx, b)
		return tag.RowsAffected(), clientError(ctx, s.guard(b, err))
	}
	// The row count does not include deletes that the database replaces.
	n, err := s.lock(ctx, c, where)
	if err == nil && n > 0 {
		_, err = s.exec(ctx, b)
	}
	return n, clientError(ctx, s.guard(b, err))
}

// exec runs a statement without rows.
func (s store) exec(ctx context.Context, b *builder) (pgconn.CommandTag, error) {
	defer profile.Begin(ctx, b.SQL).End()
	return s.run.Exec(ctx, string(b.SQL), b.arguments()...)
}

// lock locks the rows of a filter and counts them.
func (s store) lock(ctx context.Context, c *db.Collection, where query.Filter) (int64, error) {
	rows, err := s.Find(ctx, c, db.Find{Query: query.Query{Where: where}, Fields: c.KeyFields(), Lock: db.Exclusive})
	return int64(len(rows)), err
}
