package memory

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

// column is how a field is stored.
type column struct {
	name   string
	typ    query.Type
	unique bool
	unused bool // it has no field any more
}

// table has the rows of a collection in the order of their key. Rows are immutable.
type table struct {
	columns []column
	key     []int // columns of the key
	// together are the unique indexes of several columns, by name.
	together map[string]together
	rows     []query.Row
	last     int64 // the largest int id so far
}

func (t *table) clone() *table {
	next := *t
	next.rows = slices.Clone(t.rows)
	return &next
}

// column returns the position of a column, -1 if there is none.
func (t *table) column(name string) int {
	return slices.IndexFunc(t.columns, func(c column) bool { return c.name == name })
}

// compareKeys orders rows by their key.
func (t *table) compareKeys(a, b query.Row) int {
	for _, i := range t.key {
		if order := compare(a[i], b[i]); order != 0 {
			return order
		}
	}
	return 0
}

// compare orders values of one type; null comes first.
func compare(a, b query.Value) int {
	switch {
	case a.IsNull() && b.IsNull():
		return 0
	case a.IsNull():
		return -1
	case b.IsNull():
		return 1
	}
	order, _ := a.Compare(b)
	return order
}

// Sync implements [db.Driver].
func (d *Driver) Sync(ctx context.Context, collections []*db.Collection) error {
	return d.write(ctx, func(t *transaction) error {
		next := maps.Clone(t.version)
		var errs []error
		for _, c := range collections {
			synced, err := next[c.Table].sync(c)
			if err != nil {
				errs = append(errs, fmt.Errorf("collection %s: %w", c.Name, err))
			}
			next[c.Table], t.own[c.Table] = synced, synced
		}
		t.version = next
		return errors.Join(errs...)
	})
}

// sync returns a table with the columns that a collection needs. t is nil if there is none yet.
func (t *table) sync(c *db.Collection) (*table, error) {
	next := &table{}
	if t != nil {
		next = t.clone()
		next.columns = slices.Clone(t.columns)
	}
	if err := next.rename(c); err != nil {
		return t, err
	}
	for i, wanted := range c.Columns {
		at := next.column(wanted.Name)
		if at < 0 {
			next.columns = append(next.columns, column{name: wanted.Name, typ: wanted.Type})
			for n, row := range next.rows {
				next.rows[n] = append(slices.Clip(row), wanted.Default)
			}
			at = len(next.columns) - 1
		}
		if have := next.columns[at].typ; have.Kind() != wanted.Type.Kind() || have.Element() != wanted.Type.Element() {
			return t, fmt.Errorf("the field %s holds %s and would become %s; a database in memory does not convert values, so start Basalt again", c.Shape.Fields[i].Name, have, wanted.Type)
		}
		if wanted.Unique && !next.columns[at].unique {
			next.columns[at].unique = true
			if err := next.distinct(at); err != nil {
				return t, err
			}
		}
	}
	key := next.positions(c, c.KeyFields())
	if t != nil && !slices.Equal(t.key, key) {
		return t, errors.New("the table has another key")
	}
	next.key = key
	return next, next.constrain(c)
}

// positions returns the columns of fields; -1 for a column that the table lacks.
func (t *table) positions(c *db.Collection, fields []int) []int {
	out := make([]int, len(fields))
	for n, i := range fields {
		out[n] = t.column(c.Columns[i].Name)
	}
	return out
}

// distinct checks that no value of a column occurs twice.
func (t *table) distinct(column int) error {
	seen := make(map[query.Value]bool, len(t.rows))
	for _, row := range t.rows {
		if v := row[column]; !v.IsNull() {
			if seen[v] {
				return db.Conflict(t.columns[column].name)
			}
			seen[v] = true
		}
	}
	return nil
}

// insert adds rows and returns their ids.
func (t *table) insert(c *db.Collection, rows []query.Row) ([]string, error) {
	l := t.layout(c)
	added := make([]query.Row, len(rows))
	for n, row := range rows {
		for i, v := range row {
			if v == query.LeftOut {
				row[i] = query.Null
			}
		}
		if err := t.number(c, row); err != nil {
			return nil, err
		}
		added[n] = l.toTable(row, len(t.columns))
		if c.Parts != nil { // a composed id is not stored
			added[n][t.column(c.Columns[c.Key].Name)] = query.Null
		}
		at, found := slices.BinarySearchFunc(t.rows, added[n], t.compareKeys)
		if found {
			return nil, db.Conflict(t.columns[t.key[0]].name)
		}
		t.rows = slices.Insert(t.rows, at, added[n])
	}
	ids := make([]string, len(rows))
	for n, row := range rows {
		ids[n] = c.ID(row)
	}
	return ids, t.unique(added)
}

