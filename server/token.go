package server

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/basalt-dev/basalt/config"
	"github.com/basalt-dev/basalt/modules/auth"
	"github.com/basalt-dev/basalt/modules/db"
)

// Token returns a token of the claims that a server with the same configuration accepts. When the
// configuration has no secret, the key is the one kept in the database.
func Token(ctx context.Context, path string, claims map[string]any, now time.Time, lifetime time.Duration) (token string, err error) {
	c, err := config.Load(path)
	if err != nil {
		return "", err
	}
	if c.Auth == nil {
		return "", fmt.Errorf("%s has no section auth", path)
	}
	var stored []byte
	if c.Auth.Tokens.Secret == "" {
		if stored, err = storedTokenKey(ctx, c, now); err != nil {
			return "", err
		}
	}
	tokens, err := newTokens(c, stored)
	if err != nil {
		return "", err
	}
	return tokens.Sign(claims, now, lifetime)
}

func storedTokenKey(ctx context.Context, c *config.Config, now time.Time) (key []byte, err error) {
	d := c.Databases[c.Auth.Database]
	driver, err := db.Open(ctx, d.Driver, d.Settings(c.Dir))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, driver.Close()) }()
	if err := driver.Sync(ctx, auth.Collections()); err != nil {
		return nil, err
	}
	return auth.StoredKey(ctx, driver, "tokens "+c.Auth.Tokens.Algorithm, now)
}
