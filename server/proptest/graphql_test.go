package proptest

import (
	"encoding/json"
	"fmt"
	"strings"
)

// asked is a GraphQL operation while it is drawn. Its values are variables, so that they are JSON.
type asked struct {
	*client
	declared []string
	values   map[string]any
}

// variable declares one, and returns how it is named in the document.
func (a *asked) variable(typ string, value any) string {
	name := fmt.Sprint("v", len(a.declared))
	a.declared = append(a.declared, "$"+name+": "+typ)
	a.values[name] = value
	return "$" + name
}

// graphql draws an operation of GraphQL: a read, or a write where w says so.
func (g *client) graphql(c *collection, write bool) call {
	a := &asked{client: g, values: map[string]any{}}
	out := call{method: "POST", path: "/v1/graphql"}
	kind, root := "query", ""
	if write {
		kind, out.writes, out.several = "mutation", g.touched(c), true
		root = a.change(c)
	} else {
		root = a.read(c)
		if g.in(4) {
			root += " again: " + a.read(pick(g.gen, g.schema.collections))
		}
	}
	head := kind
	if len(a.declared) > 0 {
		head += "(" + strings.Join(a.declared, ", ") + ")"
	}
	out.body = string(must(json.Marshal(map[string]any{"query": head + " { " + root + " }", "variables": a.values})))
	return out
}

// touched are the collections that a write to one may change: by on_delete also those that refer to it.
func (g *client) touched(c *collection) []string {
	out := []string{c.name}
	for _, other := range g.schema.collections {
		if other != c {
			out = append(out, other.name)
		}
	}
	return out
}

func (a *asked) read(c *collection) string {
	switch a.IntN(8) {
	case 0, 1:
		return c.name + "_by_pk(id: " + a.variable("ID!", a.id(c)) + ") " + a.selection(c, 1)
	case 2:
		return c.name + "_aggregate" + a.arguments(c) + " { aggregate { count " + a.figures(c) + " } nodes " + a.selection(c, 2) + " }"
	case 3:
		by := a.scalar(c, true)
		return fmt.Sprintf("%s_group(by: [%s], where: %s) { key { %[2]s } count %[4]s }", c.name, by, a.variable(c.name+"_bool_exp", a.condition(c, 1)), a.figures(c))
	}
	return c.name + a.arguments(c) + " " + a.selection(c, 1)
}

// figures draws what is counted besides.
func (a *asked) figures(c *collection) string {
	out := ""
	for _, f := range c.fields {
		if (f.typ == "int" || f.typ == "float" || f.typ == "decimal") && a.in(3) {
			out += " sum { " + f.name + " }"
			break
		}
	}
	if a.in(3) {
		out += " max { " + a.scalar(c, true) + " }"
	}
	return out
}

// arguments draws those of a list.
func (a *asked) arguments(c *collection) string {
	var parts []string
	if !a.in(3) {
		parts = append(parts, "where: "+a.variable(c.name+"_bool_exp", a.condition(c, 2)))
	}
	if a.in(2) {
		parts = append(parts, "order_by: {"+a.scalar(c, true)+": "+pick(a.gen, []string{"asc", "desc"})+"}")
	}
	if a.in(2) {
		parts = append(parts, fmt.Sprint("limit: ", 1+a.IntN(4)))
	}
	if a.in(5) {
		parts = append(parts, fmt.Sprint("offset: ", a.IntN(3)))
	}
	if parts == nil {
		return ""
	}
	return "(" + strings.Join(parts, ", ") + ")"
}

// scalar is the name of a field in GraphQL; ordered ones have an order.
func (a *asked) scalar(c *collection, ordered bool) string {
	for {
		f := pick(a.gen, c.fields)
		switch {
		case f.hash, ordered && (f.encrypt || f.typ == "json" || f.typ == "list"):
		case f.to != "":
			return f.name + "_id"
		default:
			return f.name
		}
	}
}

// selection draws what is selected of documents, with relations both ways.
func (a *asked) selection(c *collection, depth int) string {
	parts := []string{"id"}
	for _, f := range c.fields {
		if !f.hash && a.in(2) {
			parts = append(parts, f.name+map[bool]string{true: "_id"}[f.to != ""])
		}
	}
	for _, f := range c.fields {
		if to := a.schema.collection(f.to); to != nil && to.rules["read"] != nil && depth < 3 && a.in(3) {
			parts = append(parts, f.name+" "+a.selection(to, depth+1))
		}
	}
	for _, from := range a.schema.collections {
		var refs []string
		for _, f := range from.fields {
			if f.to == c.name {
				refs = append(refs, f.name)
			}
		}
		for _, ref := range refs {
			if from.rules["read"] == nil || depth > 2 || !a.in(4) {
				continue
			}
			name := from.name
			if len(refs) > 1 {
				name += "_by_" + ref
			}
			if a.in(3) {
				parts = append(parts, name+"_aggregate { aggregate { count } }")
			} else {
				parts = append(parts, name+a.arguments(from)+" "+a.selection(from, depth+1))
			}
		}
	}
	return "{ " + strings.Join(parts, " ") + " }"
}

