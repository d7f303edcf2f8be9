package graphql

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/query"
)

// tally is what is selected of an aggregate, or of groups.
type tally struct {
	c     *collection
	parts []part
	nodes *level // selected documents
	group []string
	// asked are the figures over all parts.
	asked  map[string][]string
	counts []columnCount // besides the number of documents
}

// part is a member of the answer.
type part struct {
	key      []byte
	kind     string // __typename, aggregate, nodes, key, count, a count of columns, or a figure
	constant []byte
	inner    []part
	field    *field
}

// figured is a row of figures: the members of an item of the native API.
type figured map[string]json.RawMessage

// tallyOf compiles the selection of an aggregate or of groups.
func (e *executor) tallyOf(c *collection, s *selected) (*tally, error) {
	t := &tally{c: c, asked: map[string][]string{}}
	var err error
	t.parts, err = e.partsOf(t, s)
	return t, err
}

func (e *executor) partsOf(t *tally, s *selected) (out []part, err error) {
	for _, sub := range collect(s.sets, e.vars) {
		p := part{key: append(query.String(sub.key).AppendJSON(nil), ':'), kind: sub.field.Name}
		switch p.kind {
		case "__typename":
			p.constant = query.String(sub.field.ObjectDefinition.Name).AppendJSON(nil)
		case "aggregate", "key":
			p.inner, err = e.partsOf(t, sub)
		case "nodes":
			if t.nodes, err = e.levelOf(t.c, sub, defaultLimit); err == nil {
				p.inner = nil
			}
		case "count":
			p.kind, err = e.countOf(t, sub)
		default:
			err = e.figureOf(t, s, sub, &p)
		}
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

// figureOf compiles a figure such as sum with its fields, or a field of a key.
func (e *executor) figureOf(t *tally, above, s *selected, p *part) error {
	if above.field.Name == "key" {
		p.field, p.kind = t.c.members[p.kind].field, "field"
		return nil
	}
	for _, sub := range collect(s.sets, e.vars) {
		inner := part{key: append(query.String(sub.key).AppendJSON(nil), ':'), kind: p.kind}
		if sub.field.Name == "__typename" {
			inner.kind, inner.constant = "__typename", query.String(sub.field.ObjectDefinition.Name).AppendJSON(nil)
		} else {
			inner.field = t.c.members[sub.field.Name].field
			if !slices.Contains(t.asked[p.kind], inner.field.Name) {
				t.asked[p.kind] = append(t.asked[p.kind], inner.field.Name)
			}
		}
		p.inner = append(p.inner, inner)
	}
	return nil
}

// read returns the read of the figures.
func (t *tally) read(where map[string]any, group []string) (crud.Read, error) {
	body := map[string]any{}
	if len(where) > 0 {
		body["where"] = where
	}
	if len(group) > 0 {
		body["group"] = group
	}
	for figure, fields := range t.asked {
		body[figure] = fields
	}
	if !slices.Contains(group, "count") {
		body["count"] = true
	}
	encoded, err := json.Marshal(body)
	return crud.Read{Collection: t.c.Name, Kind: crud.Aggregate, Body: encoded}, err
}

// figuresOf runs a read of figures.
func (e *executor) figuresOf(read crud.Read) ([]figured, error) {
	found, err := e.run(read)
	if err != nil {
		return nil, err
	}
	body, _, err := found.Encode()
	if err != nil {
		return nil, err
	}
	var out struct{ Items []figured }
	return out.Items, json.Unmarshal(body, &out)
}

// maxValues is how many values one statement groups by, for related documents.
const maxValues = 1_000

// tallies reads the figures of related documents, by the value that relates them.
func (e *executor) tallies(r *related, values []query.Value) (map[query.Value]figured, error) {
	out := map[query.Value]figured{}
	spelled := map[string]query.Value{}
	for _, v := range values {
		spelled[v.JSON()] = v
	}
	for some := range slices.Chunk(values, maxValues) {
		reads, err := r.tally.reads(r.ask.where, []string{r.field.Name})
		if err != nil {
			return nil, err
		}
		for i := range reads {
			reads[i].Of, reads[i].Values = r.field.Name, some
		}
		items, err := e.figuresOf(reads[0])
		if err != nil {
			return nil, err
		}
		belongs := func(item figured) (v query.Value, ok bool, err error) {
			if item[r.field.Name] == nil {
				return v, false, nil
			}
			of, err := query.ParseJSON(item[r.field.Name], 1)
			if err == nil {
				v, ok = spelled[r.meet(of).JSON()]
			}
			return v, ok, err
		}
		for _, item := range items {
			v, ok, err := belongs(item)
			if err != nil {
				return nil, err
			}
			if ok {
				out[v] = item
			}
		}
		err = e.countColumns(r.tally, reads[1:], func(item figured) (figured, error) {
			v, ok, err := belongs(item)
			if !ok {
				return nil, err
			}
			return out[v], nil
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// append writes the figures of a row, and the nodes where they are selected. Without a row nothing was counted.
func (t *tally) append(dst []byte, row figured, nodes *loaded, limit int) []byte {
	return t.appendParts(dst, t.parts, row, nodes, limit)
}

func (t *tally) appendParts(dst []byte, parts []part, row figured, nodes *loaded, limit int) []byte {
	dst = append(dst, '{')
	for i, p := range parts {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, p.key...)
		switch {
		case p.constant != nil:
			dst = append(dst, p.constant...)
		case p.kind == "aggregate" || p.kind == "key":
			dst = t.appendParts(dst, p.inner, row, nodes, limit)
		case p.kind == "nodes":
			dst = nodes.appendList(dst, limit)
		case strings.HasPrefix(p.kind, "count"):
			dst = orElse(dst, row[p.kind], "0")
		case p.field != nil:
			dst = orElse(dst, row[p.field.Name], "null")
		default:
			var members figured
			_ = json.Unmarshal(row[p.kind], &members) // it was made here; without a row it is empty
			dst = t.appendParts(dst, p.inner, members, nodes, limit)
		}
	}
	return append(dst, '}')
}

func orElse(dst []byte, value json.RawMessage, other string) []byte {
	if value == nil {
		return append(dst, other...)
	}
	return append(dst, value...)
}
