package db

import (
	"fmt"
	"hash/fnv"
	"slices"
	"strings"

	"github.com/basalt-dev/basalt/modules/query"
)

// Index is an index of several columns, or of a part of the documents.
type Index struct {
	// Fields are the positions of the columns, in order; Desc has whether each is descending.
	Fields []int
	Desc   []bool
	// Unique refuses a second document with the same values. Null is never the same.
	Unique bool
	// Where selects the documents in the index; nil for all. It consists of comparisons of columns, except json, with
	// values, and of And, Or and Not.
	Where query.Filter
}

// Opposite returns the directions of an order that is read backwards, which is how an index serves both.
func Opposite(desc []bool) []bool {
	out := make([]bool, len(desc))
	for i := range desc {
		out[i] = !desc[i]
	}
	return out
}

// Serves reports whether an existing index, which is of all rows, does what an index that is not unique is for: it begins
// with its columns, in its order or the opposite one.
func (c *Collection) Serves(x Index, columns []string, desc []bool) bool {
	names := c.ColumnsOf(x)
	if x.Unique || x.Where != nil || len(columns) < len(names) {
		return false
	}
	for i, name := range names {
		if !strings.EqualFold(name, columns[i]) {
			return false
		}
	}
	return slices.Equal(desc[:len(names)], x.Desc) || slices.Equal(desc[:len(names)], Opposite(x.Desc))
}

// IndexName returns the name of an index, which differs between different ones.
func (c *Collection) IndexName(x Index) string {
	suffix := "_index"
	if x.Unique {
		suffix = "_unique"
	}
	name := c.Table + "_" + strings.Join(c.ColumnsOf(x), "_") + suffix
	if x.Where == nil && !slices.Contains(x.Desc, true) {
		return name
	}
	h := fnv.New32a()
	fmt.Fprint(h, x.Desc)
	if x.Where != nil {
		fmt.Fprint(h, query.Canonical(x.Where))
	}
	return fmt.Sprintf("%s_%08x", name, h.Sum32())
}

// ColumnsOf are the columns of an index.
func (c *Collection) ColumnsOf(x Index) []string {
	names := make([]string, len(x.Fields))
	for n, i := range x.Fields {
		names[n] = c.Columns[i].Name
	}
	return names
}

// leads reports whether an index of all documents begins with a column.
func (c *Collection) leads(field int) bool {
	return slices.ContainsFunc(c.Indexes, func(x Index) bool { return x.Where == nil && x.Fields[0] == field })
}
