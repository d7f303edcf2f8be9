package supabase

import (
	"github.com/basalt-dev/basalt/config"
	"github.com/basalt-dev/basalt/modules/query"
)

// table is a collection as the dialect sees it. Clients know its columns by the names that they are stored under: an app
// was written for the table, and not for the collection over it.
type table struct {
	name  string
	c     *config.Collection
	shape *query.Shape
	// stored are the names of the fields in their order, and places where a name leads, which may also be that of the field.
	stored []string
	places map[string]int
	// renamed says that a column has another name than its field.
	renamed bool
}

func newTable(name string, c *config.Collection) *table {
	t := &table{name: name, c: c, shape: c.Shape, places: map[string]int{}}
	for i, f := range c.Shape.Fields {
		column := f.Name
		switch {
		case i == 0 && !t.composed():
			column = c.Key[0]
		case i > 0 && c.Ordered[i].Column != "":
			column = c.Ordered[i].Column
		}
		t.stored = append(t.stored, column)
		t.renamed = t.renamed || column != f.Name
		t.places[f.Name] = i
	}
	for i, column := range t.stored {
		if i > 0 || !t.composed() {
			t.places[column] = i
		}
	}
	return t
}

// field returns the configuration of a field.
func (t *table) field(i int) *config.Field { return t.c.Ordered[i] }

// index returns the place of a column, -1 if there is none.
func (t *table) index(column string) int {
	if i, ok := t.places[column]; ok {
		return i
	}
	return -1
}

// fieldOf returns the name of the field of a column that is there.
func (t *table) fieldOf(c column) string { return t.shape.Fields[t.index(c.field)].Name }

// column returns the name of the column of a field.
func (t *table) column(field string) string {
	if i := t.shape.Index(field); i >= 0 {
		return t.stored[i]
	}
	return field
}

// composed reports whether the id is made of several columns, and is no column itself.
func (t *table) composed() bool { return t.c.Composed() }

// identifies reports whether a field has each value once.
func (t *table) identifies(field string) bool {
	return t.field(t.shape.Index(field)).Unique || len(t.c.Key) == 1 && t.composed() && t.c.Key[0] == field
}

// rename gives the members of a JSON object the names of the fields.
func (t *table) rename(row query.Value) query.Value {
	if !t.renamed || row.Kind() != query.KindJSON || row.Text()[0] != '{' {
		return row
	}
	return renamed(row, func(name string) string {
		if i := t.index(name); i >= 0 {
			return t.shape.Fields[i].Name
		}
		return name
	})
}

// record gives the members of a document the names of the columns.
func (t *table) record(doc []byte) []byte {
	if !t.renamed || doc == nil {
		return doc
	}
	return renamed(query.RawJSON(string(doc)), t.column).AppendJSON(nil)
}

func renamed(row query.Value, to func(string) string) query.Value {
	out := []byte{'{'}
	row.Members(func(name string, v query.Value) bool {
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = v.AppendJSON(append(query.String(to(name)).AppendJSON(out), ':'))
		return true
	})
	return query.RawJSON(string(append(out, '}')))
}
