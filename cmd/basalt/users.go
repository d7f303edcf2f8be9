package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/basalt-dev/basalt/cmd/internal/cli"
	"github.com/basalt-dev/basalt/modules/auth"
	"github.com/basalt-dev/basalt/server/offline"
)

// newUsersCommand returns the commands that change accounts in the database, whether a server runs or not. Who is signed out loses access
// on running nodes within seconds.
func newUsersCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "users", Short: "List and change accounts."}
	cmd.AddCommand(newListUsersCommand(), newAddUserCommand(), newSetUserCommand(), newSignoutCommand(), newRemoveUserCommand(), newImportUsersCommand(), newExportUsersCommand())
	return cmd
}

type usersConfig struct{ Config string }

func (c usersConfig) accounts(f func(context.Context, *auth.Service) error) error {
	ctx := context.Background()
	return offline.Accounts(ctx, c.Config, func(s *auth.Service) error { return f(ctx, s) })
}

// operator is who acts, for the events.
var operator = auth.Client{Agent: "basalt users"}

// userArg names the user that a command is about.
type userArg struct{ User string }

// explainedUser explains it in help.
func explainedUser() map[string]string {
	return map[string]string{"USER": "The id or the e-mail address."}
}

// id returns the id of a user who may be named by the address.
func (w userArg) id(ctx context.Context, s *auth.Service) (string, error) {
	if !strings.Contains(w.User, "@") {
		return w.User, nil
	}
	found, err := s.Users(ctx, w.User, "", 1)
	if err == nil && len(found) == 0 {
		err = fmt.Errorf("there is no account with the address %s", w.User)
	}
	if err != nil {
		return "", err
	}
	return found[0].ID, nil
}

func printUser(u auth.Managed) error {
	return json.NewEncoder(os.Stdout).Encode(map[string]any{
		"id": u.ID, "email": u.Email, "email_verified": u.Verified, "totp": u.TOTP, "disabled": u.Disabled, "claims": u.Claims, "created": json.RawMessage(u.Created.JSON()),
	})
}

type listUsersCommand struct {
	usersConfig
	Email string
}

func newListUsersCommand() *cobra.Command {
	var c listUsersCommand
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List accounts, one JSON object a line.",
		RunE:  func(*cobra.Command, []string) error { return c.Run() },
	}
	configFlag(cmd, &c.Config)
	cmd.Flags().StringVar(&c.Email, "email", "", "Only the one with this `ADDRESS`.")
	return cmd
}

// Run prints the accounts.
func (c *listUsersCommand) Run() error {
	return c.accounts(func(ctx context.Context, s *auth.Service) error {
		const page = 500
		for after := ""; ; {
			users, err := s.Users(ctx, c.Email, after, page)
			if err != nil {
				return err
			}
			for _, u := range users {
				if err := printUser(u); err != nil {
					return err
				}
				after = u.ID
			}
			if len(users) < page {
				return nil
			}
		}
	})
}

func parseClaims(text string) (claims map[string]any, err error) {
	if text == "" {
		return nil, nil
	}
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber() // integers stay exact
	if err := decoder.Decode(&claims); err != nil || claims == nil {
		return nil, fmt.Errorf(`--claims is a JSON object such as {"role":"editor"}, not %s`, text)
	}
	return claims, nil
}

type addUserCommand struct {
	usersConfig
	Email, Claims, Hash string
	Verified, Admin     bool
}

func newAddUserCommand() *cobra.Command {
	var c addUserCommand
	cmd := &cobra.Command{
		Use:         "add EMAIL",
		Short:       "Make an account; its owner sets a password by mail, or has one from elsewhere.",
		Annotations: map[string]string{"EMAIL": "The e-mail address."},
		Example:     "basalt users add ann@example.com --admin",
		RunE: func(_ *cobra.Command, args []string) error {
			c.Email = args[0]
			return c.Run()
		},
	}
	configFlag(cmd, &c.Config)
	cmd.Flags().StringVar(&c.Claims, "claims", "", "Claims of the account's tokens, as a `JSON` object such as {\"role\":\"editor\"}.")
	cmd.Flags().StringVar(&c.Hash, "hash", "", "The `HASH` of a password: bcrypt, argon2, scrypt, Firebase's scrypt, or PBKDF2.")
	cmd.Flags().BoolVar(&c.Verified, "verified", false, "The address is known to be theirs.")
	cmd.Flags().BoolVar(&c.Admin, "admin", false, "An administrator: the claims are some that satisfy admin.users, and the address is known to be theirs.")
	cli.Exclude(cmd, "claims", "admin")
	return cmd
}

