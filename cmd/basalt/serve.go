package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/signal"
	"syscall"

	"github.com/basalt-dev/basalt/server"
)

type serveCommand struct {
	Config string `help:"The configuration file." default:"basalt.yaml" short:"c"`
	Listen string `help:"Listen here instead of where the configuration says." placeholder:"ADDRESS"`
}

// Run serves until SIGINT or SIGTERM. SIGHUP reads the configuration again.
func (c *serveCommand) Run() error {
	ctx, stop := untilStopped()
	defer stop()
	s, err := server.New(ctx, c.Config, server.Options{Version: release(), Log: os.Stderr, Invite: os.Stdout})
	if err != nil {
		return err
	}
	s.Tune()
	address := s.Address()
	if c.Listen != "" {
		address = c.Listen
	}
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
