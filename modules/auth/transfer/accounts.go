// Package transfer reads and writes accounts of files, as they move between servers: JSON Lines, and what Firebase exports.
//
// It is not for deciding which of them are stored: package auth does.
package transfer

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/basalt-dev/basalt/modules/auth"
)

// accountsPage is how many accounts are written at once, and maxAccount how large one may be in bytes.
const (
	accountsPage = 200
	maxAccount   = 1 << 20
)

// Done says what has become of the accounts of a file.
type Done struct{ Made, There, Refused int }

// Refused says why an account was not imported.
type Refused struct {
	Number int    `json:"account"` // from 1
	Email  string `json:"email,omitempty"`
	ID     string `json:"id,omitempty"`
	Reason string `json:"reason"`
}

// Request says which accounts to import, and how.
type Request struct {
	// Next returns the next account, and io.EOF after the last one. Another error that is a [Bad] concerns one.
	Next func() (auth.Account, error)
	// Dry stores nothing.
	Dry bool
	// Refused gets what is not imported, and Progress how many have been read.
	Refused  func(Refused) error
	Progress func(done int)
	// Client is who imports.
	Client auth.Client
}

// Bad is an account that cannot be read; those after it can.
type Bad struct{ Reason error }

// Error implements error.
func (b Bad) Error() string { return b.Reason.Error() }

// Import stores accounts in the database of a configuration, whose server may run at the same time. Those that are
// there already are left as they are, so that it can be run again.
func Import(ctx context.Context, s *auth.Service, in Request) (done Done, err error) {
	importer := s.Importer(in.Dry)
	defer func() { importer.Done(ctx, in.Client) }()
	var page []auth.Account
	var numbers []int
	write := func() error {
		if len(page) == 0 {
			return nil
		}
		results, err := importer.Page(ctx, page)
		if err != nil {
			return err
		}
		for n, why := range results {
			switch {
			case why == nil:
				done.Made++
			case errors.Is(why, auth.ErrThere):
				done.There++
			default:
				done.Refused++
				if err := in.Refused(Refused{numbers[n], page[n].Email, page[n].ID, why.Error()}); err != nil {
					return err
				}
			}
		}
		page, numbers = page[:0], numbers[:0]
		return nil
	}
	for number := 1; ; number++ {
		a, err := in.Next()
		var bad Bad
		switch {
		case errors.Is(err, io.EOF):
			return done, write()
		case errors.As(err, &bad):
			if err := write(); err != nil { // in the order of the file
				return done, err
			}
			done.Refused++
			if err := in.Refused(Refused{Number: number, Reason: bad.Error()}); err != nil {
				return done, err
			}
			continue
		case err != nil:
			return done, err
		}
		if page, numbers = append(page, a), append(numbers, number); len(page) < accountsPage {
			continue
		}
		if err := errors.Join(ctx.Err(), write()); err != nil {
			return done, err
		}
		in.Progress(number)
	}
}

// Lines reads accounts of JSON Lines, as Export writes them.
func Lines(in io.Reader) func() (auth.Account, error) {
	lines := bufio.NewScanner(in)
	lines.Buffer(make([]byte, 0, 64<<10), maxAccount)
	return func() (a auth.Account, err error) {
		for lines.Scan() {
			line := bytes.TrimSpace(lines.Bytes())
			if len(line) == 0 {
				continue
			}
			decoder := json.NewDecoder(bytes.NewReader(line))
			decoder.DisallowUnknownFields()
			decoder.UseNumber() // integers of claims stay exact
			if err := decoder.Decode(&a); err != nil {
				return a, Bad{fmt.Errorf("this is not an account in JSON: %w", err)}
			}
			if decoder.More() {
				return a, Bad{errors.New("a line is one account")}
			}
			return a, nil
		}
		if err := lines.Err(); err != nil {
			return a, fmt.Errorf("reading accounts: %w", err)
		}
		return a, io.EOF
	}
}

// Export writes every account as JSON Lines, with the hashes of passwords and the secrets of second factors.
func Export(ctx context.Context, s *auth.Service, to io.Writer, progress func(done int)) (n int, err error) {
	out := bufio.NewWriter(to)
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	err = s.Accounts(ctx, func(a auth.Account) error {
		if n++; n%accountsPage == 0 {
			progress(n)
		}
		return encoder.Encode(a)
	})
	return n, errors.Join(err, out.Flush())
}
