package graphql

import (
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/basalt-dev/basalt/modules/fault"
)

// directions are the values of order_by.
var directions = []string{"asc", "asc_nulls_first", "asc_nulls_last", "desc", "desc_nulls_first", "desc_nulls_last"}

// order translates order_by to the sort keys of the native API. The order of the keys of an object counts where it is
// written in the document; in variables, which are JSON, each object has one key.
func (c *collection) order(s *selected, vars map[string]any) ([]string, error) {
	a := s.field.Arguments.ForName("order_by")
	if a == nil {
		return nil, nil
	}
	o := order{vars: vars}
	err := o.written(c, "", a.Value)
	return o.keys, err
}

// order are the sort keys of an order_by.
type order struct {
	vars map[string]any
	keys []string
}

// written reads what is in the document. prefix are the references that lead to the collection.
func (o *order) written(c *collection, prefix string, v *ast.Value) error {
	switch v.Kind {
	case ast.ListValue:
		for _, child := range v.Children {
			if err := o.written(c, prefix, child.Value); err != nil {
				return err
			}
		}
	case ast.ObjectValue:
		for _, child := range v.Children {
			m := c.members[child.Name]
			if m == nil {
				continue
			}
			if m.relation != nil {
				if err := o.written(m.relation.target, prefix+m.relation.field.Name+".", child.Value); err != nil {
					return err
				}
				continue
			}
			direction, _ := valueOf(child.Value, o.vars)
			o.key(prefix+m.field.Name, direction)
		}
	case ast.Variable:
		return o.sent(c, prefix, o.vars[v.Raw])
	}
	return nil
}

// sent reads what is in a variable.
func (o *order) sent(c *collection, prefix string, v any) error {
	for _, item := range listOf(v) {
		given := object(item)
		if len(given) > 1 {
			return fault.FieldErrorf("order_by", "order", "an object of order_by in a variable has one field, because the fields of JSON objects have no order; send a list")
		}
		for name, inner := range given {
			m := c.members[name]
			switch {
			case m == nil:
			case m.relation != nil:
				if err := o.sent(m.relation.target, prefix+m.relation.field.Name+".", inner); err != nil {
					return err
				}
			default:
				o.key(prefix+m.field.Name, inner)
			}
		}
	}
	return nil
}

// key adds a sort key, such as "-author.name nulls last".
func (o *order) key(path string, direction any) {
	way, _ := direction.(string)
	if way == "" {
		return
	}
	way, nulls, _ := strings.Cut(way, "_nulls_")
	if way == "desc" {
		path = "-" + path
	}
	if nulls != "" {
		path += " nulls " + nulls
	}
	o.keys = append(o.keys, path)
}
