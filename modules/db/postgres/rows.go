package postgres

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

// decoder turns the rows of a statement into values. The strings of all rows share one allocation.
type decoder struct {
	text  []byte
	spans []span
}

type span struct{ value, from, to int }

// value decodes a column in the format that pgx requested. A string is recorded for value number at.
func (d *decoder) value(kind query.Kind, raw []byte, binaryFormat bool, at int) (query.Value, error) {
	if raw == nil {
		return query.Null, nil
	}
	switch kind {
	case query.KindInt:
		switch {
		case !binaryFormat:
		case len(raw) == 8:
			return query.Int(int64(binary.BigEndian.Uint64(raw))), nil
		case len(raw) == 4:
			return query.Int(int64(int32(binary.BigEndian.Uint32(raw)))), nil
		case len(raw) == 2:
			return query.Int(int64(int16(binary.BigEndian.Uint16(raw)))), nil
		}
		n, err := strconv.ParseInt(string(raw), 10, 64)
		return query.Int(n), err
	case query.KindFloat:
		switch {
		case !binaryFormat:
		case len(raw) == 8:
			return query.Double(math.Float64frombits(binary.BigEndian.Uint64(raw))), nil
		case len(raw) == 4:
			return query.Double(float64(math.Float32frombits(binary.BigEndian.Uint32(raw)))), nil
		}
		f, err := strconv.ParseFloat(string(raw), 64)
		return query.Double(f), err
	case query.KindBool:
		return query.Bool(raw[0] == 1 || raw[0] == 't'), nil
	case query.KindTime:
		switch {
		case !binaryFormat:
		case len(raw) == 8:
			return timestamp(int64(binary.BigEndian.Uint64(raw))), nil
		case len(raw) == 4:
			return date(int32(binary.BigEndian.Uint32(raw))), nil
		}
		return query.Null, fmt.Errorf("a time came as %q", raw)
	}
	from := len(d.text)
	if kind == query.KindJSON {
		if binaryFormat && len(raw) > 0 && raw[0] == 1 { // the version byte of jsonb
			raw = raw[1:]
		}
		d.text = compact(d.text, raw)
	} else {
		d.text = append(d.text, raw...)
	}
	d.spans = append(d.spans, span{at, from, len(d.text)})
	return query.Null, nil
}

func finish(kind query.Kind, text string) query.Value {
	switch kind {
	case query.KindJSON:
		return query.RawJSON(text)
	case query.KindBytes:
		return query.Bytes(text)
	}
	return query.String(text)
}

// rows reads rows whose columns are the fields.
func (s store) rows(ctx context.Context, b *builder, fields []int, limit, bytes int) ([]query.Row, error) {
	width := len(b.col.Columns)
	kinds := make([]query.Kind, width)
	for i, c := range b.col.Columns {
		kinds[i] = c.Type.Kind()
	}
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
			v, err := d.value(kinds[field], raw[i], formats[i].Format == pgx.BinaryFormatCode, base+field)
			if err != nil {
				return fmt.Errorf("column %s: %w", b.col.Columns[field].Name, err)
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
		values[sp.value] = finish(kinds[sp.value%width], text[sp.from:sp.to])
	}
	out := make([]query.Row, count)
	for i := range out {
		out[i] = query.Row(values[i*width : (i+1)*width : (i+1)*width])
	}
	for _, at := range lost {
		s.unshown.Report(b.col, out[at/width], at%width, time.Now())
	}
	return out, nil
}

