package token

import (
	"context"
	"crypto/sha256"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Verifier verifies the tokens of the authority and of external issuers. It remembers those it has verified, and
// refuses those of sessions that have ended. It is safe for concurrent use.
type Verifier struct {
	Authority *Authority
	// Issuers are external issuers whose tokens are accepted.
	Issuers []*Issuer

	mu       sync.RWMutex // guards the fields below
	verified map[[sha256.Size]byte]verifiedToken
	revoked  map[string]time.Time // revoked sessions, until their tokens expire
	// changes counts what may have made a verified token invalid, besides withdrawn keys.
	changes atomic.Int64
}

type verifiedToken struct {
	Verified
	expires   time.Time // zero for never
	again     time.Time // when to verify it again; zero for never
	session   string
	withdrawn int64 // of the authority, at verification
}

const (
	// maxVerified limits the cache of verified tokens.
	maxVerified = 20_000
	// maxToken is the largest accepted token, in bytes.
	maxToken = 16 << 10
	// verifiedTime is how long a token stays verified if its key may be withdrawn.
	verifiedTime = 5 * time.Minute
	// skew is how far the clock of another issuer may be ahead.
	skew = 30 * time.Second
)

// epoch changes when a verified token may have become invalid. Both parts only grow, so that their sum is the same
// only if both are.
func (v *Verifier) epoch() int64 { return v.changes.Load() + v.Authority.withdrawn.Load() }

// Verify verifies a token and returns its claims. It returns an Unauthenticated error unless the signature is from
// a key of the issuer, the time is valid and the audience, if required, matches. It makes no request, except for
// unknown keys of an external issuer.
func (v *Verifier) Verify(ctx context.Context, token string, now time.Time) (Verified, error) {
	if len(token) > maxToken {
		return Verified{}, Refused("too_large", "the token is larger than 16 KiB")
	}
	sum, epoch, withdrawn := sha256.Sum256([]byte(token)), v.epoch(), v.Authority.withdrawn.Load() // before the keys are read
	v.mu.RLock()
	t, ok := v.verified[sum]
	_, revoked := v.revoked[t.session]
	v.mu.RUnlock()
	if !ok || t.withdrawn != withdrawn || !t.again.IsZero() && !now.Before(t.again) {
		var err error
		if t, err = v.parse(ctx, token, now); err != nil {
			return Verified{}, err
		}
		t.withdrawn = withdrawn
		revoked = v.remember(sum, t, now)
	}
	if !t.expires.IsZero() && !now.Before(t.expires) {
		return Verified{}, ErrExpired
	}
	if revoked && t.Own && t.session != "" {
		return Verified{}, errRevoked
	}
	t.epoch = epoch
	return t.Verified, nil
}

// Holds reports whether a verified token is still valid, as far as this process knows. If it returns false, the
// token may have expired or been revoked, or must only be verified again.
func (v *Verifier) Holds(t Verified, now time.Time) bool {
	return t.epoch == v.epoch() && (t.until.IsZero() || now.Before(t.until))
}

// remember caches a verified token, and reports whether its session is revoked.
func (v *Verifier) remember(sum [sha256.Size]byte, t verifiedToken, now time.Time) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.verified == nil {
		v.verified = map[[sha256.Size]byte]verifiedToken{}
	}
	if len(v.verified) >= maxVerified {
		for k, old := range v.verified {
			if len(v.verified) < maxVerified*3/4 && old.withdrawn == t.withdrawn && (old.expires.IsZero() || now.Before(old.expires)) {
				break
			}
			delete(v.verified, k)
		}
	}
	v.verified[sum] = t
	_, revoked := v.revoked[t.session]
	return revoked
}

func (v *Verifier) isRevoked(session string) bool {
	v.mu.RLock()
	defer v.mu.RUnlock()
	_, revoked := v.revoked[session]
	return revoked && session != ""
}

// Revoke refuses the own tokens of sessions, each until the time when the last of them has expired.
func (v *Verifier) Revoke(sessions map[string]time.Time, now time.Time) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for id, until := range v.revoked {
		if !now.Before(until) {
			delete(v.revoked, id)
		}
	}
	before := len(v.revoked)
	if v.revoked == nil {
		v.revoked = map[string]time.Time{}
	}
	maps.Copy(v.revoked, sessions)
	if len(v.revoked) > before {
		v.changes.Add(1)
	}
}

func (v *Verifier) parse(ctx context.Context, token string, now time.Time) (verifiedToken, error) {
	claims, parsed, err := decodeToken(token)
	if err != nil {
		return verifiedToken{}, err
	}
	issuer := v.issuerOf(claims)
	var candidates []any
	if issuer != nil {
		candidates, err = issuer.key(ctx, parsed)
	} else {
		candidates, err = v.Authority.candidates(parsed)
	}
	if err != nil {
		return verifiedToken{}, err
	}
	if !signedBy(parsed, candidates) {
		return verifiedToken{}, Refused("signature", "the signature of the token is not valid")
	}
	t := verifiedToken{Verified: Verified{Claims: claims, Own: issuer == nil}}
	audiences := []string{v.Authority.Audience}
	if issuer != nil {
		audiences, t.Claims, t.again = issuer.Audiences, issuer.claims(claims), now.Add(verifiedTime)
	} else if v.Authority.Issuer != "" && claims["iss"] != v.Authority.Issuer {
		return t, Refused("issuer", "the token is not one of this server's, nor of an issuer that it accepts")
	}
	if slices.ContainsFunc(audiences, func(a string) bool { return a != "" }) && !isFor(claims["aud"], audiences) {
		return t, Refused("audience", "the token is for another audience")
	}
	t.session, _ = claims["sid"].(string)
	return t, t.times(claims, now, issuer != nil)
}

// times checks the validity period of a token, and records until when no check is needed.
func (t *verifiedToken) times(claims map[string]any, now time.Time, foreign bool) error {
	exp, ok := seconds(claims["exp"])
	switch {
	case ok:
		t.expires = exp
	case claims["exp"] != nil:
		return errMalformed
	case foreign:
		return Refused("expired", "the token has no expiry (claim exp)")
	}
	leeway := time.Duration(0)
	if foreign {
		leeway = skew
	}
	if nbf, ok := seconds(claims["nbf"]); ok && now.Add(leeway).Before(nbf) {
		return Refused("not_yet_valid", "the token is not valid yet")
	}
	t.until = t.expires
	if t.until.IsZero() || !t.again.IsZero() && t.again.Before(t.until) {
		t.until = t.again
	}
	return nil
}

// issuerOf returns the external issuer named in a token, nil for our own token.
func (v *Verifier) issuerOf(claims map[string]any) *Issuer {
	name, _ := claims["iss"].(string)
	for _, i := range v.Issuers {
		if i.Name == name {
			return i
		}
	}
	return nil
}
