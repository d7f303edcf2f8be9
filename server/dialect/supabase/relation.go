package supabase

import (
	"net/http"
	"slices"
	"sort"
	"strings"

	"github.com/basalt-dev/basalt/modules/fault"
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
		return d.byForeignKey(t, e)
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
	return relation{}, severalRelations(t, e, found)
}

// byForeignKey finds the relation whose foreign key an embedding names.
func (d *Dialect) byForeignKey(t *table, e *embedding) (relation, error) {
	if !strings.HasSuffix(e.name, "_fkey") {
		return relation{}, noRelation(t, e, "")
	}
	for _, target := range slices.Sorted(keysOf(d.tables)) {
		for _, r := range d.relations(t, d.tables[target]) {
			if _, hint := r.way(t); r.through == nil && hint == e.name {
				return r, nil
			}
		}
	}
	return relation{}, noRelation(t, e, "")
}

// severalRelations names the relations that an embedding could mean, each with the hint that means it.
func severalRelations(t *table, e *embedding, found []relation) problem {
	out := problem{Status: http.StatusMultipleChoices, Code: "PGRST201", Message: "Could not embed because more than one relationship was found for '" + t.name + "' and '" + fault.Clip(e.name) + "'"}
	hints := make([]string, len(found))
	for i, r := range found {
		w, hint := r.way(t)
		out.Ways = append(out.Ways, w)
		hints[i] = "'" + e.name + "!" + hint + "'"
	}
	out.Hint = "Try changing '" + e.name + "' to one of the following: " + strings.Join(hints, ", ") + ". Find the desired relationship in the 'details' key."
	return out
}

// way describes a relation from a table, with the hint that means it.
func (r relation) way(t *table) (way, string) {
	w := way{Embedding: t.name + " with " + r.target.name}
	here, there := t.column(r.here), r.target.column(r.there)
	switch {
	case r.through != nil:
		left, right := r.through.name+"_"+r.through.column(r.left)+"_fkey", r.through.name+"_"+r.through.column(r.right)+"_fkey"
		w.Cardinality = "many-to-many"
		w.Relationship = r.through.name + " using " + left + "(" + r.through.column(r.left) + ") and " + right + "(" + r.through.column(r.right) + ")"
		return w, r.through.name
	case r.there != r.target.shape.Fields[0].Name:
		hint := r.target.name + "_" + there + "_fkey"
		w.Cardinality = "one-to-many"
		if !r.many {
			w.Cardinality = "one-to-one"
		}
		w.Relationship = hint + " using " + t.name + "(" + here + ") and " + r.target.name + "(" + there + ")"
		return w, hint
	}
	hint := t.name + "_" + here + "_fkey"
	w.Cardinality, w.Relationship = "many-to-one", hint+" using "+t.name+"("+here+") and "+r.target.name+"("+there+")"
	return w, hint
}

func noRelation(t *table, e *embedding, hint string) problem {
	out := problem{Status: http.StatusBadRequest, Code: "PGRST200", Message: "Could not find a relationship between '" + t.name + "' and '" + fault.Clip(e.name) + "' in the schema cache"}
	out.Details = "Searched for a foreign key relationship between '" + t.name + "' and '" + fault.Clip(e.name) + "' in the schema 'public', but no matches were found."
	if hint != "" {
		out.Details = "No ref between them is meant by the hint '" + fault.Clip(hint) + "'."
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
		out = append(out, relation{target: target, here: id, there: ref, many: !target.identifies(ref)})
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
