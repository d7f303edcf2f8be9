package graphql

import (
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

// defaultLimit is how many documents a list has that says no limit.
const defaultLimit = 50

// level is what is selected of the documents of a collection. One statement reads it, and one each of its relations.
type level struct {
	c       *collection
	outputs []output
}

// output is one member of each document.
type output struct {
	key      []byte // with its quotes and colon
	path     string
	field    *field
	relation *related
	constant []byte // __typename
	node     bool   // the global id
	tag      bool   // the entity tag
	snippet  *field // of which it is the snippet
}

// related is a selected relation.
type related struct {
	*relation
	// meet returns the one form of all values of the two fields that are equal to each other.
	meet  func(query.Value) query.Value
	ask   *ask // of the documents
	inner *level
	tally *tally // of figures
}

// levelOf compiles a selection. parents is how many documents are on the level above, at most; what all levels find is
// counted, and bounded.
func (e *executor) levelOf(c *collection, s *selected, rows int) (*level, error) {
	if e.cost += rows; e.cost > e.limits.Cost {
		return nil, fault.FieldErrorf(s.key, "cost", "the operation may find more than %d documents, by its limits and its levels; set smaller limits (graphql.cost)", e.limits.Cost)
	}
	fields := collectOf(c.typ, s.sets, e.vars)
	lv := &level{c: c, outputs: make([]output, 0, len(fields))}
	keys := make([]byte, 0, 16*len(fields))
	for _, sub := range fields {
		start := len(keys)
		keys = append(query.String(sub.key).AppendJSON(keys), ':')
		o := output{key: keys[start:len(keys):len(keys)], path: sub.key}
		m := c.members[sub.field.Name]
		switch {
		case sub.field.Name == "__typename":
			o.constant = query.String(c.typ).AppendJSON(nil)
		case m == nil:
			return nil, fault.FieldErrorf(sub.key, "unknown_field", "there is no such field")
		case m.node:
			o.node = true
		case m.tag:
			o.tag = true
		case m.snippet:
			var err error
			if o.snippet, err = e.snippetOf(c, sub); err != nil {
				return nil, err
			}
		case m.field != nil:
			o.field = m.field
		default:
			var err error
			if o.relation, err = e.relatedOf(m.relation, sub, rows); err != nil {
				return nil, e.within(sub.key, err)
			}
		}
		lv.outputs = append(lv.outputs, o)
	}
	return lv, nil
}

func (e *executor) relatedOf(r *relation, s *selected, rows int) (out *related, err error) {
	out = &related{relation: r, meet: query.Between(r.of.Shape, r.hereIndex(), r.target.Shape, r.thereIndex())}
	switch {
	case r.figures:
		if out.ask, err = e.askOf(r.target, s); err == nil {
			out.tally, err = e.tallyOf(r.target, s)
		}
		if err == nil && out.tally.nodes != nil {
			err = fault.FieldErrorf("nodes", "unsupported", "nodes of related documents are not part of their figures; select the relation itself")
		}
	case r.many:
		if out.ask, err = e.askOf(r.target, s); err == nil {
			out.inner, err = e.levelOf(r.target, s, rows*out.ask.limit)
		}
	default:
		out.ask = &ask{where: all, limit: 1}
		out.inner, err = e.levelOf(r.target, s, rows)
	}
	return out, err
}

// fields returns the names of the selected fields, at least the id, and the places of the others that are needed.
func (lv *level) fields() (selects []string, needs []int) {
	seen := make([]bool, len(lv.c.fields))
	selects = make([]string, 0, len(lv.outputs))
	for i := range lv.outputs {
		switch o := &lv.outputs[i]; {
		case o.field != nil && !seen[o.field.index]:
			seen[o.field.index] = true
			selects = append(selects, o.field.Name)
		case o.tag:
			needs = lv.c.allFields()
		case o.node || o.relation != nil && o.relation.many:
			needs = append(needs, 0)
		case o.relation != nil:
			needs = append(needs, o.relation.field.index)
		}
	}
	if len(selects) == 0 {
		selects = []string{lv.c.fields[0].Name}
	}
	return selects, needs
}
