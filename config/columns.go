package config

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// Stored is the name of the field's column.
func (f *Field) Stored() string {
	if f.Column != "" {
		return f.Column
	}
	return f.Name
}

// maxColumn is the length of the longest name that every database accepts.
const maxColumn = 63

// isColumn reports whether a database can have a column of this name.
func isColumn(name string) bool {
	return name != "" && len(name) <= maxColumn && utf8.ValidString(name) && !strings.ContainsFunc(name, unicode.IsControl)
}

// isTable reports whether a database can have a table of this name, in a schema or not, which is not the server's.
func isTable(name string) bool {
	schema, table, ok := strings.Cut(name, ".")
	return isColumn(schema) && (!ok || isColumn(table) && !strings.Contains(table, ".")) && !db.Internal(name)
}

// columns checks that every field has a column of its own.
func (v *validator) columns(c *Collection) {
	const form = "a column has a name of 1 to %d bytes without control characters, not %q"
	id := c.Fields["id"]
	c.composed = len(c.Key) > 1 || c.keyField() != nil
	if id.Column != "" && (c.composed || c.Key[0] != "id" && c.Key[0] != id.Column) {
		v.fail(id.At, "the column of the id is named by key: %s already", strings.Join(c.Key, ", "))
	} else if id.Column != "" {
		c.Key = Names{id.Column}
	}
	for _, name := range c.Key {
		if !isColumn(name) {
			v.fail(c.At, form, maxColumn, name)
		}
	}
	fold := strings.ToLower
	if d := v.c.Databases[c.Database]; d != nil && (d.Driver == "postgres" || d.Driver == "mongo") { // which tell them apart
		fold = func(name string) string { return name }
	}
	taken := map[string]string{}
	if !c.composed {
		taken[fold(c.Key[0])] = "id"
	}
	for _, name := range sorted(c.Fields) {
		if name == "id" {
			continue
		}
		f := c.Fields[name]
		column := fold(f.Stored())
		if other, there := taken[column]; there {
			v.fail(f.At, "the fields %q and %q have the same column %q", other, name, f.Stored())
		}
		taken[column] = name
		if f.Column != "" && !isColumn(f.Column) {
			v.fail(f.At, form, maxColumn, f.Column)
		}
	}
	for _, name := range sorted(c.Fields) {
		f := c.Fields[name]
		switch other := taken[fold(f.Was)]; {
		case f.Was == "":
		case name == "id":
			v.fail(f.At, "was: the id keeps its column")
		case !isColumn(f.Was):
			v.fail(f.At, form, maxColumn, f.Was)
		case other != "":
			v.fail(f.At, "was: %q is the column of the field %s", f.Was, other)
		}
		if f.Was != "" {
			taken[fold(f.Was)] = name
		}
	}
}

// Composed reports whether the id has no column, but consists of the fields of the key, of which there may be one.
func (c *Collection) Composed() bool { return c.composed }

// keyField returns the field that has the only column of the key, nil if that is the id's.
func (c *Collection) keyField() *Field {
	if f := c.stored(c.Key[0]); f != nil && f.Stored() == c.Key[0] {
		return f
	}
	return nil
}

// key checks the fields that the id consists of if it has no column, and makes the key their names.
func (v *validator) key(c *Collection) {
	if !c.composed {
		return
	}
	if c.Fields["id"].Type != query.TypeID {
		v.fail(c.Fields["id"].At, "an id that is made of other columns is of type id")
	}
	for n, name := range c.Key {
		f := c.stored(name)
		switch {
		case slices.Contains(c.Key[:n], name):
			v.fail(c.At, "key: %s appears twice", name)
		case f == nil:
			v.fail(c.At, "key: each column of a key of several is that of a field which is not id; there is no field %q%s", name, didYouMean(name, sorted(c.Fields)))
		case !slices.Contains(keyKinds, f.Type.Kind()) || f.Encrypt || f.Hash:
			v.fail(f.At, "a part of a key is a string, an int, a decimal, a bool, bytes, a time, a date or a ref")
		default:
			f.Required = true
			c.Key[n] = f.Name
		}
	}
}

// keyKinds are the kinds of fields that an id can consist of.
var keyKinds = []query.Kind{query.KindString, query.KindInt, query.KindDecimal, query.KindBool, query.KindBytes, query.KindTime, query.KindDate}

// stored returns the field of a column, or else that of the name; nil if there is none besides the id.
func (c *Collection) stored(column string) *Field {
	for _, name := range sorted(c.Fields) {
		if name != "id" && c.Fields[name].Stored() == column {
			return c.Fields[name]
		}
	}
	if column == "id" {
		return nil
	}
	return c.Fields[column]
}
