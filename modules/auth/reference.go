package auth

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/rules"
)

// referencePrefix is the prefix of access tokens that refer to stored claims. These are in the shared store if it
// is lasting, and in the database otherwise.
const referencePrefix = "bref_"

// referenceTime is how long a node caches a reference or an API key.
const referenceTime = 5 * time.Second

// references caches lookups, by the hash of the token.
type references struct {
	mu    sync.Mutex // guards known
	known map[string]lookedUp
}

type lookedUp struct {
	claims  map[string]any
	err     error
	expires time.Time // when it must be looked up again
}

func (r *references) get(key string, now time.Time) (lookedUp, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	l, ok := r.known[key]
	return l, ok && now.Before(l.expires)
}

func (r *references) put(key string, l lookedUp) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.known == nil || len(r.known) >= maxVerified {
		r.known = map[string]lookedUp{}
	}
	r.known[key] = l
}

func (r *references) expire(now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for key, l := range r.known {
		if !now.Before(l.expires) {
			delete(r.known, key)
		}
	}
}

// refer stores claims that are too large for a token, and returns a token that refers to them.
func (s *Service) refer(ctx context.Context, claims map[string]any) (string, error) {
	now := s.Now()
	expires := now.Add(s.Tokens.Access)
	claims["iat"], claims["exp"] = now.Unix(), expires.Unix()
	body, err := json.Marshal(claims)
	if err != nil {
		return "", fmt.Errorf("encoding claims: %w", err)
	}
	token := referencePrefix + rand.Text()
	key := hashSecret(token)
	if s.Shared.Lasting() {
		return token, s.Shared.Set(ctx, "claims:"+key.Text(), body, s.Tokens.Access)
	}
	return token, s.Database.Insert(ctx, largeClaims, []query.Row{{key, query.RawJSON(string(body)), query.Time(expires)}})
}

// Verify verifies a token and returns its claims: a JSON web token, a reference to claims, or an API key.
func (s *Service) Verify(ctx context.Context, token string) (Verified, error) {
	switch {
	case strings.HasPrefix(token, referencePrefix):
		return s.lookUp(ctx, token, s.claimsOf)
	case strings.HasPrefix(token, apiKeyPrefix):
		v, err := s.lookUp(ctx, token, s.claimsOfKey)
		v.Own = false // an API key has no sessions
		return v, err
	}
	return s.Tokens.Verify(ctx, token, s.Now())
}

func (s *Service) lookUp(ctx context.Context, token string, find func(context.Context, string) (map[string]any, error)) (Verified, error) {
	if len(token) > 200 {
		return Verified{}, errMalformed
	}
	now, key, epoch := s.Now(), hashSecret(token).Text(), s.Tokens.epoch.Load()
	l, ok := s.verified.get(key, now)
	if !ok {
		l = lookedUp{expires: now.Add(referenceTime)}
		if l.claims, l.err = find(ctx, token); l.err != nil && fault.CodeOf(l.err) != fault.Unauthenticated {
			return Verified{}, l.err // the database failed, not the token
		}
		s.verified.put(key, l)
	}
	if l.err != nil {
		return Verified{}, l.err
	}
	until := l.expires
	if exp, ok := seconds(l.claims["exp"]); ok {
		if !now.Before(exp) {
			return Verified{}, errExpired
		}
		if exp.Before(until) {
			until = exp
		}
	}
	session, _ := l.claims["sid"].(string)
	if s.Tokens.isRevoked(session) {
		return Verified{}, errRevoked
	}
	return Verified{Claims: l.claims, Own: true, until: until, epoch: epoch}, nil
}

func (s *Service) claimsOf(ctx context.Context, token string) (map[string]any, error) {
	key := hashSecret(token)
	var body string
	if s.Shared.Lasting() {
		v, ok, err := s.Shared.Get(ctx, "claims:"+key.Text())
		if err != nil {
			return nil, err
		}
		if !ok {
			return nil, errExpired
		}
		body = string(v)
	} else {
		row, err := s.find(ctx, largeClaims, largeClaims.ByKey(key.Text()))
		if err != nil {
			return nil, err
		}
		if row == nil {
			return nil, errExpired
		}
		body = row[1].Text()
	}
	v, err := query.ParseJSON([]byte(body), 64)
	if err != nil {
		return nil, fmt.Errorf("the claims of a token cannot be read: %w", err)
	}
	claims, _ := rules.FromJSON(v).(map[string]any)
	return claims, nil
}

func (r *references) clear() {
	r.mu.Lock()
	defer r.mu.Unlock()
	clear(r.known)
}
