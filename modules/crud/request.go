package crud

import (
	"slices"
	"strconv"
	"strings"

	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/modules/schema"
)

// Params are the parameters of a URL, each at most once.
type Params map[string]string

// list is a list request, resolved against the collection.
type list struct {
	where query.Filter
	sort  []query.SortKey
	// unsorted leaves the order to the database; sort is nil then.
	unsorted bool
	backward bool // from the end
	limit    int
	after    string // the cursor as sent; beyond and offset are its meaning
	// beyond are the ranges of what follows the previous page. offset is the number of earlier documents of a ranked list.
	beyond []query.Filter
	offset int
	// distinct are the fields that have each value once, together; nil for none.
	distinct []int
	// per limits the list to documents that belong to others; nil if it does not.
	per *per
	// fields are the fields to show, nil for all.
	fields []int
	// members are those to show of what is not declared, nil for all.
	members []string
	needs   []int // besides fields
	count   bool
	expand  []expansion
	// snippets are shown of what a search has found.
	snippets snippets
	// rank orders by relevance to a search; nil orders by sort.
	rank *query.Search
}

// ranked orders a list that has a search and no sort by relevance.
func (l *list) ranked(sorted bool) {
	if sorted {
		return
	}
	query.Leaves(l.where, func(leaf query.Filter) {
		if s, ok := leaf.(*query.Search); ok && l.rank == nil {
			l.rank = s
		}
	})
}

var listParams = []string{"filter", "params", "sort", "limit", "after", "select", "expand", "count", "snippets"}

// known refuses unknown parameters: most of them are typing mistakes.
func (p Params) known(names ...string) error {
	for name := range p {
		if !slices.Contains(names, name) {
			return fault.FieldErrorf(name, "unknown_parameter", "there is no parameter %q here%s", name, fault.DidYouMean(name, names))
		}
	}
	return nil
}

// filter reads `filter` and `params`.
func (o *operation) filter(p Params) (query.Filter, error) {
	params := map[string]query.Value{}
	if raw, ok := p["params"]; ok {
		v, err := query.ParseJSON([]byte(raw), 3)
		if err != nil {
			return nil, fault.FieldErrorf("params", "type", "params is a JSON object such as {\"min\":3}: %s", err)
		}
		if params, err = namedValues(v); err != nil {
			return nil, err
		}
	}
	text, ok := p["filter"]
	if !ok || strings.TrimSpace(text) == "" {
		return query.True, nil
	}
	return o.texts.Parse(o.c.shape, text, params, o.filterLimits(), o.follow)
}

func namedValues(v query.Value) (map[string]query.Value, error) {
	if v.Kind() != query.KindJSON || v.Text()[0] != '{' {
		return nil, fault.FieldErrorf("params", "type", "params is an object such as {\"min\":3}")
	}
	out := map[string]query.Value{}
	v.Members(func(name string, member query.Value) bool {
		out[name] = member
		return true
	})
	return out, nil
}

// listFromParams reads the list of a URL.
func (o *operation) listFromParams(p Params) (*list, error) {
	if err := p.known(listParams...); err != nil {
		return nil, err
	}
	l := &list{after: p["after"], limit: o.defaultLimit()}
	var err error
	if l.where, err = o.filter(p); err != nil {
		return nil, err
	}
	if l.sort, err = o.sort(split(p["sort"])); err != nil {
		return nil, err
	}
	if raw, ok := p["limit"]; ok {
		n, err := strconv.Atoi(raw)
		if err != nil {
			return nil, fault.FieldErrorf("limit", "type", "limit is a whole number from 1 to %d", o.Limits.Page)
		}
		if l.limit, err = o.limit(n); err != nil {
			return nil, err
		}
	}
	if raw, ok := p["select"]; ok {
		if l.fields, l.members, err = o.selection(split(raw)); err != nil {
			return nil, err
		}
	}
	if raw, ok := p["count"]; ok {
		if l.count, err = strconv.ParseBool(raw); err != nil {
			return nil, fault.FieldErrorf("count", "type", "count is true or false")
		}
	}
	l.ranked(p["sort"] != "")
	if l.snippets, err = o.snippets(split(p["snippets"]), l.where); err != nil {
		return nil, err
	}
	l.expand, err = o.expansions(splitOutside(p["expand"]))
	return l, err
}

// listOf resolves a list whose parameters are no text.
func (o *operation) listOf(p *Page) (l *list, err error) {
	l = &list{where: query.True, limit: o.defaultLimit(), after: p.After, count: p.Count}
	if p.Limit != 0 {
		if l.limit, err = o.limit(p.Limit); err != nil {
			return nil, err
		}
	}
	if l.sort, err = o.sort(p.Sort); err != nil {
		return nil, err
	}
	if p.Select != nil {
		l.fields, l.members, err = o.selection(p.Select)
	}
	return l, err
}

