package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"time"
)

// Supervisor is the service manager that has started this process, such as systemd: it waits until the server serves, and
// restarts one that has stopped to answer. A nil one is none. See sd_notify(3).
type Supervisor struct {
	address  string
	watchdog time.Duration // how long the server may be silent; 0 for ever
}

// FindSupervisor returns the one that the environment names, nil if there is none. It takes the names out of the environment,
// so that no child process speaks for this one.
func FindSupervisor() (*Supervisor, error) {
	address, usec, pid := os.Getenv("NOTIFY_SOCKET"), os.Getenv("WATCHDOG_USEC"), os.Getenv("WATCHDOG_PID")
	for _, name := range []string{"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"} {
		if err := os.Unsetenv(name); err != nil {
			return nil, err
		}
	}
	if address == "" {
		return nil, nil //nolint:nilnil // nothing waits for it
	}
	if address[0] != '/' && address[0] != '@' {
		return nil, fmt.Errorf("NOTIFY_SOCKET is %q, and no path of a socket", address)
	}
	s := &Supervisor{address: address}
	if usec != "" && (pid == "" || pid == strconv.Itoa(os.Getpid())) {
		n, err := strconv.ParseInt(usec, 10, 64)
		if err != nil || n <= 0 || n > int64(24*time.Hour/time.Microsecond) {
			return nil, fmt.Errorf("WATCHDOG_USEC is %q, and no number of microseconds", usec)
		}
		s.watchdog = time.Duration(n) * time.Microsecond
	}
	return s, nil
}

// notify sends what has happened.
func (s *Supervisor) notify(states ...string) (err error) {
	if s == nil {
		return nil
	}
	conn, err := net.Dial("unixgram", s.address)
	if err != nil {
		return fmt.Errorf("telling the service manager: %w", err)
	}
	_, err = conn.Write([]byte(strings.Join(states, "\n")))
	return errors.Join(err, conn.Close())
}

// notify sends what has happened to the service manager, if there is one.
func (s *Server) notify(states ...string) {
	if err := s.options.Supervisor.notify(states...); err != nil {
		s.logger.Load().Warn("the service manager could not be notified", "error", err.Error())
	}
}

// serving says that requests are answered now.
func (s *Server) serving() { s.notify("READY=1", "STATUS=serving at "+*s.address.Load()) }

// reloading says that the configuration is read again; serving follows.
func (s *Server) reloading() {
	s.notify("RELOADING=1", "MONOTONIC_USEC="+strconv.FormatInt(monotonic().Microseconds(), 10), "STATUS=reading the configuration again")
}

// stopping says that the server finishes what it has accepted, and how long that may take.
func (s *Server) stopping() {
	patience := time.Duration(s.current.Load().config.Limits.Drain) + drainTime + 10*time.Second
	s.notify("STOPPING=1", "EXTEND_TIMEOUT_USEC="+strconv.FormatInt(patience.Microseconds(), 10), "STATUS=finishing what was accepted")
}

// attend says that the server is well, as often as the service manager asks, until ctx ends: it asks for /healthz, and says
// nothing while there is no answer. A server that is being stopped is let finish.
func (s *Server) attend(ctx context.Context) {
	if s.options.Supervisor == nil || s.options.Supervisor.watchdog == 0 {
		return
	}
	ticker := time.NewTicker(s.options.Supervisor.watchdog / 3)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			if s.transport.Draining() || s.transport.Alive() {
				s.notify("WATCHDOG=1")
			}
		}
	}
}
