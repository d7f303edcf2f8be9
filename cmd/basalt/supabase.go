package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/basalt-dev/basalt/cmd/internal/cli"
	"github.com/basalt-dev/basalt/modules/auth"
	"github.com/basalt-dev/basalt/modules/auth/transfer"
	"github.com/basalt-dev/basalt/server/offline"
)

type importSupabaseCommand struct {
	Dir, DatabaseURL    string
	Schema              []string
	Project, ServiceKey string
	ConfigOnly          bool
}

func newImportSupabaseCommand() *cobra.Command {
	var c importSupabaseCommand
	cmd := &cobra.Command{
		Use:         "supabase [DIR]",
		Short:       "Come over from Supabase: write the configuration, and take the accounts and files.",
		Annotations: map[string]string{"DIR": "The directory for basalt.yaml, which must not have one; this one by default."},
		RunE: func(_ *cobra.Command, args []string) error {
			c.Dir = cmp.Or(argument(args, 0), ".")
			return c.Run()
		},
	}
	cmd.Flags().StringVar(&c.DatabaseURL, "database-url", "", "The `URL` of the project's PostgreSQL, or of a copy of it, as a user that owns the tables.")
	cmd.Flags().StringSliceVar(&c.Schema, "schema", []string{"public"}, "A `SCHEMA` that the app uses; can be given several times, or with commas.")
	cmd.Flags().StringVar(&c.Project, "project", "", "The `URL` of the project, to copy its files; without it, only their buckets are made.")
	cmd.Flags().StringVar(&c.ServiceKey, "service-key", "", "The `KEY` of the service, to read the files.")
	cmd.Flags().BoolVar(&c.ConfigOnly, "config-only", false, "Write the configuration, and change nothing in the database.")
	cli.Environment(cmd, "database-url", "DATABASE_URL")
	cli.Environment(cmd, "service-key", "SUPABASE_SERVICE_ROLE_KEY")
	cli.Require(cmd, "database-url")
	return cmd
}

// Run writes the configuration, and takes over the accounts and the files. It can be run again with --config-only left out
// when the configuration is there: what is there already stays.
func (c *importSupabaseCommand) Run() error {
	ctx, stop := untilStopped()
	defer stop()
	p, err := offline.OpenSupabase(ctx, c.DatabaseURL, c.Schema)
	if err != nil {
		return err
	}
	defer p.Close() // it was only read
	file, err := c.write(p)
	if err != nil || c.ConfigOnly {
		return err
	}
	if err := os.Setenv("DATABASE_URL", c.DatabaseURL); err != nil {
		return err
	}
	if _, err := offline.Check(file); err != nil {
		return fmt.Errorf("the configuration does not load; mend it, and run this again: %w", err)
	}
	if _, err := offline.Migrate(ctx, file, offline.MigrateApply, false); err != nil {
		return err
	}
	if err := c.accounts(ctx, p, file); err != nil {
		return err
	}
	return c.objects(ctx, p, file)
}

// write writes the configuration, and the secret of its tokens, unless they are there.
func (c *importSupabaseCommand) write(p *offline.Supabase) (string, error) {
	file, secret := filepath.Join(c.Dir, "basalt.yaml"), filepath.Join(c.Dir, "basalt.env")
	var text bytes.Buffer
	warnings, err := p.Configuration(&text)
	if err != nil {
		return "", err
	}
	if os.Getenv("BASALT_SECRET") == "" {
		value, err := secretIn(secret)
		if err == nil {
			err = os.Setenv("BASALT_SECRET", value)
		}
		if err != nil {
			return "", err
		}
	}
	if _, err := os.Stat(file); err == nil {
		fmt.Printf("%s is there already, and is used as it is\n", file)
		return file, nil
	}
	if err := writeNew(c.Dir, map[string][]byte{"basalt.yaml": text.Bytes()}); err != nil {
		return "", err
	}
	for _, w := range warnings {
		fmt.Println("look at:", w)
	}
	return file, nil
}

// secretIn reads the secret of a file, which is made if it is not there.
func secretIn(file string) (string, error) {
	const name = "BASALT_SECRET="
	text, err := os.ReadFile(file)
	if err == nil {
		for line := range strings.Lines(string(text)) {
			if value, ok := strings.CutPrefix(strings.TrimSpace(line), name); ok {
				return value, nil
			}
		}
		return "", fmt.Errorf("%s has no line %s…", file, name)
	}
	if !errors.Is(err, os.ErrNotExist) {
		return "", err
	}
	random := make([]byte, 32)
	if _, err := rand.Read(random); err != nil {
		return "", err
	}
	value := hex.EncodeToString(random)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return "", err
	}
	if err := os.WriteFile(file, []byte(name+value+"\n"), 0o600); err != nil {
		return "", err
	}
	fmt.Printf("wrote %s, with the secret of the tokens: set -a; . %s; set +a\n", file, file)
	return value, nil
}

func (c *importSupabaseCommand) accounts(ctx context.Context, p *offline.Supabase, file string) error {
	next, err := p.Accounts(ctx)
	if err != nil {
		return err
	}
	refused, every := 0, newPace()
	return offline.Accounts(ctx, file, func(s *auth.Service) error {
		done, err := transfer.Import(ctx, s, transfer.Request{
			Client: operator,
			Next:   next,
			Refused: func(r transfer.Refused) error {
				if refused++; refused <= maxShown {
					fmt.Fprintf(os.Stderr, "account %s %s: %s\n", r.ID, r.Email, r.Reason)
				}
				return nil
			},
			Progress: func(done int) { every.second(func() { fmt.Fprintf(os.Stderr, "%d accounts\n", done) }) },
		})
		fmt.Printf("accounts: %d imported, %d were there, %d refused\n", done.Made, done.There, done.Refused)
		return err
	})
}

func (c *importSupabaseCommand) objects(ctx context.Context, p *offline.Supabase, file string) error {
	open, copies := offline.SupabaseStorage(c.Project, c.ServiceKey), c.Project != ""
	if !copies {
		open = func(context.Context, string, string) (io.ReadCloser, error) { return nil, errors.New("no --project") }
	}
	shown := 0
	done, err := p.Objects(ctx, file, copies, open, func(bucket, name string, err error) {
		if shown++; shown <= maxShown {
			fmt.Fprintf(os.Stderr, "%s/%s: %v\n", bucket, name, err)
		}
	})
	fmt.Printf("files: %d buckets made, %d objects stored, %d were there, %d failed\n", done.Buckets, done.Stored, done.There, done.Failed)
	if err == nil && done.Failed > 0 {
		err = fmt.Errorf("%d objects were not copied; run this again, which leaves the others as they are", done.Failed)
	}
	if err == nil && !copies {
		fmt.Println("the bytes of the files stay where they are: give --project and --service-key to copy them")
	}
	return err
}
