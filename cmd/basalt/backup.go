package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/basalt-dev/basalt/config"
	"github.com/basalt-dev/basalt/server/offline"
)

type backupCommand struct {
	To     string   `arg:"" optional:"" help:"The file to write, which must not exist; or a directory, or s3://bucket/prefix, that keeps several. Without it, backups.to of the configuration."`
	Only   []string `help:"These databases alone, into a file." placeholder:"DATABASE"`
	Config string   `help:"The configuration file." default:"basalt.yaml" short:"c"`
}

// Run writes a backup, and says how far it is when that takes time.
func (c *backupCommand) Run() error {
	ctx, stop := untilStopped()
	defer stop()
	every := newPace()
	progress := func(what string, done, total int64) {
		every.second(func() {
			fmt.Fprintf(os.Stderr, "%s  %d %% of %s\n", what, done*100/max(total, 1), megabytes(total))
		})
	}
	to, err := place(c.To, c.Config)
	if err != nil {
		return err
	}
	if c.To != "" && !offline.KeepsSeveral(c.To) {
		m, err := offline.Backup(ctx, c.Config, c.To, c.Only, progress)
		if err != nil {
			return err
		}
		sayCopied(m)
		return sayNotCopied(c.Config)
	}
	if len(c.Only) > 0 {
		return errors.New("--only is for a backup in a file; one that a place keeps has all SQLite databases")
	}
	kept, err := offline.Keep(ctx, c.Config, to, time.Now(), 0, nil, progress)
	if err != nil {
		return err
	}
	sayCopied(kept.Manifest)
	fmt.Printf("%s  in %s, with %d files, %s\n", kept.Name, to, kept.Files, megabytes(kept.Bytes))
	return nil
}

func sayCopied(m offline.Manifest) {
	for _, one := range m.Databases {
		fmt.Printf("%s  %s, checked\n", one.Database, megabytes(one.Size))
	}
}

// place returns where backups are kept: that of the command line, or that of the configuration.
func place(given, path string) (string, error) {
	switch {
	case strings.HasPrefix(given, "s3://"):
		return given, nil
	case given != "":
		return filepath.Abs(given) // a relative one of the configuration starts from its directory
	}
	c, err := config.Load(path)
	if err != nil {
		return "", err
	}
	if c.Backups == nil {
		return "", fmt.Errorf("%s has no section backups; say where to, as in: basalt backup backup.tar", path)
	}
	return c.Backups.To, nil
}

// sayNotCopied prints what is not in a backup or an export.
func sayNotCopied(path string) error {
	left, err := offline.NotCopied(path)
	for _, line := range left {
		fmt.Fprintln(os.Stderr, line)
	}
	return err
}

type restoreCommand struct {
	From   string `arg:"" optional:"" help:"A file that backup has written; or a directory, or s3://bucket/prefix, that keeps several. Without it, backups.to of the configuration."`
	Name   string `help:"Of several, this one instead of the newest." placeholder:"basalt-20260228T030000Z.tar"`
	At     moment `help:"Databases as they were at this time, such as 2026-02-28T14:03:07Z, where backups.continuous has copied them; now for the last commit that was." placeholder:"TIME"`
	Of     string `help:"With --at: where several databases of one name were copied into the place, the one with this identity." placeholder:"IDENTITY"`
	Force  bool   `help:"Replace databases that have data, too."`
	Config string `help:"The configuration file." default:"basalt.yaml" short:"c"`
}

// Run restores a backup.
func (c *restoreCommand) Run() error {
	ctx := context.Background()
	from, err := place(c.From, c.Config)
	if err != nil {
		return err
	}
	if at := time.Time(c.At); !at.IsZero() {
		return restoreAt(ctx, c, from, at)
	}
	if c.Of != "" {
		return errors.New("--of is for --at")
	}
	var m offline.Manifest
	if c.From != "" && !offline.KeepsSeveral(c.From) {
		m, err = offline.Restore(ctx, c.Config, c.From, c.Force)
	} else {
		var kept offline.Kept
		if kept, err = offline.RestoreKept(ctx, c.Config, from, c.Name, c.Force); err == nil {
			fmt.Printf("%s  %d files, %s\n", kept.Name, kept.Files, megabytes(kept.Bytes))
		}
		m = kept.Manifest
	}
	if err != nil {
		return err
	}
	for _, one := range m.Databases {
		fmt.Printf("%s  restored as of %s, %s\n", one.Database, m.Created.Format(time.RFC3339), megabytes(one.Size))
	}
	return nil
}

// moment is a time on the command line.
type moment time.Time

// UnmarshalText implements encoding.TextUnmarshaler.
func (m *moment) UnmarshalText(text []byte) error {
	if string(text) == "now" {
		*m = moment(offline.Newest)
		return nil
	}
	at, err := time.Parse(time.RFC3339Nano, string(text))
	if err != nil {
		return fmt.Errorf("%q is not a time; write it as %s, or now", text, time.Now().UTC().Format(time.RFC3339))
	}
	*m = moment(at)
	return nil
}

func restoreAt(ctx context.Context, c *restoreCommand, from string, at time.Time) error {
	if c.Name != "" {
		return errors.New("--at finds the copy by itself; leave out --name")
	}
	if c.From != "" && !offline.KeepsSeveral(c.From) {
		return fmt.Errorf("--at takes a directory or s3://bucket/prefix, as backups.to does, and %s is a file", c.From)
	}
	restored, err := offline.RestoreAt(ctx, c.Config, from, at, c.Of, c.Force)
	if err != nil {
		return err
	}
	for _, one := range restored {
		fmt.Printf("%s  restored as of %s, in %d steps, %s\n", one.Database, one.At.UTC().Format("2006-01-02T15:04:05.000Z"), one.Steps, megabytes(one.Size))
	}
	return nil
}

func megabytes(bytes int64) string { return fmt.Sprintf("%.1f MB", float64(bytes)/1e6) }

type exportCommand struct {
	Dir    string `arg:"" help:"The directory to write, which must be empty or missing, or have what an export that was interrupted has left."`
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
	Dir      importExportCommand   `cmd:"" default:"withargs" hidden:"" help:"Read what export has written."`
	Supabase importSupabaseCommand `cmd:"" help:"Come over from Supabase: write the configuration, and take the accounts and files."`
}

type importExportCommand struct {
	Dir     string `arg:"" help:"A directory that export has written."`
	Replace bool   `help:"Make the tables what the export has: remove documents and accounts that differ, or that it does not have."`
	Config  string `help:"The configuration file." default:"basalt.yaml" short:"c"`
}

// Run imports an export.
func (c *importExportCommand) Run() error {
	ctx, stop := untilStopped()
	defer stop()
	every := newPace()
	done, err := offline.Import(ctx, c.Config, c.Dir, offline.Importing{Replace: c.Replace, Progress: func(collection string, documents, of int64) {
		every.second(func() { fmt.Fprintf(os.Stderr, "%s  %d of %d documents\n", collection, documents, of) })
	}})
	for _, one := range done {
		fmt.Printf("%s  %d written, %d were there, %d removed\n", one.Collection, one.Written, one.Kept, one.Removed)
	}
	if err == nil {
		fmt.Println("read back: all is as in the export")
	}
	return err
}

// pace lets a command say how far it is once a second.
type pace struct{ last time.Time }

func newPace() *pace { return &pace{time.Now()} }

func (p *pace) second(say func()) {
	if time.Since(p.last) > time.Second {
		p.last = time.Now()
		say()
	}
}
