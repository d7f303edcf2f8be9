package postgres

import (
	"context"
	"strconv"

	"github.com/jackc/pgx/v5"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// aggregate writes the statement of an aggregate and returns the kinds of its columns.
func (b *builder) aggregate(a db.Aggregate) []query.Kind {
	c := b.col
	b.write("SELECT ")
	var kinds []query.Kind
	next := func(kind query.Kind) {
		if len(kinds) > 0 {
			b.write(", ")
		}
		kinds = append(kinds, kind)
	}
	// Prefixed names avoid collisions with groups by fields called count or sum.
	named := func() { b.write(" AS basalt_" + strconv.Itoa(len(kinds))) }
	for _, f := range a.Group {
		next(c.Columns[f].Type.Kind())
		b.column(f)
	}
	if a.Count {
		next(query.KindInt)
		b.write("count(*)")
		named()
	}
	for _, f := range a.Sum {
		kind := c.Columns[f].Type.Kind()
		next(kind)
		b.write("sum(")
		b.summed(f)
		b.write(map[query.Kind]string{query.KindInt: ")::int8", query.KindFloat: ")::float8"}[kind])
		named()
	}
	for _, f := range a.Avg {
		next(query.KindFloat)
		b.write("avg(")
		b.summed(f)
		b.write(")::float8")
		named()
	}
	for _, f := range a.Min {
		next(c.Columns[f].Type.Kind())
		b.extreme(f, "min", "bool_and", "")
		named()
	}
	for _, f := range a.Max {
		next(c.Columns[f].Type.Kind())
		b.extreme(f, "max", "bool_or", " DESC")
		named()
	}
	b.write(" FROM ")
	b.write(b.layout.table)
	b.where(a.Where)
	for i, f := range a.Group {
		b.write([]string{" GROUP BY ", ", "}[min(i, 1)])
		b.column(f)
	}
	for i, f := range a.Group {
		b.write([]string{" ORDER BY ", ", "}[min(i, 1)])
		b.ordered(f)
		b.write(" NULLS FIRST")
	}
	b.limit(a.Limit)
	return kinds
}

// Aggregate implements [db.Store].
func (s store) Aggregate(ctx context.Context, c *db.Collection, a db.Aggregate) ([][]query.Value, error) {
	b := s.build(c)
	kinds := b.aggregate(a)
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

// summed writes the column in a form that sums exactly: as a decimal.
func (b *builder) summed(f int) {
	switch w := b.layout.columns[f]; {
	case w.guard != nil:
		b.shown(f, "")
	case w.typ == "numeric":
		b.raw(f)
	default:
		b.column(f)
	}
}

// extreme writes the smallest or largest value; PostgreSQL has no min for booleans and bytes.
func (b *builder) extreme(f int, function, ofBool, order string) {
	switch b.col.Columns[f].Type.Kind() {
	case query.KindBool:
		b.write(ofBool + "(")
		b.column(f)
		b.write(")")
	case query.KindBytes:
		b.write("(array_agg(")
		b.column(f)
		b.write(" ORDER BY ")
		b.column(f)
		b.write(order + ") FILTER (WHERE ")
		b.raw(f)
		b.write(" IS NOT NULL))[1]")
	default:
		b.write(function + "(")
		b.ordered(f)
		b.write(")")
	}
}
