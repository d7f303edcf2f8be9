package proptest

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
)

// schema is a few collections that know each other. Many of them share a server, each with a prefix of its own.
type schema struct {
	prefix      string
	collections []*collection
	aside       *aside // nil for none
}

type collection struct {
	name               string
	fields             []field // without the id
	rules              map[string]node
	readable, writable map[string]node
	set                map[string]map[string]node
	cached, indexed    bool
}

type field struct {
	name, typ, to     string
	min, max          string
	required, search  bool
	encrypt, hash, by bool // by: rules may look at it
	fallback          string
	deleted           string // on_delete of a ref
}

func (c *collection) field(name string) *field {
	for i := range c.fields {
		if c.fields[i].name == name {
			return &c.fields[i]
		}
	}
	return nil
}

// forced are the fields that an update gives a value where an administrator leaves them out.
func (c *collection) forced() []string { return slices.Sorted(maps.Keys(c.set["update"])) }

// masked are the fields that a rule hides.
func (c *collection) masked() []string { return slices.Sorted(maps.Keys(c.readable)) }

func (s *schema) collection(name string) *collection {
	for _, c := range s.collections {
		if c.name == name {
			return c
		}
	}
	return nil
}

// reach is what a schema and its calls may be made of. Each of the named parts can be left out, to look for
// one thing alone.
type reach map[string]bool

// parts are all that a run can leave out, or be narrowed to, by BASALT_PROP_ONLY and BASALT_PROP_WITHOUT.
var parts = []string{
	"absent",    // rules that compare what may be nil on both sides
	"operators", // $inc, $push and their like on any field, as opposed to what the caller may see and write
	"replace",   // PUT, and replace in a batch, with fields that the caller may not see
	"injection", // texts that look like the server's own keys
	"address",   // rules that look at the address
	"keys",      // Idempotency-Key
	"follow",    // filters through references
	"live",      // live queries beside the calls
	"rank",      // a search in the order of how well it is met
	"live",      // live queries
	"elsewhere", // what others change while the caller asks
	"graphql",   // the same questions and writes in GraphQL
	"supabase",  // and as the clients of Supabase send them
	"aside",     // files and channels
	"probes",    // calls that go straight at a value in which the worlds differ
}

// gen draws from a seed.
type gen struct {
	*rand.Rand
	reach reach
}

func newGen(seed uint64, r reach) *gen { return &gen{rand.New(rand.NewPCG(seed, 41)), r} }

func (g *gen) in(n int) bool { return g.IntN(n) == 0 } // once in n

func pick[T any](g *gen, list []T) T { return list[g.IntN(len(list))] }

// schema draws the collections.
func (g *gen) schema(prefix string) *schema {
	s := &schema{prefix: prefix}
	n := 2 + g.IntN(2)
	for i := range n {
		s.collections = append(s.collections, &collection{name: fmt.Sprintf("%sc%d", prefix, i)})
	}
	for _, c := range s.collections {
		g.fields(s, c)
	}
	for _, c := range s.collections {
		g.policy(s, c)
	}
	if g.reach["aside"] && g.in(4) {
		s.aside = g.aside(s)
	}
	return s
}

func (g *gen) fields(s *schema, c *collection) {
	c.fields = []field{{name: "s", typ: "string", by: true}, {name: "n", typ: "int", by: true}}
	for _, f := range []field{
		{name: "u", typ: "string", by: true}, {name: "m", typ: "int", by: true}, {name: "b", typ: "bool", by: true},
		{name: "j", typ: "json"}, {name: "k", typ: "json"}, {name: "t", typ: "time"}, {name: "x", typ: "float"},
		{name: "e", typ: "string", encrypt: true}, {name: "h", typ: "string", hash: true}, {name: "w", typ: "string", search: true},
		{name: "r", typ: "ref", by: true}, {name: "q", typ: "ref", by: true},
	} {
		if g.in(2) && (!f.search || g.in(3)) { // a search costs several tables
			c.fields = append(c.fields, f)
		}
	}
	for _, f := range []field{{name: "d", typ: "date"}, {name: "v", typ: "uuid"}, {name: "a", typ: "decimal"}, {name: "l", typ: "list"}} {
		if g.in(3) {
			c.fields = append(c.fields, f)
		}
	}
	for i := range c.fields {
		f := &c.fields[i]
		switch f.typ {
		case "ref":
			f.to = pick(g, s.collections).name
			if g.in(3) {
				f.deleted = pick(g, []string{"cascade", "null", "restrict"})
			}
		case "int":
			if g.in(3) {
				f.min, f.max = "-3", "100"
			}
			if g.in(5) {
				f.fallback = "1"
			}
		case "string":
			if !f.hash && !f.encrypt && !f.search && g.in(5) {
				f.max = "8"
			}
		}
	}
	c.cached, c.indexed = g.in(2), g.in(3)
}

