package graphql

import (
	"fmt"
	"slices"
	"strings"

	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/rules"
)

// scalars are the exact ones, with what they are.
var scalars = [][2]string{
	{"BigInt", "A whole number of 64 bits, written as a JSON number."},
	{"Decimal", "An exact decimal number."},
	{"DateTime", "An instant, RFC 3339 in UTC with microseconds."},
	{"Date", "A day, such as 2026-02-28."},
	{"UUID", "A UUID."},
	{"JSON", "Any JSON value."},
	{"Bytes", "Bytes, in base64."},
}

// aliases are names that variables may have besides: those of Hasura.
var aliases = map[string]string{
	"bigint": "BigInt", "numeric": "Decimal", "timestamptz": "DateTime", "date": "Date", "uuid": "UUID", "json": "JSON", "jsonb": "JSON", "bytea": "Bytes", "float8": "Float",
}

// sdl writes the schema, in the schema definition language.
func (m *model) sdl() string {
	w := &writer{federated: m.federated}
	if m.federated {
		w.line(linked)
	}
	w.line("schema {\n  query: query_root")
	if m.any("mutation") {
		w.line("  mutation: mutation_root")
	}
	if m.any("subscription") {
		w.line("  subscription: subscription_root")
	}
	w.line("}\n")
	w.line(`"All mutations of the operation, or none." directive @transaction on MUTATION` + "\n")
	if m.any("subscription") {
		w.line(`"After what there is at first, only what has changed: extensions.changes has what becomes of each document." directive @changes on SUBSCRIPTION` + "\n")
		w.block("enum cursor_ordering", []string{"ASC", "DESC"})
	}
	for _, s := range scalars {
		w.line("%q scalar %s", s[1], s[0])
	}
	w.block("enum order_by", directions)
	w.comparisons(m)
	if len(m.nodes) > 0 {
		w.line("\"What has a global id.\" interface " + nodeType + " {\n  " + nodeID + ": ID!\n}\n")
		w.block(w.directed("type PageInfo", "@shareable"), []string{"hasNextPage: Boolean!", "hasPreviousPage: Boolean!", "startCursor: String", "endCursor: String"})
	}
	for _, c := range m.collections {
		c.write(w)
	}
	for _, kind := range []string{"query", "mutation", "subscription"} {
		w.roots(m, kind)
	}
	return w.String()
}

type writer struct {
	strings.Builder
	federated bool
}

func (w *writer) line(format string, args ...any) {
	if len(args) == 0 {
		w.WriteString(format + "\n")
		return
	}
	fmt.Fprintf(w, format+"\n", args...)
}

// block writes a type with its members, and nothing where there are none.
func (w *writer) block(head string, members []string) {
	if len(members) > 0 {
		w.line("%s {\n  %s\n}\n", head, strings.Join(members, "\n  "))
	}
}

// directed adds a directive of federation.
func (w *writer) directed(head, directive string) string {
	if w.federated {
		return head + " " + directive
	}
	return head
}

// comparisons writes what scalars are compared with.
func (w *writer) comparisons(m *model) {
	w.block("input Int_comparison_exp", []string{"_eq: Int", "_neq: Int", "_gt: Int", "_gte: Int", "_lt: Int", "_lte: Int", "_in: [Int!]", "_nin: [Int!]", "_is_null: Boolean"})
	types := []string{"ID", "String", "Boolean", "BigInt", "Float", "Decimal", "DateTime", "Date", "UUID", "JSON", "Bytes"}
	for _, c := range m.collections {
		for _, f := range c.fields {
			if f.enum != nil {
				w.block("enum "+f.typ, f.enum)
				types = append(types, f.typ)
			}
		}
	}
	for _, t := range types {
		var members []string
		op := func(typ string, names ...string) {
			for _, name := range names {
				members = append(members, name+": "+typ)
			}
		}
		op(t, "_eq", "_neq")
		if t != "JSON" {
			op("["+t+"!]", "_in", "_nin")
		}
		if t != "JSON" && t != "Boolean" {
			op(t, "_gt", "_gte", "_lt", "_lte")
		}
		op("Boolean", "_is_null")
		switch {
		case t == "JSON":
			op("JSON", "_contains")
			op("String", "_has_key")
			op("[String!]", "_has_keys_any", "_has_keys_all")
		case t == "String" || t == "ID" || strings.HasSuffix(t, "_enum"):
			op("String", "_like", "_nlike", "_ilike", "_nilike", "_contains", "_starts_with", "_ends_with")
		}
		w.block("input "+t+"_comparison_exp", members)
	}
}

// write writes the types of a collection.
func (c *collection) write(w *writer) {
	reads := c.may(rules.Read)
	c.writeObject(w)
	if reads || c.may(rules.Update) || c.may(rules.Delete) {
		c.writeFilter(w)
	}
	if reads {
		c.writeFigures(w)
		c.writeStream(w)
	}
	c.writeChanges(w)
}

