package supabase

import (
	"net/http"
	"slices"
	"sort"
	"strings"
)

// relation is how the rows of one table belong to those of another: by a ref of either, or by two refs of a third one.
type relation struct {
	target *table
	// here and there are the fields that are equal. Of a relation through a third table, these are the ids.
	here, there string
	many        bool
	// through is the third table; its field left refers here and its field right to the target.
	through     *table
	left, right string
}

func (r relation) String() string {
	if r.through != nil {
		return r.target.name + " using " + r.through.name + "(" + r.left + ", " + r.right + ")"
	}
	if r.many {
		return r.target.name + " using " + r.target.name + "(" + r.there + ")"
	}
	return r.target.name + " using (" + r.here + ")"
}

// refs are the fields of a table that refer to another one.
func (t *table) refs(to string) []string {
	var out []string
	for _, f := range t.c.Ordered {
		if f.To == to {
			out = append(out, f.Name)
		}
	}
	return out
}

// relate finds the relation that an embedding means: its name is that of a table, or of a ref; its hint names a ref, the
// foreign key of one, or a third table.
func (d *Dialect) relate(t *table, e *embedding) (relation, error) {
	if i := t.index(e.name); i >= 0 && t.field(i).To != "" {
		return d.toOne(t, t.field(i).Name), nil
	}
	target := d.tables[e.name]
	if target == nil {
		return relation{}, noRelation(t, e, "")
	}
	found := d.relations(t, target)
	if e.hint != "" {
		found = slices.DeleteFunc(found, func(r relation) bool { return !r.hinted(t, e.hint) })
	} else if len(found) > 1 {
		direct := slices.DeleteFunc(slices.Clone(found), func(r relation) bool { return r.through != nil })
		if len(direct) == 1 {
			found = direct
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return relation{}, noRelation(t, e, e.hint)
	}
	ways := make([]string, len(found))
	for i, r := range found {
		ways[i] = r.String()
	}
	return relation{}, problem{Status: http.StatusMultipleChoices, Code: "PGRST201", Message: "Could not embed because more than one relationship was found for '" + t.name + "' and '" + clip(e.name) + "'",
		Details: strings.Join(ways, "; "), Hint: "Name the field after the table, as in " + e.name + "!field(…)"}
}

func noRelation(t *table, e *embedding, hint string) problem {
	out := problem{Status: http.StatusBadRequest, Code: "PGRST200", Message: "Could not find a relationship between '" + t.name + "' and '" + clip(e.name) + "' in the schema cache"}
	out.Details = "Searched for a ref between '" + t.name + "' and '" + clip(e.name) + "' in the configuration, but no matches were found."
	if hint != "" {
		out.Details = "No ref between them is meant by the hint '" + clip(hint) + "'."
	}
	return out
}

func (d *Dialect) toOne(t *table, ref string) relation {
	target := d.tables[t.field(t.shape.Index(ref)).To]
	return relation{target: target, here: ref, there: target.shape.Fields[0].Name}
}

// relations are all the ways from a table to another.
func (d *Dialect) relations(t, target *table) []relation {
	var out []relation
	for _, ref := range t.refs(target.name) {
		out = append(out, d.toOne(t, ref))
	}
	id := t.shape.Fields[0].Name
	for _, ref := range target.refs(t.name) {
		unique := target.field(target.shape.Index(ref)).Unique
		out = append(out, relation{target: target, here: id, there: ref, many: !unique})
	}
	names := make([]string, 0, len(d.tables))
	for name := range d.tables {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		between := d.tables[name]
		if between == t || between == target {
			continue
		}
		for _, left := range between.refs(t.name) {
			for _, right := range between.refs(target.name) {
				if left != right {
					out = append(out, relation{target: target, here: id, there: target.shape.Fields[0].Name, many: true, through: between, left: left, right: right})
				}
			}
		}
	}
	return out
}

// hinted reports whether a hint means a relation from a table.
func (r relation) hinted(t *table, hint string) bool {
	named := func(t *table, field string) bool {
		return hint == field || hint == t.column(field) || hint == t.name+"_"+t.column(field)+"_fkey"
	}
	switch {
	case r.through != nil:
		return hint == r.through.name || named(r.through, r.left) || named(r.through, r.right)
	case r.target == t: // of a table with itself, a field alone means the rows that refer here
		return r.many && named(t, r.there)
	case r.many || r.there != r.target.shape.Fields[0].Name:
		return named(r.target, r.there)
	}
	return named(t, r.here)
}