// lost returns the positions of the guarded columns that have a value and show none.
func (b *builder) lost(fields []int, raw [][]byte, base int) (out []int) {
	next := len(fields)
	for n, i := range fields {
		if b.layout.columns[i].guard == nil {
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
	rows, err := s.run.Query(ctx, string(b.sql), b.args...)
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

func (b *builder) find(f db.Find) []int {
	fields := f.Fields
	if fields == nil {
		fields = b.layout.stored
	} else if b.layout.guarded {
		fields = withKey(b.col, fields)
	}
	b.write("SELECT ")
	b.columns(fields)
	if f.PerLimit > 0 {
		b.ranked(f)
	} else {
		b.write(" FROM ")
		b.write(b.layout.table)
		b.where(f.Where)
	}
	if f.Rank != nil {
		b.byRank(f.Rank)
	} else {
		b.order(f.Sort)
	}
	b.limit(f.Limit)
	if f.Offset > 0 {
		b.write(" OFFSET ")
		b.arg(int64(f.Offset), "int8")
	}
	switch f.Lock {
	case db.Exclusive:
		b.write(" FOR UPDATE")
	case db.Shared:
		b.write(" FOR SHARE")
	}
	return fields
}

// ranked writes the rows of a Find that are among the first of their group.
func (b *builder) ranked(f db.Find) {
	b.write(" FROM (SELECT *, row_number() OVER (PARTITION BY ")
	b.raw(f.Per)
	b.order(f.Sort)
	b.write(") AS basalt_rank FROM " + b.layout.table)
	b.where(f.Where)
	b.write(") AS ranked WHERE basalt_rank <= ")
	b.arg(int64(f.PerLimit), "int8")
}

// Find implements [db.Store].
func (s store) Find(ctx context.Context, c *db.Collection, f db.Find) ([]query.Row, error) {
	b := s.build(c)
	fields := b.find(f)
	return s.rows(ctx, b, fields, f.Limit, f.Bytes)
}

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
		b := s.build(c)
		b.insert(rows[:n], makes)
		if makes {
			if err := s.insertMade(ctx, b, rows[:n]); err != nil {
				return err
			}
		} else if tag, err := s.run.Exec(ctx, string(b.sql), b.args...); err != nil {
			return clientError(ctx, err)
		} else if tag.RowsAffected() != int64(n) {
			return errNotStored
		}
		rows = rows[n:]
	}
	return nil
}

// errNotStored is the error if a trigger or a rule of the database skips a row; the rest is rolled back.
var errNotStored = fault.Errorf(fault.Invalid, "the database does not store this: a trigger or a rule of its own leaves it out")

// insertMade stores rows, and reads back what the database has set.
func (s store) insertMade(ctx context.Context, b *builder, rows []query.Row) error {
	stored, err := s.rows(ctx, b, b.layout.made, len(rows), 0)
	if err != nil {
		return err
	}
	if len(stored) != len(rows) {
		return errNotStored
	}
	for n, row := range rows {
		for _, i := range b.layout.made {
			row[i] = stored[n][i]
		}
	}
	return nil
}

// insert writes the statement that stores rows. It returns what the database sets, if makes is true.
func (b *builder) insert(rows []query.Row, makes bool) {
	b.inserts = true
	b.write(b.layout.insert)
	for r, row := range rows {
		b.write([]string{"(", ", ("}[min(r, 1)])
		for n, i := range b.layout.stored {
			if n > 0 {
				b.write(", ")
			}
			b.stored(i, row[i])
		}
		b.write(")")
	}
	if makes {
		b.write(" RETURNING ")
		b.columns(b.layout.made)
	}
}

// stored writes a value in the form of its column.
func (b *builder) stored(i int, v query.Value) {
	typ := b.layout.columns[i].typ
	switch {
	case b.layout.columns[i].made(v):
		b.write("DEFAULT")
		return
	case v.IsNull():
		b.write("NULL")
		return
	}
	switch typ {
	case "jsonb":
		b.arg(jsonText(v), typ)
	case "json": // jsonb refuses what could not be shown afterwards
		b.write("(CASE WHEN ")
		b.arg(jsonText(v), "text::jsonb")
		b.write(" IS NOT NULL THEN $" + strconv.Itoa(len(b.args)) + "::text::json END)")
	case "uuid":
		b.arg(v.Text(), "text::uuid")
	case "numeric": // by way of a float it would be rounded to 15 digits
		b.arg(strconv.FormatFloat(v.Float(), 'f', -1, 64), "text::numeric")
	case "enum":
		b.args = append(b.args, v.Text())
		b.sql = strconv.AppendInt(append(b.sql, '$'), int64(len(b.args)), 10)
	case "timestamp without time zone", "date":
		b.write("(")
		b.value(v)
		b.write(" AT TIME ZONE 'UTC')")
		if typ == "date" {
			b.write("::date")
		}
	default:
		b.value(v)
	}
}

// copies reports whether every column has Basalt's own type, which COPY requires.
func (s store) copies(c *db.Collection) bool {
	l := s.layout(c)
	for _, i := range l.stored {
		if l.columns[i].typ != fitting[c.Columns[i].Type.Kind()][0] {
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
			values[n] = native(c.Columns[i].Type.Kind(), rows[r][i])
		}
		return values, nil
	})
	_, err := s.run.CopyFrom(ctx, identifier(c.Table), names, source)
	return clientError(ctx, err)
}

