package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/basalt-dev/basalt/modules/auth"
	"github.com/basalt-dev/basalt/modules/auth/transfer"
	"github.com/basalt-dev/basalt/server/offline"
)

type importUsersCommand struct {
	usersConfig
	File       string `arg:"" help:"The accounts; - reads standard input."`
	From       string `help:"What has written the file: basalt, JSON Lines as export writes them; or firebase, what firebase auth:export has written as JSON." enum:"basalt,firebase" default:"basalt"`
	HashConfig string `help:"The hash parameters of the Firebase project, in a file." placeholder:"FILE"`
	DryRun     bool   `help:"Store nothing, and say what would happen."`
	Errors     string `help:"Write why accounts are refused to this file, a JSON object a line, instead of printing the first few." placeholder:"FILE"`
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
	File string `arg:"" help:"The file to write, which must not exist. It has the hashes of passwords and the secrets of second factors: keep it as you keep those."`
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