// Run makes an account and prints it.
func (c *addUserCommand) Run() error {
	claims, err := parseClaims(c.Claims)
	if err != nil {
		return err
	}
	if c.Admin {
		if claims, err = offline.AdminClaims(c.Config); err != nil {
			return err
		}
		c.Verified = true
	}
	return c.accounts(func(ctx context.Context, s *auth.Service) error {
		u, err := s.MakeUser(ctx, auth.Import{Email: c.Email, Hash: c.Hash, Verified: c.Verified, Claims: claims}, operator)
		if err != nil {
			return err
		}
		return printUser(u)
	})
}

type setUserCommand struct {
	usersConfig
	userArg
	Claims          string
	Disable, Enable bool
	RemoveTOTP      bool
}

func newSetUserCommand() *cobra.Command {
	var c setUserCommand
	cmd := &cobra.Command{
		Use:         "set USER",
		Short:       "Change an account: its claims, whether it is disabled, its second factor.",
		Annotations: explainedUser(),
		Example:     `basalt users set ann@example.com --claims '{"role":"editor"}'`,
		RunE: func(_ *cobra.Command, args []string) error {
			c.User = args[0]
			return c.Run()
		},
	}
	configFlag(cmd, &c.Config)
	cmd.Flags().StringVar(&c.Claims, "claims", "", "The claims of the account's tokens from now on, as a `JSON` object.")
	cmd.Flags().BoolVar(&c.Disable, "disable", false, "Switch the account off, and end its sessions.")
	cmd.Flags().BoolVar(&c.Enable, "enable", false, "Switch it on again.")
	cmd.Flags().BoolVar(&c.RemoveTOTP, "remove-totp", false, "Remove the second factor.")
	cli.Exclude(cmd, "disable", "enable")
	return cmd
}

// Run changes an account and prints it.
func (c *setUserCommand) Run() error {
	claims, err := parseClaims(c.Claims)
	if err != nil {
		return err
	}
	edit := auth.Edit{Claims: claims, RemoveTOTP: c.RemoveTOTP}
	if c.Disable || c.Enable {
		edit.Disabled = &c.Disable
	}
	if edit.Claims == nil && edit.Disabled == nil && !edit.RemoveTOTP {
		return errors.New("nothing to change: give --claims, --disable, --enable or --remove-totp")
	}
	return c.accounts(func(ctx context.Context, s *auth.Service) error {
		id, err := c.id(ctx, s)
		if err != nil {
			return err
		}
		u, err := s.EditUser(ctx, id, edit, operator)
		if err != nil {
			return err
		}
		return printUser(u)
	})
}

type signoutCommand struct {
	usersConfig
	userArg
}

func newSignoutCommand() *cobra.Command {
	var c signoutCommand
	cmd := &cobra.Command{
		Use:         "signout USER",
		Short:       "End all sessions of an account.",
		Annotations: explainedUser(),
		RunE: func(_ *cobra.Command, args []string) error {
			c.User = args[0]
			return c.Run()
		},
	}
	configFlag(cmd, &c.Config)
	return cmd
}

// Run ends the sessions of an account.
func (c *signoutCommand) Run() error {
	return c.accounts(func(ctx context.Context, s *auth.Service) error {
		id, err := c.id(ctx, s)
		if err != nil {
			return err
		}
		return s.EndSessions(ctx, id, operator)
	})
}

type removeUserCommand struct {
	usersConfig
	userArg
}

func newRemoveUserCommand() *cobra.Command {
	var c removeUserCommand
	cmd := &cobra.Command{
		Use:         "remove USER",
		Short:       "Remove an account.",
		Annotations: explainedUser(),
		RunE: func(_ *cobra.Command, args []string) error {
			c.User = args[0]
			return c.Run()
		},
	}
	configFlag(cmd, &c.Config)
	return cmd
}

// Run removes an account.
func (c *removeUserCommand) Run() error {
	return c.accounts(func(ctx context.Context, s *auth.Service) error {
		id, err := c.id(ctx, s)
		if err != nil {
			return err
		}
		return s.RemoveUser(ctx, id, operator)
	})
}
