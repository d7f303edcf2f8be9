package server

import (
	"github.com/basalt-dev/basalt/server/dialect"
	"github.com/basalt-dev/basalt/server/dialect/graphql"
	"github.com/basalt-dev/basalt/server/dialect/mcp"
	"github.com/basalt-dev/basalt/server/dialect/supabase"
)

// dialects makes the languages that the configuration has besides the native API.
func (r *runtime) dialects() (out []dialect.Dialect) {
	b := dialect.Backend{Config: r.config, Crud: r.crud, Auth: r.auth, Hub: r.server.hub, Files: r.files, Log: r.logger, Now: r.server.options.Now, Called: r.server.metrics.spoken}
	if r.config.Compat.Supabase != nil {
		out = append(out, supabase.New(b))
	}
	if r.config.GraphQL != nil {
		out = append(out, graphql.New(b))
	}
	if r.config.MCP != nil {
		out = append(out, mcp.New(b))
	}
	return out
}