// few is the number of rows up to which each is compared with all others.
const few = 16

// unique checks the unique columns of rows that were added.
func (t *table) unique(added []query.Row) error {
	for i, c := range t.columns {
		switch {
		case !c.unique || slices.Equal(t.key, []int{i}):
		case len(added) > few:
			if err := t.distinct(i); err != nil {
				return err
			}
		default:
			for _, row := range added {
				if !row[i].IsNull() && t.times(i, row[i]) > 1 {
					return db.Conflict(c.name)
				}
			}
		}
	}
	for _, x := range t.together {
		if err := x.check(t, added); err != nil {
			return err
		}
	}
	return nil
}

// times counts a value in a column.
func (t *table) times(column int, v query.Value) (n int) {
	for _, row := range t.rows {
		if row[column] == v {
			n++
		}
	}
	return n
}

// number generates an int id that was not given.
func (t *table) number(c *db.Collection, row query.Row) error {
	if c.Parts != nil || c.Columns[c.Key].Type.Kind() != query.KindInt {
		return nil
	}
	if row[c.Key].IsNull() {
		if t.last == math.MaxInt64 {
			return fault.Errorf(fault.Invalid, "there is no id after %d", t.last)
		}
		row[c.Key] = query.Int(t.last + 1)
	}
	t.last = max(t.last, row[c.Key].Int())
	return nil
}

// update sets values in selected rows. It returns the new rows as those of the collection, and all ids that were
// touched.
func (t *table) update(c *db.Collection, selected map[int]query.Row, set []db.Assignment) (rows []query.Row, ids []string, err error) {
	l := t.layout(c)
	var changed []query.Row
	for _, i := range slices.Sorted(maps.Keys(selected)) {
		row := slices.Clone(selected[i])
		before := c.ID(row)
		for _, a := range set {
			row[a.Field] = a.Value
		}
		rows, ids = append(rows, row), append(ids, before)
		if after := c.ID(row); after != before {
			ids = append(ids, after)
		}
		t.rows[i] = l.over(t.rows[i], row)
		changed = append(changed, t.rows[i])
	}
	if !slices.ContainsFunc(set, func(a db.Assignment) bool { return t.constrained(c.Columns[a.Field].Name) }) {
		return rows, ids, nil
	}
	slices.SortFunc(t.rows, t.compareKeys)
	for i := 1; i < len(t.rows); i++ {
		if t.compareKeys(t.rows[i-1], t.rows[i]) == 0 {
			return nil, nil, db.Conflict(t.columns[t.key[0]].name)
		}
	}
	return rows, ids, t.unique(changed)
}

// constrained reports whether a value of a column may conflict with another.
func (t *table) constrained(name string) bool {
	i := t.column(name)
	return len(t.together) > 0 || t.columns[i].unique || slices.Contains(t.key, i)
}

// remove deletes selected rows and returns their ids.
func (t *table) remove(c *db.Collection, selected map[int]query.Row) (ids []string) {
	kept := t.rows[:0]
	for i, row := range t.rows {
		if gone, ok := selected[i]; ok {
			ids = append(ids, c.ID(gone))
		} else {
			kept = append(kept, row)
		}
	}
	clear(t.rows[len(kept):])
	t.rows = kept
	return ids
}

// layout converts between the rows of a collection and those of its table. They differ if another collection has
// added columns to the table.
type layout struct {
	at   []int // column of each field; nil if they are the same
	size int   // fields
}

func (t *table) layout(c *db.Collection) layout {
	at := make([]int, len(c.Columns))
	same := len(c.Columns) == len(t.columns)
	for i, wanted := range c.Columns {
		if i < len(t.columns) && t.columns[i].name == wanted.Name {
			at[i] = i
			continue
		}
		at[i] = t.column(wanted.Name)
		same = false
	}
	if same {
		at = nil
	}
	return layout{at, len(c.Columns)}
}

// toFields returns a row of the table as one of the collection. It must not be changed.
func (l layout) toFields(row query.Row) query.Row {
	if l.at == nil {
		return row
	}
	out := make(query.Row, l.size)
	for i, at := range l.at {
		if at >= 0 {
			out[i] = row[at]
		}
	}
	return out
}

// toTable returns a row of the collection as one of the table.
func (l layout) toTable(row query.Row, columns int) query.Row {
	return l.over(make(query.Row, columns), row)
}

// over returns a row of the table with the values of a row of the collection.
func (l layout) over(old, row query.Row) query.Row {
	if l.at == nil {
		return slices.Clone(row)
	}
	out := slices.Clone(old)
	for i, at := range l.at {
		if at >= 0 {
			out[at] = row[i]
		}
	}
	return out
}
