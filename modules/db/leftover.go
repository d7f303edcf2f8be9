package db

import (
	"fmt"
	"slices"
	"strings"
)

// Existing is an index that a table has.
type Existing struct {
	Name    string
	Columns []string
	Unique  bool
	// Partial is true if it is of a part of the rows.
	Partial bool
}

// Leftover returns the names of the indexes of a table that Basalt has made and that no collection wants any more. has are
// the indexes that nothing else in the database depends on, history the statements that were applied, in order. quote
// writes a name, and name is that of an index.
func Leftover(collections []*Collection, table string, has []Existing, history []string, quote func(string) string, name func(*Collection, Index) string) []string {
	if Internal(table) {
		return nil
	}
	var out []string
	for _, x := range has {
		if madeHere(x.Name, table, history, quote) && !slices.ContainsFunc(collections, func(c *Collection) bool { return c.Table == table && c.wants(x, name) }) {
			out = append(out, x.Name)
		}
	}
	slices.Sort(out)
	return out
}

// madeHere reports whether the last statement about an index is the one that has made it.
func madeHere(name, table string, history []string, quote func(string) string) bool {
	made := false
	for _, sql := range history {
		switch {
		case !strings.Contains(sql, quote(name)):
		case strings.Contains(sql, "INDEX "+quote(name)+" ") && strings.Contains(sql, quote(table[strings.LastIndex(table, ".")+1:])) && !strings.Contains(sql, "DROP INDEX"):
			made = true
		case strings.Contains(sql, "DROP INDEX"):
			made = false
		}
	}
	return made
}

// wants reports whether an existing index is, or serves as, one of the collection.
func (c *Collection) wants(has Existing, name func(*Collection, Index) string) bool {
	all := slices.Clone(c.Indexes)
	for i, column := range c.Columns {
		if column.Unique || column.Index {
			all = append(all, Index{Fields: []int{i}, Desc: []bool{false}, Unique: column.Unique})
		}
	}
	is := func(i int, column string) bool { // also by the name that it has until the column is renamed
		return strings.EqualFold(c.Columns[i].Name, column) || c.Columns[i].Was != "" && strings.EqualFold(c.Columns[i].Was, column)
	}
	return slices.ContainsFunc(all, func(x Index) bool {
		switch {
		case name(c, x) == has.Name:
			return true
		case has.Partial || x.Where != nil || x.Unique != has.Unique || len(x.Fields) > len(has.Columns) || x.Unique && len(x.Fields) != len(has.Columns):
			return false
		case x.Unique:
			return !slices.ContainsFunc(has.Columns, func(column string) bool {
				return !slices.ContainsFunc(x.Fields, func(i int) bool { return is(i, column) })
			})
		}
		for n, i := range x.Fields {
			if !is(i, has.Columns[n]) {
				return false
			}
		}
		return true
	})
}

// Unwanted returns the steps that drop indexes.
func Unwanted(c *Collection, names []string, drop func(name string) string) []Migration {
	var out []Migration
	for _, name := range names {
		out = append(out, Migration{Collection: c.Name, SQL: drop(name), Why: fmt.Sprintf("the index %s was made for the configuration, which has it no more", name)})
	}
	return out
}
