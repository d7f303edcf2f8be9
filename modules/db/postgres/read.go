package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// Find implements [db.Store].
func (s store) Find(ctx context.Context, c *db.Collection, f db.Find) ([]query.Row, error) {
	b := s.build(c)
	defer s.release(b)
	if b.layout.guarded && f.Fields != nil {
		f.Fields = withKey(c, f.Fields)
	}
	fields := b.Find(f)
	return s.rows(ctx, b, fields, f.Limit, f.Bytes)
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
	var out [][]query.Value
	err := s.each(ctx, b, func(rows pgx.Rows, raw [][]byte) error {
		formats := rows.FieldDescriptions()
		row := make([]query.Value, len(kinds))
		for i, kind := range kinds {
			var d decoder
			v, err := d.value(kind, raw[i], formats[i].Format == pgx.BinaryFormatCode, 0)
			if err != nil {
				return err
			}
			if row[i] = v; len(d.spans) > 0 {
				row[i] = finish(kind, string(d.text))
			}
		}
		out = append(out, row)
		return nil
	})
	return out, err
}

// rows reads rows whose columns are the fields.
func (s store) rows(ctx context.Context, b *builder, fields []int, limit, bytes int) ([]query.Row, error) {
	columns := b.Table.Columns
	width := len(columns)
	guess := 8
	if limit > 0 {
		guess = min(limit, 64)
	}
	d := decoder{text: make([]byte, 0, guess*width*8), spans: make([]span, 0, guess*width/2)}
	values := make([]query.Value, 0, guess*width)
	var lost []int // positions of values that cannot be shown
	count := 0
	err := s.each(ctx, b, func(rows pgx.Rows, raw [][]byte) error {
		count++
		base := len(values)
		for range width {
			values = append(values, query.Null)
		}
		formats := rows.FieldDescriptions()
		for i, field := range fields {
			v, err := d.value(columns[field].Kind, raw[i], formats[i].Format == pgx.BinaryFormatCode, base+field)
			if err != nil {
				return fmt.Errorf("column %s: %w", columns[field].Name, err)
			}
			values[base+field] = v
		}
		if b.layout.guarded {
			lost = append(lost, b.lost(fields, raw, base)...)
		}
		if db.Full(bytes, len(values), len(d.text)) {
			return db.ErrTooLarge
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	text := string(d.text)
	for _, sp := range d.spans {
		values[sp.value] = finish(columns[sp.value%width].Kind, text[sp.from:sp.to])
	}
	out := make([]query.Row, count)
	for i := range out {
		out[i] = query.Row(values[i*width : (i+1)*width : (i+1)*width])
	}
	for _, at := range lost {
		s.unshown.Report(b.Table.Collection, out[at/width], at%width, time.Now())
	}
	return out, nil
}

// lost returns the positions of the guarded columns that have a value and show none.
func (b *builder) lost(fields []int, raw [][]byte, base int) (out []int) {
	next := len(fields)
	for n, i := range fields {
		if !b.Table.Columns[i].Guarded {
			continue
		}
		if present := raw[next]; raw[n] == nil && (present[0] == 1 || present[0] == 't') {
			out = append(out, base+i)
		}
		next++
	}
	return out
}

// each runs a statement and calls f for each of its rows.
func (s store) each(ctx context.Context, b *builder, f func(pgx.Rows, [][]byte) error) error {
	rows, err := s.run.Query(ctx, string(b.SQL), b.arguments()...)
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
				a.Value = query.String(fmt.Sprint(a.Native))
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
