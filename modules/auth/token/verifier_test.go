package token_test

import (
	"context"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/basalt-dev/basalt/modules/auth/token"
)

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
	own := tokens.sign(t, map[string]any{"sub": "u1"}, c.now(), time.Hour)
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
	crit, err := critical.SignedString(secret)
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

// TestTokens_HoldUntilSomethingIsTakenBack asks of what was verified whether it still is valid.
func TestTokens_HoldUntilSomethingIsTakenBack(t *testing.T) {
	t.Parallel()
	now, ctx := time.Now(), context.Background()
	verified := func(t *testing.T, n *node) token.Verified {
		v, err := n.Verify(ctx, n.sign(t, map[string]any{"sub": "ann", "sid": "s1"}, now, time.Minute), now)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	t.Run("its time", func(t *testing.T) {
		tokens := newNode(t, "HS256", secret)
		v := verified(t, tokens)
		if !tokens.Holds(v, now.Add(59*time.Second)) {
			t.Error("it does not hold as long as it is valid")
		}
		if tokens.Holds(v, now.Add(time.Minute)) {
			t.Error("it holds when it has expired")
		}
	})
	t.Run("its key", func(t *testing.T) {
		tokens := newNode(t, "HS256", secret)
		v := verified(t, tokens)
		other, err := token.ParseKey("HS256", []byte("another-key-another-key-another-k"))
		if err != nil {
			t.Fatal(err)
		}
		tokens.authority.SetKeys([]token.Key{other})
		if tokens.Holds(v, now) {
			t.Error("it holds without its key")
		}
	})
}

func benchmarkCold(b *testing.B, algorithm string) {
	tokens := newNode(b, algorithm, secret)
	signed := tokens.sign(b, map[string]any{"sub": "u1", "role": "admin", "email": "ada@example.com"}, start, time.Hour)
	keys := []token.Key{}
	k, err := token.ParseKey(algorithm, secret)
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
		tokens.authority.SetKeys(append([]token.Key(nil), keys...)) // what was verified does not count any more
		if _, err := tokens.Verify(context.Background(), signed, start); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVerify_ColdHS256(b *testing.B) { benchmarkCold(b, "HS256") }
func BenchmarkVerify_ColdEdDSA(b *testing.B) { benchmarkCold(b, "EdDSA") }

func BenchmarkVerify_Cached(b *testing.B) {
	now := time.Now()
	tokens := newNode(b, "HS256", secret)
	signed := tokens.sign(b, map[string]any{"sub": "u1"}, now, time.Hour)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := tokens.Verify(b.Context(), signed, now); err != nil {
			b.Fatal(err)
		}
	}
}
