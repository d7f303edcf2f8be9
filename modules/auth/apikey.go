package auth

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/basalt-dev/basalt/modules/auth/store"
	"github.com/basalt-dev/basalt/modules/auth/token"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/modules/shared"
)

// apiKeyPrefix is the prefix of API keys: `bkey_id_secret`. The secret is stored as a hash.
const apiKeyPrefix = "bkey_"

// keyUsedTime is the minimum interval between events for the use of one key.
const keyUsedTime = 10 * time.Minute

// APIKey is an API key without its secret.
type APIKey struct {
	ID, Name         string
	Claims           map[string]any
	Created, Expires query.Value // Expires is null for never
}

// MakeAPIKey creates a key. Its callers have the given claims and `key`, the id of the key. The key itself is
// returned only here.
func (s *Service) MakeAPIKey(ctx context.Context, name string, claims map[string]any, expires time.Time, client Client) (key string, made APIKey, err error) {
	for claim := range claims {
		if slices.Contains(token.ReservedClaims, claim) && claim != "sub" {
			return "", APIKey{}, fault.FieldErrorf("claims."+claim, "reserved", "this claim is not for a key to have")
		}
	}
	if name == "" || len(name) > 200 {
		return "", APIKey{}, fault.FieldErrorf("name", "required", "name is missing or longer than 200 bytes; describe what the key is for")
	}
	encoded, err := json.Marshal(claims)
	if err != nil || claims == nil {
		encoded = []byte("{}")
	}
	if len(encoded) > 64<<10 {
		return "", APIKey{}, fault.FieldErrorf("claims", "max", "the claims of a key are 64 KiB at most")
	}
	id, secret := strings.ToLower(rand.Text()[:12]), rand.Text()
	row := &store.APIKey{ID: id, Hash: hashSecret(secret), Name: name, Claims: query.RawJSON(string(encoded)), Created: s.Now(), Expires: expires}
	if err := store.APIKeys.Insert(ctx, s.Database, row); err != nil {
		return "", APIKey{}, err
	}
	s.audit(ctx, Event{Name: "key.made", Actor: client.actor(), Client: client, Detail: map[string]any{"key": id, "name": name}})
	return apiKeyPrefix + id + "_" + secret, apiKeyOf(row), nil
}

func apiKeyOf(row *store.APIKey) APIKey {
	claims, _ := row.Claims.Any().(map[string]any)
	return APIKey{ID: row.ID, Name: row.Name, Claims: claims, Created: moment(row.Created), Expires: moment(row.Expires)}
}

// APIKeys returns the keys, the latest first.
func (s *Service) APIKeys(ctx context.Context) ([]APIKey, error) {
	rows, err := store.APIKeys.Find(ctx, s.Database, query.Query{Sort: []query.SortKey{{Field: "created", Desc: true}, {Field: "id"}}, Limit: 1000})
	out := make([]APIKey, len(rows))
	for i, row := range rows {
		out[i] = apiKeyOf(row)
	}
	return out, err
}

// RemoveAPIKey deletes a key; nodes that have it in their cache accept it for up to five seconds.
func (s *Service) RemoveAPIKey(ctx context.Context, id string, client Client) error {
	n, err := store.APIKeys.Delete(ctx, s.Database, store.APIKeyID.Is(id))
	if err != nil {
		return err
	}
	if n == 0 {
		return fault.Errorf(fault.NotFound, "there is no such key")
	}
	s.opaque.Forget()
	s.audit(ctx, Event{Name: "key.removed", Actor: client.actor(), Client: client, Detail: map[string]any{"key": id}})
	return nil
}

var errKey = token.Refused("unknown_key", "this key is not valid")

// claimsOfKey returns the claims of a key's callers.
func (s *Service) claimsOfKey(ctx context.Context, key string) (map[string]any, error) {
	id, secret, ok := strings.Cut(strings.TrimPrefix(key, apiKeyPrefix), "_")
	if !ok {
		return nil, errKey
	}
	row, err := store.APIKeys.One(ctx, s.Database, store.APIKeyID.Is(id))
	if err != nil {
		return nil, err
	}
	stored := ""
	if row != nil {
		stored = row.Hash
	}
	if subtle.ConstantTimeCompare([]byte(stored), []byte(hashSecret(secret))) != 1 {
		return nil, errKey
	}
	claims, ok := row.Claims.Any().(map[string]any)
	if !ok {
		return nil, fmt.Errorf("the claims of the key %s cannot be read", id)
	}
	claims["key"] = id
	if claims["sub"] == nil {
		claims["sub"] = "key:" + id
	}
	if !row.Expires.IsZero() {
		if !s.Now().Before(row.Expires) {
			return nil, token.ErrExpired
		}
		claims["exp"] = row.Expires.Unix()
	}
	if wait, err := s.Shared.Take(ctx, "key.used:"+id, shared.Limit{Burst: 1, Every: keyUsedTime}); err == nil && wait == 0 {
		s.audit(ctx, Event{Name: "key.used", Detail: map[string]any{"key": id}})
	}
	return claims, nil
}
