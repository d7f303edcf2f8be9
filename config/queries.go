package config

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/rules"
)

// ListQuery is one entry of `queries`: a list that clients ask for, so that `basalt check` knows it.
type ListQuery struct {
	At Position `json:"-"`
	// The filter of the list, with parameters as clients write them, such as "team == $team".
	Filter *Text `json:"filter,omitempty"`
	// The order of the list, as in [-created, title].
	Sort Names `json:"sort,omitempty"`

	// Where is Filter with a sample of each parameter, Order is Sort.
	Where query.Filter    `json:"-"`
	Order []query.SortKey `json:"-"`
}

// queries checks the lists that a collection declares.
func (v *validator) queries(c *Collection) {
	for _, name := range sorted(c.Queries) {
		q := c.Queries[name]
		v.named(q.At, name)
		q.Where = query.True
		if q.Filter != nil {
			q.Where = v.sampled(c, q.Filter)
		}
		for _, key := range q.Sort {
			bare, desc := strings.CutPrefix(key, "-")
			i := c.Shape.Index(bare)
			switch {
			case i < 0:
				v.fail(q.At, "queries: there is no field %q%s", bare, didYouMean(bare, c.Shape.Names()))
			case c.Ordered[i].Encrypt || c.Ordered[i].Hash || c.Ordered[i].Type.Kind() == query.KindJSON:
				v.fail(q.At, "queries: %s has no order, as it is sealed or of type %s", bare, c.Ordered[i].Type)
			default:
				q.Order = append(q.Order, query.SortKey{Field: bare, Desc: desc})
			}
		}
	}
}

// sampled reads a filter with samples of its parameters.
func (v *validator) sampled(c *Collection, text *Text) query.Filter {
	params := map[string]query.Value{}
	for name, t := range query.ParamTypes(c.Shape, text.Source) {
		params[name] = rules.SampleValue(t)
	}
	f, err := query.ParseText(c.Shape, text.Source, params, query.Limits{}, nil)
	if err != nil {
		detail := err.Error()
		var e *fault.Error
		if errors.As(err, &e) && len(e.Fields) > 0 {
			detail = e.Fields[0].Detail
		}
		v.fail(text.At, "queries: filter: %s", detail)
		return query.True
	}
	return f
}

// lintQueries names, for each list that is declared, the index that finds its documents under the rule read in their order.
func (v *validator) lintQueries(c *Collection) {
	for _, name := range sorted(c.Queries) {
		q := c.Queries[name]
		var equal []string
		if rule := c.Compiled[rules.Read]; rule != nil {
			equal = rule.Equals()
		}
		if x := c.IndexFor(equal, q); x != "" {
			v.warn(q.At, "%s: no index serves the list %s as its callers see it, so that the database sorts or reads more than a page; add to indexes: of %s: - %s", c.Name, name, c.Name, x)
		}
	}
}

// conditions returns what must all hold for a filter.
func conditions(f query.Filter) []query.Filter {
	if and, ok := f.(*query.And); ok {
		return and.Terms
	}
	return []query.Filter{f}
}

// Equalities returns the fields that a filter compares with a value, for every document that it lets through.
func Equalities(f query.Filter) (out []string) {
	for _, f := range conditions(f) {
		if f, ok := f.(*query.Compare); ok && f.Op == query.Eq && f.Path.Sub == "" && !f.Value.IsNull() {
			out = append(out, f.Path.Field)
		}
	}
	return out
}

// IndexFor returns the entry of `indexes` that a list needs where its rule compares some fields with known values; empty if
// there is one that serves it, or none can.
func (c *Collection) IndexFor(compared []string, q *ListQuery) string {
	var equal []int
	add := func(name string) {
		i := c.Shape.Index(name)
		if c.Shape.Fields[i].Of == nil && !c.Ordered[i].Encrypt && !slices.Contains(equal, i) {
			equal = append(equal, i)
		}
	}
	for _, name := range append(compared, Equalities(q.Where)...) {
		add(name)
	}
	ranged := -1
	for _, f := range conditions(q.Where) {
		if f, ok := f.(*query.Compare); ok && f.Path.Sub == "" && f.Op != query.Eq && ranged < 0 {
			ranged = c.Shape.Index(f.Path.Field)
		}
	}
	want := db.Index{Fields: slices.Clone(equal), Desc: make([]bool, len(equal))}
	order := q.Order
	if n := len(order); n > 0 && order[n-1].Field == "id" && n > 1 { // with which every index ends
		order = order[:n-1]
	}
	for _, key := range order {
		if i := c.Shape.Index(key.Field); !slices.Contains(equal, i) {
			want.Fields, want.Desc = append(want.Fields, i), append(want.Desc, key.Desc)
		}
	}
	if len(order) == 0 && ranged >= 0 && !slices.Contains(equal, ranged) && c.Shape.Fields[ranged].Type.Kind() != query.KindJSON {
		want.Fields, want.Desc = append(want.Fields, ranged), append(want.Desc, false)
	}
	if len(want.Fields) == 0 || c.serves(want, len(equal), len(order) > 0) {
		return ""
	}
	names := make([]string, len(want.Fields))
	for n, i := range want.Fields {
		names[n] = c.Ordered[i].Name
		if want.Desc[n] {
			names[n] = "-" + names[n]
		}
	}
	return fmt.Sprintf("{ fields: [%s] }", strings.Join(names, ", "))
}

// serves reports whether there is an index whose first fields, in any order, are the equal ones, and the others follow in
// their order or the opposite one. Without an order it is enough that one of the equal fields leads.
func (c *Collection) serves(want db.Index, equal int, ordered bool) bool {
	for i, f := range c.Ordered {
		if !f.Index && !f.Unique && f.Name != "id" && f.To == "" || f.Name == "id" && c.composed {
			continue
		}
		one := slices.Index(want.Fields, i)
		unique := (f.Unique || f.Name == "id") && one >= 0 && one < equal // it finds one document
		if unique || one == 0 && len(want.Fields) == 1 || !ordered && one >= 0 && one < max(equal, 1) {
			return true
		}
	}
	return slices.ContainsFunc(c.Indexed, func(x db.Index) bool {
		if x.Where != nil {
			return false
		}
		if !ordered && equal > 0 {
			return slices.Contains(want.Fields[:equal], x.Fields[0])
		}
		if len(x.Fields) < len(want.Fields) {
			return false
		}
		for _, i := range x.Fields[:equal] {
			if !slices.Contains(want.Fields[:equal], i) {
				return false
			}
		}
		same, opposite := true, true
		for n := equal; n < len(want.Fields); n++ {
			if x.Fields[n] != want.Fields[n] {
				return false
			}
			same, opposite = same && x.Desc[n] == want.Desc[n], opposite && x.Desc[n] != want.Desc[n]
		}
		return same || opposite
	})
}
