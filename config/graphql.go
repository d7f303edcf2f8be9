package config

import (
	"maps"
	"regexp"
	"slices"

	"github.com/basalt-dev/basalt/rules"
)

// GraphQL is the section `graphql`.
type GraphQL struct {
	At Position `json:"-"`
	// Who may read the schema: a condition on auth, such as auth.role == "dev". Without it everybody may; administrators always
	// may.
	Introspection *Text `json:"introspection,omitempty"`
	// The maximum nesting of selections, 12 by default.
	Depth int `json:"depth,omitempty"`
	// How many documents an operation may find by its limits, over all levels, 200000 by default. What it does find is bounded by
	// limits.documents.
	Cost int `json:"cost,omitempty"`
	// How many fields an operation has at its top, aliases included, 50 by default.
	Roots int `json:"roots,omitempty"`
	// How many operations one request has, 10 by default.
	Batch int `json:"batch,omitempty"`

	// What Load makes of Introspection; nil without it.
	May *rules.Rule `json:"-"`
}

// CollectionGraphQL is the section `graphql` of a collection.
type CollectionGraphQL struct {
	At Position `json:"-"`
	// The name of its type and its roots, instead of that of the collection: Note makes Note, Note_by_pk and insert_Note.
	Name string `json:"name,omitempty"`
}

func (g *GraphQL) defaults() {
	setDefault(&g.Depth, 12)
	setDefault(&g.Cost, 200_000)
	setDefault(&g.Roots, 50)
	setDefault(&g.Batch, 10)
}

// graphQL checks the section graphql.
func (v *validator) graphQL() {
	v.graphQLNames()
	g := v.c.GraphQL
	if g == nil {
		return
	}
	for _, n := range []struct {
		name  string
		value int
	}{{"depth", g.Depth}, {"cost", g.Cost}, {"roots", g.Roots}, {"batch", g.Batch}} {
		if n.value < 1 {
			v.fail(g.At, "graphql.%s is a whole number from 1 on", n.name)
		}
	}
	if g.Introspection == nil {
		return
	}
	rule, err := rules.CompileCall(g.Introspection.Source, nil, v.callerScope())
	if err != nil {
		v.expression(g.Introspection, "graphql.introspection", err)
		return
	}
	g.May = rule
}

var graphQLName = regexp.MustCompile(`^[A-Za-z][_0-9A-Za-z]*$`)

// graphQLNames checks the names that collections have in GraphQL.
func (v *validator) graphQLNames() {
	taken := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(v.c.Collections)) {
		g := v.c.Collections[name].GraphQL
		if g == nil || g.Name == "" {
			continue
		}
		switch other := taken[g.Name]; {
		case !graphQLName.MatchString(g.Name):
			v.fail(g.At, "collections.%s.graphql.name: %q is not a name of GraphQL: letters, digits and _, a letter first", name, g.Name)
		case other != "":
			v.fail(g.At, "collections.%s.graphql.name: %s is the name of %s already", name, g.Name, other)
		case g.Name != name && v.c.Collections[g.Name] != nil:
			v.fail(g.At, "collections.%s.graphql.name: there is a collection %s", name, g.Name)
		}
		taken[g.Name] = name
	}
}
