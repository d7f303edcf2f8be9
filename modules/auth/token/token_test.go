package token_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/golang-jwt/jwt/v5"

	"github.com/basalt-dev/basalt/modules/auth/token"
	"github.com/basalt-dev/basalt/modules/fault"
)

// clock is a clock that the test moves.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// node signs and verifies tokens of one authority.
type node struct {
	authority *token.Authority
	*token.Verifier
}

func newNode(tb testing.TB, algorithm string, key []byte) *node {
	tb.Helper()
	authority, err := token.NewAuthority(algorithm, key)
	if err != nil {
		tb.Fatalf("%s: %v", algorithm, err)
	}
	return &node{authority, &token.Verifier{Authority: authority}}
}

func (n *node) sign(tb testing.TB, claims map[string]any, now time.Time, lifetime time.Duration) string {
	tb.Helper()
	signed, err := token.Signer{Authority: n.authority, Lifetime: lifetime}.Sign(claims, now)
	if err != nil {
		tb.Fatal(err)
	}
	return signed
}

var secret = []byte(strings.Repeat("k", 32))

// issuer is another issuer, whose keys are fetched over HTTP.
type issuer struct {
	*httptest.Server
	asked atomic.Int64
	down  atomic.Bool
	mu    sync.Mutex
	keys  map[string]crypto.Signer
}

func newIssuer(t *testing.T, ids ...string) *issuer {
	t.Helper()
	i := &issuer{keys: map[string]crypto.Signer{}}
	for _, id := range ids {
		i.add(t, id)
	}
	i.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		i.asked.Add(1)
		if i.down.Load() {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		if r.URL.Path == "/.well-known/openid-configuration" {
			fmt.Fprintf(w, `{"issuer":%q,"jwks_uri":%q}`, i.URL, i.URL+"/keys")
			return
		}
		i.mu.Lock()
		defer i.mu.Unlock()
		set := jose.JSONWebKeySet{}
		for id, key := range i.keys {
			set.Keys = append(set.Keys, jose.JSONWebKey{Key: key.Public(), KeyID: id, Use: "sig"})
		}
		if err := json.NewEncoder(w).Encode(set); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(i.Close)
	return i
}

func (i *issuer) add(t *testing.T, id string) {
	t.Helper()
	var key crypto.Signer
	var err error
	if strings.HasPrefix(id, "rsa") {
		key, err = rsa.GenerateKey(rand.Reader, 2048)
	} else {
		key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	}
	if err != nil {
		t.Fatal(err)
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.keys[id] = key
}

// sign makes a token of the issuer by one of its keys.
func (i *issuer) sign(t *testing.T, id string, claims map[string]any) string {
	t.Helper()
	method := jwt.SigningMethod(jwt.SigningMethodES256)
	if strings.HasPrefix(id, "rsa") {
		method = jwt.SigningMethodRS256
	}
	all := jwt.MapClaims{"iss": i.URL, "aud": "app", "sub": "u1", "exp": at(time.Hour)}
	for name, v := range claims {
		if v == nil {
			delete(all, name)
		} else {
			all[name] = v
		}
	}
	token := jwt.NewWithClaims(method, all)
	token.Header["kid"] = id
	i.mu.Lock()
	defer i.mu.Unlock()
	signed, err := token.SignedString(i.keys[id])
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

var start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func at(d time.Duration) int64 { return start.Add(d).Unix() }

// accepting returns a node that accepts issuers, and its clock.
func accepting(t *testing.T, issuers ...*issuer) (*node, *clock) {
	t.Helper()
	tokens := newNode(t, "HS256", secret)
	c := &clock{at: start}
	for n, i := range issuers {
		tokens.Issuers = append(tokens.Issuers, &token.Issuer{
			Name: i.URL, Audiences: []string{"app", "app2"}, Algorithms: []string{"RS256", "ES256"}, Prefix: fmt.Sprintf("ext%d:", n),
			Keys: &token.KeySet{Issuer: i.URL, Client: i.Client(), Now: c.now}, Claims: map[string]string{"role": "app_metadata.role", "org": "https://app/org"},
		})
	}
	return tokens, c
}

func why(err error) string {
	var e *fault.Error
	if errors.As(err, &e) && e.Code == fault.Unauthenticated && len(e.Fields) == 1 {
		return e.Fields[0].Code
	}
	return fmt.Sprint(err)
}
