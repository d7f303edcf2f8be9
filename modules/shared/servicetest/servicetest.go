// Package servicetest runs the programs of real services for tests, on free ports.
package servicetest

import (
	"errors"
	"fmt"
	"net"
	"os/exec"
	"testing"
	"time"

	"github.com/basalt-dev/basalt/modules/freeport"
)

// Service is a program that listens at an address.
type Service struct {
	Address string
	// Program is the program to run; Arguments returns its arguments for a host and a port.
	Program   string
	Arguments func(host, port string) []string

	process *exec.Cmd
}

// Start runs a service until the test ends.
func (s *Service) Start(t testing.TB) {
	t.Helper()
	port, err := freeport.Take()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = port.Release() })
	s.Address = port.Address()
	if err := s.Run(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Kill() }) // a test may have killed it already
}

// Run starts the program at the same address as before.
func (s *Service) Run() error {
	host, port, err := net.SplitHostPort(s.Address)
	if err != nil {
		return err
	}
	s.process = exec.Command(s.Program, s.Arguments(host, port)...)
	if err := s.process.Start(); err != nil {
		return err
	}
	for range 250 {
		if c, err := net.Dial("tcp", s.Address); err == nil {
			return c.Close()
		}
		time.Sleep(20 * time.Millisecond)
	}
	return errors.Join(fmt.Errorf("%s does not start", s.Program), s.Kill())
}

// Kill kills the program.
func (s *Service) Kill() error {
	err := s.process.Process.Kill()
	_ = s.process.Wait() // it was killed
	return err
}
