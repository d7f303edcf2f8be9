package auth_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
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

	"github.com/basalt-dev/basalt/modules/auth"
	"github.com/basalt-dev/basalt/modules/fault"
)

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

// accepting returns tokens that accept an issuer, and their clock.
func accepting(t *testing.T, issuers ...*issuer) (*auth.Tokens, *clock) {
	t.Helper()
	tokens, err := auth.NewTokens("HS256", []byte(strings.Repeat("k", 32)), time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	c := &clock{at: start}
	for n, i := range issuers {
		tokens.Issuers = append(tokens.Issuers, &auth.Issuer{
			Name: i.URL, Audiences: []string{"app", "app2"}, Algorithms: []string{"RS256", "ES256"}, Prefix: fmt.Sprintf("ext%d:", n),
			Keys: &auth.KeySet{Issuer: i.URL, Client: i.Client(), Now: c.now}, Claims: map[string]string{"role": "app_metadata.role", "org": "https://app/org"},
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

func TestIssuers_TokensOfOthersAreAccepted(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	other, third := newIssuer(t, "rsa1", "ec1"), newIssuer(t, "ec1")
	tokens, c := accepting(t, other, third)
	claims := map[string]any{"app_metadata": map[string]any{"role": "admin"}, "https://app/org": "o1", "n": int64(1<<53 + 1)}
	for _, key := range []string{"rsa1", "ec1"} {
		v, err := tokens.Verify(ctx, other.sign(t, key, claims), c.now())
		if err != nil || v.Own || v.Claims["sub"] != "ext0:u1" || v.Claims["role"] != "admin" || v.Claims["org"] != "o1" || v.Claims["n"] != int64(1<<53+1) {
			t.Errorf("got %v, %v", v, err)
		}
	}
	if v, err := tokens.Verify(ctx, third.sign(t, "ec1", map[string]any{"aud": []string{"x", "app2"}}), c.now()); err != nil || v.Claims["sub"] != "ext1:u1" {
		t.Errorf("got %v, %v", v, err)
	}
	// A claim that the mapping names and the token has not at that place is not taken from another one.
	if v, err := tokens.Verify(ctx, other.sign(t, "ec1", map[string]any{"role": "admin"}), c.now()); err != nil || v.Claims["role"] != nil {
		t.Errorf("got %v, %v", v, err)
	}
	// What only this server says is not taken from others: a rule on auth.key, or a service that asks for act, must
	// not believe them.
	v, err := tokens.Verify(ctx, other.sign(t, "ec1", map[string]any{"key": "k1", "act": map[string]any{"sub": "admin"}, "anonymous": true, "sid": "s1", "email_verified": true}), c.now())
	if err != nil || v.Claims["email_verified"] != true {
		t.Errorf("got %v, %v", v, err)
	}
	for _, name := range []string{"sid", "anonymous", "act", "key"} {
		if v.Claims[name] != nil {
			t.Errorf("the claim %s of another issuer is believed: %v", name, v.Claims[name])
		}
	}
}

func b64(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// TestVerify_RefusesWithACode tries the ways there are to pass a token off as valid.
func TestVerify_RefusesWithACode(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	a, b := newIssuer(t, "ec1", "rsa1"), newIssuer(t, "ec1")
	tokens, c := accepting(t, a, b)
	own, err := tokens.Sign(map[string]any{"sub": "u1"}, c.now(), time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	// The public key of an issuer as the secret of HMAC.
	public := a.keys["rsa1"].Public().(*rsa.PublicKey)
	confused := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{"iss": a.URL, "aud": "app", "sub": "u1", "exp": at(time.Hour)})
	confused.Header["kid"] = "rsa1"
	forged, err := confused.SignedString(public.N.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	// The header of one token with the body of another.
	parts, others := strings.Split(a.sign(t, "ec1", nil), "."), strings.Split(a.sign(t, "ec1", map[string]any{"sub": "admin"}), ".")
	none := b64(map[string]any{"alg": "none", "typ": "JWT"}) + "." + b64(map[string]any{"sub": "u1", "exp": at(time.Hour)}) + "."
	noneIssuer := b64(map[string]any{"alg": "none"}) + "." + b64(map[string]any{"iss": a.URL, "aud": "app", "sub": "u1", "exp": at(time.Hour)}) + "."
	ownAsES := b64(map[string]any{"alg": "ES256"}) + "." + strings.Split(own, ".")[1] + "." + strings.Split(own, ".")[2]
	critical := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{"sub": "u1"})
	critical.Header["crit"] = []string{"exp"}
	crit, err := critical.SignedString([]byte(strings.Repeat("k", 32)))
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct{ token, want string }{
		"expired":                       {a.sign(t, "ec1", map[string]any{"exp": at(-time.Second)}), "expired"},
		"no expiry":                     {a.sign(t, "ec1", map[string]any{"exp": nil}), "expired"},
		"expiry that is no number":      {a.sign(t, "ec1", map[string]any{"exp": "never"}), "malformed"},
		"not yet valid":                 {a.sign(t, "ec1", map[string]any{"nbf": at(time.Hour)}), "not_yet_valid"},
		"another audience":              {a.sign(t, "ec1", map[string]any{"aud": "other"}), "audience"},
		"no audience":                   {a.sign(t, "ec1", map[string]any{"aud": nil}), "audience"},
		"an audience in an object":      {a.sign(t, "ec1", map[string]any{"aud": map[string]any{"app": "app"}}), "audience"},
		"another issuer's key, same id": {b.sign(t, "ec1", map[string]any{"iss": a.URL}), "signature"},
		"another issuer's name":         {a.sign(t, "ec1", map[string]any{"iss": "https://example.com"}), "algorithm"},
		"no issuer":                     {a.sign(t, "ec1", map[string]any{"iss": nil}), "algorithm"},
		"none":                          {none, "algorithm"},
		"none, of an issuer":            {noneIssuer, "algorithm"},
		"confusion with HMAC":           {forged, "algorithm"},
		"our own as another algorithm":  {ownAsES, "algorithm"},
		"a body of another token":       {parts[0] + "." + others[1] + "." + parts[2], "signature"},
		"no signature":                  {parts[0] + "." + parts[1] + ".", "signature"},
		"a critical extension":          {crit, "malformed"},
		"a sub that is no text":         {a.sign(t, "ec1", map[string]any{"sub": 7}), "malformed"},
		"too large":                     {strings.Repeat("x", 17<<10), "too_large"},
		"nothing":                       {"", "malformed"},
		"two parts":                     {"a.b", "malformed"},
		"garbage":                       {"a.b.c", "malformed"},
	} {
		if _, err := tokens.Verify(ctx, test.token, c.now()); why(err) != test.want {
			t.Errorf("%s: got %v (%s), want %s", name, err, why(err), test.want)
		}
	}
	for _, verified := range []string{own, a.sign(t, "ec1", nil)} {
		if _, err := tokens.Verify(ctx, verified, c.now()); err != nil {
			t.Errorf("a good one: %v", err)
		}
	}
}

// TestKeySet_RotationIsFollowedWithinBounds: a new key of an issuer is found, unknown ones do not make us
// ask all the time, and an issuer that is away takes nothing from what is known.
func TestKeySet_RotationIsFollowedWithinBounds(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	i := newIssuer(t, "ec1")
	tokens, c := accepting(t, i)
	verify := func(token string) string { _, err := tokens.Verify(ctx, token, c.now()); return why(err) }
	if got := verify(i.sign(t, "ec1", nil)); got != "<nil>" {
		t.Fatal(got)
	}
	i.add(t, "ec2")
	fresh := i.sign(t, "ec2", nil)
	if got := verify(fresh); got != "unknown_key" {
		t.Errorf("at once: %s", got)
	}
	c.advance(time.Minute)
	if got := verify(fresh); got != "<nil>" {
		t.Errorf("after a while: %s", got)
	}
	asked := i.asked.Load()
	stranger := newIssuer(t, "ec9")
	for n := range 100 {
		if got := verify(stranger.sign(t, "ec9", map[string]any{"iss": i.URL, "n": n})); got != "unknown_key" {
			t.Fatal(got)
		}
	}
	if n := i.asked.Load() - asked; n > 2 {
		t.Errorf("a hundred unknown keys made %d requests", n)
	}
	// Away: what is known goes on, and we ask less and less.
	i.down.Store(true)
	c.advance(20 * time.Minute)
	asked = i.asked.Load()
	for n := range 50 {
		if got := verify(i.sign(t, "ec1", map[string]any{"n": n})); got != "<nil>" {
			t.Fatalf("while the issuer is away: %s", got)
		}
		c.advance(time.Second)
	}
	if n := i.asked.Load() - asked; n > 12 {
		t.Errorf("%d requests within fifty seconds to an issuer that is away", n)
	}
	unknown, _ := accepting(t, i)
	if _, err := unknown.Verify(ctx, i.sign(t, "ec1", nil), c.now()); fault.CodeOf(err) != fault.Unavailable {
		t.Errorf("without any keys: %v", err)
	}
	// A key that the issuer withdraws.
	i.down.Store(false)
	c.advance(20 * time.Minute)
	i.mu.Lock()
	delete(i.keys, "ec1")
	gone := i.keys["ec2"]
	i.keys = map[string]crypto.Signer{"ec2": gone}
	i.mu.Unlock()
	if got := verify(i.sign(t, "ec2", map[string]any{"n": "later"})); got != "<nil>" {
		t.Errorf("the key that stays: %s", got)
	}
}

func TestTokens_EveryAlgorithmSignsAndVerifies(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	for _, algorithm := range auth.Algorithms {
		key, err := auth.GenerateKey(algorithm)
		if err != nil {
			t.Fatal(err)
		}
		tokens, err := auth.NewTokens(algorithm, key, time.Minute)
		if err != nil {
			t.Fatalf("%s: %v", algorithm, err)
		}
		tokens.Issuer, tokens.Audience = "https://me", "app"
		token, err := tokens.Sign(map[string]any{"sub": "u1"}, start, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		if v, err := tokens.Verify(ctx, token, start); err != nil || !v.Own || v.Claims["iss"] != "https://me" {
			t.Errorf("%s: %v %v", algorithm, v, err)
		}
		tokens.Audience = "other"
		fresh, err := auth.NewTokens(algorithm, key, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		fresh.Issuer, fresh.Audience = "https://me", "other"
		if _, err := fresh.Verify(ctx, token, start); why(err) != "audience" {
			t.Errorf("%s: another audience: %v", algorithm, err)
		}
		fresh.Issuer = "https://you"
		if _, err := fresh.Verify(ctx, token, start); why(err) != "issuer" {
			t.Errorf("%s: another issuer: %v", algorithm, err)
		}
		if public := strings.Contains(string(tokens.JWKS()), `"kid"`); public == strings.HasPrefix(algorithm, "HS") || strings.Contains(string(tokens.JWKS()), `"d"`) {
			t.Errorf("%s: the public keys are %s", algorithm, tokens.JWKS())
		}
	}
}

// TestKeys_RotateWithAnOverlap follows a rotation on two nodes.
func TestKeys_RotateWithAnOverlap(t *testing.T) {
	t.Parallel()
	for _, algorithm := range []string{"HS256", "EdDSA", "ES256"} {
		s, c := newService(t, 10)
		ctx := context.Background()
		node := func() *auth.Tokens {
			keys, root, err := auth.ReadKeys(ctx, s.Database, algorithm, c.now())
			if err != nil {
				t.Fatal(err)
			}
			tokens, err := auth.NewTokens(algorithm, root, time.Minute)
			if err != nil {
				t.Fatal(err)
			}
			tokens.SetKeys(keys)
			return tokens
		}
		sign := func(tokens *auth.Tokens) string {
			token, err := tokens.Sign(map[string]any{"sub": "u1"}, c.now(), 24*time.Hour)
			if err != nil {
				t.Fatal(err)
			}
			return token
		}
		want := func(what string, tokens *auth.Tokens, token, want string) {
			t.Helper()
			got := "<nil>"
			if _, err := tokens.Verify(ctx, token, c.now()); err != nil {
				got = why(err)
			}
			// The first key of HMAC has no name, so that its tokens are tried with all keys.
			if got != want && !(want == "unknown_key" && algorithm == "HS256" && got == "signature") {
				t.Errorf("%s, %s: got %s, want %s", algorithm, what, got, want)
			}
		}
		first := node()
		before := sign(first)
		c.advance(time.Hour)
		if err := auth.RotateKeys(ctx, s.Database, algorithm, c.now(), false); err != nil {
			t.Fatal(err)
		}
		second := node()
		want("the old key, at once", first, sign(second), "<nil>") // the new one does not sign yet
		c.advance(2 * time.Minute)
		second, third := node(), node()
		after := sign(second)
		want("the new key, where it was not read yet", first, after, "unknown_key")
		want("the new key elsewhere", third, after, "<nil>")
		want("a token of before", third, before, "<nil>")
		if third.Key("x") != first.Key("x") {
			t.Error("the keys for other purposes have changed")
		}
		c.advance(26 * time.Hour)
		long, err := first.Sign(map[string]any{"sub": "u1"}, c.now(), 24*time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		want("the old key after the overlap", node(), long, "unknown_key")
		if err := auth.RotateKeys(ctx, s.Database, algorithm, c.now(), true); err != nil {
			t.Fatal(err)
		}
		last := node()
		current := sign(last)
		want("after all others are retired", last, current, "<nil>")
		stolen := sign(second)
		want("a retired key", last, stolen, "unknown_key")
		want("a retired key that was verified before", second, stolen, "<nil>")
		keys, _, err := auth.ReadKeys(ctx, s.Database, algorithm, c.now())
		if err != nil {
			t.Fatal(err)
		}
		second.SetKeys(keys)
		want("and after the node has read the keys", second, stolen, "unknown_key")
	}
}

func benchmarkCold(b *testing.B, algorithm string) {
	tokens, err := auth.NewTokens(algorithm, []byte(strings.Repeat("k", 32)), time.Minute)
	if err != nil {
		b.Fatal(err)
	}
	token, err := tokens.Sign(map[string]any{"sub": "u1", "role": "admin", "email": "ada@example.com"}, start, time.Hour)
	if err != nil {
		b.Fatal(err)
	}
	keys := []auth.Key{}
	k, err := auth.ParseKey(algorithm, []byte(strings.Repeat("k", 32)))
	if err != nil {
		b.Fatal(err)
	}
	other := k
	other.ID = "other"
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		keys = append(keys[:0], k)
		if n%2 == 0 {
			keys = append(keys, other)
		}
		tokens.SetKeys(append([]auth.Key(nil), keys...)) // forgets what was verified
		if _, err := tokens.Verify(context.Background(), token, start); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVerify_ColdHS256(b *testing.B) { benchmarkCold(b, "HS256") }
func BenchmarkVerify_ColdEdDSA(b *testing.B) { benchmarkCold(b, "EdDSA") }

// TestTokens_HoldUntilSomethingIsTakenBack asks of what was verified whether it still is valid.
func TestTokens_HoldUntilSomethingIsTakenBack(t *testing.T) {
	t.Parallel()
	now, ctx := time.Now(), context.Background()
	verified := func(t *testing.T, tokens *auth.Tokens) auth.Verified {
		token, err := tokens.Sign(map[string]any{"sub": "ann", "sid": "s1"}, now, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		v, err := tokens.Verify(ctx, token, now)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	secret := []byte("0123456789abcdef0123456789abcdef")
	newTokens := func(t *testing.T) *auth.Tokens {
		tokens, err := auth.NewTokens("HS256", secret, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		return tokens
	}
	t.Run("its time", func(t *testing.T) {
		tokens := newTokens(t)
		v := verified(t, tokens)
		if !tokens.Holds(v, now.Add(59*time.Second)) {
			t.Error("it does not hold as long as it is valid")
		}
		if tokens.Holds(v, now.Add(time.Minute)) {
			t.Error("it holds when it has expired")
		}
	})
	t.Run("its key", func(t *testing.T) {
		tokens := newTokens(t)
		v := verified(t, tokens)
		other, err := auth.ParseKey("HS256", []byte("another-key-another-key-another-k"))
		if err != nil {
			t.Fatal(err)
		}
		tokens.SetKeys([]auth.Key{other})
		if tokens.Holds(v, now) {
			t.Error("it holds without its key")
		}
	})
}
