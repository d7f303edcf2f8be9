package token

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/go-jose/go-jose/v4"
	"github.com/golang-jwt/jwt/v5"
)

// Algorithms are the signature algorithms of tokens.
var Algorithms = []string{"HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}

// Key is one key of an algorithm. A public key only verifies.
type Key struct {
	ID        string // "" for the first HMAC key, whose tokens have no key id
	Algorithm string
	sign      any // nil for a public key
	verify    any
	root      []byte // secret for derived keys; nil for a public key
}

var curves = map[string]elliptic.Curve{"ES256": elliptic.P256(), "ES384": elliptic.P384(), "ES512": elliptic.P521()}

// ParseKey reads a key: for HMAC any bytes; for EdDSA the 32 bytes of a seed; for all others, and EdDSA
// too, a PKCS 8 private key, in PEM or DER.
func ParseKey(algorithm string, material []byte) (Key, error) {
	k := Key{Algorithm: algorithm}
	switch {
	case !slices.Contains(Algorithms, algorithm):
		return k, fmt.Errorf("there is no algorithm %q; there are %s", algorithm, strings.Join(Algorithms, ", "))
	case len(material) == 0:
		return k, errors.New("the key is empty")
	case strings.HasPrefix(algorithm, "HS"):
		k.sign, k.verify, k.root = material, material, material
		return k, nil
	case algorithm == "EdDSA" && len(material) == ed25519.SeedSize:
		private := ed25519.NewKeyFromSeed(material)
		return withPrivate(k, private, material)
	}
	if block, _ := pem.Decode(material); block != nil {
		material = block.Bytes
	}
	parsed, err := x509.ParsePKCS8PrivateKey(material)
	if err != nil {
		return k, errors.New("this is not a PKCS 8 private key; make one with: openssl genpkey -algorithm ed25519")
	}
	root := material
	if private, ok := parsed.(ed25519.PrivateKey); ok {
		root = private.Seed()
	}
	return withPrivate(k, parsed, root)
}

func withPrivate(k Key, private any, root []byte) (Key, error) {
	signer, ok := private.(crypto.Signer)
	if !ok || !fits(k.Algorithm, signer.Public()) {
		return k, fmt.Errorf("the key is not one for %s", k.Algorithm)
	}
	k.sign, k.verify, k.root = private, signer.Public(), root
	k.ID = thumbprint(signer.Public())
	return k, nil
}

// fits reports whether a public key has the type, and for elliptic curves the curve, of an algorithm.
func fits(algorithm string, public any) bool {
	switch public := public.(type) {
	case ed25519.PublicKey:
		return algorithm == "EdDSA"
	case *rsa.PublicKey:
		return (strings.HasPrefix(algorithm, "RS") || strings.HasPrefix(algorithm, "PS")) && public.N.BitLen() >= 2048
	case *ecdsa.PublicKey:
		return curves[algorithm] == public.Curve
	}
	return false
}

// thumbprint returns the key id of a public key.
func thumbprint(public any) string {
	if public, ok := public.(ed25519.PublicKey); ok { // the format used before other algorithms were added
		sum := sha256.Sum256(public)
		return base64.RawURLEncoding.EncodeToString(sum[:8])
	}
	sum, err := (&jose.JSONWebKey{Key: public}).Thumbprint(crypto.SHA256)
	if err != nil {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(sum[:8])
}

// GenerateKey generates the material of a new key of an algorithm.
func GenerateKey(algorithm string) ([]byte, error) {
	var private any
	var err error
	switch {
	case strings.HasPrefix(algorithm, "HS"), algorithm == "EdDSA":
		key := make([]byte, 32)
		rand.Read(key) // never fails since Go 1.24
		return key, nil
	case strings.HasPrefix(algorithm, "ES"):
		private, err = ecdsa.GenerateKey(curves[algorithm], rand.Reader)
	default:
		private, err = rsa.GenerateKey(rand.Reader, 2048)
	}
	if err != nil {
		return nil, err
	}
	return x509.MarshalPKCS8PrivateKey(private)
}

// jwk returns the public key as a JSON Web Key, and false for HMAC.
func (k Key) jwk() (jose.JSONWebKey, bool) {
	if strings.HasPrefix(k.Algorithm, "HS") {
		return jose.JSONWebKey{}, false
	}
	return jose.JSONWebKey{Key: k.verify, KeyID: k.ID, Algorithm: k.Algorithm, Use: "sig"}, true
}

func (k Key) method() jwt.SigningMethod { return jwt.GetSigningMethod(k.Algorithm) }
