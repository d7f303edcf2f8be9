package config

import (
	"cmp"
	"slices"

	"github.com/basalt-dev/basalt/modules/query"
)

// members checks what is declared inside a json field, in objects of any depth.
func (v *validator) members(f *Field) {
	switch {
	case f.Type != query.TypeJSON && len(f.Fields) > 0:
		v.fail(f.At, "fields: is for fields of type json, and declares the members of the objects in them")
		return
	case len(f.Fields) == 0 && f.Open:
		v.fail(f.At, "open: lets a json field with fields: take other members too; without fields it takes any")
		return
	case len(f.Fields) > 0 && f.Default != nil:
		v.fail(f.Default.At, "a json field with fields: has no default; give its members one")
	}
	for _, name := range sorted(f.Fields) {
		m := f.Fields[name]
		m.Name = name
		f.Members = append(f.Members, m)
		v.member(m)
	}
	slices.SortStableFunc(f.Members, byPlace)
}

// open adds the field that has what is not declared.
func (v *validator) open(c *Collection) {
	switch {
	case !c.Open:
	case c.Files != nil:
		v.fail(c.At, "open: files have the field metadata for what is not declared")
	case c.Fields[query.Rest] == nil: // else it has a name that no field can have, which is said elsewhere
		c.Fields[query.Rest] = &Field{At: c.At, Type: query.TypeJSON, Rest: true}
	}
}

// Declared are the fields without the one that has the rest of an open collection.
func (c *Collection) Declared() []*Field {
	if c.Open && len(c.Ordered) > 0 && c.Ordered[len(c.Ordered)-1].Rest {
		return c.Ordered[:len(c.Ordered)-1]
	}
	return c.Ordered
}

func byPlace(a, b *Field) int {
	return cmp.Or(cmp.Compare(a.At.Line, b.At.Line), cmp.Compare(a.At.Column, b.At.Column))
}

// member checks one declared member.
func (v *validator) member(m *Field) {
	const options = "has of the options required, default, min, max, pattern, enum, and fields and open of a json"
	switch {
	case m.Type != "" && m.Type != query.TypeList && slices.Contains(query.Types, m.Type) && !slices.Contains(query.InsideTypes, m.Type),
		m.Type == query.TypeList && m.Of == query.TypeDecimal:
		v.fail(m.At, "%s: a member of a json field is of type %s; for another type make it a field of its own", m.Name, listed(append(typeNames(), "list"), "or"))
		m.Type = query.TypeJSON
		return
	case m.Column != "" || m.Was != "" || m.To != "" || m.OnDelete != "" || m.Check != "" || m.JSON != "" || m.Unique || m.Index || m.Search || m.Encrypt || m.Hash:
		v.fail(m.At, "%s: a member of a json field %s; for others make it a field of its own", m.Name, options)
		return
	}
	v.unkeyed(m)
}

// unkeyed checks a field that is none of a collection: id is no key there.
func (v *validator) unkeyed(f *Field) {
	checked := *f
	if f.Name == "id" {
		checked.Name = "identifier"
	}
	v.field(&checked)
	checked.Name = f.Name
	*f = checked
}

func typeNames() []string {
	out := make([]string, len(query.InsideTypes))
	for i, t := range query.InsideTypes {
		out[i] = string(t)
	}
	return out
}

// Inside returns what is declared inside a json field, nil if nothing is.
func (f *Field) Inside() *query.Inside {
	if len(f.Members) == 0 {
		return nil
	}
	fields := make([]query.Field, len(f.Members))
	for i, m := range f.Members {
		fields[i] = query.Field{Name: m.Name, Type: m.Type, Inside: m.Inside()}
	}
	return &query.Inside{Shape: query.NewShape(fields), Open: f.Open}
}
