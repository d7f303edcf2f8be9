package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/signal"
	"syscall"

	"github.com/mattn/go-isatty"

	"github.com/spf13/cobra"

	"github.com/basalt-dev/basalt/server"
)

type serveCommand struct{ Config, Listen string }

func newServeCommand() *cobra.Command {
	var c serveCommand
	cmd := &cobra.Command{
		Use:     "serve",
		Short:   "Serve a configuration.",
		Example: "basalt serve --config /etc/basalt/basalt.yaml --listen :8080",
		RunE:    func(*cobra.Command, []string) error { return c.Run() },
	}
	configFlag(cmd, &c.Config)
	cmd.Flags().StringVar(&c.Listen, "listen", "", "Listen at this `ADDRESS` instead of where the configuration says.")
	return cmd
}

// Run serves until SIGINT or SIGTERM.
func (c *serveCommand) Run() error {
	ctx, stop := untilStopped()
	defer stop()
	supervisor, err := server.FindSupervisor()
	if err != nil {
		return err
	}
	s, err := server.New(ctx, c.Config, server.Options{Version: release(), Log: os.Stderr, Terminal: terminal(), Invite: os.Stdout, Supervisor: supervisor})
	if err != nil {
		return err
	}
	address := s.Address()
	if c.Listen != "" {
		address = c.Listen
	}
	return run(ctx, s, address)
}

// terminal says whether the log is read on a terminal, and whether in colors: https://no-color.org
func terminal() server.Terminal {
	fd := os.Stderr.Fd()
	return server.Terminal{Is: isatty.IsTerminal(fd) || isatty.IsCygwinTerminal(fd), Plain: os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb"}
}

// run serves at an address until ctx ends. SIGHUP reads the configuration again.
func run(ctx context.Context, s *server.Server, address string) error {
	s.Tune()
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return errors.Join(fmt.Errorf("listening on %s: %w; change listen in the configuration, or give --listen", address, err), s.Close())
	}
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	defer signal.Stop(hangups)
	reload := make(chan struct{})
	go func() {
		for {
			select {
			case <-ctx.Done():
				return
			case <-hangups:
			}
			select {
			case <-ctx.Done():
				return
			case reload <- struct{}{}:
			}
		}
	}()
	return s.Run(ctx, listener, reload)
}
