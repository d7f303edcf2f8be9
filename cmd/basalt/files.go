package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/mattn/go-isatty"

	"github.com/spf13/cobra"

	"github.com/basalt-dev/basalt/cmd/internal/cli"
	"github.com/basalt-dev/basalt/modules/files"
	"github.com/basalt-dev/basalt/server/offline"
)

func newFilesCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "files", Short: "List, read, store and check files, without a server and its rules."}
	cmd.AddCommand(newFilesListCommand(), newFilesGetCommand(), newFilesPutCommand(), newFilesRemoveCommand(), newFilesCheckCommand(), newFilesMoveCommand())
	return cmd
}

// withFiles opens the files of a configuration and calls f.
func withFiles(config string, f func(context.Context, *offline.Files) error) (err error) {
	ctx, stop := untilStopped()
	defer stop()
	opened, err := offline.OpenFiles(ctx, config)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, opened.Close()) }()
	return f(ctx, opened)
}

type filesListCommand struct{ Collection, Prefix, Config string }

func newFilesListCommand() *cobra.Command {
	var c filesListCommand
	cmd := &cobra.Command{
		Use:         "ls COLLECTION [PREFIX]",
		Short:       "List the files of a collection.",
		Annotations: map[string]string{"COLLECTION": "The collection.", "PREFIX": "What the paths begin with, such as trips/."},
		RunE: func(_ *cobra.Command, args []string) error {
			c.Collection, c.Prefix = args[0], argument(args, 1)
			return c.Run()
		},
	}
	configFlag(cmd, &c.Config)
	return cmd
}

// Run prints the id, the size and the path of each file, or its name where it has no path.
func (c *filesListCommand) Run() error {
	return withFiles(c.Config, func(ctx context.Context, f *offline.Files) error {
		return f.List(ctx, c.Collection, c.Prefix, func(id, path, name string, size int64) {
			if path == "" {
				path = "(" + name + ")"
			}
			fmt.Printf("%s  %d  %s\n", id, size, path)
		})
	})
}

type filesGetCommand struct{ Collection, File, To, Config string }

func newFilesGetCommand() *cobra.Command {
	var c filesGetCommand
	cmd := &cobra.Command{
		Use:         "get COLLECTION FILE [TO]",
		Short:       "Write the bytes of a file.",
		Annotations: map[string]string{"COLLECTION": "The collection.", "FILE": "The id or the path.", "TO": "The file to write, which must not exist; the standard output by default."},
		Example:     "basalt files get photos trips/1.jpg 1.jpg",
		RunE: func(_ *cobra.Command, args []string) error {
			c.Collection, c.File, c.To = args[0], args[1], argument(args, 2)
			return c.Run()
		},
	}
	configFlag(cmd, &c.Config)
	return cmd
}

// Run writes the bytes.
func (c *filesGetCommand) Run() error {
	return withFiles(c.Config, func(ctx context.Context, f *offline.Files) (err error) {
		shown := newBar(c.To == "")
		defer shown.end()
		f.Progress = shown.report
		var to io.Writer = os.Stdout
		if c.To != "" {
			file, err := os.OpenFile(c.To, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
			if err != nil {
				return err
			}
			err = f.Get(ctx, c.Collection, c.File, file)
			if err = errors.Join(err, file.Close()); err != nil {
				return errors.Join(err, os.Remove(c.To))
			}
			return nil
		}
		return f.Get(ctx, c.Collection, c.File, to)
	})
}

type filesPutCommand struct{ Collection, File, Path, Fields, Config string }

func newFilesPutCommand() *cobra.Command {
	var c filesPutCommand
	cmd := &cobra.Command{
		Use:         "put COLLECTION FILE [PATH]",
		Short:       "Store a file.",
		Annotations: map[string]string{"COLLECTION": "The collection.", "FILE": "The file to store.", "PATH": "The path to store it under, over what is there."},
		Example:     "basalt files put photos 1.jpg trips/1.jpg",
		RunE: func(_ *cobra.Command, args []string) error {
			c.Collection, c.File, c.Path = args[0], args[1], argument(args, 2)
			return c.Run()
		},
	}
	cmd.Flags().StringVar(&c.Fields, "fields", "", "Fields of the document, as a `JSON` object.")
	configFlag(cmd, &c.Config)
	return cmd
}

// Run stores the file and prints its id.
func (c *filesPutCommand) Run() error {
	return withFiles(c.Config, func(ctx context.Context, f *offline.Files) error {
		shown := newBar(false)
		f.Progress = shown.report
		id, err := f.Put(ctx, c.Collection, c.File, c.Path, c.Fields)
		shown.end()
		if err == nil {
			fmt.Println(id)
		}
		return err
	})
}

type filesRemoveCommand struct{ Collection, File, Config string }

func newFilesRemoveCommand() *cobra.Command {
	var c filesRemoveCommand
	cmd := &cobra.Command{
		Use:         "rm COLLECTION FILE",
		Short:       "Delete a file.",
		Annotations: map[string]string{"COLLECTION": "The collection.", "FILE": "The id or the path."},
		RunE: func(_ *cobra.Command, args []string) error {
			c.Collection, c.File = args[0], args[1]
			return c.Run()
		},
	}
	configFlag(cmd, &c.Config)
	return cmd
}

// Run deletes the file.
func (c *filesRemoveCommand) Run() error {
	return withFiles(c.Config, func(ctx context.Context, f *offline.Files) error { return f.Remove(ctx, c.Collection, c.File) })
}

type filesCheckCommand struct {
	Repair bool
	Grace  time.Duration
	Config string
}

func newFilesCheckCommand() *cobra.Command {
	var c filesCheckCommand
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Compare the stored bytes with the documents.",
		RunE:  func(*cobra.Command, []string) error { return c.Run() },
	}
	cmd.Flags().BoolVar(&c.Repair, "repair", false, "Remove bytes that no document has.")
	cmd.Flags().DurationVar(&c.Grace, "grace", time.Hour, "How old they are at least: a server may still be making the document.")
	configFlag(cmd, &c.Config)
	return cmd
}

