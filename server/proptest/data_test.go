package proptest

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// row is a stored document: the JSON of each field.
type row map[string]string

func (r row) id() string { return unquote(r["id"]) }

func unquote(text string) string {
	var s string
	_ = json.Unmarshal([]byte(text), &s) // what is no text is no id
	return s
}

// scalar is the value of a field as rules see it.
func (r row) scalar(name string) any {
	text := r[name]
	switch {
	case text == "" || text == "null":
		return nil
	case text[0] == '"':
		return unquote(text)
	case text == "true" || text == "false":
		return text == "true"
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n
	}
	return nil
}

// world is what is stored.
type world struct{ rows map[string][]row }

func (w *world) clone() *world {
	out := &world{map[string][]row{}}
	for name, rows := range w.rows {
		for _, r := range rows {
			out.rows[name] = append(out.rows[name], maps.Clone(r))
		}
	}
	return out
}

func (w *world) find(collection, id string) row {
	for _, r := range w.rows[collection] {
		if r.id() == id {
			return r
		}
	}
	return nil
}

// documents are what there is, by collection and id.
func (w *world) documents() map[string]bool {
	out := map[string]bool{}
	for name, rows := range w.rows {
		for _, r := range rows {
			out[name+"/"+r.id()] = true
		}
	}
	return out
}

// The values that documents, rules and calls are made of: few, so that they meet, and some at the edges.
var (
	texts     = []string{"a", "b", "u1", "u2", "staff", "é", "admin"}
	numbers   = []int64{0, 1, 2, 3, 4, 5, 50, 99}
	edges     = []int64{1<<63 - 1, -1 << 63, 1 << 53}
	jsons     = []string{`[1,"a"]`, `{"a":1}`, `{"a":{"b":"x"}}`, `"t"`, `5`, `[]`, `{}`}
	times     = []string{`"2026-01-01T00:00:00Z"`, `"2025-06-01T10:00:00.5Z"`, `"1969-01-01T00:00:00Z"`}
	floats    = []string{"0", "0.5", "2", "-1.25"}
	words     = []string{"red fox", "red", "fox jumps", "blue", "red red red blue"}
	dates     = []string{`"2026-01-01"`, `"2025-02-28"`, `"1969-12-31"`}
	uuids     = []string{`"0190a6e0-0000-7000-8000-000000000001"`, `"0190a6e0-0000-7000-8000-000000000002"`}
	decimals  = []string{"0", "1.5", "-2.25", "100", "3"}
	lists     = []string{`[]`, `["a"]`, `["a","b"]`, `["u1","a","a"]`}
	patterns  = []string{"a%", "%a", "_", "u_", "%A%", "st%f", "b"}
	addresses = []string{"10.0.0.1", "10.0.0.2"}
)

// caller is who asks.
type caller struct {
	name   string
	claims map[string]any // nil for an anonymous caller
	admin  bool
	ip     string
}

// callers are those who ask; each may come from both addresses.
var callers = []caller{
	{name: "anonymous"},
	{name: "anonymous"},
	{name: "u1", claims: map[string]any{"sub": "u1", "role": "user", "team": "a", "teams": []string{"a", "b"}, "level": int64(2)}},
	{name: "u2", claims: map[string]any{"sub": "u2"}},
	{name: "staff", claims: map[string]any{"sub": "u1", "role": "staff", "team": "b", "teams": []string{"u1"}, "level": int64(5)}},
	{name: "admin", claims: map[string]any{"sub": "admin", "team": "a"}},
}

func (g *gen) caller() caller {
	c := pick(g, callers)
	c.ip = pick(g, addresses)
	return c
}

func quoted(s string) string { return string(must(json.Marshal(s))) }

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// value draws a stored value that the field takes.
func (g *gen) value(s *schema, w *world, f *field) string {
	if g.in(5) {
		return "null"
	}
	switch f.typ {
	case "int":
		if f.max == "" && g.in(6) {
			return strconv.FormatInt(pick(g, edges), 10)
		}
		return strconv.FormatInt(pick(g, numbers), 10)
	case "bool":
		return strconv.FormatBool(g.in(2))
	case "json":
		return pick(g, jsons)
	case "time":
		return pick(g, times)
	case "float":
		return pick(g, floats)
	case "date":
		return pick(g, dates)
	case "uuid":
		return pick(g, uuids)
	case "decimal":
		return pick(g, decimals)
	case "list":
		return pick(g, lists)
	case "ref":
		if rows := w.rows[f.to]; len(rows) > 0 {
			return pick(g, rows)["id"]
		}
		return "null"
	}
	if f.search {
		return quoted(pick(g, words))
	}
	return quoted(pick(g, texts))
}

// world draws documents.
func (g *gen) world(s *schema) *world {
	w := &world{map[string][]row{}}
	for _, c := range s.collections {
		for i := range 2 + g.IntN(5) {
			w.rows[c.name] = append(w.rows[c.name], row{"id": quoted(fmt.Sprint("i", i))})
		}
	}
	for _, c := range s.collections {
		for _, r := range w.rows[c.name] {
			for i := range c.fields {
				r[c.fields[i].name] = g.value(s, w, &c.fields[i])
			}
		}
	}
	return w
}

// seen is what a caller may see of a world: the fields that are shown, by collection, document and name.
type seen map[string]string

const documentItself = "itself"

func cell(collection, id, field string) string { return collection + "/" + id + "/" + field }

