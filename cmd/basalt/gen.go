package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/basalt-dev/basalt/config"
	"github.com/basalt-dev/basalt/sdk/gen"
	"github.com/basalt-dev/basalt/server/dialect/graphql"
)

type genCommand struct {
	Types   typesCommand   `cmd:"" help:"Print the types of the documents, for the SDKs."`
	GraphQL graphqlCommand `cmd:"" name:"graphql" help:"Print the GraphQL schema, for editors and graphql-codegen."`
}

type graphqlCommand struct {
	Config string `help:"The configuration file." default:"basalt.yaml" short:"c"`
}

// Run prints the schema, whether the configuration serves it or not.
func (c *graphqlCommand) Run() error {
	loaded, err := config.Load(c.Config)
	if err != nil {
		return err
	}
	text, err := graphql.SDL(loaded)
	if err != nil {
		return err
	}
	fmt.Print(text)
	return nil
}

type typesCommand struct {
	Lang   string `help:"ts or go." enum:"ts,go" required:""`
	Config string `help:"The configuration file." default:"basalt.yaml" short:"c"`
	Out    string `help:"Write to this file instead." short:"o" placeholder:"FILE"`
	Watch  bool   `help:"Write again whenever the configuration changes."`
}

// Run prints or writes the types.
func (c *typesCommand) Run() error {
	if !c.Watch {
		return c.write()
	}
	if c.Out == "" {
		return fmt.Errorf("--watch needs a file to write; add --out FILE")
	}
	ctx, stop := untilStopped()
	defer stop()
	c.watch(ctx)
	return nil
}

// write makes the types once. A file that has them already is left alone, so that a bundler that watches it rests.
func (c *typesCommand) write() error {
	text, err := gen.Types(c.Config, c.Lang)
	if err != nil {
		return err
	}
	if c.Out == "" {
		fmt.Print(text)
		return nil
	}
	if old, err := os.ReadFile(c.Out); err == nil && string(old) == text {
		return nil
	}
	if err := os.WriteFile(c.Out, []byte(text), 0o644); err != nil {
		return err
	}
	fmt.Fprintln(os.Stderr, "wrote", c.Out)
	return nil
}

// watch makes the types now and at every change, until ctx ends. While the configuration has a mistake, the mistake is
// printed and the file stays as it is.
func (c *typesCommand) watch(ctx context.Context) {
	watched := config.NewWatch(c.Config)
	ticker := time.NewTicker(config.WatchInterval)
	defer ticker.Stop()
	for changed := true; ; changed = watched.Changed() {
		if changed {
			if err := c.write(); err != nil {
				fmt.Fprintln(os.Stderr, err)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}
