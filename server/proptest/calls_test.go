package proptest

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// call is one request. In its address and headers {cursor} and {etag} stand for the latest of the session.
type call struct {
	method, path, body string
	header             map[string]string
	// writes are the collections that it may change, and several says that it does so in more than one step.
	writes  []string
	several bool
	// volatile says that the answer has ids and secrets that are made for it. {file0} stands for the id of the first file.
	volatile bool
}

func (c call) String() string {
	out := c.method + " " + c.path
	if u, err := url.PathUnescape(strings.ReplaceAll(c.path, "+", " ")); err == nil {
		out = c.method + " " + u
	}
	for name, v := range c.header {
		out += fmt.Sprintf("\n      %s: %s", name, v)
	}
	if c.body != "" {
		out += "\n      " + c.body
	}
	return out
}

// client draws the calls of one caller.
type client struct {
	*gen
	schema *schema
	world  *world
	// apart are the documents whose existence the caller must not find out: nothing is made in their place.
	apart map[string]bool
	// hidden are what the two worlds have apart; some calls go straight at it.
	hidden []hidden
}

func (g *client) call() call {
	c := pick(g.gen, g.schema.collections)
	write := g.in(3)
	switch {
	case g.schema.aside != nil && g.in(2):
		return g.schema.aside.call(g)
	case g.reach["probes"] && len(g.hidden) > 0 && g.in(3):
		return g.probe(pick(g.gen, g.hidden))
	case g.reach["graphql"] && g.in(5):
		return g.graphql(c, write)
	case g.reach["supabase"] && g.in(5):
		return g.supabase(c, write)
	case write:
		return g.write(c)
	}
	return g.read(c)
}

func (g *client) read(c *collection) call {
	path := "/v1/db/" + c.name
	switch g.IntN(10) {
	case 0, 1:
		out := call{method: "GET", path: path + "/" + g.id(c)}
		p := url.Values{}
		if g.in(3) {
			p.Set("expand", g.expands(c, 1))
		}
		if g.in(4) {
			p.Set("select", strings.Join(g.names(c, 2), ","))
		}
		if g.in(4) {
			out.header = map[string]string{"If-None-Match": "{etag}"}
		}
		return out.with(p)
	case 2, 3:
		return call{method: "POST", path: path + "/query", body: g.queryBody(c)}
	case 4:
		return call{method: "POST", path: path + "/aggregate", body: g.aggregateBody(c)}
	}
	return call{method: "GET", path: path}.with(g.listParams(c))
}

func (c call) with(p url.Values) call {
	if len(p) > 0 {
		c.path += "?" + strings.ReplaceAll(p.Encode(), "%7Bcursor%7D", "{cursor}")
	}
	return c
}

func (g *client) listParams(c *collection) url.Values {
	p := url.Values{}
	if !g.in(3) {
		p.Set("filter", g.filter(c, 2))
	}
	if g.in(2) || !g.reach["rank"] && strings.Contains(p.Get("filter"), "search(") {
		p.Set("sort", strings.Join(g.sort(c), ","))
	}
	if g.in(2) {
		p.Set("limit", strconv.Itoa(1+g.IntN(4)))
	}
	if g.in(3) {
		p.Set("select", strings.Join(g.names(c, 2), ","))
	}
	if g.in(3) {
		p.Set("expand", g.expands(c, 1))
	}
	if g.in(3) {
		p.Set("count", "true")
	}
	if g.in(5) {
		p.Set("after", "{cursor}")
	}
	return p
}

func (g *client) queryBody(c *collection) string {
	q := map[string]any{}
	if !g.in(3) {
		q["where"] = g.where(c, 2)
	}
	if g.in(4) {
		q["filter"] = g.filter(c, 1)
	}
	text := string(must(json.Marshal(q)))
	if g.in(2) || !g.reach["rank"] && strings.Contains(text, "search") {
		q["sort"] = g.sort(c)
	}
	if g.in(3) {
		q["expand"] = []string{g.expand(c, 1)}
	}
	if g.in(2) {
		q["limit"] = 1 + g.IntN(4)
	}
	if g.in(3) {
		q["select"] = g.names(c, 2)
	}
	if g.in(3) {
		q["count"] = true
	}
	return string(must(json.Marshal(q)))
}

