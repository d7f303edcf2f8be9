package offline

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/basalt-dev/basalt/config"
	"github.com/basalt-dev/basalt/modules/auth"
	"github.com/basalt-dev/basalt/modules/auth/store"
	"github.com/basalt-dev/basalt/modules/auth/token"
	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/server/wiring"
)

// withIdentities runs f with the database of a configuration's users, in which it makes the tables of accounts.
func withIdentities(ctx context.Context, path string, f func(*config.Config, db.Driver) error) (err error) {
	c, err := config.Load(path)
	if err != nil {
		return err
	}
	if c.Auth == nil {
		return fmt.Errorf("%s has no section auth", path)
	}
	d := c.Databases[c.Auth.Database]
	driver, err := db.Open(ctx, d.Driver, d.Settings(c.Dir))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, driver.Close()) }()
	if err := wiring.CheckVersion(ctx, driver); err != nil {
		return err
	}
	if err := driver.Sync(ctx, store.Collections()); err != nil {
		return err
	}
	return f(c, driver)
}

// withKeys runs f with the database of a configuration's users as it is.
func withKeys(ctx context.Context, c *config.Config, f func(*config.Config, db.Driver) error) (err error) {
	none := fmt.Errorf("the key of the tokens is kept in the database %s, which has none yet; start the server once, which makes it, or write auth.tokens.secret", c.Auth.Database)
	d := c.Databases[c.Auth.Database]
	if !exists(d, c.Dir) {
		return none
	}
	driver, err := db.Open(ctx, d.Driver, d.Settings(c.Dir))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, driver.Close()) }()
	if err := wiring.CheckVersion(ctx, driver); err != nil {
		return err
	}
	steps, err := missing(ctx, driver, store.Collections())
	if err != nil {
		return err
	}
	if slices.ContainsFunc(steps, func(step db.Migration) bool { return step.NewTable }) {
		return none
	}
	return f(c, driver)
}

// Token returns a token of the claims that a server with the same configuration accepts. When the
// configuration has no secret, the key is the one kept in the database.
func Token(ctx context.Context, path string, claims map[string]any, now time.Time, lifetime time.Duration) (signed string, err error) {
	c, err := config.Load(path)
	if err != nil {
		return "", err
	}
	if c.Auth == nil {
		return "", fmt.Errorf("%s has no section auth", path)
	}
	sign := func(c *config.Config, driver db.Driver) error {
		authority, err := wiring.Authority(ctx, c, driver, now)
		if err == nil {
			signed, err = token.Signer{Authority: authority, Lifetime: lifetime}.Sign(claims, now)
		}
		return err
	}
	if c.Auth.Tokens.Secret != "" { // which needs no database
		err = sign(c, nil)
		return signed, err
	}
	err = withKeys(ctx, c, sign)
	return signed, err
}

// RotateKeys makes a new key for the tokens of a configuration, as [token.RotateKeys] does.
func RotateKeys(ctx context.Context, path string, now time.Time, retire bool) error {
	return withIdentities(ctx, path, func(c *config.Config, driver db.Driver) error {
		if c.Auth.Tokens.Secret != "" {
			return fmt.Errorf("%s has the key in auth.tokens.secret; write a new one there, and the old one into auth.tokens.previous until its tokens have expired", path)
		}
		return token.RotateKeys(ctx, store.KeyStore{Database: driver}, c.Auth.Tokens.Algorithm, now, retire)
	})
}

// Accounts runs f with the accounts of a configuration, whose server may run at the same time.
func Accounts(ctx context.Context, path string, f func(*auth.Service) error) error {
	return withIdentities(ctx, path, func(c *config.Config, driver db.Driver) error {
		authority, err := wiring.Authority(ctx, c, driver, time.Now())
		if err != nil {
			return err
		}
		key, seals, err := wiring.Secrets(ctx, c, driver, time.Now())
		if err != nil {
			return err
		}
		return f(auth.New(auth.Config{
			Key: key, Seals: seals, Database: driver, Signer: token.Signer{Authority: authority, Lifetime: time.Duration(c.Auth.Tokens.Access)}, Verifier: &token.Verifier{Authority: authority},
			Refresh: time.Duration(c.Auth.Tokens.Refresh), Now: time.Now,
		}))
	})
}

// AdminClaims returns claims that make a user of a configuration an administrator.
func AdminClaims(path string) (map[string]any, error) {
	c, err := config.Load(path)
	if err != nil {
		return nil, err
	}
	if c.Admin.Users == nil {
		return nil, errors.New(`the configuration does not say who is an administrator; add: admin: { users: 'auth.role == "admin"' }`)
	}
	claims, ok := config.AdminClaims(c.Admin.Who)
	if !ok {
		return nil, fmt.Errorf("the claims that satisfy admin.users cannot be guessed; give --claims that do: %s", c.Admin.Users.Source)
	}
	return claims, nil
}
