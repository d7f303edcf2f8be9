package crud

import (
	"slices"

	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

// snippets are the parts of texts that show what a search has found.
type snippets struct {
	fields   []int
	searches []*query.Search
}

// snippets reads the fields of `snippets`, for a filter that is known.
func (o *operation) snippets(names []string, where query.Filter) (out snippets, err error) {
	if len(names) == 0 {
		return out, nil
	}
	query.Leaves(where, func(leaf query.Filter) {
		if s, ok := leaf.(*query.Search); ok {
			out.searches = append(out.searches, s)
		}
	})
	if out.searches == nil {
		return out, fault.FieldErrorf("snippets", "search", "snippets show what a search has found, and this list has no search")
	}
	if o.c.shape.Index("snippets") >= 0 {
		return out, fault.FieldErrorf("snippets", "unsupported", "this collection has a field snippets, in whose place they would be")
	}
	for _, name := range names {
		i, err := o.field("snippets", name)
		if err != nil {
			return out, err
		}
		if !o.c.shape.Fields[i].Search {
			return out, fault.FieldErrorf("snippets", "unsupported", "%s is not marked search: true, so that nothing is found in it", name)
		}
		if !slices.Contains(out.fields, i) {
			out.fields = append(out.fields, i)
		}
	}
	return out, nil
}

// snippet shows what was found in a field, as HTML.
type snippet struct {
	field int
	html  string
}

// into gives documents their snippets. What the caller may not see has none.
func (s snippets) into(docs []Document) {
	if s.fields == nil {
		return
	}
	for n := range docs {
		d := &docs[n]
		d.snippets = make([]snippet, 0, len(s.fields))
		for _, i := range s.fields {
			if v, shown := d.Value(i); shown && !v.IsNull() {
				d.snippets = append(d.snippets, snippet{i, query.Snippet(v.Text(), s.searches)})
			}
		}
	}
}

// Snippet returns the part of a field where a search has found something, as HTML; false where there is none.
func (d Document) Snippet(field int) (html string, ok bool) {
	for _, s := range d.snippets {
		if s.field == field {
			return s.html, true
		}
	}
	return "", false
}

// appendSnippets appends the member with the snippets.
func (d Document) appendSnippets(dst []byte) []byte {
	dst = append(dst, `"snippets":{`...)
	for n, s := range d.snippets {
		if n > 0 {
			dst = append(dst, ',')
		}
		dst = query.String(s.html).AppendJSON(append(dst, d.c.names[s.field]...))
	}
	return append(dst, '}')
}
