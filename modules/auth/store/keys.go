package store

import (
	"context"
	"fmt"
	"time"

	"github.com/basalt-dev/basalt/modules/auth/token"
	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// Keys are the keys of tokens and of stored secrets.
var Keys = table("_keys", keyID, text("value", func(k *token.StoredKey) *string { return &k.Value }), keyCreated, keyRetired)

var (
	keyID      = id(func(k *token.StoredKey) *string { return &k.Name })
	keyCreated = moment("created", func(k *token.StoredKey) *time.Time { return &k.Created })
	keyRetired = moment("retired", func(k *token.StoredKey) *time.Time { return &k.Retired })
)

// KeyStore is a [token.KeyStore] in a database.
type KeyStore struct{ Database db.Driver }

// Find implements [token.KeyStore].
func (s KeyStore) Find(ctx context.Context, prefix string) ([]token.StoredKey, error) {
	where := &query.Text{Path: Keys.KeyPath(), Op: query.StartsWith, Text: prefix}
	rows, err := Keys.Find(ctx, s.Database, query.Query{Where: where, Sort: []query.SortKey{{Field: "created"}, {Field: "id"}}})
	out := make([]token.StoredKey, len(rows))
	for i, row := range rows {
		out[i] = *row
	}
	return out, err
}

// Add implements [token.KeyStore].
func (s KeyStore) Add(ctx context.Context, key token.StoredKey, retire ...string) error {
	if len(retire) == 0 {
		return Keys.Insert(ctx, s.Database, &key)
	}
	return s.Database.Transaction(ctx, func(store db.Store) error {
		if _, err := Keys.Update(ctx, store, keyID.OneOf(retire...), keyRetired.To(key.Created)); err != nil {
			return fmt.Errorf("retiring keys: %w", err)
		}
		return Keys.Insert(ctx, store, &key)
	})
}