func (c *collection) writeObject(w *writer) {
	var members []string
	for _, f := range c.fields {
		if !f.unread {
			typ := f.typ
			if f.index == 0 { // any other may be hidden, or missing in an older document
				typ += "!"
			}
			members = append(members, f.name+": "+typ)
		}
	}
	for _, r := range c.relations {
		switch {
		case r.figures:
			members = append(members, fmt.Sprintf("%s(where: %s_bool_exp): %s_aggregate!", r.name, r.target.typ, r.target.typ))
		case r.many:
			members = append(members, fmt.Sprintf("%s(%s): [%s!]!", r.name, r.target.listArguments(), r.target.typ))
		default:
			members = append(members, r.name+": "+r.target.typ)
		}
	}
	if m := c.members[tagName]; m != nil && m.tag {
		members = append(members, tagName+": String!")
	}
	if m := c.members[snippetName]; m != nil && m.snippet {
		members = append(members, snippetName+"(of: "+c.typ+"_select_column!): String")
	}
	head := "type " + c.typ
	if c.isNode() {
		members, head = append(members, nodeID+": ID!"), w.directed(head+" implements "+nodeType, `@key(fields: "`+c.fields[0].name+`")`)
		w.block("type "+c.typ+"Connection", []string{"edges: [" + c.typ + "Edge!]!", "pageInfo: PageInfo!", "totalCount: Int!"})
		w.block("type "+c.typ+"Edge", []string{"cursor: String!", "node: " + c.typ + "!"})
	}
	w.block(head, members)
}

// listArguments are those of every list.
func (c *collection) listArguments() string {
	return c.figureArguments() + fmt.Sprintf(", distinct_on: [%s_select_column!]", c.typ)
}

// figureArguments are those of figures.
func (c *collection) figureArguments() string {
	return fmt.Sprintf("where: %[1]s_bool_exp, order_by: [%[1]s_order_by!], limit: Int, offset: Int", c.typ)
}

func (c *collection) searches() bool {
	return slices.ContainsFunc(c.fields, func(f *field) bool { return f.Search })
}

func (c *collection) writeFilter(w *writer) {
	members := []string{"_and: [" + c.typ + "_bool_exp!]", "_or: [" + c.typ + "_bool_exp!]", "_not: " + c.typ + "_bool_exp"}
	if c.searches() {
		members = append(members, "_search: String", "_search_typos: String")
	}
	var order []string
	for _, f := range c.fields {
		if f.Encrypt || f.unread && !f.Hash {
			continue
		}
		members = append(members, f.name+": "+f.typ+"_comparison_exp")
		if f.ordered() {
			order = append(order, f.name+": order_by")
		}
	}
	for _, r := range c.relations {
		if r.figures {
			members = append(members, r.name+": "+r.target.typ+"_aggregate_bool_exp")
		} else {
			members = append(members, r.name+": "+r.target.typ+"_bool_exp")
		}
		if !r.many && r.target.Database == c.Database {
			order = append(order, r.name+": "+r.target.typ+"_order_by")
		}
	}
	w.block("input "+c.typ+"_bool_exp", members)
	w.block("input "+c.typ+"_order_by", order)
}

// figured are the fields of a figure, with their types.
func (c *collection) figured(figure string) (out []string) {
	for _, f := range c.fields {
		switch {
		case f.unread || !f.ordered() || c.isComposed(f):
		case figure == "avg" && f.number():
			out = append(out, f.name+": Float")
		case figure == "sum" && f.number(), (figure == "min" || figure == "max") && f.Type != query.TypeBool:
			out = append(out, f.name+": "+f.typ)
		}
	}
	return out
}

// streamed are the fields after whose values a stream may go on, with their types.
func (c *collection) streamed() (out []string) {
	for _, f := range c.fields {
		if f.ordered() && !f.unread && !c.isComposed(f) && f.Type != query.TypeBool {
			out = append(out, f.name+": "+f.typ)
		}
	}
	return out
}

func (c *collection) writeStream(w *writer) {
	fields := c.streamed()
	if len(fields) == 0 {
		return
	}
	w.block("input "+c.typ+"_stream_cursor_value_input", fields)
	w.block("input "+c.typ+"_stream_cursor_input", []string{"initial_value: " + c.typ + "_stream_cursor_value_input!", "ordering: cursor_ordering"})
}

func (c *collection) isComposed(f *field) bool { return f.index == 0 && c.Composed() }

var figures = []string{"sum", "avg", "min", "max"}

