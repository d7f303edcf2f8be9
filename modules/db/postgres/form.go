package postgres

import (
	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// forms are the column types that take several spellings of one value.
var forms = map[string]query.Form{"uuid": query.UUID{}}

// setForms records the forms of the collections' columns, once their tables are known.
func (d *Driver) setForms(collections []*db.Collection) {
	for _, c := range collections {
		of := make([]query.Form, len(c.Columns))
		for _, i := range c.Stored() {
			of[i] = forms[d.column(c, i).typ]
		}
		c.Shape.SetForms(of)
	}
}

// canonicalUUID reports whether a string is what a uuid column returns. To a statement, as to [query.Match], no other
// string equals it: [query.Spell] comes before both.
func canonicalUUID(s string) bool {
	canonical, ok := query.UUID{}.Canonical(s)
	return ok && canonical == s
}
