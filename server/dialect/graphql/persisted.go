package graphql

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/maypok86/otter/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/formatter"
	"github.com/vektah/gqlparser/v2/parser"

	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/fault"
)

// maxPersisted is how many bytes of documents are kept for clients that send their hashes.
const maxPersisted = 4 << 20

// persisted are documents that clients name instead of sending them.
type persisted struct {
	// sent are those that clients have sent before, by their SHA-256: Apollo's automatic persisted queries.
	sent keeper[string, string]
	// named are those of the configuration, by their names and hashes. only has their form; nil where any other may be run, too.
	named map[string]string
	only  map[string]bool
}

func newPersisted(operations map[string]string) *persisted {
	p := &persisted{sent: otter.Must(&otter.Options[string, string]{
		MaximumWeight: maxPersisted,
		Weigher:       func(_, text string) uint32 { return uint32(len(text) + 128) },
	})}
	if operations != nil {
		p.named, p.only = map[string]string{}, map[string]bool{}
	}
	for id, text := range operations {
		p.named[id], p.named[hashOf(text)] = text, text
		p.only[form(text)] = true
	}
	return p
}

func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// form is equal for documents that ask for the same: without layout, comments, and the __typename that clients add. It is
// empty for what is no document.
func form(text string) string {
	doc, err := parser.ParseQueryWithTokenLimit(&ast.Source{Input: text}, maxTokens)
	if err != nil {
		return ""
	}
	for _, op := range doc.Operations {
		op.SelectionSet = untyped(op.SelectionSet)
	}
	for _, f := range doc.Fragments {
		f.SelectionSet = untyped(f.SelectionSet)
	}
	var out strings.Builder
	formatter.NewFormatter(&out, formatter.WithCompacted()).FormatQueryDocument(doc)
	return hashOf(out.String())
}

func untyped(set ast.SelectionSet) (out ast.SelectionSet) {
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			if s.Name == "__typename" {
				continue
			}
			s.SelectionSet = untyped(s.SelectionSet)
		case *ast.InlineFragment:
			s.SelectionSet = untyped(s.SelectionSet)
		}
		out = append(out, s)
	}
	return out
}

// errNotPersisted is what Apollo's clients know: they send the document with its hash then.
var errNotPersisted = &fault.Error{Code: "PERSISTED_QUERY_NOT_FOUND", Detail: "PersistedQueryNotFound"}

var errNotListed = fault.Errorf(fault.Forbidden, "this operation is not one of those that may be run here (graphql.only)")

// find completes what was asked with the document that it names.
func (p *persisted) find(a *asked) error {
	if a.query != "" {
		if a.hash != "" && a.hash != hashOf(a.query) {
			return fault.FieldErrorf("extensions", "hash", "persistedQuery.sha256Hash is not the SHA-256 of the query")
		}
		return nil
	}
	name := strings.TrimPrefix(a.document, "sha256:")
	if name == "" {
		name = a.hash
	}
	if name == "" {
		return errNoQuery
	}
	var known bool
	if a.query, known = p.named[name]; !known {
		if a.query, known = p.sent.GetIfPresent(name); !known {
			return errNotPersisted
		}
	}
	return nil
}

// keep keeps a document that was checked, for a client that has sent its hash, too.
func (p *persisted) keep(a asked) {
	if a.hash != "" {
		p.sent.Set(a.hash, a.query)
	}
}

// lookup returns the checked document of what was asked, or why there is none: what is wrong with it.
func (g *Graph) lookup(caller crud.Caller, a *asked) (*document, []problem) {
	if err := g.persisted.find(a); err != nil {
		return nil, []problem{describe(g.clientError("", err))}
	}
	doc, list := g.schema.parse(a.query, caller.Admin)
	if only := g.persisted.only; only != nil && !caller.Admin && (list != nil || !only[doc.form()]) {
		return nil, []problem{describe(errNotListed)}
	}
	if list != nil {
		return nil, describeList(list)
	}
	g.persisted.keep(*a)
	return doc, nil
}
