// Package redistest runs real Redis servers for tests, on free ports and in temporary directories.
package redistest

import (
	"errors"
	"net"
	"os/exec"
	"testing"
	"time"
)

// Server is a Redis server.
type Server struct {
	Address string
	dir     string
	process *exec.Cmd
}

// Start runs a server until the test ends.
func Start(t testing.TB) *Server {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	s := &Server{Address: l.Addr().String(), dir: t.TempDir()}
	if err := s.Run(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Kill() }) // a test may have killed it
	return s
}

// URL is where the server is.
func (s *Server) URL() string { return "redis://" + s.Address + "/0" }

// Run starts the server, at the address it had before.
func (s *Server) Run() error {
	_, port, err := net.SplitHostPort(s.Address)
	if err != nil {
		return err
	}
	s.process = exec.Command("redis-server", "--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", s.dir)
	if err := s.process.Start(); err != nil {
		return err
	}
	for range 250 {
		if c, err := net.Dial("tcp", s.Address); err == nil {
			return c.Close()
		}
		time.Sleep(20 * time.Millisecond)
	}
	return errors.Join(errors.New("redis-server does not start"), s.Kill())
}

// Kill ends the server at once.
func (s *Server) Kill() error {
	err := s.process.Process.Kill()
	_ = s.process.Wait() // it was killed
	return err
}
