package auth

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/golang-jwt/jwt/v5"

	"github.com/basalt-dev/basalt/modules/fault"
)

// Tokens signs JSON web tokens with the first of its keys. It verifies tokens of all its keys and of external
// issuers. It is safe for concurrent use.
type Tokens struct {
	// Access is how long an access token is valid.
	Access time.Duration
	// Issuer and Audience are set in the tokens, and required in them, if they are not empty.
	Issuer, Audience string
	// Issuers are external issuers whose tokens are accepted.
	Issuers []*Issuer

	keys atomic.Pointer[[]Key]
	root []byte // secret of derived keys; stays the same when the keys rotate

	mu       sync.RWMutex // guards the fields below
	verified map[[32]byte]verifiedToken
	revoked  map[string]time.Time // revoked sessions, until their tokens expire
	// epoch changes when a verified token may have become invalid.
	epoch atomic.Int64
}

// Verified is the content of a valid token.
type Verified struct {
	// Claims must not be changed.
	Claims map[string]any
	// Own is true for this server's own tokens.
	Own bool

	until time.Time // when it must be verified again; zero for never
	epoch int64     // of Tokens, at verification
}

type verifiedToken struct {
	Verified
	expires time.Time // zero for never
	again   time.Time // when to verify it again; zero for never
	session string
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

// NewTokens returns the tokens of a key, which is as for [ParseKey].
func NewTokens(algorithm string, key []byte, access time.Duration) (*Tokens, error) {
	k, err := ParseKey(algorithm, key)
	if err != nil {
		return nil, fmt.Errorf("auth.tokens.secret: %w", err)
	}
	t := &Tokens{Access: access, root: k.root, verified: map[[32]byte]verifiedToken{}, revoked: map[string]time.Time{}}
	t.SetKeys([]Key{k})
	return t, nil
}

// SetKeys replaces the keys: the first one signs, all of them verify. Tokens of other keys are refused at once.
func (t *Tokens) SetKeys(keys []Key) {
	old := t.keys.Swap(&keys)
	if old == nil {
		return
	}
	gone := slices.ContainsFunc(*old, func(k Key) bool {
		return !slices.ContainsFunc(keys, func(other Key) bool { return other.ID == k.ID && bytes.Equal(other.root, k.root) })
	})
	if gone {
		t.mu.Lock()
		clear(t.verified)
		t.epoch.Add(1)
		t.mu.Unlock()
	}
}

// derived returns a key for another purpose.
func (t *Tokens) derived(purpose string) []byte {
	mac := hmac.New(sha256.New, t.root)
	mac.Write([]byte("basalt " + purpose))
	return mac.Sum(nil)
}

// Key returns the 32-byte key of a purpose, which is the same on every node.
func (t *Tokens) Key(purpose string) [32]byte { return [32]byte(t.derived(purpose)) }

// Sign returns a token with the claims. It adds iat, and exp if the claims have none and lifetime is not 0.
func (t *Tokens) Sign(claims map[string]any, now time.Time, lifetime time.Duration) (string, error) {
	all := jwt.MapClaims(maps.Clone(claims))
	if all == nil {
		all = jwt.MapClaims{}
	}
	all["iat"] = now.Unix()
	if _, ok := all["exp"]; !ok && lifetime > 0 {
		all["exp"] = now.Add(lifetime).Unix()
	}
	if t.Issuer != "" {
		all["iss"] = t.Issuer
	}
	if t.Audience != "" {
		all["aud"] = t.Audience
	}
	key := (*t.keys.Load())[0]
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

// refused returns the error of an invalid token, with a code for the reason.
func refused(code, detail string) *fault.Error {
	return &fault.Error{Code: fault.Unauthenticated, Detail: detail, Fields: []fault.FieldError{{Field: "token", Code: code, Detail: detail}}}
}

var (
	errExpired = refused("expired", "the token has expired; refresh it or sign in again")
	errRevoked = refused("revoked", "the session of the token has ended; sign in again")
)

// Verify verifies a token and returns its claims. It returns an Unauthenticated error unless the signature is from
// a key of the issuer, the time is valid and the audience, if required, matches. It makes no request, except for
// unknown keys of an external issuer.
func (t *Tokens) Verify(ctx context.Context, token string, now time.Time) (Verified, error) {
	if len(token) > maxToken {
		return Verified{}, refused("too_large", "the token is larger than 16 KiB")
	}
	sum, epoch := sha256.Sum256([]byte(token)), t.epoch.Load()
	t.mu.RLock()
	v, ok := t.verified[sum]
	_, revoked := t.revoked[v.session]
	t.mu.RUnlock()
	if !ok || !v.again.IsZero() && !now.Before(v.again) {
		var err error
		if v, err = t.parse(ctx, token, now); err != nil {
			return Verified{}, err
		}
		revoked = t.remember(sum, v, now, epoch)
	}
	if !v.expires.IsZero() && !now.Before(v.expires) {
		return Verified{}, errExpired
	}
	if revoked && v.Own && v.session != "" {
		return Verified{}, errRevoked
	}
	v.epoch = epoch
	return v.Verified, nil
}

// Holds reports whether a verified token is still valid, as far as this process knows. If it returns false, the
// token may have expired or been revoked, or must only be verified again.
func (t *Tokens) Holds(v Verified, now time.Time) bool {
	return v.epoch == t.epoch.Load() && (v.until.IsZero() || now.Before(v.until))
}

// storeCode caches a verified token, unless its key may have been removed, and reports whether its session is
// revoked.
func (t *Tokens) remember(sum [32]byte, v verifiedToken, now time.Time, epoch int64) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	_, revoked := t.revoked[v.session]
	if t.epoch.Load() != epoch {
		return revoked
	}
	if len(t.verified) >= maxVerified {
		for k, old := range t.verified {
			if len(t.verified) < maxVerified*3/4 && (old.expires.IsZero() || now.Before(old.expires)) {
				break
			}
			delete(t.verified, k)
		}
	}
	t.verified[sum] = v
	return revoked
}

func (t *Tokens) isRevoked(session string) bool {
	t.mu.RLock()
	defer t.mu.RUnlock()
	_, revoked := t.revoked[session]
	return revoked && session != ""
}

// revoke refuses the tokens of sessions until they expire.
func (t *Tokens) revoke(sessions map[string]time.Time, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for id, until := range t.revoked {
		if !now.Before(until) {
			delete(t.revoked, id)
		}
	}
	before := len(t.revoked)
	maps.Copy(t.revoked, sessions)
	if len(t.revoked) > before {
		t.epoch.Add(1)
	}
}

func (t *Tokens) parse(ctx context.Context, token string, now time.Time) (verifiedToken, error) {
	claims, parsed, err := decodeToken(token)
	if err != nil {
		return verifiedToken{}, err
	}
	issuer := t.issuerOf(claims)
	var candidates []any
	if issuer != nil {
		candidates, err = issuer.key(ctx, parsed)
	} else {
		candidates, err = t.ownKeys(parsed)
	}
	if err != nil {
		return verifiedToken{}, err
	}
	if !signedBy(parsed, candidates) {
		return verifiedToken{}, refused("signature", "the signature of the token is not valid")
	}
	v := verifiedToken{Verified: Verified{Claims: claims, Own: issuer == nil}}
	audiences := []string{t.Audience}
	if issuer != nil {
		audiences, v.Claims, v.again = issuer.Audiences, issuer.claims(claims), now.Add(verifiedTime)
	} else if t.Issuer != "" && claims["iss"] != t.Issuer {
		return v, refused("issuer", "the token is not one of this server's, nor of an issuer that it accepts")
	}
	if slices.ContainsFunc(audiences, func(a string) bool { return a != "" }) && !isFor(claims["aud"], audiences) {
		return v, refused("audience", "the token is for another audience")
	}
	v.session, _ = claims["sid"].(string)
	return v, v.times(claims, now, issuer != nil)
}

// times checks the validity period of a token, and records until when no check is needed.
func (v *verifiedToken) times(claims map[string]any, now time.Time, foreign bool) error {
	exp, ok := seconds(claims["exp"])
	switch {
	case ok:
		v.expires = exp
	case claims["exp"] != nil:
		return errMalformed
	case foreign:
		return refused("expired", "the token has no expiry (claim exp)")
	}
	leeway := time.Duration(0)
	if foreign {
		leeway = skew
	}
	if nbf, ok := seconds(claims["nbf"]); ok && now.Add(leeway).Before(nbf) {
		return refused("not_yet_valid", "the token is not valid yet")
	}
	v.until = v.expires
	if v.until.IsZero() || !v.again.IsZero() && v.again.Before(v.until) {
		v.until = v.again
	}
	return nil
}

// issuerOf returns the external issuer named in a token, nil for our own token.
func (t *Tokens) issuerOf(claims map[string]any) *Issuer {
	name, _ := claims["iss"].(string)
	for _, i := range t.Issuers {
		if i.Name == name {
			return i
		}
	}
	return nil
}

// ownKeys returns the candidate keys: those of the token's algorithm and, if it names a key, that key.
func (t *Tokens) ownKeys(token *jwt.Token) (found []any, err error) {
	algorithm, _ := token.Header["alg"].(string)
	id, _ := token.Header["kid"].(string)
	known := false
	for _, k := range *t.keys.Load() {
		if k.Algorithm != algorithm {
			continue
		}
		known = true
		if k.ID == id || id == "" {
			found = append(found, k.verify)
		}
	}
	switch {
	case !known:
		return nil, refused("algorithm", "the token is signed by an algorithm that is not accepted")
	case found == nil:
		return nil, refused("unknown_key", "the token is signed by a key that is not known")
	}
	return found, nil
}

// JWKS returns the public keys as a JSON Web Key Set; it is empty for HMAC.
func (t *Tokens) JWKS() []byte {
	set := jose.JSONWebKeySet{Keys: []jose.JSONWebKey{}}
	for _, k := range *t.keys.Load() {
		if public, ok := k.jwk(); ok {
			set.Keys = append(set.Keys, public)
		}
	}
	out, err := json.Marshal(set)
	if err != nil {
		panic(fmt.Errorf("auth: encoding public keys: %w", err)) // impossible: the keys were checked
	}
	return out
}
