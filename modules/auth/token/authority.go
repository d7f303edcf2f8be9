package token

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"sync/atomic"

	"github.com/go-jose/go-jose/v4"
	"github.com/golang-jwt/jwt/v5"
)

// Authority is this server as an issuer of tokens: its keys, and what its tokens say about it. A [Signer] signs for
// it, and a [Verifier] believes it. It is safe for concurrent use.
type Authority struct {
	// Issuer and Audience are set in the tokens, and required in them, if they are not empty.
	Issuer, Audience string

	keys atomic.Pointer[[]Key]
	root []byte // secret of derived keys; stays the same when the keys rotate
	// withdrawn counts how often a key has become invalid.
	withdrawn atomic.Int64
}

// NewAuthority returns the authority with a key, which is as for [ParseKey].
func NewAuthority(algorithm string, key []byte) (*Authority, error) {
	k, err := ParseKey(algorithm, key)
	if err != nil {
		return nil, fmt.Errorf("auth.tokens.secret: %w", err)
	}
	a := &Authority{root: k.root}
	a.SetKeys([]Key{k})
	return a, nil
}

// SetKeys replaces the keys: the first one signs, all of them verify. Tokens of other keys are refused at once.
func (a *Authority) SetKeys(keys []Key) {
	old := a.keys.Swap(&keys)
	if old == nil {
		return
	}
	if slices.ContainsFunc(*old, func(k Key) bool { return !slices.ContainsFunc(keys, k.equal) }) {
		a.withdrawn.Add(1)
	}
}

// Key returns the 32-byte key of a purpose other than tokens. It is the same on every node, and stays the same when
// the keys rotate.
func (a *Authority) Key(purpose string) [32]byte {
	mac := hmac.New(sha256.New, a.root)
	mac.Write([]byte("basalt " + purpose))
	return [32]byte(mac.Sum(nil))
}

func (k Key) equal(other Key) bool { return other.ID == k.ID && bytes.Equal(other.root, k.root) }

// candidates returns the keys that may have signed a token: those of its algorithm and, if it names a key, that key.
func (a *Authority) candidates(token *jwt.Token) (found []any, err error) {
	algorithm, _ := token.Header["alg"].(string)
	id, _ := token.Header["kid"].(string)
	known := false
	for _, k := range *a.keys.Load() {
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
		return nil, errAlgorithm
	case found == nil:
		return nil, Refused("unknown_key", "the token is signed by a key that is not known")
	}
	return found, nil
}

// JWKS returns the public keys as a JSON Web Key Set; it is empty for HMAC.
func (a *Authority) JWKS() []byte {
	set := jose.JSONWebKeySet{Keys: []jose.JSONWebKey{}}
	for _, k := range *a.keys.Load() {
		if public, ok := k.jwk(); ok {
			set.Keys = append(set.Keys, public)
		}
	}
	out, err := json.Marshal(set)
	if err != nil {
		panic(fmt.Errorf("token: encoding public keys: %w", err)) // impossible: the keys were checked
	}
	return out
}
