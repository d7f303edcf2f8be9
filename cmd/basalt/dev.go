package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/basalt-dev/basalt/config"
	"github.com/basalt-dev/basalt/modules/auth/mail"
	"github.com/basalt-dev/basalt/server"
)

type devCommand struct{ Config, Listen, Mails, Seed, Types string }

func newDevCommand() *cobra.Command {
	var c devCommand
	cmd := &cobra.Command{
		Use:   "dev",
		Short: "Serve for development: mails are shown, seeds loaded, types kept up to date.",
		RunE:  func(*cobra.Command, []string) error { return c.Run() },
	}
	configFlag(cmd, &c.Config)
	cmd.Flags().StringVar(&c.Listen, "listen", "", "Listen at this `ADDRESS`, instead of at the port of the configuration on this machine only.")
	cmd.Flags().StringVar(&c.Mails, "mails", "127.0.0.1:4123", "The `ADDRESS` where the mails are shown.")
	cmd.Flags().StringVar(&c.Seed, "seed", "", "A `FILE` of accounts and documents to begin with; seed.yaml beside the configuration if it is there.")
	cmd.Flags().StringVar(&c.Types, "types", "", "Keep the types of the documents in this `FILE`, .ts or .go; collections.ts or src/collections.ts beside the configuration if it is there.")
	return cmd
}

// Run serves for development: what the server would send by mail is shown, and seeds and types are kept up to date.
func (c *devCommand) Run() error {
	ctx, stop := untilStopped()
	defer stop()
	box := &mail.Box{}
	s, err := server.New(ctx, c.Config, server.Options{Version: release(), Log: os.Stderr, Terminal: terminal(), Invite: os.Stdout, Mails: box, Edit: true})
	if err != nil {
		return err
	}
	if seed := c.beside(c.Seed, "seed.yaml"); seed != "" {
		done, err := s.Seed(ctx, seed)
		if err != nil {
			return errors.Join(err, s.Close())
		}
		if done != (server.Seeded{}) {
			fmt.Fprintf(os.Stderr, "%s: %d account(s) and %d document(s) are new\n", seed, done.Users, done.Documents)
		}
	}
	if err := c.refreshSchema(); err != nil {
		return errors.Join(err, s.Close())
	}
	var owned sync.WaitGroup
	defer owned.Wait()
	defer stop() // before the wait, also after an error
	if types := c.beside(c.Types, "src/collections.ts", "collections.ts"); types != "" {
		owned.Go(func() { c.keepTypes(ctx, types) })
	}
	if err := c.showMails(ctx, &owned, box); err != nil {
		return errors.Join(err, s.Close())
	}
	listen := c.Listen
	if listen == "" {
		if listen, err = onThisMachine(s.Address()); err != nil {
			return errors.Join(err, s.Close())
		}
	}
	return run(ctx, s, listen)
}

// beside returns a file that was named, or the first of some that is beside the configuration; empty for none.
func (c *devCommand) beside(named string, names ...string) string {
	if named != "" {
		return named
	}
	for _, name := range names {
		path := filepath.Join(filepath.Dir(c.Config), name)
		if _, err := os.Stat(path); err == nil {
			return path
		}
	}
	return ""
}

// refreshSchema makes the schema beside the configuration that of this version, where there is one.
func (c *devCommand) refreshSchema() error {
	file := c.beside("", schemaFile)
	if file == "" {
		return nil
	}
	if old, err := os.ReadFile(file); err == nil && bytes.Equal(old, config.Schema) {
		return nil
	}
	return (&schemaCommand{Out: file}).Run()
}

// keepTypes writes the types whenever the configuration changes, until ctx ends.
func (c *devCommand) keepTypes(ctx context.Context, file string) {
	types := typesCommand{Lang: strings.TrimPrefix(filepath.Ext(file), "."), Config: c.Config, Out: file}
	types.watch(ctx)
}

// showMails shows the mails as a page, until ctx ends.
func (c *devCommand) showMails(ctx context.Context, owned *sync.WaitGroup, box *mail.Box) error {
	listener, err := net.Listen("tcp", c.Mails)
	if err != nil {
		return fmt.Errorf("showing the mails at %s: %w; give --mails another address, such as 127.0.0.1:0", c.Mails, err)
	}
	if a, ok := listener.Addr().(*net.TCPAddr); !ok || !a.IP.IsLoopback() {
		return errors.Join(fmt.Errorf("--mails %s: mails have links to sign in with, and are shown on this machine only; write 127.0.0.1:4123", c.Mails), listener.Close())
	}
	page := &http.Server{Handler: box, ReadHeaderTimeout: 10 * time.Second}
	owned.Go(func() { _ = page.Serve(listener) }) // it ends by Close
	owned.Go(func() {
		<-ctx.Done()
		_ = page.Close() // it is over
	})
	fmt.Fprintf(os.Stderr, "Mails are not sent, they are shown here and at http://%s/\n", listener.Addr())
	return nil
}

// onThisMachine is an address of the configuration that no other machine reaches.
func onThisMachine(address string) (string, error) {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return "", err
	}
	return net.JoinHostPort("127.0.0.1", port), nil
}