// view works out what the caller may see. A rule that does not look at the document is part of it: it decides
// between an empty list and a refusal.
func (s *schema) view(w *world, who *caller) seen {
	out := seen{}
	for _, c := range s.collections {
		rule := c.rules["read"]
		if rule == nil {
			continue
		}
		e := &env{world: w, caller: who}
		if !mentionsDoc(rule) {
			out[c.name] = strconv.FormatBool(holds(rule, e))
		}
		for _, r := range w.rows[c.name] {
			if e.doc = r; !holds(rule, e) {
				continue
			}
			out[cell(c.name, r.id(), documentItself)] = ""
			for _, f := range c.fields {
				if f.hash || c.readable[f.name] != nil && !holds(c.readable[f.name], e) {
					continue
				}
				out[cell(c.name, r.id(), f.name)] = r[f.name]
			}
		}
	}
	return out
}

func mentionsDoc(n node) (found bool) {
	n.walk(func(n node) {
		if _, ok := n.(docOf); ok {
			found = true
		}
	})
	return found
}

// frozen are the cells that rules of writes look at: which writes a caller may do tells of them, and the one
// who wrote the rule wanted it so. It has names of fields, and for a lookup the documents of a collection.
func (s *schema) frozen() map[string]bool {
	out := map[string]bool{}
	if s.aside != nil {
		s.aside.freezes(out)
	}
	note := func(c *collection, n node) {
		n.walk(func(n node) {
			switch n := n.(type) {
			case docOf:
				out[c.name+"."+n.field] = true
			case nextOf:
				out[c.name+"."+n.field] = true
			case changed:
				for _, f := range n.fields {
					out[c.name+"."+f] = true
				}
			case lookup:
				out[n.in] = true
				for _, f := range n.fields {
					out[n.in+"."+f] = true
				}
			case fetched:
				out[n.in], out[n.in+"."+n.field] = true, true
			}
		})
	}
	for _, c := range s.collections {
		for _, f := range c.fields {
			if f.deleted == "restrict" { // whether something can be deleted tells of what refers to it
				out[c.name], out[c.name+"."+f.name] = true, true
			}
		}
		for _, op := range []string{"create", "update", "delete"} {
			if c.rules[op] != nil {
				note(c, c.rules[op])
			}
		}
		for _, rules := range []map[string]node{c.writable, c.set["create"], c.set["update"]} {
			for _, n := range rules {
				note(c, n)
			}
		}
	}
	return out
}

// disguised returns a world that the caller cannot tell from this one: hidden fields have other values, hidden
// documents are others, or fewer, or more. apart are the ids that are in one of the worlds alone.
func (g *gen) disguised(s *schema, w *world, who *caller) (other *world, apart map[string]bool) {
	other, apart = w.clone(), map[string]bool{}
	shown, frozen := s.view(w, who), s.frozen()
	try := func(change func(*world)) bool {
		next := other.clone()
		if change(next); !maps.Equal(shown, s.view(next, who)) {
			return false
		}
		other = next
		return true
	}
	for _, c := range s.collections {
		for _, r := range slices.Clone(other.rows[c.name]) {
			id := r.id()
			_, visible := shown[cell(c.name, id, documentItself)]
			if !visible && !frozen[c.name] && g.in(4) && !other.pointedAt(s, c.name, id) {
				if try(func(w *world) {
					w.rows[c.name] = slices.DeleteFunc(w.rows[c.name], func(r row) bool { return r.id() == id })
				}) {
					apart[cell(c.name, id, documentItself)] = true
					continue
				}
			}
			for i := range c.fields {
				f := &c.fields[i]
				if _, shows := shown[cell(c.name, id, f.name)]; shows || frozen[c.name+"."+f.name] || f.hash && visible || g.in(4) {
					continue
				}
				v := g.value(s, other, f)
				try(func(w *world) { w.find(c.name, id)[f.name] = v })
			}
		}
		for n := range g.IntN(3) {
			if frozen[c.name] {
				break
			}
			r := row{"id": quoted(fmt.Sprint("z", n))}
			for i := range c.fields {
				r[c.fields[i].name] = g.value(s, other, &c.fields[i])
			}
			if try(func(w *world) { w.rows[c.name] = append(w.rows[c.name], maps.Clone(r)) }) {
				apart[cell(c.name, r.id(), documentItself)] = true
			}
		}
	}
	return other, apart
}

// pointedAt reports whether a document has a reference to another.
func (w *world) pointedAt(s *schema, collection, id string) bool {
	for _, c := range s.collections {
		for _, f := range c.fields {
			if f.to == collection && slices.ContainsFunc(w.rows[c.name], func(r row) bool { return unquote(r[f.name]) == id }) {
				return true
			}
		}
	}
	return false
}

// object is a row as JSON, with some of its fields alone.
func (r row) object(names ...string) string {
	if names == nil {
		names = slices.Sorted(maps.Keys(r))
	}
	parts := make([]string, 0, len(names))
	for _, name := range slices.Compact(slices.Sorted(slices.Values(names))) {
		if r[name] != "" {
			parts = append(parts, quoted(name)+":"+r[name])
		}
	}
	return "{" + strings.Join(parts, ",") + "}"
}

// differences are the cells in which two views differ.
func differences(a, b seen) (out []string) {
	for name, v := range a {
		if other, ok := b[name]; !ok || other != v {
			out = append(out, name)
		}
	}
	for name := range b {
		if _, ok := a[name]; !ok {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}
