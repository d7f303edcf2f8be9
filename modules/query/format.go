package query

import "strings"

// Format returns a filter in readable form, in the language of the rules.
func Format(f Filter) string { return format(f, "doc.") }

func format(f Filter, this string) string {
	p := func(p Path) string { return this + p.String() }
	switch f := f.(type) {
	case Const:
		if f {
			return "true"
		}
		return "false"
	case *And:
		return formatTerms(f.Terms, " && ", this)
	case *Or:
		return formatTerms(f.Terms, " || ", this)
	case *Not:
		if c, ok := f.Term.(*Compare); ok && c.Op == Eq {
			return p(c.Path) + " != " + formatValue(c.Value)
		}
		return "!" + parenthesized(f.Term, this)
	case *Compare:
		return p(f.Path) + " " + f.Op.String() + " " + formatValue(f.Value)
	case *CompareFields:
		return p(f.Left) + " " + f.Op.String() + " " + p(f.Right)
	case *In:
		return p(f.Path) + " in " + MakeArray(f.Values).JSON()
	case *Text:
		if f.Op == Like || f.Op == ILike {
			return f.Op.String() + "(" + p(f.Path) + ", " + String(f.Text).JSON() + ")"
		}
		return p(f.Path) + " " + f.Op.String() + " " + String(f.Text).JSON()
	case *Has:
		return formatValue(f.Value) + " in " + p(f.Path)
	case *Length:
		return "len(" + p(f.Path) + ") " + f.Op.String() + " " + Int(f.Value).JSON()
	case *Search:
		if f.Typos {
			return "search(" + String(f.Text).JSON() + `, "typos")`
		}
		return "search(" + String(f.Text).JSON() + ")"
	case *Native:
		return p(Path{Field: f.Field}) + " " + string(f.Op) + " " + String(f.Text).JSON()
	case *Ask:
		return "webhook(" + String(f.URL).JSON() + ")"
	case *Exists:
		parts := []string{}
		for _, l := range f.Links {
			parts = append(parts, l.Inner.String()+" "+l.Op.String()+" "+p(l.Outer))
		}
		if f.Where != True {
			parts = append(parts, format(f.Where, ""))
		}
		return "exists(" + String(f.Collection).JSON() + ": " + strings.Join(parts, " && ") + ")"
	}
	return "?"
}

func formatTerms(terms []Filter, operator, this string) string {
	parts := make([]string, len(terms))
	for i, t := range terms {
		parts[i] = parenthesized(t, this)
	}
	return strings.Join(parts, operator)
}

func parenthesized(f Filter, this string) string {
	switch f.(type) {
	case *And, *Or:
		return "(" + format(f, this) + ")"
	}
	return format(f, this)
}

func formatValue(v Value) string {
	if v.IsNull() {
		return "nil"
	}
	return v.JSON()
}
