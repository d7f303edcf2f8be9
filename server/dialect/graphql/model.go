package graphql

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/basalt-dev/basalt/config"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/rules"
)

// model is what the schema is made of: the collections with the names that they have in GraphQL.
type model struct {
	collections []*collection // in the order of their names
	functions   []*function
	roots       map[string]*root
	nodes       []*collection // those whose documents have a global id
	federated   bool          // it is a subgraph
}

// collection is a collection of the configuration.
type collection struct {
	*config.Collection
	// typ is the name of its type, from which all other names of it are made.
	typ       string
	fields    []*field
	relations []*relation
	members   map[string]*member // of the type, and of its inputs
}

// member is a field or a relation by its name.
type member struct {
	field    *field
	relation *relation
	node     bool // the global id
	tag      bool // the entity tag
	snippet  bool // the part where a search has found something
}

// field is a scalar of a collection.
type field struct {
	*config.Field
	name  string // in GraphQL
	typ   string // in GraphQL, without the !
	index int    // in the collection
	// unread says that no one may ever read it: it is in inputs only.
	unread bool
	enum   []string
}

// relation leads to the document that a ref points to, or to those that refer here.
type relation struct {
	name   string
	of     *collection // that it leads from
	target *collection
	many   bool
	// field is the ref: of the collection itself, or, with many, of the target.
	field *field
	// figures says that it is the aggregate of the related documents.
	figures bool
}

// function is a function of a service.
type function struct {
	name, service, function string
	params                  []*field
}

// newModel makes the model of a configuration.
func newModel(c *config.Config) *model {
	m := &model{roots: map[string]*root{}, federated: c.GraphQL != nil && c.GraphQL.Federation}
	byName := map[string]*collection{}
	taken := map[string]bool{}
	for _, name := range reserved {
		taken[name] = true
	}
	for _, name := range slices.Sorted(maps.Keys(c.Collections)) {
		if len(c.Collections[name].Compiled) == 0 {
			continue // no one may do anything with it
		}
		col := &collection{Collection: c.Collections[name], typ: name, members: map[string]*member{}}
		if g := col.GraphQL; g != nil && g.Name != "" {
			col.typ = g.Name
		}
		for slices.ContainsFunc(col.names(), func(n string) bool { return taken[n] }) {
			col.typ += "_"
		}
		for _, n := range col.names() {
			taken[n] = true
		}
		byName[name] = col
		m.collections = append(m.collections, col)
	}
	for _, col := range m.collections {
		col.addFields()
	}
	for _, col := range m.collections {
		col.addReferences(byName)
	}
	for _, col := range m.collections {
		col.addReferrers(m.collections)
	}
	for _, col := range m.collections {
		if col.may(rules.Read) && col.members[nodeID] == nil {
			col.members[nodeID] = &member{node: true}
			m.nodes = append(m.nodes, col)
		}
		if col.may(rules.Read) && col.members[tagName] == nil {
			col.members[tagName] = &member{tag: true}
		}
		if col.may(rules.Read) && col.searches() && col.members[snippetName] == nil {
			col.members[snippetName] = &member{snippet: true}
		}
	}
	m.addFunctions(c.Services, taken)
	m.addRoots()
	return m
}

// reserved are names of types that are not made of collections.
var reserved = []string{
	"Int", "Float", "String", "Boolean", "ID", "BigInt", "Decimal", "DateTime", "Date", "UUID", "JSON", "Bytes", "Query", "Mutation", "Subscription",
	"query_root", "mutation_root", "subscription_root", "order_by", "cursor_ordering", "bigint", "numeric", "timestamptz", "date", "uuid", "json", "jsonb", "bytea", "float8", "no_queries_available", nodeType, "PageInfo", entityType, "_Any", "_Service", "Int_comparison_exp",
}

// suffixes and prefixes are those of the names that are made of a collection's.
var (
	suffixes = []string{
		"", "_by_pk", "_aggregate", "_group", "_aggregate_fields", "_aggregate_bool_exp", "_aggregate_bool_exp_count", "_sum_fields", "_avg_fields", "_min_fields", "_max_fields", "_group_key", "_select_column", "_bool_exp", "_order_by",
		"_insert_input", "_set_input", "_inc_input", "_push_input", "_pull_input", "_append_input", "_prepend_input", "_delete_elem_input", "_delete_key_input", "_delete_at_path_input", "_updates", "_one", "_many", "_connection", "_stream", "_stream_cursor_input", "_stream_cursor_value_input", "Connection", "Edge", "_pk_columns_input", "_mutation_response", "_on_conflict", "_constraint", "_update_column",
		"_obj_rel_insert_input", "_arr_rel_insert_input",
	}
	prefixes = []string{"insert_", "update_", "delete_"}
)

// names are all names that are made of the collection's.
func (c *collection) names() (out []string) {
	for _, s := range suffixes {
		out = append(out, c.typ+s)
	}
	for _, p := range prefixes {
		out = append(out, p+c.typ)
	}
	return out
}

// may reports whether any caller may do an operation, and for a read whether any caller may see the documents.
func (c *collection) may(op rules.Op) bool { return c.Compiled[op] != nil && !c.madeElsewhere(op) }

// madeElsewhere reports whether documents of files are made elsewhere: with their bytes.
func (c *collection) madeElsewhere(op rules.Op) bool { return c.Files != nil && op == rules.Create }

