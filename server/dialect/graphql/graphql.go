// Package graphql is the GraphQL dialect: a schema of the collections of a configuration, with the names and shapes of
// Hasura, and an executor that makes one statement of each level of a selection.
//
// It decides nothing: each level is a read of package crud, under the rules of its collection and of its fields, and each
// mutation is one of its changes. It is not for HTTP: see package dialect.
package graphql

import (
	"errors"
	"net/http"
	"strings"

	"github.com/basalt-dev/basalt/config"
	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/server/dialect"
)

// Path is where the dialect is.
const Path = "/v1/graphql"

// Graph is the dialect of one configuration.
type Graph struct {
	dialect.Backend
	model  *model
	schema *schema
	limits config.GraphQL
	*persisted
	// Of the configuration's limits: documents of a page, of a change and of all levels, and bytes of an answer.
	page, batch, documents, answer int
}

// New makes the dialect.
func New(b dialect.Backend) *Graph {
	m := newModel(b.Config)
	l := b.Config.Limits
	return &Graph{
		Backend: b, model: m, schema: newSchema(m), limits: *b.Config.GraphQL, persisted: newPersisted(b.Config.GraphQL.Operations),
		page: l.Page, batch: l.Batch, documents: l.Documents, answer: int(l.Answer),
	}
}

// SDL returns the schema of a configuration, in the schema definition language.
func SDL(c *config.Config) (string, error) {
	s := newSchema(newModel(c))
	_, err := s.load()
	return s.text, err
}

// Prefixes implements dialect.Dialect.
func (g *Graph) Prefixes() []string { return []string{Path} }

// Routes implements dialect.Dialect.
func (g *Graph) Routes() []dialect.Route {
	return []dialect.Route{
		{Method: http.MethodPost, Path: Path, Writes: true, Do: g.post},
		{Method: http.MethodGet, Path: Path, Do: g.get},
	}
}

// Sockets implements dialect.Dialect.
func (g *Graph) Sockets() []dialect.Socket {
	return []dialect.Socket{{Path: Path, Protocols: []string{subprotocol}, Open: g.open}}
}

// Problem implements dialect.Dialect.
func (g *Graph) Problem(e *fault.Error, status int) dialect.Response {
	return encoded(graphMedia, status, appendAnswer(nil, nil, []problem{describe(e)}))
}

// mayIntrospect reports whether a caller may read the schema.
func (g *Graph) mayIntrospect(caller crud.Caller) bool {
	may := g.limits.May
	return may == nil || caller.Admin || config.Satisfies(may, caller.Auth)
}

// called counts an operation by the first of its errors.
func (g *Graph) called(call string, errs []problem) {
	code := "ok"
	if len(errs) > 0 {
		code = string(errs[0].Extensions.Code)
	}
	g.Called("graphql", call, code)
}

// refuse counts what was not run, and returns why.
func (g *Graph) refuse(list []problem) []problem {
	g.called("document", list)
	return list
}

// clientError is an error as a client may see it. Others are logged.
func (g *Graph) clientError(id string, err error) *fault.Error {
	var e *fault.Error
	if errors.As(err, &e) {
		if e.Code == fault.Internal || e.Code == fault.Unavailable {
			g.Log.Error("a GraphQL operation failed", "request", id, "error", err.Error())
		}
		return e
	}
	g.Log.Error("a GraphQL operation failed", "request", id, "error", err.Error())
	return fault.Errorf(fault.Internal, "something went wrong here; the log has more under the request id %s", strings.TrimSpace(id))
}
