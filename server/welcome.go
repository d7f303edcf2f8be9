package server

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"slices"
	"strings"

	"github.com/basalt-dev/basalt/modules/db"
)

// welcome says where the server is, in the log or, on a terminal, as lines whose addresses can be clicked.
func (s *Server) welcome(ctx context.Context, address net.Addr) {
	r := s.current.Load()
	base := r.baseURL(address)
	if !s.log.terminal.Is || r.config.Log.Format != "" {
		attrs := []any{"address", base, "config", s.path}
		for _, p := range r.places(base) {
			attrs = append(attrs, strings.ToLower(p.name), p.url)
		}
		s.logger.Load().Info("serving", append(attrs, "databases", strings.Join(r.databaseNames(), ", "), "warnings", len(r.config.Warnings))...)
		return
	}
	if !s.logger.Load().Enabled(ctx, slog.LevelInfo) {
		return
	}
	bold, faint, yellow, reset := "\x1b[1m", "\x1b[2m", "\x1b[33m", "\x1b[0m"
	if s.log.terminal.Plain {
		bold, faint, yellow, reset = "", "", "", ""
	}
	var out strings.Builder
	fmt.Fprintf(&out, "\n  %sBasalt%s %s%s%s serves %s\n\n", bold, reset, faint, s.options.Version, reset, s.path)
	line := func(name, what string) { fmt.Fprintf(&out, "  %s%-10s%s%s\n", faint, name, reset, what) }
	for _, p := range r.places(base) {
		line(p.name, p.url)
	}
	for i, name := range r.databaseNames() {
		line([]string{"Databases", ""}[min(i, 1)], name)
	}
	if r.config.TLS != nil {
		if from := r.config.TLS.RedirectFrom(address.String()); from != "" {
			line("Redirect", "from plain HTTP at "+from)
		}
	}
	if n := len(r.config.Warnings); n > 0 {
		line("Warnings", fmt.Sprintf("%s%d%s, above; basalt check lists them", yellow, n, reset))
	}
	out.WriteString("\n")
	_, _ = s.log.Write([]byte(out.String()))
	_ = s.log.flush()
}

// place is something that a person opens.
type place struct{ name, url string }

// places are what people open of this configuration.
func (r *runtime) places(base string) []place {
	var out []place
	if r.config.Static != nil {
		out = append(out, place{"App", base + strings.TrimSuffix(r.config.Static.Path, "/") + "/"})
	}
	out = append(out, place{"Console", base + r.config.Console.Path + "/"}, place{"Docs", base + "/docs/"}, place{"API", base + "/openapi.json"})
	if r.config.GraphQL != nil {
		out = append(out, place{"GraphQL", base + "/v1/graphql"})
	}
	if r.config.MCP != nil {
		out = append(out, place{"MCP", base + "/v1/mcp"})
	}
	return out
}

// databaseNames are the databases, each as `main (sqlite, data/app.db)`. What a URL has may be secret, and is left out.
func (r *runtime) databaseNames() []string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(r.config.Databases)) {
		d := r.config.Databases[name]
		what := d.Driver
		if files := db.Files(d.Driver, d.Settings(r.config.Dir)); len(files) > 0 {
			what += ", " + files[0]
		}
		out = append(out, fmt.Sprintf("%s (%s)", name, what))
	}
	return out
}

// baseURL is where people reach a listener: by its domain, or this machine by the name localhost.
func (r *runtime) baseURL(address net.Addr) string {
	base := localAddress(address)
	if base == "" {
		base = "http://" + address.String()
	}
	if r.config.TLS == nil {
		return base
	}
	base = strings.TrimPrefix(base, "http://")
	_, port, _ := net.SplitHostPort(base)
	if domains := r.config.TLS.Domains; len(domains) > 0 {
		base = net.JoinHostPort(domains[0], port)
	}
	return "https://" + strings.TrimSuffix(base, ":443")
}
