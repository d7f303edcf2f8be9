package proptest

import (
	"fmt"
	"net/url"
	"strings"
)

// anonKey is what clients of Supabase send besides the token of their user.
const anonKey = "the-anonymous-key-of-this-test"

// supabase draws a call of a client of Supabase.
func (g *client) supabase(c *collection, write bool) call {
	out := call{method: "GET", path: "/rest/v1/" + c.name, header: map[string]string{"apikey": anonKey}}
	p := url.Values{"select": {g.columns(c, 1)}}
	if !write {
		for range g.IntN(3) {
			g.test(p, c)
		}
		if g.in(2) {
			p.Set("order", pick(g.gen, c.fields).name+pick(g.gen, []string{"", ".desc", ".asc.nullsfirst", ".desc.nullslast"})+",id")
		}
		if g.in(2) {
			p.Set("limit", fmt.Sprint(1+g.IntN(4)))
		}
		if g.in(4) {
			p.Set("offset", fmt.Sprint(g.IntN(3)))
		}
		if g.in(4) {
			out.header["Prefer"] = "count=exact"
		}
		return out.with(p)
	}
	out.writes, out.several = g.touched(c), true
	out.header["Prefer"] = "return=representation"
	switch g.IntN(5) {
	case 0:
		out.method, out.body = "POST", g.document(c, g.makeable(c))
		if g.in(2) {
			out.header["Prefer"] += ",resolution=" + pick(g.gen, []string{"merge-duplicates", "ignore-duplicates"})
		}
	case 1, 2:
		out.method, out.body = "PATCH", g.patch(c)
		p.Set("id", "eq."+g.id(c))
	case 3:
		out.method, out.body = "PATCH", g.patch(c)
		g.test(p, c)
	default:
		out.method = "DELETE"
		g.test(p, c)
	}
	return out.with(p)
}

// columns draws a select with embedded tables.
func (g *client) columns(c *collection, depth int) string {
	parts := g.names(c, 3)
	if g.in(3) {
		parts = []string{"*"}
	} else if g.in(3) {
		parts = append(parts, "id")
	}
	for i, f := range c.fields {
		if f.to != "" && depth < 3 && g.in(3) {
			parts = append(parts, pick(g.gen, []string{"", fmt.Sprint("x", i, ":")})+f.name+pick(g.gen, []string{"", "!inner"})+"("+g.columns(g.schema.collection(f.to), depth+1)+")")
		}
	}
	for _, from := range g.schema.collections {
		for _, f := range from.fields {
			if f.to == c.name && depth < 3 && g.in(4) {
				parts = append(parts, from.name+"!"+f.name+"("+g.columns(from, depth+1)+")")
			}
		}
	}
	return strings.Join(parts, ",")
}

// test draws a filter of a column.
func (g *client) test(p url.Values, c *collection) {
	f := pick(g.gen, c.fields)
	v := strings.Trim(g.operand(&f), `"`)
	test := pick(g.gen, []string{"eq.", "neq.", "gt.", "lte.", "not.eq.", "not.gt."}) + v
	switch {
	case g.in(5):
		test = pick(g.gen, []string{"is.null", "not.is.null"})
	case g.in(6):
		test = "in.(" + v + ")"
	case f.typ == "string" && g.in(2):
		test = pick(g.gen, []string{"like.", "ilike.", "not.like."}) + strings.ReplaceAll(pick(g.gen, patterns), "%", "*")
	}
	if g.in(5) {
		p.Add("or", "("+f.name+"."+test+","+pick(g.gen, c.fields).name+".is.null)")
		return
	}
	p.Add(f.name, test)
}