func native(kind query.Kind, v query.Value) any {
	if v.IsNull() {
		return nil
	}
	switch kind {
	case query.KindInt:
		return v.Int()
	case query.KindFloat:
		return v.Float()
	case query.KindBool:
		return v.Bool()
	case query.KindTime:
		return instant(v)
	case query.KindBytes:
		return []byte(v.Text())
	case query.KindJSON:
		return []byte(jsonText(v))
	}
	return v.Text()
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
	fields := b.update(u)
	if !u.Return {
		tag, err := s.run.Exec(ctx, string(b.sql), b.args...)
		return tag.RowsAffected(), nil, clientError(ctx, s.guard(b, err))
	}
	rows, err := s.rows(ctx, b, fields, 1, 0)
	return int64(len(rows)), rows, err
}

// update writes the statement of an update and returns the fields of its columns, if it returns rows.
func (b *builder) update(u db.Update) []int {
	b.write("UPDATE ")
	b.write(b.layout.table)
	b.write(" SET ")
	for i, a := range u.Set {
		if i > 0 {
			b.write(", ")
		}
		b.write(b.layout.columns[a.Field].name)
		b.write(" = ")
		b.stored(a.Field, a.Value)
	}
	b.where(u.Where)
	if !u.Return {
		return nil
	}
	b.write(" RETURNING ")
	b.columns(b.layout.stored)
	return b.layout.stored
}

// Delete implements [db.Store].
func (s store) Delete(ctx context.Context, c *db.Collection, where query.Filter) (int64, error) {
	b := s.build(c)
	b.remove(where)
	if b.layout.hooks&onDelete == 0 {
		tag, err := s.run.Exec(ctx, string(b.sql), b.args...)
		return tag.RowsAffected(), clientError(ctx, s.guard(b, err))
	}
	// The row count does not include deletes that the database replaces.
	n, err := s.lock(ctx, c, where)
	if err == nil && n > 0 {
		_, err = s.run.Exec(ctx, string(b.sql), b.args...)
	}
	return n, clientError(ctx, s.guard(b, err))
}

// remove writes the statement of a delete.
func (b *builder) remove(where query.Filter) {
	b.write("DELETE FROM ")
	b.write(b.layout.table)
	b.where(where)
}

// lock locks the rows of a filter and counts them.
func (s store) lock(ctx context.Context, c *db.Collection, where query.Filter) (int64, error) {
	rows, err := s.Find(ctx, c, db.Find{Query: query.Query{Where: where}, Fields: c.KeyFields(), Lock: db.Exclusive})
	return int64(len(rows)), err
}

// count writes the statement of a count.
func (b *builder) count(where query.Filter) {
	b.write("SELECT count(*) FROM ")
	b.write(b.layout.table)
	b.where(where)
}

// Count implements [db.Store].
func (s store) Count(ctx context.Context, c *db.Collection, where query.Filter) (int64, error) {
	b := s.build(c)
	b.count(where)
	var n int64
	err := s.each(ctx, b, func(rows pgx.Rows, _ [][]byte) error { return rows.Scan(&n) })
	return n, err
}

// Explain implements [db.Explainer].
func (d *Driver) Explain(ctx context.Context, c *db.Collection, f db.Find) (out db.Statement, err error) {
	err = d.on(ctx, func(s store) error {
		b := d.build(c)
		b.find(f)
		out = db.Statement{Text: string(b.sql)}
		for _, a := range b.args {
			out.Args = append(out.Args, argument(a))
		}
		b.sql = append([]byte("EXPLAIN "), b.sql...)
		return s.each(ctx, b, func(rows pgx.Rows, _ [][]byte) error {
			var line string
			err := rows.Scan(&line)
			out.Plan = append(out.Plan, line)
			return err
		})
	})
	return out, err
}

func argument(a any) query.Value {
	switch a := a.(type) {
	case bool:
		return query.Bool(a)
	case int64:
		return query.Int(a)
	case float64:
		return query.Float(a)
	case pgtype.Timestamptz:
		return timeOf(a)
	case []byte:
		return query.Bytes(string(a))
	}
	return query.String(fmt.Sprint(a))
}
