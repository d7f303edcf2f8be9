// Package bustest runs real NATS servers for tests, on free ports.
package bustest

import (
	"errors"
	"net"
	"os/exec"
	"testing"
	"time"
)

// NATS is a NATS server.
type NATS struct {
	Address string
	process *exec.Cmd
}

// Start runs a server until the test ends.
func Start(t testing.TB) *NATS {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	s := &NATS{Address: l.Addr().String()}
	if err := s.Run(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Kill() }) // a test may have killed it
	return s
}

// URL is where the server is.
func (s *NATS) URL() string { return "nats://" + s.Address }

// program finds the server, which Debian puts where users do not look.
func program() string {
	for _, name := range []string{"nats-server", "/usr/sbin/nats-server"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return "nats-server"
}

// Run starts the server, at the address it had before.
func (s *NATS) Run() error {
	host, port, err := net.SplitHostPort(s.Address)
	if err != nil {
		return err
	}
	s.process = exec.Command(program(), "-a", host, "-p", port)
	if err := s.process.Start(); err != nil {
		return err
	}
	for range 250 {
		if c, err := net.Dial("tcp", s.Address); err == nil {
			return c.Close()
		}
		time.Sleep(20 * time.Millisecond)
	}
	return errors.Join(errors.New("nats-server does not start"), s.Kill())
}

// Kill ends the server at once.
func (s *NATS) Kill() error {
	err := s.process.Process.Kill()
	_ = s.process.Wait() // it was killed
	return err
}
