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

// into gives documents their snippets. What the caller may not see has none.
func (s snippets) into(docs []Document) {
	if s.fields == nil {
		return
	}
	for n := range docs {
		d := &docs[n]
		d.snippets = []byte(`"snippets":{`)
		start := len(d.snippets)
		for _, i := range s.fields {
			if v, shown := d.Value(i); shown && !v.IsNull() {
				if len(d.snippets) > start {
					d.snippets = append(d.snippets, ',')
				}
				d.snippets = append(d.snippets, d.c.names[i]...)
				d.snippets = query.String(query.Snippet(v.Text(), s.searches)).AppendJSON(d.snippets)
			}
		}
		d.snippets = append(d.snippets, '}')
	}
}
