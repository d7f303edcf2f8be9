package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/basalt-dev/basalt/cmd/internal/cli"
	"github.com/basalt-dev/basalt/modules/auth"
	"github.com/basalt-dev/basalt/modules/auth/transfer"
	"github.com/basalt-dev/basalt/server/offline"
)

type importUsersCommand struct {
	usersConfig
	File, From, HashConfig string
	DryRun                 bool
	Errors                 string
}

func newImportUsersCommand() *cobra.Command {
	var c importUsersCommand
	cmd := &cobra.Command{
		Use:         "import FILE",
		Short:       "Import accounts from another server or service, with the hashes of their passwords.",
		Annotations: map[string]string{"FILE": "The accounts; - reads standard input."},
		RunE: func(_ *cobra.Command, args []string) error {
			c.File = args[0]
			return c.Run()
		},
	}
	configFlag(cmd, &c.Config)
	cli.Choice(cmd, &c.From, "from", "basalt", "What has written the file: basalt, JSON Lines as export writes them; or firebase, what firebase auth:export has written as JSON.", "basalt", "firebase")
	cmd.Flags().StringVar(&c.HashConfig, "hash-config", "", "The hash parameters of the Firebase project, in a `FILE`.")
	cmd.Flags().BoolVar(&c.DryRun, "dry-run", false, "Store nothing, and say what would happen.")
	cmd.Flags().StringVar(&c.Errors, "errors", "", "Write why accounts are refused to this `FILE`, a JSON object a line, instead of printing the first few.")
	return cmd
}

// maxShown is how many refused accounts are printed.
const maxShown = 10

// Run imports accounts. It ends with an error if some are refused; the others are there.
func (c *importUsersCommand) Run() (err error) {
	in := io.ReadCloser(os.Stdin)
	if c.File != "-" {
		if in, err = os.Open(c.File); err != nil {
			return err
		}
	}
	defer in.Close()
	request := transfer.Request{Client: operator, Dry: c.DryRun, Next: transfer.Lines(in)}
	if c.From == "firebase" {
		var h transfer.FirebaseHash
		if c.HashConfig != "" {
			text, err := os.ReadFile(c.HashConfig)
			if err == nil {
				h, err = transfer.ReadFirebaseHash(string(text))
			}
			if err != nil {
				return err
			}
		}
		request.Next = transfer.Firebase(in, h)
	}
	report := io.Discard
	if c.Errors != "" {
		file, err := os.OpenFile(c.Errors, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, file.Close()) }()
		report = file
	}
	encoder, refused := json.NewEncoder(report), 0
	request.Refused = func(r transfer.Refused) error {
		if refused++; c.Errors == "" && refused <= maxShown {
			fmt.Fprintf(os.Stderr, "account %d %s: %s\n", r.Number, r.Email, r.Reason)
		}
		return encoder.Encode(r)
	}
	every := newPace()
	request.Progress = func(done int) { every.second(func() { fmt.Fprintf(os.Stderr, "%d accounts\n", done) }) }
	ctx, stop := untilStopped()
	defer stop()
	return offline.Accounts(ctx, c.Config, func(s *auth.Service) error {
		done, err := transfer.Import(ctx, s, request)
		what := "imported"
		if c.DryRun {
			what = "would be imported"
		}
		fmt.Printf("%d %s, %d were there, %d refused\n", done.Made, what, done.There, done.Refused)
		if err == nil && done.Refused > 0 {
			err = fmt.Errorf("%d accounts are refused; mend them and import the file again, which leaves the others as they are", done.Refused)
		}
		return err
	})
}

type exportUsersCommand struct {
	usersConfig
	File string
}

func newExportUsersCommand() *cobra.Command {
	var c exportUsersCommand
	cmd := &cobra.Command{
		Use:         "export FILE",
		Short:       "Export the accounts, with the hashes of their passwords and their second factors.",
		Annotations: map[string]string{"FILE": "The file to write, which must not exist. It has the hashes of passwords and the secrets of second factors: keep it as you keep those."},
		RunE: func(_ *cobra.Command, args []string) error {
			c.File = args[0]
			return c.Run()
		},
	}
	configFlag(cmd, &c.Config)
	return cmd
}

// Run exports the accounts.
func (c *exportUsersCommand) Run() error {
	file, err := os.OpenFile(c.File, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	every := newPace()
	n := 0
	err = c.accounts(func(ctx context.Context, s *auth.Service) (err error) {
		n, err = transfer.Export(ctx, s, file, func(done int) { every.second(func() { fmt.Fprintf(os.Stderr, "%d accounts\n", done) }) })
		return err
	})
	if err = errors.Join(err, file.Close()); err != nil {
		return errors.Join(err, os.Remove(c.File))
	}
	fmt.Printf("%d accounts\n", n)
	return nil
}
