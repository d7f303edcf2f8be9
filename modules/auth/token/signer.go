package token

import (
	"fmt"
	"maps"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// Signer signs tokens with the first of the authority's keys. It is safe for concurrent use.
type Signer struct {
	Authority *Authority
	// Lifetime is how long a token is valid if its claims do not say so; 0 means without end.
	Lifetime time.Duration
}

// Sign returns a token with the claims. It adds iat, and exp if the claims have none.
func (s Signer) Sign(claims map[string]any, now time.Time) (string, error) {
	all := jwt.MapClaims(maps.Clone(claims))
	if all == nil {
		all = jwt.MapClaims{}
	}
	all["iat"] = now.Unix()
	if _, ok := all["exp"]; !ok && s.Lifetime > 0 {
		all["exp"] = now.Add(s.Lifetime).Unix()
	}
	if s.Authority.Issuer != "" {
		all["iss"] = s.Authority.Issuer
	}
	if s.Authority.Audience != "" {
		all["aud"] = s.Authority.Audience
	}
	key := (*s.Authority.keys.Load())[0]
	token := jwt.NewWithClaims(key.method(), all)
	if key.ID != "" {
		token.Header["kid"] = key.ID
	}
	signed, err := token.SignedString(key.sign)
	if err != nil {
		return "", fmt.Errorf("signing a token: %w", err)
	}
	return signed, nil
}
