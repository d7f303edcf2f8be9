package graphql

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/fault"
)

// columnCount is a count of the values of columns: those that are not null, or how many different ones there are. Not
// every database counts them in one statement with the other figures, so each is a statement of its own.
type columnCount struct {
	name     string // in a row of figures, where no field is called so
	columns  []string
	distinct bool
}

// countOf compiles a count, and returns its name in a row of figures.
func (e *executor) countOf(t *tally, s *selected) (string, error) {
	n := columnCount{name: fmt.Sprintf("count %d", len(t.counts))}
	n.distinct, _ = s.argument("distinct", e.vars).(bool)
	for _, column := range listOf(s.argument("columns", e.vars)) {
		name, _ := column.(string)
		if m := t.c.members[name]; m != nil && m.field != nil && !slices.Contains(n.columns, m.field.Name) {
			n.columns = append(n.columns, m.field.Name)
		}
	}
	switch {
	case len(n.columns) == 0, len(n.columns) == 1 && n.columns[0] == t.c.fields[0].Name: // each document has a key of its own
		return "count", nil
	case len(n.columns) > 1 && !n.distinct:
		return "", fault.FieldErrorf("columns", "unsupported", "count takes several columns with distinct: true alone")
	}
	for _, known := range t.counts {
		if known.distinct == n.distinct && slices.Equal(known.columns, n.columns) {
			return known.name, nil
		}
	}
	if e.counts++; e.counts > maxCounted {
		return "", fault.FieldErrorf("columns", "max", "an operation counts columns, and filters by how many related documents there are, at most %d times", maxCounted)
	}
	t.counts = append(t.counts, n)
	return n.name, nil
}

// read returns the read of a count, for each value of group.
func (n columnCount) read(c *collection, where map[string]any, group []string) (crud.Read, error) {
	if len(n.columns) == 1 {
		has := map[string]any{n.columns[0]: map[string]any{"$exists": true}}
		if len(where) > 0 {
			has = both([]any{where, has})
		}
		where = has
	}
	t := &tally{c: c}
	if n.distinct {
		group = slices.Clone(group)
		for _, column := range n.columns {
			if !slices.Contains(group, column) {
				group = append(group, column)
			}
		}
	}
	return t.read(where, group)
}

// reads returns the reads of a tally, that of its figures first.
func (t *tally) reads(where map[string]any, group []string) ([]crud.Read, error) {
	first, err := t.read(where, group)
	if err != nil {
		return nil, err
	}
	out := []crud.Read{first}
	for _, n := range t.counts {
		read, err := n.read(t.c, where, group)
		if err != nil {
			return nil, err
		}
		out = append(out, read)
	}
	return out, nil
}

// countColumns counts the columns of a tally into rows of figures. row finds the one that an item belongs to, or nil.
func (e *executor) countColumns(t *tally, reads []crud.Read, row func(item figured) (figured, error)) error {
	for i, n := range t.counts {
		items, err := e.figuresOf(reads[i])
		if err != nil {
			return err
		}
		for _, item := range items {
			into, err := row(item)
			switch {
			case err != nil:
				return err
			case into == nil:
			case n.distinct:
				var so int
				if text := into[n.name]; text != nil {
					if err := json.Unmarshal(text, &so); err != nil {
						return err
					}
				}
				into[n.name] = fmt.Appendf(nil, "%d", so+1)
			default:
				into[n.name] = item["count"]
			}
		}
	}
	return nil
}
