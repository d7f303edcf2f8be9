package token_test

import (
	"context"
	"crypto"
	"strings"
	"testing"
	"time"

	"github.com/basalt-dev/basalt/modules/auth/store"
	"github.com/basalt-dev/basalt/modules/auth/token"
	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/db/sqlite"
	"github.com/basalt-dev/basalt/modules/fault"
)

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
	for _, algorithm := range token.Algorithms {
		key, err := token.GenerateKey(algorithm)
		if err != nil {
			t.Fatal(err)
		}
		tokens := newNode(t, algorithm, key)
		tokens.authority.Issuer, tokens.authority.Audience = "https://me", "app"
		signed := tokens.sign(t, map[string]any{"sub": "u1"}, start, time.Minute)
		if v, err := tokens.Verify(ctx, signed, start); err != nil || !v.Own || v.Claims["iss"] != "https://me" {
			t.Errorf("%s: %v %v", algorithm, v, err)
		}
		fresh := newNode(t, algorithm, key)
		fresh.authority.Issuer, fresh.authority.Audience = "https://me", "other"
		if _, err := fresh.Verify(ctx, signed, start); why(err) != "audience" {
			t.Errorf("%s: another audience: %v", algorithm, err)
		}
		fresh.authority.Issuer = "https://you"
		if _, err := fresh.Verify(ctx, signed, start); why(err) != "issuer" {
			t.Errorf("%s: another issuer: %v", algorithm, err)
		}
		jwks := string(tokens.authority.JWKS())
		if public := strings.Contains(jwks, `"kid"`); public == strings.HasPrefix(algorithm, "HS") || strings.Contains(jwks, `"d"`) {
			t.Errorf("%s: the public keys are %s", algorithm, jwks)
		}
	}
}

func TestTokens_EdDSAVerifiesAndPublishesItsKey(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	ed := newNode(t, "EdDSA", []byte(strings.Repeat("s", 32)))
	signed := ed.sign(t, map[string]any{"sub": "u1", "n": int64(1<<53 + 1)}, now, time.Minute)
	ctx := context.Background()
	v, err := ed.Verify(ctx, signed, now)
	if err != nil || v.Claims["sub"] != "u1" || v.Claims["n"] != int64(1<<53+1) {
		t.Errorf("got %v, %v", v, err)
	}
	if _, err := ed.Verify(ctx, signed, now.Add(2*time.Minute)); fault.CodeOf(err) != fault.Unauthenticated {
		t.Errorf("after its time: %v", err)
	}
	if !strings.Contains(string(ed.authority.JWKS()), `"crv":"Ed25519"`) {
		t.Errorf("got %s", ed.authority.JWKS())
	}
	// The public key as the secret of HS256: the classical confusion.
	forged := newNode(t, "HS256", ed.authority.JWKS()).sign(t, map[string]any{"sub": "admin"}, now, time.Minute)
	if _, err := ed.Verify(ctx, forged, now); fault.CodeOf(err) != fault.Unauthenticated {
		t.Errorf("another algorithm: %v", err)
	}
	for _, key := range []string{"", "short", "-----BEGIN PRIVATE KEY-----\nxx\n-----END PRIVATE KEY-----"} {
		if _, err := token.NewAuthority("EdDSA", []byte(key)); err == nil {
			t.Errorf("the key %q is accepted", key)
		}
	}
}

// keyStore returns a store of keys in a database of its own.
func keyStore(t *testing.T) token.KeyStore {
	t.Helper()
	d, err := sqlite.Open(context.Background(), db.Config{URL: "file:keys.db", Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := d.Sync(context.Background(), []*db.Collection{store.Keys.Collection}); err != nil {
		t.Fatal(err)
	}
	return store.KeyStore{Database: d}
}

// TestKeys_RotateWithAnOverlap follows a rotation on two nodes.
func TestKeys_RotateWithAnOverlap(t *testing.T) {
	t.Parallel()
	for _, algorithm := range []string{"HS256", "EdDSA", "ES256"} {
		keys, c := keyStore(t), &clock{at: start}
		ctx := context.Background()
		current := func() *node {
			valid, root, err := token.ReadKeys(ctx, keys, algorithm, c.now())
			if err != nil {
				t.Fatal(err)
			}
			n := newNode(t, algorithm, root)
			n.authority.SetKeys(valid)
			return n
		}
		sign := func(n *node) string { return n.sign(t, map[string]any{"sub": "u1"}, c.now(), 24*time.Hour) }
		want := func(what string, n *node, signed, want string) {
			t.Helper()
			got := "<nil>"
			if _, err := n.Verify(ctx, signed, c.now()); err != nil {
				got = why(err)
			}
			// The first key of HMAC has no name, so that its tokens are tried with all keys.
			if got != want && !(want == "unknown_key" && algorithm == "HS256" && got == "signature") {
				t.Errorf("%s, %s: got %s, want %s", algorithm, what, got, want)
			}
		}
		first := current()
		before := sign(first)
		c.advance(time.Hour)
		if err := token.RotateKeys(ctx, keys, algorithm, c.now(), false); err != nil {
			t.Fatal(err)
		}
		second := current()
		want("the old key, at once", first, sign(second), "<nil>") // the new one does not sign yet
		c.advance(2 * time.Minute)
		second, third := current(), current()
		after := sign(second)
		want("the new key, where it was not read yet", first, after, "unknown_key")
		want("the new key elsewhere", third, after, "<nil>")
		want("a token of before", third, before, "<nil>")
		if third.authority.Key("x") != first.authority.Key("x") {
			t.Error("the keys for other purposes have changed")
		}
		c.advance(26 * time.Hour)
		long := sign(first)
		want("the old key after the overlap", current(), long, "unknown_key")
		if err := token.RotateKeys(ctx, keys, algorithm, c.now(), true); err != nil {
			t.Fatal(err)
		}
		last := current()
		want("after all others are retired", last, sign(last), "<nil>")
		stolen := sign(second)
		want("a retired key", last, stolen, "unknown_key")
		want("a retired key that was verified before", second, stolen, "<nil>")
		valid, _, err := token.ReadKeys(ctx, keys, algorithm, c.now())
		if err != nil {
			t.Fatal(err)
		}
		second.authority.SetKeys(valid)
		want("and after the node has read the keys", second, stolen, "unknown_key")
	}
}
