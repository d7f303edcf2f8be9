package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/basalt-dev/basalt/modules/auth"
	"github.com/basalt-dev/basalt/server/offline"
)

// usersCommand changes accounts in the database, whether a server runs or not. Who is signed out loses access
// on running nodes within seconds.
type usersCommand struct {
	List    listUsersCommand  `cmd:"" help:"List accounts, one JSON object a line."`
	Add     addUserCommand    `cmd:"" help:"Make an account; its owner sets a password by mail, or has one from elsewhere."`
	Set     setUserCommand    `cmd:"" help:"Change an account: its claims, whether it is disabled, its second factor."`
	Signout userCommand       `cmd:"" help:"End all sessions of an account."`
	Remove  removeUserCommand `cmd:"" help:"Remove an account."`

	Import importUsersCommand `cmd:"" help:"Import accounts from another server or service, with the hashes of their passwords."`
	Export exportUsersCommand `cmd:"" help:"Export the accounts, with the hashes of their passwords and their second factors."`
}

type usersConfig struct {
	Config string `help:"The configuration file." default:"basalt.yaml" short:"c"`
}

func (c usersConfig) accounts(f func(context.Context, *auth.Service) error) error {
	ctx := context.Background()
	return offline.Accounts(ctx, c.Config, func(s *auth.Service) error { return f(ctx, s) })
}

// operator is who acts, for the events.
var operator = auth.Client{Agent: "basalt users"}

// userArg names the user that a command is about.
type userArg struct {
	User string `arg:"" help:"The id or the e-mail address." placeholder:"USER"`
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
	Email string `help:"Only the one with this address."`
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
	Email    string `arg:"" help:"The e-mail address." placeholder:"EMAIL"`
	Claims   string `help:"Claims of the account's tokens, as a JSON object such as {\"role\":\"editor\"}." placeholder:"JSON" xor:"claims"`
	Hash     string `help:"The hash of a password: bcrypt, argon2, scrypt, Firebase's scrypt, or PBKDF2." placeholder:"HASH"`
	Verified bool   `help:"The address is known to be theirs."`
	Admin    bool   `help:"An administrator: the claims are some that satisfy admin.users, and the address is known to be theirs." xor:"claims"`
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
	Claims     string `help:"The claims of the account's tokens from now on, as a JSON object." placeholder:"JSON"`
	Disable    bool   `help:"Switch the account off, and end its sessions." xor:"state"`
	Enable     bool   `help:"Switch it on again." xor:"state"`
	RemoveTOTP bool   `help:"Remove the second factor." name:"remove-totp"`
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

type userCommand struct {
	usersConfig
	userArg
}

// Run ends the sessions of an account.
func (c *userCommand) Run() error {
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
