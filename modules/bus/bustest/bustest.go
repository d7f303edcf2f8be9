// Package bustest runs real NATS servers for tests, on free ports.
package bustest

import (
	"os/exec"
	"testing"

	"github.com/basalt-dev/basalt/modules/shared/servicetest"
)

// NATS is a NATS server.
type NATS struct{ servicetest.Service }

// Start runs a server, with streams in a temporary directory, until the test ends.
func Start(t testing.TB) *NATS {
	t.Helper()
	dir := t.TempDir()
	s := &NATS{servicetest.Service{Program: program(), Arguments: func(host, port string) []string {
		return []string{"-a", host, "-p", port, "-js", "-sd", dir}
	}}}
	s.Service.Start(t)
	return s
}

// URL is the address of the server.
func (s *NATS) URL() string { return "nats://" + s.Address }

// program finds the server binary, which Debian installs outside the users' PATH.
func program() string {
	for _, name := range []string{"nats-server", "/usr/sbin/nats-server"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return "nats-server"
}