// Run prints what is there, and fails where bytes are missing.
func (c *filesCheckCommand) Run() error {
	return withFiles(c.Config, func(ctx context.Context, f *offline.Files) error {
		r, err := f.Check(ctx, c.Grace, c.Repair)
		if err != nil {
			return err
		}
		fmt.Printf("%d files, %s\n", r.Files, megabytes(r.Bytes))
		if r.Orphans > 0 {
			fmt.Printf("%d without a document, %s; %d removed\n", r.Orphans, megabytes(r.OrphanBytes), r.Removed)
		}
		for _, id := range r.Missing {
			fmt.Printf("%s has no bytes\n", id)
		}
		if len(r.Missing) > 0 {
			return fmt.Errorf("the bytes of %d documents are missing", len(r.Missing))
		}
		return nil
	})
}

type filesMoveCommand struct{ From, To, Config string }

func newFilesMoveCommand() *cobra.Command {
	var c filesMoveCommand
	cmd := &cobra.Command{
		Use:   "move",
		Short: "Copy the bytes of files from one storage to another, and remove them there when the configuration names the other.",
		RunE:  func(*cobra.Command, []string) error { return c.Run() },
	}
	cmd.Flags().StringVar(&c.From, "from", "", "The `STORAGE` where the bytes are.")
	cmd.Flags().StringVar(&c.To, "to", "", "The `STORAGE` where they go.")
	configFlag(cmd, &c.Config)
	cli.Require(cmd, "from", "to")
	return cmd
}

// Run moves the bytes, says how far it is on a terminal, and prints what was done and what is left to do.
func (c *filesMoveCommand) Run() error {
	return withFiles(c.Config, func(ctx context.Context, f *offline.Files) error {
		live := isatty.IsTerminal(os.Stderr.Fd())
		var last time.Time
		done, stay, err := f.Move(ctx, c.From, c.To, func(t files.Transfer) {
			if live && time.Since(last) > 100*time.Millisecond {
				last = time.Now()
				fmt.Fprintf(os.Stderr, "\r%d copied, %s; %d were there", t.Files, megabytes(t.Bytes), t.There)
			}
		})
		if live {
			fmt.Fprintln(os.Stderr)
		}
		fmt.Printf("%d copied, %s; %d were there; %d removed from %s\n", done.Files, megabytes(done.Bytes), done.There, done.Removed, c.From)
		for _, key := range done.Damaged {
			fmt.Printf("%s is damaged, and was not copied\n", key)
		}
		switch {
		case err != nil:
			return fmt.Errorf("%w; run it again to go on", err)
		case len(done.Damaged) > 0:
			return fmt.Errorf("the bytes of %d files are damaged", len(done.Damaged))
		case len(stay) > 0:
			fmt.Printf("now write files: { storage: %s } for %s, and run this again: it copies what has come meanwhile, and removes what is in %s\n", c.To, strings.Join(stay, ", "), c.From)
		}
		return nil
	})
}
