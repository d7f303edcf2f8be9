package mysql

import (
	"context"
	"slices"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/db/profile"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

const (
	insertRows  = 100     // rows per statement
	insertBytes = 1 << 20 // and about how many bytes, unless one row has more
)

// batch returns the first rows, as many as one statement stores.
func batch(rows []query.Row) []query.Row {
	size := 0
	for n, row := range rows {
		size += db.Size(row)
		if n == insertRows || n > 0 && size > insertBytes {
			return rows[:n]
		}
	}
	return rows
}

// Insert implements [db.Store].
func (s store) Insert(ctx context.Context, c *db.Collection, rows []query.Row) error {
	for _, row := range rows {
		for i, v := range row {
			if err := storable(c, i, v); err != nil {
				return err
			}
		}
	}
	makes := s.layout(c).makes(rows)
	for len(rows) > 0 {
		next := batch(rows)
		if makes && !s.flavor.returning {
			next = rows[:1] // whose number is known
		}
		if err := s.insertRows(ctx, c, next, makes); err != nil {
			return err
		}
		rows = rows[len(next):]
	}
	return nil
}

// storable returns an error for a value that the column of a field cannot hold, which the database would change.
func storable(c *db.Collection, field int, v query.Value) error {
	column := c.Columns[field].Name
	kind := c.Columns[field].Type.Kind()
	if kind == query.KindJSON {
		return nil
	}
	switch {
	case v.Kind() == query.KindDecimal && (beyondDecimal(v.Text()) != 0 || !exact(v.Text())):
		return fault.FieldErrorf(column, "max", "the database stores %d digits before the point and %d after it", wholeDigits, fractionDigits)
	case beyond(kind, v) != 0:
		return fault.FieldErrorf(column, "max", "the database stores the years 0 to 9999, and finite numbers")
	}
	return nil
}

// insertRows stores rows with one statement. It reads what the database has set, if makes is true.
func (s store) insertRows(ctx context.Context, c *db.Collection, rows []query.Row, makes bool) error {
	b := s.build(c)
	defer s.release(b)
	b.Insert(b.Table.Stored, rows...)
	if makes && s.flavor.returning {
		b.Returning(b.layout.made)
		stored, err := s.rows(ctx, b, b.Table.Kinds, b.layout.made, len(rows), 0)
		if err != nil {
			return err
		}
		take(rows, stored, b.layout.made)
		return nil
	}
	defer profile.Begin(ctx, b.SQL).End()
	result, err := s.run.ExecContext(ctx, string(b.SQL), b.arguments()...)
	if err != nil || !makes {
		return s.clientError(ctx, c, err)
	}
	key := rows[0]
	if c.Parts == nil && key[c.Key].IsNull() {
		id, err := result.LastInsertId()
		if err != nil {
			return err
		}
		key[c.Key] = query.Int(id)
	}
	stored, err := s.Find(ctx, c, db.Find{Query: query.Query{Where: keyOf(c, key)}, Fields: b.layout.made})
	if err == nil {
		take(rows, stored, b.layout.made)
	}
	return err
}

// take updates fields of rows to what is stored.
func take(rows, stored []query.Row, fields []int) {
	for n := range stored {
		for _, i := range fields {
			rows[n][i] = stored[n][i]
		}
	}
}

// keyOf returns the filter for the document of a row.
func keyOf(c *db.Collection, row query.Row) query.Filter {
	var terms []query.Filter
	for _, i := range c.KeyFields() {
		terms = append(terms, &query.Compare{Path: query.Path{Field: c.Shape.Fields[i].Name}, Op: query.Eq, Value: row[i]})
	}
	return query.All(terms...)
}

// keysOf returns the filter for the documents of rows.
func keysOf(c *db.Collection, rows []query.Row) query.Filter {
	if c.Parts == nil {
		ids := make([]query.Value, len(rows))
		for i, row := range rows {
			ids[i] = row[c.Key]
		}
		return query.OneOf(c.KeyPath(), ids)
	}
	each := make([]query.Filter, len(rows))
	for i, row := range rows {
		each[i] = keyOf(c, row)
	}
	return query.Any(each...)
}

// Update implements [db.Store]. Neither database returns rows from an UPDATE: they are found and locked first, unless
// the filter names one, and read afterwards.
func (s store) Update(ctx context.Context, c *db.Collection, u db.Update) (int64, []query.Row, error) {
	for _, a := range u.Set {
		if err := storable(c, a.Field, a.Value); err != nil {
			return 0, nil, err
		}
	}
	first := s.flavor.locksFirst(u.Where)
	if !u.Return && !first {
		n, err := s.update(ctx, c, u)
		return n, nil, err
	}
	one := keyTerms(c, u.Where)
	if one == nil || first {
		rows, err := s.lock(ctx, c, u.Where)
		if err != nil || len(rows) == 0 {
			return 0, nil, err
		}
		one = keysOf(c, rows)
		u.Where = one
	}
	n, err := s.update(ctx, c, u)
	if err != nil || n == 0 || !u.Return {
		return n, nil, err
	}
	rows, err := s.Find(ctx, c, db.Find{Query: query.Query{Where: moved(c, one, u.Set)}})
	return n, rows, err
}

func (s store) update(ctx context.Context, c *db.Collection, u db.Update) (int64, error) {
	b := s.build(c)
	defer s.release(b)
	b.Update(u)
	return s.affect(ctx, b)
}

func (s store) affect(ctx context.Context, b *builder) (int64, error) {
	defer profile.Begin(ctx, b.SQL).End()
	result, err := s.run.ExecContext(ctx, string(b.SQL), b.arguments()...)
	if err != nil {
		return 0, s.clientError(ctx, b.Table.Collection, err)
	}
	return result.RowsAffected()
}

// keyTerms returns the part of a filter that names one document; nil if there is none.
func keyTerms(c *db.Collection, where query.Filter) query.Filter {
	terms := []query.Filter{where}
	if and, ok := where.(*query.And); ok {
		terms = and.Terms
	}
	var out []query.Filter
	for _, i := range c.KeyFields() {
		n := slices.IndexFunc(terms, func(t query.Filter) bool {
			compare, ok := t.(*query.Compare)
			return ok && compare.Op == query.Eq && compare.Path == query.Path{Field: c.Shape.Fields[i].Name}
		})
		if n < 0 {
			return nil
		}
		out = append(out, terms[n])
	}
	return query.All(out...)
}

// moved returns the filter for documents of keys after a change, which may set a part of the key.
func moved(c *db.Collection, keys query.Filter, set []db.Assignment) query.Filter {
	for _, a := range set {
		if !slices.Contains(c.KeyFields(), a.Field) {
			continue
		}
		path := query.Path{Field: c.Shape.Fields[a.Field].Name}
		keys = replaceKey(keys, &query.Compare{Path: path, Op: query.Eq, Value: a.Value})
	}
	return keys
}

// replaceKey replaces the comparisons of a field in a filter of keys.
func replaceKey(keys query.Filter, by *query.Compare) query.Filter {
	terms := func(of []query.Filter) []query.Filter {
		out := make([]query.Filter, len(of))
		for i, t := range of {
			out[i] = replaceKey(t, by)
		}
		return out
	}
	switch f := keys.(type) {
	case *query.And:
		return query.All(terms(f.Terms)...)
	case *query.Or:
		return query.Any(terms(f.Terms)...)
	case *query.Compare:
		if f.Path == by.Path {
			return by
		}
	case *query.In:
		if f.Path == by.Path {
			return by
		}
	}
	return keys
}

// lock locks the rows of a filter and returns their keys.
func (s store) lock(ctx context.Context, c *db.Collection, where query.Filter) ([]query.Row, error) {
	return s.Find(ctx, c, db.Find{Query: query.Query{Where: where}, Fields: c.KeyFields(), Lock: db.Exclusive})
}

// Delete implements [db.Store].
func (s store) Delete(ctx context.Context, c *db.Collection, where query.Filter) (int64, error) {
	if s.flavor.locksFirst(where) {
		rows, err := s.lock(ctx, c, where)
		if err != nil || len(rows) == 0 {
			return 0, err
		}
		where = keysOf(c, rows)
	}
	b := s.build(c)
	defer s.release(b)
	b.Delete(where)
	return s.affect(ctx, b)
}
