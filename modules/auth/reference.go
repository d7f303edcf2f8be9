package auth

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/basalt-dev/basalt/modules/auth/store"
	"github.com/basalt-dev/basalt/modules/auth/token"
	"github.com/basalt-dev/basalt/modules/query"
)

// referencePrefix is the prefix of access tokens that refer to stored claims. These are in the shared store if it
// is lasting, and in the database otherwise.
const referencePrefix = "bref_"

// Verify verifies a token and returns its claims: a JSON web token, a reference to claims, or an API key.
func (s *Service) Verify(ctx context.Context, text string) (token.Verified, error) {
	switch {
	case strings.HasPrefix(text, referencePrefix):
		return s.opaque.Verify(ctx, text, s.Now(), s.claimsOf)
	case strings.HasPrefix(text, apiKeyPrefix):
		v, err := s.opaque.Verify(ctx, text, s.Now(), s.claimsOfKey)
		v.Own = false // an API key has no sessions
		return v, err
	}
	return s.Verifier.Verify(ctx, text, s.Now())
}

// refer stores claims that are too large for a token, and returns a token that refers to them.
func (s *Service) refer(ctx context.Context, claims map[string]any) (string, error) {
	now := s.Now()
	expires := now.Add(s.Signer.Lifetime)
	claims["iat"], claims["exp"] = now.Unix(), expires.Unix()
	body, err := json.Marshal(claims)
	if err != nil {
		return "", fmt.Errorf("encoding claims: %w", err)
	}
	reference := referencePrefix + rand.Text()
	key := hashSecret(reference)
	if s.Shared.Lasting() {
		return reference, s.Shared.Set(ctx, "claims:"+key, body, s.Signer.Lifetime)
	}
	return reference, store.References.Insert(ctx, s.Database, &store.Reference{ID: key, Claims: query.RawJSON(string(body)), Expires: expires})
}

// claimsOf returns the claims that a token refers to.
func (s *Service) claimsOf(ctx context.Context, reference string) (map[string]any, error) {
	key := hashSecret(reference)
	var body string
	if s.Shared.Lasting() {
		v, ok, err := s.Shared.Get(ctx, "claims:"+key)
		if err != nil {
			return nil, err
		}
		if !ok {
			return nil, token.ErrExpired
		}
		body = string(v)
	} else {
		row, err := store.References.One(ctx, s.Database, store.ReferenceID.Is(key))
		if err != nil {
			return nil, err
		}
		if row == nil {
			return nil, token.ErrExpired
		}
		body = row.Claims.Text()
	}
	v, err := query.ParseJSON([]byte(body), 64)
	if err != nil {
		return nil, fmt.Errorf("the claims of a token cannot be read: %w", err)
	}
	claims, _ := v.Any().(map[string]any)
	return claims, nil
}
