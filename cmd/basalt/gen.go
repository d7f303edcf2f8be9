package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/fsnotify/fsnotify"

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
	return c.watch(ctx)
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

// settles is how long a file is left alone after a change, because editors write in several steps.
const settles = 100 * time.Millisecond

// watch makes the types now and at every change, until ctx ends. While the configuration has a mistake, the mistake is
// printed and the file stays as it is.
func (c *typesCommand) watch(ctx context.Context) error {
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		return err
	}
	defer func() { _ = watcher.Close() }()
	// An editor may replace the file, so its directory is watched; behind a link that of the target, too.
	names := []string{c.Config, filepath.Join(filepath.Dir(c.Config), "..data")}
	if target, err := filepath.EvalSymlinks(c.Config); err == nil {
		names = append(names, target)
	}
	for _, name := range names {
		if err := watcher.Add(filepath.Dir(name)); err != nil {
			return err
		}
	}
	again := time.After(0)
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-again:
			if err := c.write(); err != nil {
				fmt.Fprintln(os.Stderr, err)
			}
		case e := <-watcher.Events:
			if slices.ContainsFunc(names, func(name string) bool { return filepath.Base(name) == filepath.Base(e.Name) }) {
				again = time.After(settles)
			}
		case err := <-watcher.Errors:
			return err
		}
	}
}
