package wiring

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/basalt-dev/basalt/config"
	"github.com/basalt-dev/basalt/modules/auth/store"
	"github.com/basalt-dev/basalt/modules/auth/token"
	"github.com/basalt-dev/basalt/modules/db"
)

// Authority returns what signs the tokens of a configuration: with its keys, or those that the database keeps.
func Authority(ctx context.Context, c *config.Config, database db.Driver, now time.Time) (*token.Authority, error) {
	t := c.Auth.Tokens
	var keys []token.Key
	root := []byte(t.Secret.Reveal())
	if t.Secret == "" {
		var err error
		if keys, root, err = token.ReadKeys(ctx, store.KeyStore{Database: database}, t.Algorithm, now); err != nil {
			return nil, err
		}
	}
	authority, err := token.NewAuthority(t.Algorithm, root)
	if err != nil {
		return nil, err
	}
	if t.Secret != "" && len(t.Previous) > 0 {
		for _, secret := range append([]config.Secret{t.Secret}, t.Previous...) {
			k, err := token.ParseKey(t.Algorithm, []byte(secret.Reveal()))
			if err != nil {
				return nil, fmt.Errorf("auth.tokens: %w", err)
			}
			keys = append(keys, k)
		}
	}
	if keys != nil {
		authority.SetKeys(keys)
	}
	authority.Issuer, authority.Audience = t.Issuer, t.Audience
	return authority, nil
}

// Secrets returns the key that hashes codes, which the database keeps, and those that seal secrets: the first one seals, and
// all of them open.
func Secrets(ctx context.Context, c *config.Config, database db.Driver, now time.Time) (key []byte, seals [][]byte, err error) {
	if key, err = token.SecretKey(ctx, store.KeyStore{Database: database}, "identities", now); err != nil {
		return nil, nil, err
	}
	if e := c.Encryption; e != nil {
		seals = append(seals, []byte(e.Keys[e.Current].Reveal()))
		for _, id := range slices.Sorted(maps.Keys(e.Keys)) {
			seals = append(seals, []byte(e.Keys[id].Reveal()))
		}
	}
	return key, append(seals, key), nil // the last one is of before there was a section encryption
}
