package graphql

import (
	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

// snippetName is the member that shows where a search has found something.
const snippetName = "_snippet"

// snippetOf compiles a snippet: of which field it is.
func (e *executor) snippetOf(c *collection, s *selected) (*field, error) {
	name, _ := s.argument("of", e.vars).(string)
	m := c.members[name]
	if m == nil || m.field == nil {
		return nil, fault.FieldErrorf(s.key, "unknown_field", "of names no field of %s", c.typ)
	}
	return m.field, nil
}

// snippets returns the names of the fields of which snippets are selected; nil for none.
func (lv *level) snippets() (out []string) {
	for i := range lv.outputs {
		if f := lv.outputs[i].snippet; f != nil {
			out = append(out, f.Name)
		}
	}
	return out
}

// appendSnippet writes a snippet; null where no search has found anything there.
func appendSnippet(dst []byte, d crud.Document, f *field) []byte {
	html, ok := d.Snippet(f.index)
	if !ok {
		return append(dst, "null"...)
	}
	return query.String(html).AppendJSON(dst)
}
