package auth

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/rules"
)

// Tokens signs and verifies JSON web tokens with one key. It is safe for concurrent use.
type Tokens struct {
	// Access is how long an access token is valid.
	Access time.Duration

	method jwt.SigningMethod
	sign   any
	verify any
	root   []byte // what other keys are derived from
	id     string
	parser *jwt.Parser

	mu       sync.RWMutex // guards verified
	verified map[[32]byte]verifiedToken
}

type verifiedToken struct {
	claims  map[string]any
	expires time.Time // zero for never
}

// maxVerified bounds the cache of verified tokens.
const maxVerified = 20_000

// maxToken is the largest token that is looked at, in bytes.
const maxToken = 16 << 10

// NewTokens returns the tokens of a key: for HS256 any bytes; for EdDSA a PKCS 8 private key in PEM,
// or the 32 bytes of its seed.
func NewTokens(algorithm string, key []byte, access time.Duration) (*Tokens, error) {
	t := &Tokens{Access: access, verified: map[[32]byte]verifiedToken{}}
	if len(key) == 0 {
		return nil, errors.New("auth.tokens: the key is empty")
	}
	switch algorithm {
	case "HS256":
		t.method, t.sign, t.verify, t.root = jwt.SigningMethodHS256, key, key, key
	case "EdDSA":
		private, err := parseEd25519(key)
		if err != nil {
			return nil, err
		}
		t.method, t.sign, t.verify, t.root = jwt.SigningMethodEdDSA, private, private.Public(), private.Seed()
		sum := sha256.Sum256(private.Public().(ed25519.PublicKey))
		t.id = base64.RawURLEncoding.EncodeToString(sum[:8])
	default:
		return nil, fmt.Errorf("auth.tokens.algorithm is HS256 or EdDSA, not %q", algorithm)
	}
	t.parser = jwt.NewParser(jwt.WithValidMethods([]string{algorithm}), jwt.WithoutClaimsValidation())
	return t, nil
}

func parseEd25519(key []byte) (ed25519.PrivateKey, error) {
	if len(key) == ed25519.SeedSize {
		return ed25519.NewKeyFromSeed(key), nil
	}
	block, _ := pem.Decode(key)
	if block == nil {
		return nil, errors.New("auth.tokens.secret: EdDSA needs a private key in PEM; make one with: openssl genpkey -algorithm ed25519")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, errors.New("auth.tokens.secret: this is not a PKCS 8 private key")
	}
	private, ok := parsed.(ed25519.PrivateKey)
	if !ok {
		return nil, errors.New("auth.tokens.secret: EdDSA needs an ed25519 key")
	}
	return private, nil
}

// derived returns a key for another purpose.
func (t *Tokens) derived(purpose string) []byte {
	mac := hmac.New(sha256.New, t.root)
	mac.Write([]byte("basalt " + purpose))
	return mac.Sum(nil)
}

// Key returns the 32-byte key of a purpose, which is the same on every node.
func (t *Tokens) Key(purpose string) [32]byte { return [32]byte(t.derived(purpose)) }

// Sign returns a token of the claims. It adds iat, and exp where the claims have none and lifetime
// is not 0.
func (t *Tokens) Sign(claims map[string]any, now time.Time, lifetime time.Duration) (string, error) {
	all := jwt.MapClaims(maps.Clone(claims))
	if all == nil {
		all = jwt.MapClaims{}
	}
	all["iat"] = now.Unix()
	if _, ok := all["exp"]; !ok && lifetime > 0 {
		all["exp"] = now.Add(lifetime).Unix()
	}
	token := jwt.NewWithClaims(t.method, all)
	if t.id != "" {
		token.Header["kid"] = t.id
	}
	signed, err := token.SignedString(t.sign)
	if err != nil {
		return "", fmt.Errorf("signing a token: %w", err)
	}
	return signed, nil
}

var errToken = query.Errorf(query.Unauthenticated, "the token is not valid; sign in again")

// Verify returns the claims of a token, which the caller must not change. Anything but a valid
// signature of this key and a time within the token's is an Unauthenticated error.
func (t *Tokens) Verify(token string, now time.Time) (map[string]any, error) {
	if len(token) > maxToken {
		return nil, errToken
	}
	sum := sha256.Sum256([]byte(token))
	t.mu.RLock()
	v, ok := t.verified[sum]
	t.mu.RUnlock()
	if !ok {
		claims, err := t.parse(token, now)
		if err != nil {
			return nil, err
		}
		v = verifiedToken{claims: claims}
		if exp, ok := seconds(claims["exp"]); ok {
			v.expires = exp
		}
		t.remember(sum, v, now)
	}
	if !v.expires.IsZero() && !now.Before(v.expires) {
		return nil, query.Errorf(query.Unauthenticated, "the token has expired; refresh it or sign in again")
	}
	return v.claims, nil
}

func (t *Tokens) remember(sum [32]byte, v verifiedToken, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.verified) >= maxVerified {
		for k, old := range t.verified {
			if len(t.verified) < maxVerified*3/4 && (old.expires.IsZero() || now.Before(old.expires)) {
				break
			}
			delete(t.verified, k)
		}
	}
	t.verified[sum] = v
}

func (t *Tokens) parse(token string, now time.Time) (map[string]any, error) {
	if _, err := t.parser.Parse(token, func(*jwt.Token) (any, error) { return t.verify, nil }); err != nil {
		return nil, errToken
	}
	// Decoded once more, for integers to stay exact.
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
	if err != nil {
		return nil, errToken
	}
	value, err := query.ParseJSON(payload, 32)
	if err != nil {
		return nil, errToken
	}
	claims, ok := rules.FromJSON(value).(map[string]any)
	if !ok {
		return nil, errToken
	}
	if claims["exp"] != nil {
		if _, ok := seconds(claims["exp"]); !ok {
			return nil, errToken
		}
	}
	if sub := claims["sub"]; sub != nil {
		if _, ok := sub.(string); !ok { // RFC 7519, and a rule compares it with strings
			return nil, errToken
		}
	}
	if nbf, ok := seconds(claims["nbf"]); ok && now.Before(nbf) {
		return nil, errToken
	}
	return claims, nil
}

func seconds(v any) (time.Time, bool) {
	switch v := v.(type) {
	case int64:
		return time.Unix(v, 0), true
	case float64:
		return time.Unix(int64(v), 0), true
	}
	return time.Time{}, false
}

// JWKS returns the public keys as a JSON Web Key Set; there are none with HS256.
func (t *Tokens) JWKS() []byte {
	set := struct {
		Keys []map[string]string `json:"keys"`
	}{Keys: []map[string]string{}}
	if public, ok := t.verify.(ed25519.PublicKey); ok {
		set.Keys = append(set.Keys, map[string]string{
			"kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": t.id,
			"x": base64.RawURLEncoding.EncodeToString(public),
		})
	}
	out, _ := json.Marshal(set) // strings only
	return out
}
