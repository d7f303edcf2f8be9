package mysql

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/db/profile"
	sqldb "github.com/basalt-dev/basalt/modules/db/sql"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

// Find implements [db.Store].
func (s store) Find(ctx context.Context, c *db.Collection, f db.Find) ([]query.Row, error) {
	b := s.build(c)
	defer s.release(b)
	fields := b.Find(f)
	rows, lost, err := s.read(ctx, b, b.Table.Kinds, fields, f.Limit, f.Bytes)
	if err != nil {
		return nil, err
	}
	for pair := range slices.Chunk(lost, 2) {
		if s.hide(c, pair[1]) {
			err = errHidden
		}
	}
	s.report(c, rows, lost)
	return rows, err
}

// report logs what cannot be shown. lost are rows and fields.
func (s store) report(c *db.Collection, rows []query.Row, lost []int) {
	for pair := range slices.Chunk(lost, 2) {
		s.unshown.Report(c, rows[pair[0]], pair[1], time.Now())
	}
}

// rows runs a statement that does not run again.
func (s store) rows(ctx context.Context, b *builder, kinds []query.Kind, fields []int, limit, bytes int) ([]query.Row, error) {
	rows, lost, err := s.read(ctx, b, kinds, fields, limit, bytes)
	for pair := range slices.Chunk(lost, 2) {
		s.hide(b.Table.Collection, pair[1])
	}
	s.report(b.Table.Collection, rows, lost)
	return rows, err
}

// Count implements [db.Store].
func (s store) Count(ctx context.Context, c *db.Collection, where query.Filter) (int64, error) {
	b := s.build(c)
	defer s.release(b)
	b.Count(where)
	rows, err := s.rows(ctx, b, []query.Kind{query.KindInt}, nil, 1, 0)
	if err != nil {
		return 0, err
	}
	return rows[0][0].Int(), nil
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

// read runs a statement. Its columns are the fields, nil for all of them, of rows of these kinds. lost are the rows and
// the fields that have a value which cannot be shown.
func (s store) read(ctx context.Context, b *builder, kinds []query.Kind, fields []int, limit, bytes int) (out []query.Row, lost []int, err error) {
	defer profile.Begin(ctx, b.SQL).End()
	found, err := s.run.QueryContext(ctx, string(b.SQL), b.arguments()...)
	if err != nil {
		return nil, nil, s.clientError(ctx, b.Table.Collection, err)
	}
	defer found.Close()
	names, err := found.Columns()
	if err != nil {
		return nil, nil, err
	}
	raw := make([]sql.RawBytes, len(names))
	targets := make([]any, len(names))
	for i := range raw {
		targets[i] = &raw[i]
	}
	var read sqldb.Rows
	read.Start(kinds, limit)
	for count := 0; found.Next(); count++ {
		if err := found.Scan(targets...); err != nil {
			return nil, nil, err
		}
		read.Next()
		for i, text := range raw {
			field := i
			if fields != nil {
				field = fields[i]
			}
			shown, err := decode(&read, field, kinds[field], text)
			switch {
			case err != nil:
				return nil, nil, fmt.Errorf("column %s: %w", names[i], err)
			case !shown && fields == nil && kinds[field] == query.KindInt:
				return nil, nil, fault.Errorf(fault.Invalid, "a number, or a sum, does not fit its type")
			case !shown && fields != nil:
				lost = append(lost, count, field)
			}
		}
		if read.Full(bytes) {
			return nil, nil, db.ErrTooLarge
		}
	}
	if err := found.Err(); err != nil {
		return nil, nil, s.clientError(ctx, b.Table.Collection, err)
	}
	return read.Done(), lost, nil
}

// Explain implements [db.Explainer].
func (d *Driver) Explain(ctx context.Context, c *db.Collection, f db.Find) (out db.Statement, err error) {
	err = d.on(ctx, func(s store) error {
		b := d.build(c)
		defer d.release(b)
		b.Find(f)
		out = db.Statement{Text: string(b.SQL)}
		for _, a := range b.Args {
			out.Args = append(out.Args, a.Value)
		}
		rows, err := s.run.QueryContext(ctx, "EXPLAIN "+string(b.SQL), b.arguments()...)
		if err != nil {
			return s.clientError(ctx, c, err)
		}
		defer rows.Close()
		out.Plan, err = planOf(rows)
		return err
	})
	return out, err
}

// Probe implements [db.Prober]. It asks for the indexes that could be used: a small table is read whole anyway, and what was
// found in it sorted.
func (d *Driver) Probe(ctx context.Context, c *db.Collection, f db.Find) (out db.Access, err error) {
	s, err := d.Explain(ctx, c, f)
	for _, line := range s.Plan {
		step := map[string]string{}
		for part := range strings.SplitSeq(line, ", ") {
			name, value, _ := strings.Cut(part, " ")
			step[name] = value
		}
		_, possible := step["possible_keys"]
		if whole := step["type"] == "ALL" || step["type"] == "index"; whole && !possible && step["table"] != "" && !strings.HasPrefix(step["table"], "<") {
			out.Scans = append(out.Scans, s.TableOf(step["table"]))
		}
		if n, _ := strconv.ParseFloat(step["rows"], 64); n >= grown && strings.Contains(line, "Using filesort") {
			out.Sorts = true
		}
	}
	return out, err
}

// grown is from how many rows on the optimizer prefers an index that has the order.
const grown = 1000

// planOf returns the rows of an EXPLAIN, each as the columns that have a value.
func planOf(rows *sql.Rows) (plan []string, err error) {
	names, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	values := make([]sql.NullString, len(names))
	targets := make([]any, len(names))
	for i := range values {
		targets[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(targets...); err != nil {
			return nil, err
		}
		line := ""
		for i, v := range values {
			if v.Valid && v.String != "" {
				if line != "" {
					line += ", "
				}
				line += names[i] + " " + v.String
			}
		}
		plan = append(plan, line)
	}
	return plan, rows.Err()
}