func (g *client) aggregateBody(c *collection) string {
	q := map[string]any{"count": true}
	for _, name := range []string{"group", "sum", "avg", "min", "max"} {
		if g.in(3) {
			q[name] = []string{pick(g.gen, c.fields).name}
		}
	}
	if g.in(2) {
		q["where"] = g.where(c, 2)
	}
	return string(must(json.Marshal(q)))
}

// id draws an id that may be there, hidden or not, or not.
func (g *client) id(c *collection) string {
	if g.in(8) {
		return pick(g.gen, []string{"z0", "z1", "none", "%F0%9F%98%80"})
	}
	return fmt.Sprint("i", g.IntN(7))
}

// makeable is an id for what the caller makes.
func (g *client) makeable(c *collection) string {
	for range 10 {
		id := pick(g.gen, []string{"i0", "i1", "i2", "i3", "i4", "i5", "i6", "n1", "n2", "n3"})
		if !g.apart[cell(c.name, id, documentItself)] {
			return id
		}
	}
	return "n4"
}

func (g *client) names(c *collection, of int) []string {
	names := []string{pick(g.gen, c.fields).name}
	for _, f := range c.fields {
		if g.in(of) && !slices.Contains(names, f.name) {
			names = append(names, f.name)
		}
	}
	return names
}

func (g *client) sort(c *collection) (out []string) {
	for range 1 + g.IntN(2) {
		name := pick(g.gen, c.fields).name
		if g.in(6) {
			name = "id"
		}
		if g.in(2) {
			name = "-" + name
		}
		out = append(out, name)
	}
	return out
}

// operand is a literal of the type of a field.
func (g *client) operand(f *field) string {
	switch f.typ {
	case "int", "float":
		return strconv.FormatInt(pick(g.gen, numbers), 10)
	case "bool":
		return strconv.FormatBool(g.in(2))
	case "time":
		return pick(g.gen, times)
	case "date":
		return pick(g.gen, dates)
	case "uuid":
		return pick(g.gen, uuids)
	case "decimal":
		return pick(g.gen, decimals)
	case "json":
		return pick(g.gen, []string{`1`, `"a"`, `true`})
	case "ref":
		return quoted(fmt.Sprint("i", g.IntN(5)))
	}
	return quoted(pick(g.gen, texts))
}

// filter draws a text filter over any field, also through references.
func (g *client) filter(c *collection, depth int) string {
	if depth > 0 && !g.in(3) {
		switch g.IntN(4) {
		case 0:
			return "(" + g.filter(c, depth-1) + " && " + g.filter(c, depth-1) + ")"
		case 1:
			return "(" + g.filter(c, depth-1) + " || " + g.filter(c, depth-1) + ")"
		case 2:
			return "!(" + g.filter(c, depth-1) + ")"
		}
	}
	f := pick(g.gen, c.fields)
	path := f.name
	for g.reach["follow"] && f.to != "" && g.in(2) {
		to := g.schema.collection(f.to)
		f = pick(g.gen, to.fields)
		path += "." + f.name
	}
	switch {
	case g.in(12):
		return `search("` + pick(g.gen, []string{"red", "fox", "blue red"}) + `")`
	case f.typ == "json" && g.in(2):
		return path + ".a" + pick(g.gen, []string{" == ", " != ", " > "}) + g.operand(&f)
	case f.typ == "list":
		return pick(g.gen, []string{path + " contains " + g.operand(&f), "len(" + path + ") > 1", path + " == nil"})
	case f.typ == "string" && g.in(4):
		return pick(g.gen, []string{"like(", "ilike("}) + path + ", " + quoted(pick(g.gen, patterns)) + ")"
	case f.typ == "string" && g.in(3):
		return path + pick(g.gen, []string{" contains ", " startsWith ", " endsWith "}) + quoted(pick(g.gen, texts))
	case f.typ == "string" && g.in(4):
		return path + ` in ["a", "u1"]`
	case g.in(5):
		return path + pick(g.gen, []string{" == nil", " != nil"})
	}
	return path + pick(g.gen, []string{" == ", " != ", " < ", " >= "}) + g.operand(&f)
}