// never reports whether a rule is the word false.
func never(rule *config.Text) bool { return rule != nil && strings.TrimSpace(rule.Source) == "false" }

// addFields adds the scalars. A ref is one by the name author_id where the ref is author, and by its own name where that
// ends so already.
func (c *collection) addFields() {
	taken := map[string]bool{}
	for _, f := range c.Ordered {
		if f.To == "" {
			taken[f.Name] = true
		}
	}
	for i, f := range c.Ordered {
		out := &field{Field: f, name: f.Name, index: i, unread: f.Hash || never(c.FieldsReadable[f.Name])}
		if f.To != "" && relationName(f.Name) == f.Name {
			for out.name += "_id"; taken[out.name]; out.name += "_" {
			}
		}
		taken[out.name] = true
		out.typ, out.enum = scalarOf(c.typ, f)
		c.fields = append(c.fields, out)
		c.members[out.name] = &member{field: out}
	}
}

// relationName is the name of the relation of a ref: author for author_id.
func relationName(ref string) string {
	if name := strings.TrimSuffix(ref, "_id"); name != "" {
		return name
	}
	return ref
}

// free returns a name that no member has.
func (c *collection) free(name string) string {
	for c.members[name] != nil {
		name += "_"
	}
	return name
}

func (c *collection) add(r *relation) {
	r.of = c
	c.relations = append(c.relations, r)
	c.members[r.name] = &member{relation: r}
}

// addReferences adds the documents that refs point to.
func (c *collection) addReferences(byName map[string]*collection) {
	for _, f := range c.fields {
		target := byName[f.To]
		if f.To == "" || f.unread || target == nil || !target.may(rules.Read) {
			continue
		}
		c.add(&relation{name: c.free(relationName(f.Name)), target: target, field: f})
	}
}

// addReferrers adds the documents that refer here: by the name of their collection, and with that of the ref where there
// are several.
func (c *collection) addReferrers(all []*collection) {
	for _, from := range all {
		var refs []*field
		for _, f := range from.fields {
			if f.To == c.Name && !f.unread {
				refs = append(refs, f)
			}
		}
		if !from.may(rules.Read) {
			continue
		}
		for _, f := range refs {
			name := from.typ
			if len(refs) > 1 {
				name += "_by_" + relationName(f.Name)
			}
			name = c.free(name)
			c.add(&relation{name: name, target: from, many: true, field: f})
			c.add(&relation{name: c.free(name + "_aggregate"), target: from, many: true, field: f, figures: true})
		}
	}
}

// addFunctions adds the functions of services.
func (m *model) addFunctions(services map[string]*config.Service, taken map[string]bool) {
	for _, service := range slices.Sorted(maps.Keys(services)) {
		for _, name := range slices.Sorted(maps.Keys(services[service].Functions)) {
			f := &function{name: service + "_" + name, service: service, function: name}
			for taken[f.name] {
				f.name += "_"
			}
			taken[f.name] = true
			for i, p := range services[service].Functions[name].Ordered {
				typ, _ := scalarOf("", &config.Field{Type: p.Type})
				f.params = append(f.params, &field{Field: p, name: p.Name, typ: typ, index: i})
			}
			m.functions = append(m.functions, f)
		}
	}
}

var enumName = regexp.MustCompile(`^[_A-Za-z][_0-9A-Za-z]*$`)

// scalarOf returns the type of a field, and its values where it is an enum.
func scalarOf(typ string, f *config.Field) (name string, enum []string) {
	for _, v := range f.Enum {
		text := v.Value.Text()
		if v.Value.Kind() != query.KindString || !enumName.MatchString(text) || strings.HasPrefix(text, "__") || slices.Contains([]string{"true", "false", "null"}, text) || typ == "" {
			enum = nil
			break
		}
		enum = append(enum, text)
	}
	if len(enum) > 0 && f.Type == query.TypeString {
		return typ + "_" + f.Name + "_enum", enum
	}
	switch f.Type {
	case query.TypeID, query.TypeRef:
		return "ID", nil
	case query.TypeString:
		return "String", nil
	case query.TypeInt:
		return "BigInt", nil
	case query.TypeFloat:
		return "Float", nil
	case query.TypeDecimal:
		return "Decimal", nil
	case query.TypeBool:
		return "Boolean", nil
	case query.TypeTime:
		return "DateTime", nil
	case query.TypeDate:
		return "Date", nil
	case query.TypeUUID:
		return "UUID", nil
	case query.TypeBytes:
		return "Bytes", nil
	}
	return "JSON", nil // json, and lists
}

// Kinds of fields, by what can be done with them.
func (f *field) number() bool { return slices.Contains([]string{"BigInt", "Float", "Decimal"}, f.typ) }

func (f *field) json() bool { return f.typ == "JSON" }

// document reports whether it is a json field, which may hold an object.
func (f *field) document() bool { return f.Type == query.TypeJSON }

func (f *field) ordered() bool { return f.typ != "JSON" && !f.Encrypt && !f.Hash }

// sortedRoots returns the roots of a kind in the order of their names.
func (m *model) sortedRoots(kind string) (out []*root) {
	for _, name := range slices.Sorted(maps.Keys(m.roots)) {
		if r := m.roots[name]; r.kind == kind {
			out = append(out, r)
		}
	}
	return out
}
