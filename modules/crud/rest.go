package crud

import (
	"slices"
	"strings"

	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/modules/schema"
)

// A collection that is open takes members that are not declared. They are kept in the field [query.Rest], and shown
// beside the others.

// beside are members of an answer, names of databases, and one that is no member to JavaScript.
var beside = []string{"expand", "snippets", "_id", "__proto__", query.Rest}

// refusesMember says why a name cannot be that of a member which is not declared; it is empty where it can.
func (c *Collection) refusesMember(name string) string {
	if slices.Contains(beside, name) || strings.HasPrefix(name, "_basalt") {
		return name + " has a meaning of its own, and cannot be the name of a member that is not declared"
	}
	for i, column := range c.stored.Columns {
		if strings.EqualFold(column.Name, name) {
			return name + " is stored as " + c.fields[i].Name + "; use that name"
		}
	}
	return ""
}

// keepsRest reports whether a value of a field can be stored there as far as members that are not declared go.
func (o *operation) keepsRest(field int, v query.Value, m *problems) bool {
	if field != o.c.rest || v.IsNull() {
		return true
	}
	if !schema.IsObject(v) {
		m.Add(query.Rest, "type", "expected an object: the members that are not declared")
		return false
	}
	before := m.Len()
	v.Members(func(name string, _ query.Value) bool {
		if o.c.object.Index(name) >= 0 {
			m.Add(query.Rest, "name", "%s is a declared field", name)
		} else {
			o.c.object.Takes(name, &m.Problems)
		}
		return true
	})
	return m.Len() == before
}

// appendRest appends the members that are not declared: all, or those with one of the names.
func (d Document) appendRest(dst []byte, start int) []byte {
	v := d.row[d.c.rest]
	if !schema.IsObject(v) {
		return dst
	}
	v.Members(func(name string, member query.Value) bool {
		if d.members != nil && !slices.Contains(d.members, name) || d.c.covers(name) {
			return true
		}
		if len(dst) > start {
			dst = append(dst, ',')
		}
		dst = append(query.String(name).AppendJSON(dst), ':')
		dst = member.AppendJSON(dst)
		return true
	})
	return dst
}

// covers reports whether a member that is stored among those which are not declared is not shown as one: it is declared by
// now, say.
func (c *Collection) covers(name string) bool {
	return c.object.Index(name) >= 0 || slices.Contains(beside, name)
}

// undeclared returns the members that are not declared as one value.
func (c *Collection) undeclared(v query.Value) query.Value {
	covered := false
	v.Members(func(name string, _ query.Value) bool {
		covered = c.covers(name)
		return !covered
	})
	if !covered {
		return v
	}
	out := membersOf(v)
	out.names = slices.DeleteFunc(out.names, c.covers)
	return out.object(nil)
}

// chosen restricts documents to the members of a selection that are not declared; nil shows all.
func chosen(docs []Document, members []string) {
	for i := range docs {
		docs[i].members = members
	}
}
