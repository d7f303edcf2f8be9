package graphql

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/fault"
)

// ask is what a list is asked for.
type ask struct {
	where  map[string]any
	sort   []string
	limit  int
	offset int
	after  any
	// distinct are the fields of whose values together each has one document; empty for none.
	distinct []string
	count    bool // the number of all is asked for, too
	backward bool // from the end
}

// askOf reads the arguments of a list.
func (e *executor) askOf(c *collection, s *selected) (a *ask, err error) {
	a = &ask{limit: min(defaultLimit, e.page), after: s.argument("after", e.vars)}
	if a.where, err = e.where(c, s.argument("where", e.vars)); err != nil {
		return nil, err
	}
	if a.sort, err = c.order(s, e.vars); err != nil {
		return nil, err
	}
	for _, column := range listOf(s.argument("distinct_on", e.vars)) {
		if name, _ := column.(string); c.members[name] != nil {
			a.distinct = append(a.distinct, c.members[name].field.Name)
		}
	}
	for _, n := range []struct {
		name  string
		to    *int
		least int
	}{{"limit", &a.limit, 1}, {"first", &a.limit, 1}, {"last", &a.limit, 1}, {"offset", &a.offset, 0}} {
		v := s.argument(n.name, e.vars)
		if v == nil {
			continue
		}
		i, ok := whole(v)
		if !ok || i < n.least {
			return nil, fault.FieldErrorf(n.name, "min", "%s is a whole number from %d on", n.name, n.least)
		}
		*n.to = i
	}
	a.limit = min(a.limit, e.page)
	before := s.argument("before", e.vars)
	if a.backward = before != nil || s.argument("last", e.vars) != nil; a.backward {
		if a.after != nil || s.argument("first", e.vars) != nil {
			return nil, fault.FieldErrorf("last", "unsupported", "last goes with before, and first with after, not both")
		}
		a.after = before
	}
	return a, nil
}

// read returns the read of a list with what a level needs of its documents.
func (a *ask) read(lv *level) (crud.Read, error) {
	selects, needs := lv.fields()
	out := crud.Read{Collection: lv.c.Name, Offset: a.offset, Needs: needs, Distinct: a.distinct, Backward: a.backward}
	if len(a.where) == 0 { // a body is for filters: it is written, and read again
		out.Params = crud.Params{"limit": strconv.Itoa(a.limit), "select": strings.Join(selects, ",")}
		if len(a.sort) > 0 {
			out.Params["sort"] = strings.Join(a.sort, ",")
		}
		if after, ok := a.after.(string); ok {
			out.Params["after"] = after
		}
		if a.count {
			out.Params["count"] = "true"
		}
		if marked := lv.snippets(); marked != nil {
			out.Params["snippets"] = strings.Join(marked, ",")
		}
		return out, nil
	}
	body := map[string]any{"limit": a.limit, "select": selects, "where": a.where}
	if len(a.sort) > 0 {
		body["sort"] = a.sort
	}
	if a.after != nil {
		body["after"] = a.after
	}
	if a.count {
		body["count"] = true
	}
	if marked := lv.snippets(); marked != nil {
		body["snippets"] = marked
	}
	var err error
	out.Body, err = json.Marshal(body)
	return out, err
}
