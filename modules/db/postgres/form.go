package postgres

import (
	"strings"

	"github.com/google/uuid"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// forms are the column types that take several spellings of one value.
var forms = map[string]query.Form{"uuid": uuidForm{}}

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
	canonical, ok := uuidForm{}.Canonical(s)
	return ok && canonical == s
}

// uuidForm is the form of a uuid column: it takes capitals, braces and no hyphens, and is read in lower case with
// hyphens.
type uuidForm struct{}

// Canonical implements [query.Form].
func (uuidForm) Canonical(text string) (string, bool) {
	const hyphens, bare = 36, 32
	if inside, ok := strings.CutPrefix(text, "{"); ok {
		if text, ok = strings.CutSuffix(inside, "}"); !ok {
			return "", false
		}
	}
	if len(text) != hyphens && len(text) != bare {
		return "", false
	}
	id, err := uuid.Parse(text)
	switch {
	case err != nil:
		return "", false
	case len(text) == hyphens:
		return strings.ToLower(text), true
	}
	return id.String(), true
}