func split(s string) []string {
	if s == "" {
		return nil
	}
	parts := strings.Split(s, ",")
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	return parts
}

func (o *operation) defaultLimit() int { return min(50, o.Limits.Page) }

func (o *operation) limit(n int) (int, error) {
	if n < 1 {
		return 0, fault.FieldErrorf("limit", "min", "limit is a whole number from 1 to %d", o.Limits.Page)
	}
	return min(n, o.Limits.Page), nil
}

// listFromBody reads the list of a query body.
func (o *operation) listFromBody(body []byte) (*list, error) {
	l := &list{where: query.True, limit: o.defaultLimit()}
	var sort, fields, expand, marked []string
	var text *string
	var where, params query.Value
	r := schema.Reader{Names: []string{"where", "filter", "params", "sort", "limit", "after", "select", "expand", "count", "snippets"}}
	err := r.Parse(body, o.Limits.Depth, func(name string, v query.Value) {
		switch name {
		case "where":
			where = v
		case "filter":
			if s, ok := r.String(name, v); ok {
				text = &s
			}
		case "params":
			params = v
		case "sort":
			sort = r.Strings(name, v)
		case "limit":
			if l.limit = r.Int(name, v); !v.IsNull() {
				r.Join(second(o.limit(l.limit)))
			}
			l.limit = min(l.limit, o.Limits.Page)
		case "after":
			l.after, _ = r.String(name, v)
		case "select":
			if fields = r.Strings(name, v); fields == nil {
				fields = []string{}
			}
		case "expand":
			expand = r.Strings(name, v)
		case "snippets":
			marked = r.Strings(name, v)
		case "count":
			l.count = r.Bool(name, v)
		}
	})
	if err != nil {
		return nil, err
	}
	if l.limit == 0 {
		l.limit = o.defaultLimit()
	}
	if l.where, err = o.where(where, text, params); err != nil {
		return nil, err
	}
	if l.sort, err = o.sort(sort); err != nil {
		return nil, err
	}
	if fields != nil {
		if l.fields, l.members, err = o.selection(fields); err != nil {
			return nil, err
		}
	}
	l.ranked(len(sort) > 0)
	if l.snippets, err = o.snippets(marked, l.where); err != nil {
		return nil, err
	}
	l.expand, err = o.expansions(expand)
	return l, err
}

func second[T any](_ T, err error) error { return err }

// where reads the JSON form of a filter, the text form, or both, which are then combined with AND.
func (o *operation) where(where query.Value, text *string, params query.Value) (query.Filter, error) {
	var f query.Filter = query.True
	if !where.IsNull() {
		var err error
		if f, err = query.ParseWhere(o.c.shape, where, o.filterLimits(), o.follow); err != nil {
			return nil, err
		}
	}
	if text == nil {
		return f, nil
	}
	values := map[string]query.Value{}
	if !params.IsNull() {
		var err error
		if values, err = namedValues(params); err != nil {
			return nil, err
		}
	}
	t, err := o.texts.Parse(o.c.shape, *text, values, o.filterLimits(), o.follow)
	if err != nil {
		return nil, err
	}
	return query.All(f, t), nil
}

// field resolves a name that must be a whole field.
func (o *operation) field(parameter, name string) (int, error) {
	if i := o.c.shape.Index(name); i >= 0 {
		return i, nil
	}
	if len(name) > 80 {
		name = "…"
	}
	return 0, fault.FieldErrorf(parameter, "unknown_field", "there is no field %q%s", name, fault.DidYouMean(name, o.c.shape.Names()))
}

// mostSelected is how many members that are not declared can be selected by their names.
const mostSelected = 100

// selection resolves the fields to show, each once, in the order of the collection, and those members that are not declared.
func (o *operation) selection(names []string) (fields []int, members []string, err error) {
	fields = []int{}
	whole := false // whether all that is not declared is selected
	for _, name := range names {
		i := o.c.shape.Index(name)
		whole = whole || i >= 0 && i == o.c.rest
		if i < 0 && o.c.rest >= 0 {
			p := schema.Problems{}
			if i = o.c.rest; !o.c.object.Takes(name, &p) {
				return nil, nil, p.Err("select cannot be used like that")
			}
			if !slices.Contains(members, name) {
				members = append(members, name)
			}
			if len(members) > mostSelected {
				return nil, nil, fault.FieldErrorf("select", "max", "select has at most %d names that are not declared; %s has all of them", mostSelected, query.Rest)
			}
		} else if i, err = o.field("select", name); err != nil {
			return nil, nil, err
		}
		if !slices.Contains(fields, i) {
			fields = append(fields, i)
		}
	}
	if len(fields) == 0 {
		return nil, nil, fault.FieldErrorf("select", "min", "name one field or more, or leave select out")
	}
	slices.Sort(fields)
	slices.Sort(members)
	if whole {
		members = nil
	}
	return fields, members, nil
}
