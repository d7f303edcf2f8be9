package graphql

import (
	"fmt"
	"strings"

	"github.com/basalt-dev/basalt/rules"
)

// root is a field of query_root, mutation_root or subscription_root.
type root struct {
	name, kind string // query, mutation or subscription
	arguments  string
	returns    string
	c          *collection
	function   *function
	// one says that it is one document; figures and grouped that it is an aggregate.
	one, figures, grouped bool
	many                  bool // it is several changes
	streams               bool // it is the documents after a cursor, in parts
	// connected says that it is a connection, and node that it is a document by its global id.
	connected, node bool
	change          func(*executor, *selected, *root) (result, error)
}

// addRoots makes the roots of all collections and functions.
func (m *model) addRoots() {
	add := func(r root) {
		m.roots[r.kind+" "+r.name] = &r
	}
	for _, c := range m.collections {
		if c.may(rules.Read) {
			for _, kind := range []string{"query", "subscription"} {
				add(root{name: c.typ, kind: kind, arguments: c.listArguments() + ", after: String", returns: "[" + c.typ + "!]!", c: c})
				add(root{name: c.typ + "_by_pk", kind: kind, arguments: c.fields[0].name + ": ID!", returns: c.typ, c: c, one: true})
				add(root{name: c.typ + "_aggregate", kind: kind, arguments: c.figureArguments(), returns: c.typ + "_aggregate!", c: c, figures: true})
				add(root{name: c.typ + "_group", kind: kind, arguments: fmt.Sprintf("by: [%s_select_column!]!, where: %s_bool_exp", c.typ, c.typ), returns: "[" + c.typ + "_group!]!", c: c, grouped: true})
			}
		}
		if c.may(rules.Read) && len(c.streamed()) > 0 {
			add(root{name: c.typ + "_stream", kind: "subscription", arguments: fmt.Sprintf("batch_size: Int!, cursor: [%[1]s_stream_cursor_input]!, where: %[1]s_bool_exp", c.typ), returns: "[" + c.typ + "!]!", c: c, streams: true})
		}
		if c.isNode() {
			add(root{name: c.typ + "_connection", kind: "query", arguments: fmt.Sprintf("where: %[1]s_bool_exp, order_by: [%[1]s_order_by!], first: Int, after: String, last: Int, before: String", c.typ), returns: c.typ + "Connection!", c: c, connected: true})
		}
		if c.may(rules.Create) {
			conflict := ""
			if c.merges() {
				conflict = ", on_conflict: " + c.typ + "_on_conflict"
			}
			add(root{name: "insert_" + c.typ, kind: "mutation", arguments: "objects: [" + c.typ + "_insert_input!]!" + conflict, returns: c.typ + "_mutation_response", c: c, change: insert})
			add(root{name: "insert_" + c.typ + "_one", kind: "mutation", arguments: "object: " + c.typ + "_insert_input!" + conflict, returns: c.typ, c: c, one: true, change: insert})
		}
		if changes := c.changeMembers(); c.may(rules.Update) && len(changes) > 0 {
			set := ", " + strings.Join(changes, ", ")
			add(root{name: "update_" + c.typ, kind: "mutation", arguments: "where: " + c.typ + "_bool_exp!" + set, returns: c.typ + "_mutation_response", c: c, change: update})
			add(root{name: "update_" + c.typ + "_many", kind: "mutation", arguments: "updates: [" + c.typ + "_updates!]!", returns: "[" + c.typ + "_mutation_response]", c: c, many: true, change: updateMany})
			add(root{name: "update_" + c.typ + "_by_pk", kind: "mutation", arguments: "pk_columns: " + c.typ + "_pk_columns_input!" + set + ", ifMatch: String", returns: c.typ, c: c, one: true, change: update})
		}
		if c.may(rules.Delete) {
			add(root{name: "delete_" + c.typ, kind: "mutation", arguments: "where: " + c.typ + "_bool_exp!", returns: c.typ + "_mutation_response", c: c, change: remove})
			add(root{name: "delete_" + c.typ + "_by_pk", kind: "mutation", arguments: c.fields[0].name + ": ID!, ifMatch: String", returns: c.typ, c: c, one: true, change: remove})
		}
	}
	for _, f := range m.functions {
		var arguments []string
		for _, p := range f.params {
			typ := p.typ
			if p.Required && p.Default == nil {
				typ += "!"
			}
			arguments = append(arguments, p.name+": "+typ)
		}
		add(root{name: f.name, kind: "mutation", arguments: strings.Join(arguments, ", "), returns: "JSON", function: f, change: call})
	}
	if len(m.nodes) > 0 && m.roots["query node"] == nil {
		add(root{name: "node", kind: "query", arguments: "id: ID!", returns: nodeType, node: true})
	}
	if !m.any("query") {
		add(root{name: "no_queries_available", kind: "query", returns: "String"})
	}
}

// any reports whether there are roots of a kind.
func (m *model) any(kind string) bool {
	for name := range m.roots {
		if strings.HasPrefix(name, kind+" ") {
			return true
		}
	}
	return false
}

// roots writes the type of the roots of a kind.
func (w *writer) roots(m *model, kind string) {
	var members []string
	for _, r := range m.sortedRoots(kind) {
		arguments := ""
		if r.arguments != "" {
			arguments = "(" + r.arguments + ")"
		}
		members = append(members, r.name+arguments+": "+r.returns)
	}
	w.block("type "+kind+"_root", members)
}