func (c *collection) writeFigures(w *writer) {
	w.block("input "+c.typ+"_aggregate_bool_exp", []string{"count: " + c.typ + "_aggregate_bool_exp_count"})
	w.block("input "+c.typ+"_aggregate_bool_exp_count", []string{"predicate: Int_comparison_exp!", "filter: " + c.typ + "_bool_exp"})
	var fields []string
	for _, figure := range figures {
		if members := c.figured(figure); len(members) > 0 {
			w.block("type "+c.typ+"_"+figure+"_fields", members)
			fields = append(fields, figure+": "+c.typ+"_"+figure+"_fields")
		}
	}
	w.block("type "+c.typ+"_aggregate_fields", append([]string{"count(columns: [" + c.typ + "_select_column!], distinct: Boolean): Int!"}, fields...))
	w.block("type "+c.typ+"_aggregate", []string{"aggregate: " + c.typ + "_aggregate_fields", "nodes: [" + c.typ + "!]!"})
	var columns, keys []string
	for _, f := range c.fields {
		if f.ordered() && !f.unread && !c.isComposed(f) {
			columns = append(columns, f.name)
			keys = append(keys, f.name+": "+f.typ)
		}
	}
	w.block("enum "+c.typ+"_select_column", columns)
	w.block("type "+c.typ+"_group_key", keys)
	w.block("type "+c.typ+"_group", append([]string{"key: " + c.typ + "_group_key!", "count: Int!"}, fields...))
}

func (c *collection) writeChanges(w *writer) {
	if c.may(rules.Create) {
		c.writeInsert(w)
	}
	if c.may(rules.Update) {
		changes := c.changes()
		for _, ch := range changes {
			w.block("input "+c.typ+ch.operator+"_input", ch.members)
		}
		if len(changes) > 0 {
			w.block("input "+c.typ+"_updates", append([]string{"where: " + c.typ + "_bool_exp!"}, c.changeMembers()...))
		}
		w.block("input "+c.typ+"_pk_columns_input", []string{c.fields[0].name + ": ID!"})
	}
	if c.may(rules.Create) || c.may(rules.Update) || c.may(rules.Delete) {
		w.block("type "+c.typ+"_mutation_response", []string{"affected_rows: Int!", "returning: [" + c.typ + "!]!"})
	}
}

// merges reports whether an insert may change a document that is there already.
func (c *collection) merges() bool { return c.may(rules.Update) && len(c.fields) > 1 }

// changeSet is an operator of an update, with the fields that it takes.
type changeSet struct {
	operator string
	members  []string
}

// changes are the operators that fields of the collection take.
func (c *collection) changes() (out []changeSet) {
	member := func(f *field, typ string) string { return f.name + ": " + typ }
	for _, op := range []struct {
		name  string
		takes func(*field) bool
		typ   string // that of the field where it is empty
	}{
		{"_set", func(*field) bool { return true }, ""}, {"_inc", (*field).number, ""},
		{"_push", (*field).json, "JSON"}, {"_pull", (*field).json, "JSON"}, {"_append", (*field).json, "JSON"},
		{"_prepend", (*field).json, "JSON"}, {"_delete_elem", (*field).json, "Int"},
		{"_delete_key", (*field).document, "String"}, {"_delete_at_path", (*field).document, "[String!]"},
	} {
		set := changeSet{operator: op.name}
		for _, f := range c.fields[1:] {
			if f.Served || !op.takes(f) {
				continue
			}
			typ := op.typ
			if typ == "" {
				typ = f.typ
			}
			set.members = append(set.members, member(f, typ))
		}
		if len(set.members) > 0 {
			out = append(out, set)
		}
	}
	return out
}

// changeMembers are the operators as arguments.
func (c *collection) changeMembers() (out []string) {
	for _, ch := range c.changes() {
		out = append(out, ch.operator+": "+c.typ+ch.operator+"_input")
	}
	return out
}

func (c *collection) writeInsert(w *writer) {
	var members, columns []string
	constraints := []string{c.typ + "_pkey"}
	for _, f := range c.fields {
		members = append(members, f.name+": "+f.typ)
		if f.index > 0 {
			columns = append(columns, f.name)
		}
		if f.Unique {
			constraints = append(constraints, c.typ+"_"+f.name+"_key")
		}
	}
	for _, r := range c.relations {
		switch {
		case r.figures || !r.target.may(rules.Create):
		case r.many:
			members = append(members, r.name+": "+r.target.typ+"_arr_rel_insert_input")
		default:
			members = append(members, r.name+": "+r.target.typ+"_obj_rel_insert_input")
		}
	}
	w.block("input "+c.typ+"_insert_input", members)
	one, many := []string{"data: " + c.typ + "_insert_input!"}, []string{"data: [" + c.typ + "_insert_input!]!"}
	if c.merges() {
		conflict := "on_conflict: " + c.typ + "_on_conflict"
		one, many = append(one, conflict), append(many, conflict)
		w.block("enum "+c.typ+"_constraint", constraints)
		w.block("enum "+c.typ+"_update_column", columns)
		w.block("input "+c.typ+"_on_conflict", []string{"constraint: " + c.typ + "_constraint!", "update_columns: [" + c.typ + "_update_column!]! = []", "where: " + c.typ + "_bool_exp"})
	}
	w.block("input "+c.typ+"_obj_rel_insert_input", one)
	w.block("input "+c.typ+"_arr_rel_insert_input", many)
}
