package mysql

import (
	"fmt"
	"hash/fnv"
	"slices"
	"strings"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

const (
	maxName    = 64   // characters of the name of an index
	prefix     = 191  // characters of a text without a length in an index
	indexBytes = 3072 // the most of an index
)

// indexes plans the missing indexes; have is nil for a table that is missing itself. An index of InnoDB ends with the
// key anyway.
func (p *planner) indexes(have *table) {
	for _, i := range p.col.Stored() {
		c := p.col.Columns[i]
		if i == p.col.Key || !c.Unique && !c.Index || c.Index && !c.Unique && p.col.KeyFields()[0] == i {
			continue
		}
		p.index(have, db.Index{Fields: []int{i}, Desc: []bool{false}, Unique: c.Unique})
	}
	for _, x := range p.col.Indexes {
		p.index(have, x)
	}
}

// index plans an index, unless an existing one serves.
func (p *planner) index(have *table, x db.Index) {
	name := indexName(p.col, x)
	if have != nil {
		if _, exists := have.indexes[name]; exists || p.served(have, x) {
			return
		}
	}
	columns := make([]string, 0, len(x.Fields)+1)
	size := 0
	for n, i := range x.Fields {
		column, bytes := p.inIndex(have, i, x.Unique, indexBytes-size)
		size += bytes
		if x.Desc[n] {
			column += " DESC"
		}
		columns = append(columns, column)
	}
	alter := ""
	if x.Unique && x.Where != nil {
		flag := p.flag(x)
		columns = append(columns, quote(flag))
		if have == nil || have.columns[flag].name == "" {
			alter = "ADD COLUMN " + quote(flag) + " TINYINT GENERATED ALWAYS AS (if(" + p.condition(x.Where) + ", 1, NULL)) VIRTUAL INVISIBLE, "
		}
	}
	kind := "INDEX "
	if x.Unique {
		kind = "UNIQUE INDEX "
	}
	p.add("ALTER TABLE "+tableName(p.col.Table)+" "+alter+"ADD "+kind+quote(name)+" ("+strings.Join(columns, ", ")+")", false, "the index is missing")
}

// served reports whether an existing index does what one is for: it begins with the column, or is unique for the same
// columns.
func (p *planner) served(have *table, x db.Index) bool {
	names := p.col.ColumnsOf(x)
	for i := range names {
		names[i] = strings.ToLower(names[i])
	}
	slices.Sort(names)
	for _, is := range have.indexes {
		switch {
		case x.Where != nil:
		case x.Unique && is.unique && slices.Equal(slices.Sorted(slices.Values(is.columns)), names):
			return true
		case !x.Unique && len(names) == 1 && is.columns[0] == names[0], p.col.Serves(x, is.columns, is.desc):
			return true
		}
	}
	return false
}

// inIndex writes a column of an index, and returns its size. A text without a length, and one that has no room, is in it
// up to a length.
func (p *planner) inIndex(have *table, i int, unique bool, room int) (string, int) {
	name := quote(p.col.Columns[i].Name)
	kind := p.col.Columns[i].Type.Kind()
	if kind != query.KindString && kind != query.KindBytes {
		return name, 32
	}
	width, length := 4, bound(p.col, i)
	if kind == query.KindBytes {
		width = 1
	}
	if p.col.Columns[i].Type == query.TypeUUID {
		length = 36
	}
	if have != nil {
		if c, exists := have.columns[strings.ToLower(p.col.Columns[i].Name)]; exists && unbounded(c) && !unique {
			return name + "(" + number(prefix) + ")", prefix * width
		}
	}
	if length*width > room && !unique {
		length = max(room/width, 1)
		return name + "(" + number(length) + ")", length * width
	}
	return name, length * width
}

// flag is the name of the generated column that is null where the condition of an index does not hold: values with a null
// are never the same.
func (p *planner) flag(x db.Index) string {
	h := fnv.New32a()
	h.Write([]byte(query.Canonical(x.Where)))
	return fmt.Sprintf("%swhere_%08x", ownPrefix, h.Sum32())
}

func (p *planner) condition(where query.Filter) string {
	b := p.driver.build(p.col)
	defer p.driver.release(b)
	b.Condition(where, inSQL)
	return string(b.SQL)
}
