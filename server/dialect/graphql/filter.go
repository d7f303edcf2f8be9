package graphql

import (
	"maps"
	"slices"
	"strings"

	"github.com/basalt-dev/basalt/modules/fault"
)

// operators are those of comparisons, with what they are in the filter language. Those with a dash are negated.
var operators = map[string]string{
	"_eq": "$eq", "_neq": "$ne", "_gt": "$gt", "_gte": "$gte", "_lt": "$lt", "_lte": "$lte", "_in": "$in", "_nin": "$nin",
	"_like": "$like", "_nlike": "-$like", "_ilike": "$ilike", "_nilike": "-$ilike", "_contains": "$contains", "_starts_with": "$startsWith", "_ends_with": "$endsWith",
}

// all and none are the filters of every document and of no document.
var (
	all  = map[string]any{}
	none = map[string]any{"$not": all}
)

// where translates a filter of a collection.
func (e *executor) where(c *collection, v any) (map[string]any, error) {
	if v == nil {
		return all, nil
	}
	given := object(v)
	var terms []any
	for _, name := range slices.Sorted(maps.Keys(given)) {
		term, err := e.condition(c, name, given[name])
		if err != nil {
			return nil, err
		}
		terms = append(terms, term)
	}
	return both(terms), nil
}

func both(terms []any) map[string]any {
	switch len(terms) {
	case 0:
		return all
	case 1:
		return terms[0].(map[string]any)
	}
	return map[string]any{"$and": terms}
}

func (e *executor) condition(c *collection, name string, v any) (map[string]any, error) {
	switch name {
	case "_and", "_or":
		terms := []any{}
		for _, item := range listOf(v) {
			term, err := e.where(c, item)
			if err != nil {
				return nil, err
			}
			terms = append(terms, term)
		}
		switch {
		case name == "_and" || v == nil:
			return both(terms), nil
		case len(terms) == 0:
			return none, nil
		}
		return map[string]any{"$or": terms}, nil
	case "_not":
		term, err := e.where(c, v)
		return map[string]any{"$not": term}, err
	case "_search":
		return map[string]any{"$search": v}, nil
	case "_search_typos":
		return map[string]any{"$search": map[string]any{"text": v, "typos": true}}, nil
	}
	m := c.members[name]
	if m == nil {
		return nil, fault.FieldErrorf("where", "unknown_field", "there is no such field")
	}
	if r := m.relation; r != nil {
		if r.figures {
			return e.counted(c, r, object(v))
		}
		inner, err := e.where(r.target, v)
		return map[string]any{"$some": map[string]any{r.followed(): inner}}, err
	}
	return m.field.compared(object(v), m.field.Name)
}

// followed is the relation by the name that filters of the native API have for it.
func (r *relation) followed() string {
	if r.many {
		return r.target.Name + "(via:" + r.field.Name + ")"
	}
	return r.field.Name
}

// compared translates the comparisons of a field.
func (f *field) compared(given map[string]any, path string) (map[string]any, error) {
	var terms []any
	for _, name := range slices.Sorted(maps.Keys(given)) {
		v := given[name]
		if v == nil {
			return nil, fault.FieldErrorf(f.name, "null", "%s is null; to look for null, use _is_null", name)
		}
		switch op := operators[name]; {
		case name == "_is_null":
			is, _ := v.(bool)
			terms = append(terms, map[string]any{path: map[string]any{"$exists": !is}})
		case name == "_in" || name == "_nin":
			if len(listOf(v)) == 0 {
				terms = append(terms, map[string]map[string]any{"_in": none, "_nin": all}[name])
				continue
			}
			terms = append(terms, map[string]any{path: map[string]any{op: listOf(v)}})
		case name == "_contains" && f.typ == "JSON":
			terms = append(terms, contained(path, v)...)
		case strings.HasPrefix(name, "_has_key"):
			keys := []any{}
			for _, key := range listOf(v) {
				text, _ := key.(string)
				keys = append(keys, map[string]any{path + "." + text: map[string]any{"$exists": true}})
			}
			if name == "_has_keys_any" {
				keys = []any{map[string]any{"$or": keys}}
			}
			terms = append(terms, keys...)
		case op[0] == '-':
			terms = append(terms, map[string]any{"$not": map[string]any{path: map[string]any{op[1:]: v}}})
		default:
			terms = append(terms, map[string]any{path: map[string]any{op: v}})
		}
	}
	return both(terms), nil
}

// contained returns the conditions for a json value to contain another: the members of objects, and the elements of lists.
func contained(path string, v any) (terms []any) {
	if members := object(v); members != nil {
		for _, name := range slices.Sorted(maps.Keys(members)) {
			if inner := members[name]; object(inner) != nil {
				terms = append(terms, contained(path+"."+name, inner)...)
			} else {
				terms = append(terms, map[string]any{path + "." + name: map[string]any{"$eq": inner}})
			}
		}
		return terms
	}
	for _, item := range listOf(v) {
		terms = append(terms, map[string]any{path: map[string]any{"$contains": item}})
	}
	return terms
}
