package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/basalt-dev/basalt/cmd/internal/cli"
	"github.com/basalt-dev/basalt/config"
	"github.com/basalt-dev/basalt/sdk/gen"
	"github.com/basalt-dev/basalt/server/dialect/graphql"
)

func newGenCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "gen", Short: "Generate code from the configuration."}
	cmd.AddCommand(newTypesCommand(), newGraphQLCommand())
	return cmd
}

type graphqlCommand struct{ Config string }

func newGraphQLCommand() *cobra.Command {
	var c graphqlCommand
	cmd := &cobra.Command{
		Use:   "graphql",
		Short: "Print the GraphQL schema, for editors and graphql-codegen.",
		RunE:  func(*cobra.Command, []string) error { return c.Run() },
	}
	configFlag(cmd, &c.Config)
	return cmd
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
	Lang, Config, Out string
	Watch             bool
}

func newTypesCommand() *cobra.Command {
	var c typesCommand
	cmd := &cobra.Command{
		Use:     "types",
		Short:   "Print the types of the documents, for the SDKs.",
		Example: "basalt gen types --lang ts --out src/collections.ts --watch",
		RunE:    func(*cobra.Command, []string) error { return c.Run() },
	}
	cli.Choice(cmd, &c.Lang, "lang", "", "The language.", "ts", "go")
	configFlag(cmd, &c.Config)
	cmd.Flags().StringVarP(&c.Out, "out", "o", "", "Write to this `FILE` instead.")
	cmd.Flags().BoolVar(&c.Watch, "watch", false, "Write again whenever the configuration changes.")
	cli.Require(cmd, "lang")
	return cmd
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
