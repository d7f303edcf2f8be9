package query

import "slices"

// Exists is true if another collection has a document that satisfies Where, a filter over that collection's
// fields, and every link to this document. A lookup by id has the key as its link. Null matches no link, on either
// side: unlike in a comparison within one document, null means absent here.
type Exists struct {
	Collection string
	Where      Filter
	Links      []Link
}

// Link compares a field of the looked-up document with a field of this document. Neither is a json field.
type Link struct {
	Inner Path
	Op    CompareOp
	Outer Path
}

// Lookup returns the filter that such a document exists. It is False if none can.
func Lookup(collection string, where Filter, links ...Link) Filter {
	if where == False {
		return False
	}
	return &Exists{collection, where, links}
}

// Lookups calls visit for every lookup of a filter, except lookups inside others.
func Lookups(f Filter, visit func(*Exists)) {
	Leaves(f, func(leaf Filter) {
		if e, ok := leaf.(*Exists); ok {
			visit(e)
		}
	})
}

// HasLookups reports whether a filter uses other collections.
func HasLookups(f Filter) bool {
	found := false
	Lookups(f, func(*Exists) { found = true })
	return found
}

// Replace returns the filter with each lookup replaced by the result of f. Lookups inside others are left to f.
func Replace(f Filter, with func(*Exists) (Filter, error)) (Filter, error) {
	switch f := f.(type) {
	case *And:
		terms, err := replaceAll(f.Terms, with)
		return All(terms...), err
	case *Or:
		terms, err := replaceAll(f.Terms, with)
		return Any(terms...), err
	case *Not:
		term, err := Replace(f.Term, with)
		if err != nil {
			return False, err
		}
		return Negate(term), nil
	case *Exists:
		return with(f)
	}
	return f, nil
}

func replaceAll(terms []Filter, with func(*Exists) (Filter, error)) ([]Filter, error) {
	out := make([]Filter, len(terms))
	for i, t := range terms {
		var err error
		if out[i], err = Replace(t, with); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (f *Exists) appendCanonical(dst []byte) []byte {
	dst = appendQuote(append(dst, "exists("...), f.Collection)
	links := make([]string, len(f.Links))
	for i, l := range f.Links {
		links[i] = string(appendPath(append(appendPath(nil, l.Inner), l.Op.String()...), l.Outer))
	}
	slices.Sort(links)
	for _, l := range links {
		dst = append(append(dst, ",this."...), l...)
	}
	return append(f.Where.appendCanonical(append(dst, ',')), ')')
}

// Ask is true if the webhook at URL allows Body, which was built for one document. It is never part of a
// statement.
type Ask struct{ URL, Body string }

func (f *Ask) appendCanonical(dst []byte) []byte {
	return append(appendQuote(append(appendQuote(append(dst, "ask("...), f.URL), ','), f.Body), ')')
}

// Asks calls visit for every webhook of a filter.
func Asks(f Filter, visit func(*Ask)) {
	Leaves(f, func(leaf Filter) {
		if q, ok := leaf.(*Ask); ok {
			visit(q)
		}
	})
}
