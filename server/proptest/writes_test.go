package proptest

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
)

// write draws a call that may change something.
func (g *client) write(c *collection) call {
	out := call{path: "/v1/db/" + c.name, writes: []string{c.name}}
	switch g.IntN(12) {
	case 0, 1:
		out.method, out.body = "POST", g.document(c, g.makeable(c))
		if g.in(4) {
			out.body = "[" + out.body + "," + g.document(c, g.makeable(c)) + "]"
		}
	case 2, 3, 4, 5:
		out.method, out.path, out.body = "PATCH", out.path+"/"+g.id(c), g.patch(c)
	case 6, 7:
		id := g.makeable(c)
		if rows := g.world.rows[c.name]; g.in(2) && len(rows) > 0 {
			if r := pick(g.gen, rows); !g.apart[cell(c.name, r.id(), documentItself)] {
				id = r.id()
			}
		}
		out.method, out.path, out.body = "PUT", out.path+"/"+id, g.document(c, "")
	case 8:
		out.method, out.path, out.writes = "DELETE", out.path+"/"+g.id(c), g.touched(c)
	case 9:
		out.method, out.body = "PATCH", g.patch(c)
		return out.with(url.Values{"filter": {g.filter(c, 1)}})
	case 10:
		out.method, out.writes = "DELETE", g.touched(c)
		return out.with(url.Values{"filter": {g.filter(c, 1)}})
	default:
		return g.batch()
	}
	out.header = map[string]string{}
	if g.in(4) && out.method != "POST" {
		out.header["If-Match"] = pick(g.gen, []string{"{etag}", "{etag}", `"none"`, "*"})
	}
	if g.reach["keys"] && g.in(4) {
		out.header["Idempotency-Key"] = fmt.Sprint("key", g.IntN(3))
	}
	return out
}

// document draws a whole document: some fields, most of which fit.
func (g *client) document(c *collection, id string) string {
	r := row{}
	if id != "" {
		r["id"] = quoted(id)
	}
	for i := range c.fields {
		if g.in(2) && g.mayName(c, &c.fields[i]) {
			r[c.fields[i].name] = g.sent(&c.fields[i])
		}
	}
	return r.object()
}

// mayName says that a field may be in what is sent; without the part replace, a field that may not be read or
// written is not.
func (g *client) mayName(c *collection, f *field) bool {
	return g.reach["replace"] || c.readable[f.name] == nil || c.writable[f.name] == nil
}

// sent is a value for a field as a client sends it.
func (g *client) sent(f *field) string {
	if g.in(25) {
		return pick(g.gen, []string{`"no"`, `-7`, `{}`, `[]`, `1.5`, `"much too long a text"`})
	}
	return g.value(g.schema, g.world, f)
}

// patch draws a merge patch with operators.
func (g *client) patch(c *collection) string {
	r := row{}
	for range 1 + g.IntN(2) {
		f := pick(g.gen, c.fields)
		if masked := c.masked(); g.reach["operators"] && g.in(2) && len(masked) > 0 {
			f = *c.field(pick(g.gen, masked))
		}
		r[f.name] = g.sent(&f)
		if g.in(2) && (g.reach["operators"] || c.readable[f.name] == nil) {
			r[f.name] = g.operation(&f)
		}
	}
	return r.object()
}

// operation draws an operator that suits a field, or not.
func (g *client) operation(f *field) string {
	switch {
	case f.typ == "int" || g.in(15):
		by := pick(g.gen, append([]int64{1, -1, 2, 50, 98, 96}, edges...))
		if g.in(3) {
			by = 1<<63 - 1 - pick(g.gen, numbers)
		}
		return `{"$inc":` + strconv.FormatInt(by, 10) + `}`
	case f.typ == "float":
		return `{"$inc":0.5}`
	case f.typ == "time" || f.typ == "date":
		return `{"$now":true}`
	case f.typ == "decimal":
		return `{"$inc":0.5}`
	case f.typ == "list":
		return pick(g.gen, []string{`{"$push":"a"}`, `{"$pull":"a"}`, `{"$addToSet":"b"}`, `{"$append":["a","b"]}`, `{"$prepend":["c"]}`, `{"$remove":-1}`, `{"$remove":"a"}`, `{"$inc":1}`})
	case f.typ == "json":
		return pick(g.gen, []string{`{"$push":"a"}`, `{"$pull":"a"}`, `{"$push":{"a":1}}`, `{"$pull":1}`, `{"$append":{"a":null,"c":{}}}`, `{"$append":["a",1]}`, `{"$prepend":"a"}`, `{"$remove":"a"}`, `{"$remove":0}`, `{"$remove":["b","c"]}`, `{"a":null}`, `{"b":{"c":1}}`})
	}
	return g.sent(f)
}

// batch draws operations of any kind on any collections.
func (g *client) batch() call {
	out := call{method: "POST", path: "/v1/batch"}
	var ops []string
	for range 1 + g.IntN(3) {
		c := pick(g.gen, g.schema.collections)
		out.writes = append(out.writes, g.touched(c)...)
		op := row{"collection": quoted(c.name)}
		switch kind := pick(g.gen, []string{"create", "update", "update", "replace", "delete"}); kind {
		case "create":
			op["op"], op["doc"] = quoted(kind), g.document(c, g.makeable(c))
		case "update":
			op["op"], op["id"], op["doc"] = quoted(kind), quoted(fmt.Sprint("i", g.IntN(7))), g.patch(c)
		case "replace":
			op["op"], op["id"], op["doc"] = quoted(kind), quoted(g.makeable(c)), g.document(c, "")
		default:
			op["op"], op["id"] = quoted(kind), quoted(fmt.Sprint("i", g.IntN(7)))
		}
		ops = append(ops, op.object())
	}
	out.several = len(ops) > 1
	out.body = `{"ops":[` + strings.Join(ops, ",") + `]}`
	if g.in(8) {
		out.body = `{"atomic":false,"ops":[` + strings.Join(ops, ",") + `]}`
	}
	return out
}