// where draws a filter of the JSON form.
func (g *client) where(c *collection, depth int) map[string]any {
	if depth > 0 && g.in(2) {
		switch g.IntN(3) {
		case 0:
			return map[string]any{"$or": []any{g.where(c, depth-1), g.where(c, depth-1)}}
		case 1:
			return map[string]any{"$and": []any{g.where(c, depth-1), g.where(c, depth-1)}}
		case 2:
			return map[string]any{"$not": g.where(c, depth-1)}
		}
	}
	if g.in(10) {
		return map[string]any{"$search": "red"}
	}
	f := pick(g.gen, c.fields)
	path := f.name
	for g.reach["follow"] && f.to != "" && g.in(2) {
		f = pick(g.gen, g.schema.collection(f.to).fields)
		path += "." + f.name
	}
	v := json.RawMessage(g.operand(&f))
	op := pick(g.gen, []string{"$like", "$size", "$eq", "$ne", "$gt", "$lte", "$in", "$nin", "$contains", "$startsWith", "$exists", ""})
	switch op {
	case "":
		return map[string]any{path: v}
	case "$in", "$nin":
		return map[string]any{path: map[string]any{op: []any{v}}}
	case "$like":
		return map[string]any{path: map[string]any{pick(g.gen, []string{"$like", "$ilike"}): pick(g.gen, patterns)}}
	case "$size":
		return map[string]any{path: map[string]any{op: g.IntN(3)}}
	case "$exists":
		return map[string]any{path: map[string]any{op: g.in(2)}}
	}
	return map[string]any{path: map[string]any{op: v}}
}

// expands draws the value of a parameter expand.
func (g *client) expands(c *collection, depth int) string {
	out := g.expand(c, depth)
	if g.in(3) {
		out += "," + g.expand(c, depth)
	}
	return out
}

// expand draws one expansion: a reference, or a collection that points here, with options.
func (g *client) expand(c *collection, depth int) string {
	type way struct{ name, via, to string }
	var ways []way
	for _, f := range c.fields {
		if f.to != "" {
			ways = append(ways, way{f.name, "", f.to})
		}
	}
	for _, other := range g.schema.collections {
		for _, f := range other.fields {
			if f.to == c.name {
				ways = append(ways, way{other.name, f.name, other.name})
			}
		}
	}
	if len(ways) == 0 {
		return "s"
	}
	w := pick(g.gen, ways)
	to := g.schema.collection(w.to)
	var options []string
	if w.via != "" {
		options = append(options, "via:"+w.via)
		if g.in(2) {
			options = append(options, "sort:"+g.expandSort(to))
		}
		if g.in(3) {
			options = append(options, "limit:"+strconv.Itoa(1+g.IntN(3)))
		}
	}
	if depth < 3 && g.in(2) {
		options = append(options, "expand:"+g.expand(to, depth+1))
	}
	if options == nil {
		return w.name
	}
	return w.name + "(" + strings.Join(options, ",") + ")"
}

func (g *client) expandSort(to *collection) string {
	if g.reach["injection"] && g.in(4) {
		return pick(g.gen, []string{"] 20 true", "-", "s] 1 true\nexpand", "\n", "id desc", "a\x00b", `s"`, "s;"})
	}
	return g.sort(to)[0]
}
