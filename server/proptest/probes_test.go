package proptest

import (
	"encoding/json"
	"math"
	"net/url"
	"strconv"
	"strings"
)

// hidden is a value that is another one in each of two worlds.
type hidden struct {
	c    *collection
	id   string
	f    *field
	a, b string
}

// hidden are the values in which two worlds differ, of documents that both have. A caller who knew the one world would look for
// them with calls that a random one meets rarely.
func (s *schema) hidden(a, b *world) (out []hidden) {
	for _, c := range s.collections {
		for _, r := range a.rows[c.name] {
			other := b.find(c.name, r.id())
			if other == nil {
				continue
			}
			for i := range c.fields {
				f := &c.fields[i]
				if r[f.name] != other[f.name] && !f.hash {
					out = append(out, hidden{c, r.id(), f, r[f.name], other[f.name]})
				}
			}
		}
	}
	return out
}

// probe draws a call that would tell one world from the other if the server let the value take part in its answer.
func (g *client) probe(h hidden) call {
	path := "/v1/db/" + h.c.name
	one := call{path: path + "/" + h.id, writes: []string{h.c.name}}
	switch g.IntN(7) {
	case 0, 1: // an operator that fits the one value and not the other
		one.method, one.body = "PATCH", row{h.f.name: g.between(h)}.object()
		return one
	case 2, 3: // the value itself, as if it was known
		one.method, one.body = "PUT", g.whole(h)
		return one
	case 4:
		op := row{"op": quoted("replace"), "collection": quoted(h.c.name), "id": quoted(h.id), "doc": g.whole(h)}
		return call{method: "POST", path: "/v1/batch", body: `{"ops":[` + op.object() + `]}`, writes: []string{h.c.name}}
	case 5: // a page that begins behind it
		order := h.f.name
		if g.in(2) {
			order = "-" + order
		}
		p := url.Values{"sort": {order}, "limit": {"1"}}
		if g.in(2) {
			p.Set("after", "{cursor}")
		}
		return call{method: "GET", path: path}.with(p)
	}
	return g.asked(h)
}

// between is an operator that only one of two numbers can take, and of other values the value.
func (g *client) between(h hidden) string {
	var a, b int64
	if h.f.typ != "int" || json.Unmarshal([]byte(h.a), &a) != nil || json.Unmarshal([]byte(h.b), &b) != nil || h.a == "null" || h.b == "null" {
		return h.a
	}
	most := int64(math.MaxInt64)
	if h.f.max != "" {
		most, _ = strconv.ParseInt(h.f.max, 10, 64) // the schema has written it
	}
	if low := min(a, b); low >= 0 {
		return `{"$inc":` + strconv.FormatInt(most-low, 10) + `}`
	}
	return `{"$inc":` + strconv.FormatInt(math.MinInt64-max(a, b), 10) + `}`
}

// whole is the document as the first world has it: what the caller sees of it, and the value.
func (g *client) whole(h hidden) string {
	r := row{h.f.name: h.a}
	stored := g.world.find(h.c.name, h.id)
	for i := range h.c.fields {
		if f := &h.c.fields[i]; !f.hash && h.c.readable[f.name] == nil {
			r[f.name] = stored[f.name]
		}
	}
	return r.object()
}

// asked is a filter for the value: of its collection, or of one that refers to it.
func (g *client) asked(h hidden) call {
	c, field := h.c, h.f.name
	for _, from := range g.schema.collections {
		for _, f := range from.fields {
			if g.reach["follow"] && f.to == h.c.name && g.in(2) {
				c, field = from, f.name+"."+h.f.name
			}
		}
	}
	where := map[string]any{field: json.RawMessage(h.a)}
	if g.in(3) {
		where = map[string]any{"$not": where}
	}
	body := map[string]any{"where": where}
	if !strings.Contains(field, ".") && g.in(3) {
		return call{method: "POST", path: "/v1/db/" + c.name + "/aggregate", body: string(must(json.Marshal(map[string]any{"where": where, "count": true})))}
	}
	if g.in(3) {
		body["count"] = true
	}
	return call{method: "POST", path: "/v1/db/" + c.name + "/query", body: string(must(json.Marshal(body)))}
}
