package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/fsnotify/fsnotify"

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
