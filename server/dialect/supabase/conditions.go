package supabase

import (
	"slices"
	"strings"

	"github.com/basalt-dev/basalt/modules/fault"
)

// condition is a node of a filter as it is written: a tree of `and` and `or`, or a test of one column.
type condition struct {
	not   bool
	or    bool // of terms; otherwise all must hold
	terms []condition

	// A test.
	column   column
	operator string
	// each is "any" or "all" of a list of values, as in eq(any).{1,2}; of fts, its configuration.
	each  string
	value string
}

func (c *condition) tests() bool { return c.operator != "" }

// nested limits the brackets of a filter, ahead of reading it.
const nested = 32

// parseTest reads `eq.5`, `not.in.(1,2)`, `like(any).{a*,b*}`.
func parseTest(c column, text string) (condition, error) {
	out := condition{column: c}
	rest := text
	for {
		after, ok := strings.CutPrefix(rest, "not.")
		if !ok {
			break
		}
		out.not = !out.not
		rest = after
	}
	head, value, ok := strings.Cut(rest, ".")
	if !ok {
		return out, problem{Status: 400, Code: "PGRST100", Message: `failed to parse filter (` + fault.Clip(text) + `)`, Details: "a filter is an operator and a value, such as eq.5"}
	}
	out.operator, out.value = head, value
	if operator, each, ok := strings.Cut(head, "("); ok && strings.HasSuffix(each, ")") {
		out.operator, out.each = operator, strings.TrimSuffix(each, ")")
	}
	if !slices.Contains(operators, out.operator) {
		return out, problem{Status: 400, Code: "PGRST100", Message: `failed to parse filter (` + fault.Clip(text) + `)`, Details: `there is no operator "` + fault.Clip(out.operator) + `"`}
	}
	return out, nil
}

var operators = []string{
	"eq", "neq", "gt", "gte", "lt", "lte", "like", "ilike", "match", "imatch", "in", "is", "isdistinct",
	"fts", "plfts", "phfts", "wfts", "cs", "cd", "ov", "sl", "sr", "nxr", "nxl", "adj",
}

// parseTree reads the value of `or=(…)`: `(a.eq.1,and(b.gt.2,c.is.null),not.or(…))`.
func parseTree(text string, or, not bool) (condition, error) {
	s := &scanner{text: text}
	out, err := s.tree(or, not, 0)
	if err == nil && !s.done() {
		err = s.unexpected()
	}
	return out, err
}

func (s *scanner) tree(or, not bool, depth int) (condition, error) {
	out := condition{or: or, not: not}
	if depth > nested || !s.take("(") {
		return out, s.unexpected()
	}
	for {
		s.space()
		term, err := s.term(depth)
		if err != nil {
			return out, err
		}
		out.terms = append(out.terms, term)
		s.space()
		switch {
		case s.take(","):
		case s.take(")"):
			return out, nil
		default:
			return out, s.unexpected()
		}
	}
}

func (s *scanner) term(depth int) (condition, error) {
	for _, logic := range []string{"and", "or", "not.and", "not.or"} {
		if s.next(logic + "(") {
			s.at += len(logic)
			return s.tree(strings.HasSuffix(logic, "or"), strings.HasPrefix(logic, "not"), depth+1)
		}
	}
	name, err := s.name()
	if err != nil {
		return condition{}, err
	}
	c := column{field: name}
	if err := s.inside(&c); err != nil {
		return condition{}, err
	}
	if !s.take(".") {
		return condition{}, s.unexpected()
	}
	return s.test(c)
}

// test reads the operator and the value of a test inside a tree, where a comma or a bracket ends it.
func (s *scanner) test(c column) (condition, error) {
	from := s.at
	end := s.at
	for depth := 0; ; {
		if end >= len(s.text) {
			return condition{}, s.unexpected()
		}
		if ch := s.text[end]; ch == '"' {
			quote := scanner{text: s.text, at: end}
			if _, ok := quote.quoted(); !ok {
				return condition{}, s.unexpected()
			}
			end = quote.at
			continue
		} else if depth == 0 && (ch == ',' || ch == ')') {
			break
		} else if ch == '(' || ch == '{' {
			depth++
		} else if ch == ')' || ch == '}' {
			depth--
		}
		end++
	}
	s.at = end
	out, err := parseTest(c, s.text[from:end])
	if err == nil && strings.HasPrefix(out.value, `"`) && out.operator != "in" && out.each == "" {
		quote := scanner{text: out.value}
		if text, ok := quote.quoted(); ok && quote.done() {
			out.value = text
		}
	}
	return out, err
}

// parseList reads the values of `(a,"b,c")` or `{a,"b"}`.
func parseList(text, open, shut string) ([]string, error) {
	s := &scanner{text: text}
	if !s.take(open) || !strings.HasSuffix(text, shut) {
		return nil, s.unexpected()
	}
	s.text = strings.TrimSuffix(text, shut)
	if s.done() {
		return nil, nil
	}
	var out []string
	for {
		if s.next(`"`) {
			value, ok := s.quoted()
			if !ok {
				return nil, s.unexpected()
			}
			out = append(out, value)
		} else {
			from := s.at
			for !s.done() && s.text[s.at] != ',' {
				s.at++
			}
			out = append(out, strings.TrimSpace(s.text[from:s.at]))
		}
		if s.done() {
			return out, nil
		}
		if !s.take(",") {
			return nil, s.unexpected()
		}
	}
}

// ordering is one level of `order`.
type ordering struct {
	column column
	of     string // the embedded row that the column is of, if it is not of the table itself
	desc   bool
	// nullsFirst is where null stands: last in an ascending order, first in a descending one, where nothing else is said.
	nullsFirst bool
}

// parseOrder reads `a.desc.nullslast,b`.
func parseOrder(text string) ([]ordering, error) {
	var out []ordering
	s := &scanner{text: text}
	for !s.done() {
		name, err := s.name()
		if err != nil {
			return nil, err
		}
		o := ordering{column: column{field: name}}
		if s.take("(") {
			o.of = name
			if o.column.field, err = s.name(); err != nil {
				return nil, err
			}
			if !s.take(")") {
				return nil, s.unexpected()
			}
		} else if err := s.inside(&o.column); err != nil {
			return nil, err
		}
		nulls := ""
		for s.take(".") {
			word, err := s.name()
			switch {
			case err != nil:
				return nil, err
			case word == "asc" || word == "desc":
				o.desc = word == "desc"
			case word == "nullsfirst" || word == "nullslast":
				nulls = word
			default:
				return nil, s.unexpected()
			}
		}
		o.nullsFirst = o.desc
		if nulls != "" {
			o.nullsFirst = nulls == "nullsfirst"
		}
		out = append(out, o)
		if !s.done() && !s.take(",") {
			return nil, s.unexpected()
		}
	}
	return out, nil
}
