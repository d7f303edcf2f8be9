package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"github.com/basalt-dev/basalt/rules"
)

// GraphQL is the section `graphql`.
type GraphQL struct {
	At Position `json:"-"`
	// Who may read the schema: a condition on auth, such as auth.role == "dev". Without it every caller may; administrators always
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

	// The operations that may be run, by anyone but administrators: a directory of .graphql files, one such file, or the
	// manifest (.json) that Apollo and Relay write. Without it any operation may.
	Only string `json:"only,omitempty"`

	// Make the schema a subgraph of Apollo Federation 2: documents are entities by their id.
	Federation bool `json:"federation,omitempty"`

	// What Load makes of Introspection; nil without it.
	May *rules.Rule `json:"-"`
	// Operations are those of Only, by the name that a manifest has for them, or by their file; nil without it.
	Operations map[string]string `json:"-"`
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
	if g.Only != "" {
		var err error
		if g.Operations, err = operations(v.c.absolute(g.Only, v.c.Dir)); err != nil {
			v.fail(g.At, "graphql.only: %s", err)
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

// maxOperations bounds the bytes of the operations of a file.
const maxOperations = 8 << 20

// operations reads the operations of a file or a directory.
func operations(path string) (map[string]string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	files := []string{path}
	if info.IsDir() {
		files = nil
		for _, pattern := range []string{"*.graphql", "*.gql", "*.json"} {
			found, err := filepath.Glob(filepath.Join(path, pattern))
			if err != nil {
				return nil, err
			}
			files = append(files, found...)
		}
	}
	out := map[string]string{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		switch {
		case err != nil:
			return nil, err
		case len(text) > maxOperations:
			return nil, fmt.Errorf("%s is larger than %d bytes", file, maxOperations)
		case filepath.Ext(file) == ".json":
			if err := manifest(text, out); err != nil {
				return nil, fmt.Errorf("%s: %w", file, err)
			}
		case filepath.Ext(file) != ".graphql" && filepath.Ext(file) != ".gql":
			return nil, fmt.Errorf("%s is not a file of operations: .graphql, .gql, or a manifest, .json", file)
		default:
			out[filepath.Base(file)] = string(text)
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("there are no operations in %s", path)
	}
	return out, nil
}

// manifest reads the operations of a manifest: {"id": "query …"}, as Relay writes it, or that of Apollo.
func manifest(text []byte, out map[string]string) error {
	var apollo struct {
		Format     string
		Operations []struct{ ID, Body string }
	}
	if err := json.Unmarshal(text, &apollo); err == nil && apollo.Operations != nil {
		for _, op := range apollo.Operations {
			out[op.ID] = op.Body
		}
		return nil
	}
	var relay map[string]string
	if err := json.Unmarshal(text, &relay); err != nil {
		return errors.New(`it is no manifest: an object of operations by their ids, or {"operations": [{"id", "body"}]}`)
	}
	maps.Copy(out, relay)
	return nil
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
