package policies

import "strings"

// cond is a condition in the language of rules. known is set for what is always the same.
type cond struct {
	terms []string // joined by join
	join  string
	known *bool
}

var (
	yes, no   = true, false
	always    = cond{known: &yes}
	never     = cond{known: &no}
	signedIn  = is("auth != nil")
	anonymous = is("auth == nil")
)

func is(text string) cond { return cond{terms: []string{text}} }

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
	out := cond{join: by}
	for _, c := range []cond{a, b} {
		terms := c.terms
		if len(terms) > 1 && c.join != by {
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

// not negates a condition that is never unknown.
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
