// Package redistest runs real Redis servers for tests, on free ports and in temporary directories.
package redistest

import (
	"testing"

	"github.com/basalt-dev/basalt/modules/shared/servicetest"
)

// Server is a Redis server.
type Server struct{ servicetest.Service }

// Start runs a server until the test ends.
func Start(t testing.TB) *Server {
	t.Helper()
	dir := t.TempDir()
	s := &Server{servicetest.Service{Program: "redis-server", Arguments: func(host, port string) []string {
		return []string{"--port", port, "--bind", host, "--save", "", "--appendonly", "no", "--dir", dir}
	}}}
	s.Service.Start(t)
	return s
}

// URL is the address of the server.
func (s *Server) URL() string { return "redis://" + s.Address + "/0" }
