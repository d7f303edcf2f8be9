package policies

import (
	"slices"
	"strings"
)

// cond is a condition in the language of rules. known is set for what is always the same.
type cond struct {
	terms []string // joined by join
	join  string
	known *bool
	// narrow is true if it may be false where the condition in SQL is true. The opposite would let too much pass.
	narrow bool
}

var (
	yes, no   = true, false
	always    = cond{known: &yes}
	never     = cond{known: &no}
	signedIn  = is("auth != nil")
	anonymous = is("auth == nil")
)

func is(text string) cond { return cond{terms: []string{text}} }

// narrowed marks a condition as narrow if it is.
func (c cond) narrowed(narrow bool) cond {
	c.narrow = c.narrow || narrow
	return c
}

func known(b bool) cond {
	if b {
		return always
	}
	return never
}

func (c cond) text() string {
	if c.known != nil {
		if *c.known {
			return "true"
		}
		return "false"
	}
	return strings.Join(c.terms, c.join)
}

func (c cond) equal(d cond) bool { return c.text() == d.text() }

func and(a, b cond) cond { return joined(a, b, " && ", always, never) }
func or(a, b cond) cond  { return joined(a, b, " || ", never, always) }

// joined joins two conditions. neutral changes nothing, and the other decides alone.
func joined(a, b cond, by string, neutral, decides cond) cond {
	switch {
	case a.equal(decides) || b.equal(decides):
		return decides
	case a.equal(neutral) || a.equal(b):
		return b
	case b.equal(neutral):
		return a
	case a.equal(signedIn) && b.equal(anonymous) || a.equal(anonymous) && b.equal(signedIn):
		return decides
	}
	out := cond{join: by, narrow: a.narrow || b.narrow}
	for _, c := range []cond{a, b} {
		terms := c.terms
		if len(terms) > 1 && c.join != by {
			other := a
			if len(out.terms) == 0 {
				other = b
			}
			if slices.ContainsFunc(terms, func(one string) bool { return other.has(one, by) }) {
				continue // x && (x || y) is x
			}
			terms = []string{"(" + c.text() + ")"}
		}
	add:
		for _, term := range terms {
			for _, there := range out.terms {
				if there == term {
					continue add
				}
			}
			out.terms = append(out.terms, term)
		}
	}
	return out
}

// has reports whether a term, or what is joined in its parentheses, is among those of the condition.
func (c cond) has(term, by string) bool {
	if len(c.terms) > 1 && c.join != by {
		return false
	}
	if slices.Contains(c.terms, term) {
		return true
	}
	inside, is := strings.CutPrefix(term, "(")
	return is && !slices.ContainsFunc(strings.Split(strings.TrimSuffix(inside, ")"), by), func(part string) bool { return !slices.Contains(c.terms, part) })
}

// opposed negates a condition that is never unknown, unless it is narrow.
func opposed(c cond) (cond, error) {
	if c.narrow {
		return never, refuse("the opposite of a comparison with a value of json, which may be no text, has no translation")
	}
	return not(c), nil
}

// not negates a condition that is never unknown and not narrow.
func not(c cond) cond {
	switch {
	case c.known != nil:
		return known(!*c.known)
	case c.equal(signedIn):
		return anonymous
	case c.equal(anonymous):
		return signedIn
	case len(c.terms) == 1 && strings.HasPrefix(c.terms[0], "exists("):
		return is("!" + c.text())
	}
	return is("!(" + c.text() + ")")
}
