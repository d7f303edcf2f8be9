package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/basalt-dev/basalt/server/offline"
)

type backupCommand struct {
	File   string   `arg:"" help:"The file to write, which must not exist."`
	Only   []string `help:"These databases alone." placeholder:"DATABASE"`
	Config string   `help:"The configuration file." default:"basalt.yaml" short:"c"`
}

// Run writes a backup, and says how far it is when that takes time.
func (c *backupCommand) Run() error {
	ctx, stop := untilStopped()
	defer stop()
	every := newPace()
	m, err := offline.Backup(ctx, c.Config, c.File, c.Only, func(database string, done, total int64) {
		every.second(func() {
			fmt.Fprintf(os.Stderr, "%s  %d %% of %s\n", database, done*100/max(total, 1), megabytes(total))
		})
	})
	if err != nil {
		return err
	}
	for _, one := range m.Databases {
		fmt.Printf("%s  %s, checked\n", one.Database, megabytes(one.Size))
	}
	return sayNotCopied(c.Config)
}

// sayNotCopied prints what is not in a backup or an export.
func sayNotCopied(config string) error {
	left, err := offline.NotCopied(config)
	for _, line := range left {
		fmt.Fprintln(os.Stderr, line)
	}
	return err
}

type restoreCommand struct {
	File   string `arg:"" help:"A file that backup has written."`
	Force  bool   `help:"Replace databases that have data, too."`
	Config string `help:"The configuration file." default:"basalt.yaml" short:"c"`
}

// Run restores a backup.
func (c *restoreCommand) Run() error {
	m, err := offline.Restore(context.Background(), c.Config, c.File, c.Force)
	if err != nil {
		return err
	}
	for _, one := range m.Databases {
		fmt.Printf("%s  restored as of %s, %s\n", one.Database, m.Created.Format(time.RFC3339), megabytes(one.Size))
	}
	return nil
}

func megabytes(bytes int64) string { return fmt.Sprintf("%.1f MB", float64(bytes)/1e6) }

type exportCommand struct {
	Dir    string `arg:"" help:"The directory to write, which must be empty or missing."`
	Config string `help:"The configuration file." default:"basalt.yaml" short:"c"`
}

// Run writes an export.
func (c *exportCommand) Run() error {
	ctx, stop := untilStopped()
	defer stop()
	every := newPace()
	e, err := offline.Export(ctx, c.Config, c.Dir, func(collection string, documents int64) {
		every.second(func() { fmt.Fprintf(os.Stderr, "%s  %d documents\n", collection, documents) })
	})
	if err != nil {
		return err
	}
	for _, one := range e.Files {
		fmt.Printf("%s  %d documents\n", one.Collection, one.Documents)
	}
	return sayNotCopied(c.Config)
}

type importCommand struct {
	Dir    string `arg:"" help:"A directory that export has written."`
	Config string `help:"The configuration file." default:"basalt.yaml" short:"c"`
}

// Run imports an export.
func (c *importCommand) Run() error {
	ctx, stop := untilStopped()
	defer stop()
	every := newPace()
	done, err := offline.Import(ctx, c.Config, c.Dir, func(collection string, documents, of int64) {
		every.second(func() { fmt.Fprintf(os.Stderr, "%s  %d of %d documents\n", collection, documents, of) })
	})
	for _, one := range done {
		fmt.Printf("%s  %d written, %d were there\n", one.Collection, one.Written, one.Kept)
	}
	return err
}

// pace lets a command say how far it is once a second.
type pace struct{ said time.Time }

func newPace() *pace { return &pace{time.Now()} }

func (p *pace) second(say func()) {
	if time.Since(p.said) > time.Second {
		p.said = time.Now()
		say()
	}
}
