package supabase

import (
	"errors"
	"strconv"
	"strings"

	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

// A test in SQL is true, false or, where a value is null, neither; Basalt's filters are true or false. So a negation is
// carried down to the tests, and a negated test, like neq, is false where the value is null.

// filter translates a condition on a table.
func (t *table) filter(c *condition, negate bool) (query.Filter, error) {
	negate = negate != c.not
	if c.tests() {
		return t.test(c, negate)
	}
	if len(c.terms) == 1 {
		return t.filter(&c.terms[0], negate)
	}
	terms := make([]query.Filter, len(c.terms))
	for i := range c.terms {
		f, err := t.filter(&c.terms[i], negate)
		if err != nil {
			return nil, err
		}
		terms[i] = f
	}
	if c.or != negate { // the negation of a disjunction is a conjunction of negations
		return query.Any(terms...), nil
	}
	return query.All(terms...), nil
}

// place is a column of a table: its path, and the type of its values.
type place struct {
	column column
	path   query.Path
	typ    query.Type
}

func (t *table) place(c column) (place, error) {
	i := t.index(c.field)
	if i < 0 {
		return place{}, t.noColumn(c.field)
	}
	if f := &t.shape.Fields[i]; len(c.path) == 0 && f.Of == nil {
		return place{c, query.Path{Field: f.Name}, f.Type}, nil
	}
	for _, step := range c.path {
		if _, err := strconv.Atoi(step); err == nil || strings.Contains(step, ".") {
			return place{}, unsupported("the path " + fault.Clip(c.String()) + ": a step is the name of a member, without a dot, and no number")
		}
	}
	path, typ, err := t.shape.Path(strings.Join(append([]string{t.shape.Fields[i].Name}, c.path...), "."))
	if err != nil {
		return place{}, unsupported("the path " + fault.Clip(c.String()))
	}
	if path.Sub != "" { // PostgREST compares what is inside as it is, whatever its type is declared to be
		typ = query.TypeJSON
	}
	return place{c, path, typ}, nil
}

func (t *table) test(c *condition, negate bool) (query.Filter, error) {
	at, err := t.place(c.column)
	if err != nil {
		return nil, err
	}
	f, twoValued, err := at.test(c)
	if err != nil || !negate {
		return f, err
	}
	if twoValued {
		return query.Negate(f), nil
	}
	return query.All(query.Negate(f), at.known()), nil
}

// known is the condition that the value is not null.
func (p place) known() query.Filter {
	return query.Negate(&query.Compare{Path: p.path, Op: query.Eq, Value: query.Null})
}

// test translates a test. twoValued says that its negation is true where it is false, also for null.
func (p place) test(c *condition) (f query.Filter, twoValued bool, err error) {
	if c.each != "" && !strings.HasSuffix(c.operator, "fts") {
		f, err = p.eachOf(c)
		return f, false, err
	}
	switch c.operator {
	case "is":
		f, err = p.is(c.value)
		return f, true, err
	case "isdistinct":
		f, err = p.compare(query.Eq, c.value)
		return query.Negate(f), true, err
	case "in":
		f, err = p.in(c.value)
	case "cs", "ov":
		if f, err = p.contains(c); isUnsupported(err) {
			f, err = p.native(c)
		}
	case "cd", "sl", "sr", "nxr", "nxl", "adj", "fts", "plfts", "phfts", "wfts":
		f, err = p.native(c)
	default:
		f, err = p.simple(c.operator, c.value)
	}
	return f, false, err
}

var comparisons = map[string]query.CompareOp{"eq": query.Eq, "gt": query.Gt, "gte": query.Ge, "lt": query.Lt, "lte": query.Le}

func (p place) simple(operator, value string) (query.Filter, error) {
	if op, ok := comparisons[operator]; ok {
		return p.compare(op, value)
	}
	switch operator {
	case "neq":
		f, err := p.compare(query.Eq, value)
		return query.All(query.Negate(f), p.known()), err
	case "like", "ilike":
		return p.pattern(strings.ReplaceAll(value, "*", "%"), operator == "ilike")
	case "match", "imatch":
		pattern, fold, ok := asPattern(value, operator == "imatch")
		if !ok {
			return query.False, unsupported("the regular expression " + fault.Clip(value) + ": Basalt takes literals, ., .*, .+, ^ and $, and no others, because databases disagree on them")
		}
		return p.pattern(pattern, fold)
	}
	return query.False, unsupported("the operator " + operator)
}

// natives are the tests that the database has, and Basalt does not.
var natives = map[string]query.NativeOp{
	"cs": query.NativeContains, "cd": query.NativeWithin, "ov": query.NativeOverlaps, "sl": query.NativeLeft, "sr": query.NativeRight,
	"nxr": query.NativeNotRight, "nxl": query.NativeNotLeft, "adj": query.NativeAdjacent,
	"fts": query.NativeSearch, "plfts": query.NativePlain, "phfts": query.NativePhrase, "wfts": query.NativeWebSearch,
}

// native translates a test of types that are the database's own.
func (p place) native(c *condition) (query.Filter, error) {
	if p.path.Sub != "" {
		return query.False, unsupported("the operator " + c.operator + " inside a json field")
	}
	f, ok := query.NativeTest(p.path.Field, natives[c.operator], c.value, c.each)
	if !ok {
		return query.False, problem{Status: 400, Code: "54001", Message: "the value of a test is too long"}
	}
	return f, nil
}

func isUnsupported(err error) bool {
	var p problem
	return errors.As(err, &p) && p.Code == "PGRST127"
}

// eachOf translates eq(any).{1,2}.
func (p place) eachOf(c *condition) (query.Filter, error) {
	values, err := parseList(c.value, "{", "}")
	if err != nil {
		return nil, err
	}
	if c.each != "any" && c.each != "all" {
		return nil, problem{Status: 400, Code: "PGRST100", Message: `failed to parse filter`, Details: `a quantifier is any or all, not "` + fault.Clip(c.each) + `"`}
	}
	terms := make([]query.Filter, len(values))
	for i, v := range values {
		if terms[i], err = p.simple(c.operator, v); err != nil {
			return nil, err
		}
	}
	if c.each == "all" {
		return query.All(terms...), nil
	}
	return query.Any(terms...), nil
}

func (p place) is(value string) (query.Filter, error) {
	not, name := false, strings.ToLower(value)
	switch name {
	case "not_null":
		not, name = true, "null"
	case "unknown":
		name = "null"
	}
	v := query.Null
	switch name {
	case "null":
	case "true", "false":
		if p.typ != query.TypeBool && p.typ != query.TypeJSON {
			return query.False, problem{Status: 400, Code: "42804", Message: "argument of IS " + strings.ToUpper(name) + " must be type boolean, not type " + string(p.typ)}
		}
		v = query.Bool(name == "true")
	default:
		return query.False, problem{Status: 400, Code: "PGRST100", Message: `failed to parse filter (is.` + fault.Clip(value) + `)`, Details: "is takes null, not_null, true, false or unknown"}
	}
	f := query.Filter(&query.Compare{Path: p.path, Op: query.Eq, Value: v})
	if not {
		f = query.Negate(f)
	}
	return f, nil
}

func (p place) compare(op query.CompareOp, text string) (query.Filter, error) {
	values, err := p.values(text)
	if err != nil {
		return query.False, err
	}
	if len(values) == 1 {
		f, _ := query.Comparison(p.path, p.typ, op, values[0])
		return f, nil
	}
	terms := make([]query.Filter, len(values))
	for i, v := range values {
		terms[i], _ = query.Comparison(p.path, p.typ, op, v)
	}
	return query.Any(terms...), nil
}

func (p place) in(text string) (query.Filter, error) {
	texts, err := parseList(text, "(", ")")
	if err != nil {
		return query.False, err
	}
	var all []query.Value
	for _, t := range texts {
		values, err := p.values(t)
		if err != nil {
			return query.False, err
		}
		all = append(all, values...)
	}
	f, _ := query.Membership(p.path, p.typ, all)
	return f, nil
}

func (p place) pattern(pattern string, fold bool) (query.Filter, error) {
	op := query.Like
	if fold {
		op = query.ILike
	}
	if err := query.CheckText(p.path, op, pattern); err != nil {
		return query.False, problem{Status: 400, Code: "54001", Message: err.Error()}
	}
	f, ok := query.TextTest(p.path, p.typ, op, pattern)
	if !ok {
		return query.False, problem{Status: 404, Code: "42883", Message: "operator does not exist: " + string(p.typ) + " ~~ unknown", Hint: "No operator matches the given name and argument types. You might need to add explicit type casts."}
	}
	return f, nil
}

// contains translates cs and ov of a list or a json array, as {a,b} or ["a","b"], and cs of a json object.
func (p place) contains(c *condition) (query.Filter, error) {
	if p.typ.IsList() {
		return p.elements(c)
	}
	if p.typ != query.TypeJSON {
		return query.False, unsupported("the operator " + c.operator + " on a column of type " + string(p.typ))
	}
	if v, err := query.ParseJSON([]byte(c.value), nested); err == nil {
		if v.Kind() == query.KindJSON && v.Text()[0] == '[' || c.operator == "cs" {
			return p.holds(c.operator == "ov", v)
		}
	}
	texts, err := parseList(c.value, "{", "}")
	if err != nil {
		return query.False, err
	}
	terms := make([]query.Filter, len(texts))
	for i, t := range texts {
		var either []query.Filter
		for _, v := range scalars(t) {
			either = append(either, &query.Has{Path: p.path, Value: v})
		}
		terms[i] = query.Any(either...)
	}
	if c.operator == "ov" {
		return query.Any(terms...), nil
	}
	return query.All(append(terms, p.known())...), nil
}

// elements translates cs and ov of a list.
func (p place) elements(c *condition) (query.Filter, error) {
	texts, err := parseList(c.value, "{", "}")
	if err != nil {
		return query.False, err
	}
	terms := make([]query.Filter, len(texts))
	for i, text := range texts {
		v, ok := parseValue(p.typ.Element(), text)
		if ok {
			terms[i], ok = query.HasElement(p.path, p.typ, v)
		}
		if !ok {
			return query.False, problem{Status: 400, Code: "22P02", Message: "invalid input syntax for type " + nameOf(p.typ.Element()) + `: "` + fault.Clip(text) + `"`}
		}
	}
	if c.operator == "ov" {
		return query.Any(terms...), nil
	}
	return query.All(append(terms, p.known())...), nil
}

// holds is the condition that a json value contains another.
func (p place) holds(any bool, v query.Value) (query.Filter, error) {
	var terms []query.Filter
	switch {
	case v.Kind() != query.KindJSON:
		f, _ := query.Comparison(p.path, query.TypeJSON, query.Eq, v)
		return f, nil
	case v.Text()[0] == '[':
		for _, e := range v.Elements() {
			if e.Kind() == query.KindJSON {
				return query.False, unsupported("what is nested in an array")
			}
			terms = append(terms, &query.Has{Path: p.path, Value: e})
		}
	default:
		var failed error
		v.Members(func(name string, member query.Value) bool {
			inner := p
			inner.path.Sub = strings.TrimPrefix(p.path.Sub+"."+name, ".")
			var f query.Filter
			if f, failed = inner.holds(false, member); failed == nil && strings.Contains(name, ".") {
				failed = unsupported("a member with a dot in its name")
			}
			terms = append(terms, f)
			return failed == nil
		})
		if failed != nil {
			return query.False, failed
		}
	}
	if any {
		return query.Any(terms...), nil
	}
	return query.All(append(terms, p.known())...), nil
}
