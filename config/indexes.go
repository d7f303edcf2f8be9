package config

import (
	"errors"
	"slices"
	"strings"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

// indexes checks the indexes of a collection.
func (v *validator) indexes(c *Collection) {
	for _, x := range c.Indexes {
		made := db.Index{Unique: x.Unique}
		if len(x.Fields) == 0 {
			v.fail(x.At, "an index has one field or more, as in { fields: [owner, -created] }")
			continue
		}
		for _, name := range x.Fields {
			bare, desc := strings.CutPrefix(name, "-")
			i := c.Shape.Index(bare)
			switch {
			case i < 0:
				v.fail(x.At, "indexes: there is no field %q%s", bare, didYouMean(bare, c.Shape.Names()))
			case slices.Contains(made.Fields, i):
				v.fail(x.At, "indexes: %s appears twice", bare)
			case c.Shape.Fields[i].Of != nil || c.Ordered[i].Encrypt || c.Ordered[i].Type.Kind() == query.KindJSON:
				v.fail(x.At, "indexes: %s has no order, as it is composed, encrypted or of type %s", bare, c.Ordered[i].Type)
			default:
				made.Fields, made.Desc = append(made.Fields, i), append(made.Desc, desc)
			}
		}
		if x.Where != nil {
			made.Where = v.indexWhere(c, x.Where)
		}
		if len(made.Fields) == len(x.Fields) {
			c.Indexed = append(c.Indexed, made)
		}
	}
}

// indexWhere reads the condition of an index.
func (v *validator) indexWhere(c *Collection, text *Text) query.Filter {
	f, err := query.ParseText(c.Shape, text.Source, nil, query.Limits{}, nil)
	if err != nil {
		detail := err.Error()
		var e *fault.Error
		if errors.As(err, &e) && len(e.Fields) > 0 {
			detail = e.Fields[0].Detail
		}
		v.fail(text.At, "indexes: where: %s", detail)
		return nil
	}
	if !indexable(c.Shape, f) {
		v.fail(text.At, "indexes: where compares fields that are not json or sealed with values, as in \"done == false && owner != nil\"")
	}
	return f
}

// indexable reports whether a filter can be the condition of an index in every database.
func indexable(s *query.Shape, f query.Filter) bool {
	plain := func(p query.Path) bool {
		field := s.Fields[s.Index(p.Field)]
		return p.Sub == "" && field.Type.Kind() != query.KindJSON && !field.Sealed
	}
	all := func(terms []query.Filter) bool {
		return !slices.ContainsFunc(terms, func(t query.Filter) bool { return !indexable(s, t) })
	}
	switch f := f.(type) {
	case *query.And:
		return all(f.Terms)
	case *query.Or:
		return all(f.Terms)
	case *query.Not:
		return indexable(s, f.Term)
	case *query.Compare:
		return plain(f.Path)
	case *query.In:
		return plain(f.Path)
	}
	return false
}