func (g *gen) policy(s *schema, c *collection) {
	r := &ruler{gen: g, schema: s, c: c}
	c.rules, c.readable, c.writable = map[string]node{}, map[string]node{}, map[string]node{}
	c.set = map[string]map[string]node{"create": {}, "update": {}}
	for _, op := range []string{"read", "create", "update", "delete"} {
		if g.in(12) {
			continue
		}
		r.op = op
		c.rules[op] = r.rule()
	}
	for _, f := range c.fields {
		if g.in(3) && !f.hash {
			r.op = "read"
			c.readable[f.name] = r.rule()
		}
		if masked := c.readable[f.name] != nil; g.in(6) || masked && g.in(2) {
			r.op = "write"
			c.writable[f.name] = r.rule()
			if masked && g.in(2) {
				c.writable[f.name] = compare{"==", claim{"role"}, literal{"staff"}}
			}
		}
		if f.name == "u" && g.in(3) {
			c.set["create"]["u"] = claim{"id"}
		}
		if f.name == "s" && g.in(8) {
			c.set["update"]["s"] = claim{pick(g, []string{"id", "team"})}
		}
	}
}

// ruler draws rules of a collection.
type ruler struct {
	*gen
	schema *schema
	c      *collection
	op     string
}

func (r *ruler) rule() node {
	if r.op != "read" && r.in(2) { // so that writes succeed
		return literal{true}
	}
	switch r.IntN(8) {
	case 0, 1, 2:
		return joined{"||", []node{r.guarded(), r.guarded()}}
	case 3, 4:
		return joined{"&&", []node{r.guarded(), r.guarded()}}
	case 5:
		return not{r.guarded()}
	}
	return r.guarded()
}

// guarded is an atom; without the part absent it asks for what it compares to be there.
func (r *ruler) guarded() node {
	a := r.atom()
	if r.reach["absent"] {
		return a
	}
	var guards []node
	a.walk(func(n node) {
		switch n := n.(type) {
		case claim:
			if n.name != "" {
				guards = append(guards, compare{"!=", claim{""}, literal{nil}}, compare{"!=", n, literal{nil}})
			}
		case docOf, fetched:
			guards = append(guards, compare{"!=", n, literal{nil}})
		case nextOf:
			guards = append(guards, compare{"!=", n, literal{nil}})
		}
	})
	if r.negated(a) {
		return a
	}
	return joined{"&&", append(guards, a)}
}

func (r *ruler) negated(a node) bool {
	c, ok := a.(compare)
	return ok && (c.b == node(literal{nil}) || c.a == node(literal{nil}))
}

// document is a field of what the rule is about, of a type.
func (r *ruler) document(typ string) (node, string) {
	var names []string
	for _, f := range r.c.fields {
		if f.by && f.typ == typ {
			names = append(names, f.name)
		}
	}
	if names == nil {
		return nil, ""
	}
	name := pick(r.gen, names)
	if typ == "string" && r.in(8) {
		name = "id"
	}
	switch {
	case r.op == "create", (r.op == "update" || r.op == "write") && r.in(3):
		return nextOf{name}, name
	}
	return docOf{name}, name
}

var claimsOfText = []string{"id", "id", "id", "role", "team"}