// condition draws a filter.
func (a *asked) condition(c *collection, depth int) map[string]any {
	if depth > 0 && a.in(2) {
		switch a.IntN(3) {
		case 0:
			return map[string]any{"_or": []any{a.condition(c, depth-1), a.condition(c, depth-1)}}
		case 1:
			return map[string]any{"_and": []any{a.condition(c, depth-1), a.condition(c, depth-1)}}
		}
		return map[string]any{"_not": a.condition(c, depth-1)}
	}
	f := pick(a.gen, c.fields)
	if to := a.schema.collection(f.to); to != nil {
		if to.rules["read"] != nil && a.reach["follow"] && a.in(2) {
			return map[string]any{f.name: a.condition(to, 0)}
		}
		f.name += "_id"
	}
	v := json.RawMessage(a.operand(&f))
	test := map[string]any{pick(a.gen, []string{"_eq", "_neq", "_gt", "_lte"}): v}
	switch {
	case a.in(5):
		test = map[string]any{"_is_null": a.in(2)}
	case f.typ == "json" || f.typ == "list":
		test = map[string]any{pick(a.gen, []string{"_eq", "_contains"}): v}
	case f.typ == "bool":
		test = map[string]any{"_eq": v}
	case a.in(5):
		test = map[string]any{pick(a.gen, []string{"_in", "_nin"}): []any{v}}
	case f.typ == "string" && a.in(2):
		test = map[string]any{pick(a.gen, []string{"_like", "_nilike", "_contains", "_starts_with"}): pick(a.gen, patterns)}
	}
	return map[string]any{f.name: test}
}

// object draws values of a document; a ref is its scalar.
func (a *asked) object(c *collection) map[string]any {
	out := map[string]any{}
	for i := range c.fields {
		f := &c.fields[i]
		if !a.in(3) || !a.mayName(c, f) {
			continue
		}
		name := f.name
		if f.to != "" {
			name += "_id"
		}
		out[name] = json.RawMessage(a.value(a.schema, a.world, f))
	}
	return out
}

// partOf draws an operator of json, with what it takes.
func (a *asked) partOf() (operator string, value any) {
	switch a.IntN(5) {
	case 0:
		return "_append", pick(a.gen, []any{"a", []any{"a", 1}, map[string]any{"a": nil, "c": map[string]any{}}})
	case 1:
		return "_prepend", pick(a.gen, []any{1, []any{}, map[string]any{"b": 1}})
	case 2:
		return "_delete_elem", a.IntN(4) - 2
	case 3:
		return "_delete_key", pick(a.gen, []string{"a", "b", "none"})
	}
	return "_delete_at_path", pick(a.gen, [][]string{{"b", "c"}, {"0"}, {"a"}, {"a", "0"}})
}

// change draws a mutation.
func (a *asked) change(c *collection) string {
	update := func() string {
		if a.reach["operators"] && a.in(3) {
			return "_inc: " + a.variable(c.name+"_inc_input", map[string]any{"n": pick(a.gen, edges) - pick(a.gen, numbers)})
		}
		for i := range c.fields {
			if f := &c.fields[i]; a.reach["operators"] && f.typ == "json" && a.in(4) {
				operator, value := a.partOf()
				return operator + ": " + a.variable(c.name+operator+"_input", map[string]any{f.name: value})
			}
		}
		set := a.object(c)
		if len(set) == 0 {
			set["s"] = "a"
		}
		return "_set: " + a.variable(c.name+"_set_input", set)
	}
	switch a.IntN(6) {
	case 0:
		made := a.object(c)
		made["id"] = a.makeable(c)
		conflict := ""
		if c.rules["update"] != nil && a.in(2) {
			conflict = fmt.Sprintf(", on_conflict: {constraint: %s_pkey, update_columns: [%s]}", c.name, a.scalar(c, false))
		}
		return "insert_" + c.name + "_one(object: " + a.variable(c.name+"_insert_input!", made) + conflict + ") " + a.selection(c, 2)
	case 1, 2:
		return "update_" + c.name + "_by_pk(pk_columns: {id: " + a.variable("ID!", a.id(c)) + "}, " + update() + ") " + a.selection(c, 2)
	case 3:
		return "update_" + c.name + "(where: " + a.variable(c.name+"_bool_exp!", a.condition(c, 1)) + ", " + update() + ") { affected_rows returning " + a.selection(c, 2) + " }"
	case 4:
		return "delete_" + c.name + "_by_pk(id: " + a.variable("ID!", a.id(c)) + ") " + a.selection(c, 2)
	}
	return "delete_" + c.name + "(where: " + a.variable(c.name+"_bool_exp!", a.condition(c, 1)) + ") { affected_rows returning { id } }"
}
