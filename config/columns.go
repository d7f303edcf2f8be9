package config

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

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

// columns checks that every field has a column of its own.
func (v *validator) columns(c *Collection) {
	const form = "a column has a name of 1 to %d bytes without control characters, not %q"
	id := c.Fields["id"]
	if id.Column != "" && (len(c.Key) > 1 || c.Key[0] != "id" && c.Key[0] != id.Column) {
		v.fail(id.At, "the column of the id is named by key: %s already", strings.Join(c.Key, ", "))
	} else if id.Column != "" {
		c.Key = Names{id.Column}
	}
	for _, name := range c.Key {
		if !isColumn(name) {
			v.fail(c.At, form, maxColumn, name)
		}
	}
	taken := map[string]string{}
	if len(c.Key) == 1 {
		taken[strings.ToLower(c.Key[0])] = "id"
	}
	for _, name := range sorted(c.Fields) {
		if name == "id" {
			continue
		}
		f := c.Fields[name]
		column := strings.ToLower(f.Stored())
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
		switch other := taken[strings.ToLower(f.Was)]; {
		case f.Was == "":
		case name == "id":
			v.fail(f.At, "was: the id keeps its column")
		case !isColumn(f.Was):
			v.fail(f.At, form, maxColumn, f.Was)
		case other != "":
			v.fail(f.At, "was: %q is the column of the field %s", f.Was, other)
		}
		if f.Was != "" {
			taken[strings.ToLower(f.Was)] = name
		}
	}
}

// key checks the fields that a key of several columns consists of, and makes the key their names.
func (v *validator) key(c *Collection) {
	if len(c.Key) == 1 {
		return
	}
	if c.Fields["id"].Type != query.TypeID {
		v.fail(c.Fields["id"].At, "an id that is made of several columns is of type id")
	}
	for n, name := range c.Key {
		f := c.stored(name)
		switch {
		case slices.Contains(c.Key[:n], name):
			v.fail(c.At, "key: %s is there twice", name)
		case f == nil:
			v.fail(c.At, "key: each column of a key of several is that of a field which is not id; there is no field %q%s", name, didYouMean(name, sorted(c.Fields)))
		case !slices.Contains([]query.Kind{query.KindString, query.KindInt, query.KindTime, query.KindDate}, f.Type.Kind()) || f.Encrypt || f.Hash:
			v.fail(f.At, "a part of a key is a string, an int, a time, a date or a ref")
		default:
			f.Required = true
			c.Key[n] = f.Name
		}
	}
}

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