func (r *ruler) atom() node {
	text, name := r.document("string")
	switch r.IntN(13) {
	case 0, 1, 2:
		return compare{pick(r.gen, []string{"==", "==", "==", "!="}), text, claim{pick(r.gen, claimsOfText)}}
	case 3:
		return compare{"in", text, pick(r.gen, []node{claim{"teams"}, literal{[]string{"a", "b", "u1"}}})}
	case 4:
		n, _ := r.document("int")
		return compare{pick(r.gen, []string{"<", "<=", ">", ">=", "==", "!="}), n, pick(r.gen, []node{literal{int64(r.IntN(6))}, literal{int64(r.IntN(6))}, claim{"level"}})}
	case 5:
		if b, _ := r.document("bool"); b != nil {
			return compare{"==", b, literal{true}}
		}
		return compare{pick(r.gen, []string{"==", "!=", "startsWith"}), text, literal{pick(r.gen, texts)}}
	case 6:
		return compare{"==", claim{"role"}, literal{"staff"}}
	case 7:
		return compare{pick(r.gen, []string{"!=", "!=", "=="}), claim{pick(r.gen, []string{"", "id", "team"})}, literal{nil}}
	case 8:
		return r.lookup()
	case 9:
		return r.fetched()
	case 10:
		if r.reach["address"] && r.op == "read" {
			return compare{"==", address{}, literal{addresses[0]}}
		}
	case 11:
		if r.op == "update" {
			return not{changed{[]string{name}}}
		}
		if other, _ := r.document("string"); other != text && r.reach["absent"] {
			return compare{"==", text, other}
		}
	}
	return compare{pick(r.gen, []string{"==", "!="}), text, pick(r.gen, []node{literal{nil}, literal{"a"}})}
}

// lookup draws exists(…) of any collection.
func (r *ruler) lookup() node {
	in := pick(r.gen, r.schema.collections)
	out := lookup{in: in.name}
	for _, f := range in.fields {
		if !f.by || len(out.fields) == 2 || r.in(2) {
			continue
		}
		var v node
		switch f.typ {
		case "string":
			v, _ = r.document("string")
			if r.in(2) {
				v = claim{pick(r.gen, claimsOfText)}
			}
		case "int":
			v = literal{int64(r.IntN(6))}
		case "ref":
			if f.to != r.c.name || r.op == "create" {
				continue
			}
			v = docOf{"id"}
		default:
			continue
		}
		out.fields, out.values = append(out.fields, f.name), append(out.values, v)
	}
	if out.fields == nil {
		out.fields, out.values = []string{"s"}, []node{claim{"id"}}
	}
	return out
}

// fetched draws a comparison with get(…).
func (r *ruler) fetched() node {
	id, name := r.document("ref")
	if id == nil {
		return compare{"==", literal{"staff"}, claim{"role"}}
	}
	return compare{"==", fetched{r.c.field(name).to, "s", id}, claim{pick(r.gen, claimsOfText)}}
}

// yaml is the schema as a section of a configuration.
func (s *schema) yaml() string {
	var b strings.Builder
	for _, c := range s.collections {
		fmt.Fprintf(&b, "  %s:\n    fields:\n", c.name)
		for _, f := range c.fields {
			fmt.Fprintf(&b, "      %s: { %s }\n", f.name, f.yaml(c))
		}
		if c.cached {
			b.WriteString("    cache: { ttl: 1h }\n")
		}
		writeRules(&b, "    rules:\n", "      ", c.rules)
		writeRules(&b, "    fields_readable:\n", "      ", c.readable)
		writeRules(&b, "    fields_writable:\n", "      ", c.writable)
		if len(c.set["create"])+len(c.set["update"]) > 0 {
			b.WriteString("    set:\n")
			for _, op := range []string{"create", "update"} {
				writeRules(&b, "      "+op+":\n", "        ", c.set[op])
			}
		}
	}
	return b.String()
}

func writeRules(b *strings.Builder, head, indent string, rules map[string]node) {
	if len(rules) == 0 {
		return
	}
	b.WriteString(head)
	for _, name := range slices.Sorted(maps.Keys(rules)) {
		fmt.Fprintf(b, "%s%s: '%s'\n", indent, name, strings.ReplaceAll(rules[name].text(), "'", "''"))
	}
}

func (f field) yaml(c *collection) string {
	options := []string{"type: " + f.typ}
	for _, o := range []struct{ name, value string }{{"to", f.to}, {"on_delete", f.deleted}, {"of", map[bool]string{true: "string"}[f.typ == "list"]}, {"min", f.min}, {"max", f.max}, {"default", f.fallback}} {
		if o.value != "" {
			options = append(options, o.name+": "+o.value)
		}
	}
	for _, o := range []struct {
		name string
		is   bool
	}{{"required", f.required}, {"search", f.search}, {"encrypt", f.encrypt}, {"hash", f.hash}, {"index", c.indexed && f.by}} {
		if o.is {
			options = append(options, o.name+": true")
		}
	}
	return strings.Join(options, ", ")
}
