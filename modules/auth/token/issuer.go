package token

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/golang-jwt/jwt/v5"

	"github.com/basalt-dev/basalt/modules/fault"
)

// Issuer is an external issuer whose tokens are accepted.
type Issuer struct {
	// Name is the `iss` of its tokens.
	Name string
	// Audiences: a token must be for one of them. They are mandatory, because an issuer without audiences would
	// make tokens for other services valid here.
	Audiences []string
	// Algorithms are the algorithms it signs with.
	Algorithms []string
	// Keys has its public keys, or Secret its HMAC secret.
	Keys   *KeySet
	Secret []byte
	// Prefix is put before each `sub`, so that its users are not confused with others.
	Prefix string
	// Claims renames claims of the token: new name to dotted path.
	Claims map[string]string
}

// key returns the candidate keys for a token's header.
func (i *Issuer) key(ctx context.Context, token *jwt.Token) ([]any, error) {
	algorithm, _ := token.Header["alg"].(string)
	if !slices.Contains(i.Algorithms, algorithm) {
		return nil, errAlgorithm
	}
	if i.Secret != nil {
		if !strings.HasPrefix(algorithm, "HS") {
			return nil, errAlgorithm
		}
		return []any{i.Secret}, nil
	}
	id, _ := token.Header["kid"].(string)
	keys, err := i.Keys.Find(ctx, id, algorithm)
	switch {
	case errors.Is(err, errKeysAway):
		return nil, errors.Join(fault.Retry(fault.Unavailable, keySetPause, "the keys of the token's issuer cannot be fetched now; try again"), err)
	case err != nil:
		return nil, err
	case len(keys) == 0:
		return nil, Refused("unknown_key", "the token is signed by a key that its issuer does not have")
	}
	return keys, nil
}

// ownClaims are claims with a meaning on this server only: the session, an anonymous user, an impersonation and an
// API key. They are removed from tokens of other issuers.
var ownClaims = []string{"sid", "anonymous", "act", "key"}

// claims returns the claims of a verified token as rules see them.
func (i *Issuer) claims(token map[string]any) map[string]any {
	out := make(map[string]any, len(token)+len(i.Claims))
	for name, v := range token {
		if !slices.Contains(ownClaims, name) {
			out[name] = v
		}
	}
	for name, path := range i.Claims {
		if v := at(token, path); v != nil {
			out[name] = v
		} else {
			delete(out, name)
		}
	}
	if sub, ok := out["sub"].(string); ok {
		out["sub"] = i.Prefix + sub
	}
	return out
}

// at returns the value at a path of claims: a plain name, or names separated by dots.
func at(claims map[string]any, path string) any {
	if v, ok := claims[path]; ok {
		return v
	}
	first, rest, nested := strings.Cut(path, ".")
	inner, ok := claims[first].(map[string]any)
	if !nested || !ok {
		return nil
	}
	return at(inner, rest)
}
