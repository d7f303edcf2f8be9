package memory

import (
	"cmp"
	"context"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// reader answers from one version of the database.
type reader struct{ version version }

// checkEvery is after how many rows a scan checks whether its request has ended.
const checkEvery = 1024

// selected returns the rows that match a filter, as those of the collection, by their position in the table.
func (r reader) selected(ctx context.Context, c *db.Collection, where query.Filter) (map[int]query.Row, error) {
	out := maps.Collect(r.matching(ctx, c, where))
	return out, late(ctx)
}

func late(ctx context.Context) error {
	if ctx.Err() != nil {
		return db.Timeout()
	}
	return nil
}

// matching yields the rows that match a filter, with their positions, in the order of the key. The rows must not be
// changed. It stops when ctx ends, which the caller has to check.
func (r reader) matching(ctx context.Context, c *db.Collection, where query.Filter) iter.Seq2[int, query.Row] {
	if where == nil {
		where = query.True
	}
	return func(yield func(int, query.Row) bool) {
		t := r.version[c.Table]
		if t == nil {
			return
		}
		l, answer := t.layout(c), r.answer(ctx, c)
		next := func(i int) bool {
			row := l.toFields(t.rows[i])
			return !query.Match(where, c.Shape, row, answer) || yield(i, row)
		}
		if values, ok := keyed(c, where); ok {
			for _, v := range values {
				i, found := slices.BinarySearchFunc(t.rows, v, func(row query.Row, v query.Value) int { return compare(row[t.key[0]], v) })
				if found && !next(i) {
					return
				}
			}
			return
		}
		for i := range t.rows {
			if i%checkEvery == 0 && ctx.Err() != nil || !next(i) {
				return
			}
		}
	}
}

// keyed returns the keys that a filter allows, in their order and each once. It reports false if the filter does
// not name them.
func keyed(c *db.Collection, where query.Filter) (values []query.Value, ok bool) {
	if c.Parts != nil {
		return nil, false
	}
	path := c.KeyPath()
	switch f := where.(type) {
	case *query.And:
		for _, term := range f.Terms {
			if values, ok = keyed(c, term); ok {
				return values, true
			}
		}
	case *query.Compare:
		if f.Op == query.Eq && f.Path == path {
			return []query.Value{f.Value}, true
		}
	case *query.In:
		if f.Path == path {
			sorted := slices.SortedFunc(slices.Values(f.Values), compare)
			return slices.CompactFunc(sorted, query.Value.Equal), true
		}
	}
	return nil, false
}

// answer evaluates the lookups of the rows of a collection.
func (r reader) answer(ctx context.Context, c *db.Collection) query.Answer {
	return func(f query.Filter, s *query.Shape, row query.Row) bool {
		e, ok := f.(*query.Exists)
		if !ok { // webhooks are not called by a database
			return false
		}
		where, ok := linked(s, row, e)
		if !ok {
			return false
		}
		for range r.matching(ctx, c.Related[e.Collection], where) {
			return true
		}
		return false
	}
}

// Find implements [db.Store].
func (r reader) Find(ctx context.Context, c *db.Collection, f db.Find) ([]query.Row, error) {
	rows := []query.Row{}
	for _, row := range r.matching(ctx, c, f.Where) {
		rows = append(rows, row)
	}
	if err := late(ctx); err != nil {
		return nil, err
	}
	if f.Rank != nil {
		rank(c, f.Rank, rows)
	} else if len(f.Sort) > 0 && !slices.Equal(f.Sort, c.KeyOrder(false)) {
		if rows = r.sorted(ctx, c, f.Sort, rows); ctx.Err() != nil {
			return nil, db.Timeout()
		}
	}
	if f.PerLimit > 0 {
		n := map[string]int{}
		rows = slices.DeleteFunc(rows, func(row query.Row) bool {
			of := row.Of(f.Per)
			n[of]++
			return n[of] > f.PerLimit
		})
	}
	rows = rows[min(f.Offset, len(rows)):]
	if f.Limit > 0 {
		rows = rows[:min(f.Limit, len(rows))]
	}
	return copied(rows, f)
}

// sorted returns rows in an order.
func (r reader) sorted(ctx context.Context, c *db.Collection, sort []query.SortKey, rows []query.Row) []query.Row {
	if !query.Related(sort) {
		slices.SortStableFunc(rows, query.Ordering(c.Shape, sort))
		return rows
	}
	// The values of related documents stand behind the fields of the rows.
	fields, keys := slices.Clone(c.Shape.Fields), slices.Clone(sort)
	for i, k := range keys {
		if k.Of != nil {
			keys[i].Field, keys[i].Of = "."+strconv.Itoa(i), nil
			fields = append(fields, query.Field{Name: keys[i].Field})
		}
	}
	for n, row := range rows {
		wide := slices.Clip(row)
		for _, k := range sort {
			if k.Of != nil {
				wide = append(wide, r.reach(ctx, c, row, k.Of.Steps, k.Field))
			}
		}
		rows[n] = wide
	}
	slices.SortStableFunc(rows, query.Ordering(query.NewShape(fields), keys))
	for n := range rows {
		rows[n] = rows[n][:len(c.Shape.Fields):len(c.Shape.Fields)]
	}
	return rows
}

// reach returns the value of a field of the document that lookups lead to, null where there is none.
func (r reader) reach(ctx context.Context, c *db.Collection, row query.Row, steps []*query.Exists, field string) query.Value {
	for _, step := range steps {
		where, ok := linked(c.Shape, row, step)
		if !ok {
			return query.Null
		}
		c = c.Related[step.Collection]
		row = nil
		for _, found := range r.matching(ctx, c, where) {
			row = found
			break
		}
		if row == nil {
			return query.Null
		}
	}
	return row[c.Shape.Index(field)]
}

// linked returns the filter of what a lookup finds for a row; false where it finds nothing.
func linked(s *query.Shape, row query.Row, e *query.Exists) (query.Filter, bool) {
	terms := []query.Filter{e.Where}
	for _, l := range e.Links {
		outer := s.Get(row, l.Outer)
		if outer.IsNull() {
			return nil, false
		}
		terms = append(terms, &query.Compare{Path: l.Inner, Op: l.Op, Value: outer})
	}
	return query.All(terms...), true
}

// copied returns rows that the caller may change, with the fields that were asked for.
func copied(rows []query.Row, f db.Find) ([]query.Row, error) {
	out := make([]query.Row, len(rows))
	values, text := 0, 0
	for n, row := range rows {
		if f.Fields == nil {
			out[n] = slices.Clone(row)
		} else {
			out[n] = make(query.Row, len(row))
			for _, i := range f.Fields {
				out[n][i] = row[i]
			}
		}
		values += len(row)
		for _, v := range out[n] {
			text += len(v.Text())
		}
		if db.Full(f.Bytes, values, text) {
			return nil, db.ErrTooLarge
		}
	}
	return out, nil
}

// Forgives implements [db.Forgiving].
func (d *Driver) Forgives() {}

// rank orders rows by how often the words of a search occur in them, then by key.
func rank(c *db.Collection, f *query.Search, rows []query.Row) {
	score := func(row query.Row) (n int) {
		for i, column := range c.Columns {
			if column.Search {
				n += f.Hits(row[i].Text())
			}
		}
		return n
	}
	scores := make(map[string]int, len(rows))
	for _, row := range rows {
		scores[c.ID(row)] = score(row)
	}
	slices.SortStableFunc(rows, func(a, b query.Row) int { return cmp.Compare(scores[c.ID(b)], scores[c.ID(a)]) })
}

// Count implements [db.Store].
func (r reader) Count(ctx context.Context, c *db.Collection, where query.Filter) (n int64, err error) {
	for range r.matching(ctx, c, where) {
		n++
	}
	return n, late(ctx)
}

// Aggregate implements [db.Store].
func (r reader) Aggregate(ctx context.Context, c *db.Collection, a db.Aggregate) ([][]query.Value, error) {
	groups := map[string]*group{}
	if len(a.Group) == 0 {
		groups[""] = newGroup(nil, a)
	}
	for _, row := range r.matching(ctx, c, a.Where) {
		values := make([]query.Value, len(a.Group))
		for n, i := range a.Group {
			values[n] = row[i]
		}
		key := groupKey(values)
		if groups[key] == nil {
			groups[key] = newGroup(values, a)
		}
		groups[key].add(a, row)
	}
	if err := late(ctx); err != nil {
		return nil, err
	}
	sorted := slices.SortedFunc(maps.Values(groups), func(x, y *group) int { return slices.CompareFunc(x.by, y.by, compare) })
	if a.Limit > 0 {
		sorted = sorted[:min(a.Limit, len(sorted))]
	}
	out := make([][]query.Value, len(sorted))
	for i, g := range sorted {
		var err error
		if out[i], err = g.row(a); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// groupKey is equal for equal values.
func groupKey(values []query.Value) string {
	var key strings.Builder
	for _, v := range values {
		text := v.JSON()
		key.WriteByte(byte(v.Kind()))
		key.WriteString(query.Int(int64(len(text))).JSON())
		key.WriteByte(' ')
		key.WriteString(text)
	}
	return key.String()
}
