package memory

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// together is a unique index of several columns, or of a part of the documents. It is immutable.
type together struct {
	collection *db.Collection
	index      db.Index
}

// constrain adds the unique indexes of a collection.
func (t *table) constrain(c *db.Collection) error {
	t.together = maps.Clone(t.together)
	for _, x := range c.Indexes {
		if !x.Unique {
			continue
		}
		if t.together == nil {
			t.together = map[string]together{}
		}
		t.together[c.IndexName(x)] = together{c, x}
		if err := t.together[c.IndexName(x)].check(t, t.rows); err != nil {
			return err
		}
	}
	return nil
}

// check refuses rows of a table whose values another one has.
func (x together) check(t *table, added []query.Row) error {
	l := t.layout(x.collection)
	seen := map[string]int{}
	for _, row := range added {
		if key, ok := x.key(l.toFields(row)); ok {
			seen[key] = 0
		}
	}
	if len(seen) == 0 {
		return nil
	}
	for _, row := range t.rows {
		key, ok := x.key(l.toFields(row))
		if n, wanted := seen[key]; ok && wanted {
			if n > 0 {
				return db.Conflict(x.collection.ColumnsOf(x.index)...)
			}
			seen[key] = n + 1
		}
	}
	return nil
}

// key returns the values of a row in the index. It reports false if the row is not in it, or one of them is null.
func (x together) key(row query.Row) (string, bool) {
	var key strings.Builder
	for _, i := range x.index.Fields {
		if row[i].IsNull() {
			return "", false
		}
		text := row[i].JSON()
		fmt.Fprintf(&key, "%d %s", len(text), text)
	}
	return key.String(), x.index.Where == nil || query.Match(x.index.Where, x.collection.Shape, row, nil)
}

// rename gives columns the name that they have now. It refuses a new column when one of the same type, with data, has
// just lost its field.
func (t *table) rename(c *db.Collection) error {
	stored := func(name string) bool { return c.FieldOf(name) >= 0 }
	for i, wanted := range c.Columns {
		if t.column(wanted.Name) >= 0 {
			continue
		}
		if at := t.column(wanted.Was); wanted.Was != "" && at >= 0 {
			t.columns[at].name = wanted.Name
			continue
		}
		for at, old := range t.columns {
			data := slices.ContainsFunc(t.rows, func(row query.Row) bool { return !row[at].IsNull() })
			if data && !stored(old.name) && old.typ == wanted.Type && !old.unused {
				return fmt.Errorf("%s, or start Basalt again", db.Renamed(c, i, old.name))
			}
		}
	}
	for at := range t.columns {
		t.columns[at].unused = !stored(t.columns[at].name)
	}
	return nil
}
