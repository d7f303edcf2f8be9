package config

import (
	"slices"

	"github.com/basalt-dev/basalt/modules/query"
)

// reference gives a ref the type of the ids it holds.
func (v *validator) reference(f *Field) {
	to := v.c.Collections[f.To]
	if to.composed {
		v.fail(f.At, "the key of %s is made of several columns, and no field can point to it; use exists with conditions on them", f.To)
	}
	if id := to.Fields["id"]; id != nil && id.Type != query.TypeID && id.Type != "" {
		f.Type = id.Type
	}
}

// references checks what refs promise, when all collections are known.
func (v *validator) references() {
	for _, name := range sorted(v.c.Collections) {
		c := v.c.Collections[name]
		for _, f := range c.Ordered {
			if to := v.c.Collections[f.To]; to != nil {
				v.promise(c, f, to)
			}
		}
	}
}

func (v *validator) promise(c *Collection, f *Field, to *Collection) {
	switch {
	case f.Check != "" && f.Check != "exists" && f.Check != "none":
		v.fail(f.At, "check is exists or none, not %q; without it, the caller must be able to read what the ref points to", f.Check)
	case f.OnDelete == "":
	case !slices.Contains([]Action{"restrict", "cascade", "null"}, f.OnDelete):
		v.fail(f.At, "on_delete is restrict, cascade or null, not %q%s", f.OnDelete, didYouMean(string(f.OnDelete), []string{"restrict", "cascade", "null"}))
	case to.Database != c.Database:
		v.fail(f.At, "on_delete needs both collections in one database, because it is one transaction; %s is in %s, and %s in %s", c.Name, c.Database, to.Name, to.Database)
	case f.OnDelete == "null" && f.Required:
		v.fail(f.At, "on_delete: null empties the field, which is required; take required out, or choose cascade or restrict")
	}
}
