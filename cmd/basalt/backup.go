package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/basalt-dev/basalt/config"
	"github.com/basalt-dev/basalt/server/offline"
)

type backupCommand struct {
	To     string
	Only   []string
	Config string
}

func newBackupCommand() *cobra.Command {
	var c backupCommand
	cmd := &cobra.Command{
		Use:         "backup [TO]",
		Short:       "Write a backup of the databases to a file, while servers run.",
		Annotations: map[string]string{"TO": "The file to write, which must not exist; or a directory, or s3://bucket/prefix, that keeps several. Without it, backups.to of the configuration."},
		Example:     "basalt backup backup.tar\nbasalt backup s3://bucket/prefix",
		RunE: func(_ *cobra.Command, args []string) error {
			c.To = argument(args, 0)
			return c.Run()
		},
	}
	cmd.Flags().StringSliceVar(&c.Only, "only", nil, "This `DATABASE` alone, into a file; can be given several times, or with commas.")
	configFlag(cmd, &c.Config)
	return cmd
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
	From, Name string
	At         moment
	Of         string
	Force      bool
	Config     string
}

func newRestoreCommand() *cobra.Command {
	var c restoreCommand
	cmd := &cobra.Command{
		Use:         "restore [FROM]",
		Short:       "Replace the databases by those of a backup.",
		Annotations: map[string]string{"FROM": "A file that backup has written; or a directory, or s3://bucket/prefix, that keeps several. Without it, backups.to of the configuration."},
		Example:     "basalt restore backup.tar\nbasalt restore s3://bucket/prefix --at 2026-02-28T14:03:07Z",
		RunE: func(_ *cobra.Command, args []string) error {
			c.From = argument(args, 0)
			return c.Run()
		},
	}
	cmd.Flags().StringVar(&c.Name, "name", "", "Of several, the one with this `NAME` instead of the newest, such as basalt-20260228T030000Z.tar.")
	cmd.Flags().Var(&c.At, "at", "Databases as they were at this `TIME`, such as 2026-02-28T14:03:07Z, where backups.continuous has copied them; now for the last commit that was.")
	cmd.Flags().StringVar(&c.Of, "of", "", "With --at: where several databases of one name were copied into the place, the one with this `IDENTITY`.")
	cmd.Flags().BoolVar(&c.Force, "force", false, "Replace databases that have data, too.")
	configFlag(cmd, &c.Config)
	return cmd
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

var _ pflag.Value = (*moment)(nil)

// String implements [pflag.Value]: there is no time unless one is given.
func (m *moment) String() string { return "" }

// Type implements [pflag.Value].
func (m *moment) Type() string { return "time" }

// Set implements [pflag.Value].
func (m *moment) Set(text string) error {
	if text == "now" {
		*m = moment(offline.Newest)
		return nil
	}
	at, err := time.Parse(time.RFC3339Nano, text)
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

type exportCommand struct{ Dir, Config string }

func newExportCommand() *cobra.Command {
	var c exportCommand
	cmd := &cobra.Command{
		Use:         "export DIR",
		Short:       "Write all documents and accounts as JSON Lines, to move to another database.",
		Annotations: map[string]string{"DIR": "The directory to write, which must be empty or missing, or have what an export that was interrupted has left."},
		RunE: func(_ *cobra.Command, args []string) error {
			c.Dir = args[0]
			return c.Run()
		},
	}
	configFlag(cmd, &c.Config)
	return cmd
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
	Dir     string
	Replace bool
	Config  string
}

func newImportCommand() *cobra.Command {
	var c importCommand
	cmd := &cobra.Command{
		Use:         "import DIR",
		Short:       "Read what export has written.",
		Annotations: map[string]string{"DIR": "A directory that export has written; ./supabase for one of that name."},
		RunE: func(_ *cobra.Command, args []string) error {
			c.Dir = args[0]
			return c.Run()
		},
	}
	cmd.Flags().BoolVar(&c.Replace, "replace", false, "Make the tables what the export has: remove documents and accounts that differ, or that it does not have.")
	configFlag(cmd, &c.Config)
	cmd.AddCommand(newImportSupabaseCommand())
	return cmd
}

// Run imports an export.
func (c *importCommand) Run() error {
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
