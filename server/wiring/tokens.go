package wiring

import (
	"context"
	"fmt"
	"time"

	"github.com/basalt-dev/basalt/config"
	"github.com/basalt-dev/basalt/modules/auth"
	"github.com/basalt-dev/basalt/modules/db"
)

// Tokens returns the tokens of a configuration: with its keys, or those that the database keeps.
func Tokens(ctx context.Context, c *config.Config, database db.Driver, now time.Time) (*auth.Tokens, error) {
	t := c.Auth.Tokens
	var keys []auth.Key
	root := []byte(t.Secret.Reveal())
	if t.Secret == "" {
		var err error
		if keys, root, err = auth.ReadKeys(ctx, database, t.Algorithm, now); err != nil {
			return nil, err
		}
	}
	tokens, err := auth.NewTokens(t.Algorithm, root, time.Duration(t.Access))
	if err != nil {
		return nil, err
	}
	if t.Secret != "" && len(t.Previous) > 0 {
		for _, secret := range append([]config.Secret{t.Secret}, t.Previous...) {
			k, err := auth.ParseKey(t.Algorithm, []byte(secret.Reveal()))
			if err != nil {
				return nil, fmt.Errorf("auth.tokens: %w", err)
			}
			keys = append(keys, k)
		}
	}
	if keys != nil {
		tokens.SetKeys(keys)
	}
	tokens.Issuer, tokens.Audience = t.Issuer, t.Audience
	return tokens, nil
}
