package auth_test

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/basalt-dev/basalt/modules/auth"
	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/db/sqlite"
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

func newService(t *testing.T, attempts int) (*auth.Service, *clock) {
	t.Helper()
	d, err := sqlite.Open(context.Background(), db.Config{URL: "file:auth.db", Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := d.Sync(context.Background(), auth.Collections()); err != nil {
		t.Fatal(err)
	}
	tokens, err := auth.NewTokens("HS256", []byte(strings.Repeat("k", 32)), 15*time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	c := &clock{at: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	s := auth.New(auth.Config{
		Database: d, Tokens: tokens, Refresh: 24 * time.Hour, Password: &auth.Password{MinLength: 8, Attempts: attempts}, Now: c.now,
		Log: slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelError})),
	})
	t.Cleanup(s.Wait)
	return s, c
}

func code(t *testing.T, what string, err error, want fault.Code) {
	t.Helper()
	if fault.CodeOf(err) != want || err == nil {
		t.Errorf("%s: got %v, want %s", what, err, want)
	}
}

func from(address string) auth.Client { return auth.Client{IP: address} }

var ada = auth.Credentials{Email: "ada@example.com", Password: "correct horse"}

func TestSignIn_UnknownUserAndWrongPasswordAnswerTheSame(t *testing.T) {
	t.Parallel()
	s, _ := newService(t, 100)
	ctx := context.Background()
	if _, err := s.SignUp(ctx, auth.Credentials{Email: " Ada@Example.com", Password: ada.Password}, from("1.1.1.1")); err != nil {
		t.Fatal(err)
	}
	if _, err := s.SignIn(ctx, ada, from("1.2.3.4")); err != nil {
		t.Errorf("the address is the same in any case: %v", err)
	}
	_, wrong := s.SignIn(ctx, auth.Credentials{Email: ada.Email, Password: "wrong horse"}, from("1.2.3.4"))
	_, unknown := s.SignIn(ctx, auth.Credentials{Email: "bob@example.com", Password: "wrong horse"}, from("1.2.3.4"))
	code(t, "wrong password", wrong, fault.Unauthenticated)
	if wrong.Error() != unknown.Error() {
		t.Errorf("%v differs from %v", wrong, unknown)
	}
	_, err := s.SignUp(ctx, ada, from("1.1.1.1"))
	code(t, "a second account", err, fault.Conflict)
}

func TestSignIn_AttemptsAreLimitedByAccountAndAddress(t *testing.T) {
	t.Parallel()
	s, c := newService(t, 3)
	ctx := context.Background()
	if _, err := s.SignUp(ctx, ada, from("1.1.1.1")); err != nil {
		t.Fatal(err)
	}
	wrong := auth.Credentials{Email: ada.Email, Password: "wrong horse"}
	for range 3 {
		_, err := s.SignIn(ctx, wrong, from("1.1.1.1"))
		code(t, "wrong", err, fault.Unauthenticated)
	}
	_, err := s.SignIn(ctx, ada, from("1.1.1.1"))
	code(t, "right, too late", err, fault.RateLimited)
	c.advance(16 * time.Minute)
	if _, err := s.SignIn(ctx, ada, from("1.1.1.1")); err != nil {
		t.Errorf("after a while: %v", err)
	}
	for range 30 {
		_, _ = s.SignIn(ctx, auth.Credentials{Email: "x@example.com", Password: "wrong horse"}, from("2.2.2.2")) // most are refused by account
		c.advance(time.Second)
	}
	for i := range 60 {
		_, err = s.SignIn(ctx, auth.Credentials{Email: strings.Repeat("y", i+1) + "@example.com", Password: "wrong horse"}, from("2.2.2.2"))
	}
	code(t, "many accounts from one address", err, fault.RateLimited)
}

func TestRefresh_RotatesAndReuseEndsTheSession(t *testing.T) {
	t.Parallel()
	s, c := newService(t, 10)
	ctx := context.Background()
	first, err := s.SignUp(ctx, ada, from("1.1.1.1"))
	if err != nil {
		t.Fatal(err)
	}
	second, err := s.RefreshSession(ctx, first.RefreshToken, from("1.1.1.1"))
	if err != nil || second.RefreshToken == first.RefreshToken {
		t.Fatalf("got %v", err)
	}
	// The same request again, whose answer was lost, or two tabs at once.
	again, err := s.RefreshSession(ctx, first.RefreshToken, from("1.1.1.1"))
	if err != nil || again.RefreshToken != second.RefreshToken {
		t.Errorf("got %v, %v", again, err)
	}
	c.advance(time.Minute)
	_, err = s.RefreshSession(ctx, first.RefreshToken, from("1.1.1.1"))
	code(t, "reuse", err, fault.Unauthenticated)
	_, err = s.RefreshSession(ctx, second.RefreshToken, from("1.1.1.1"))
	code(t, "the family after a reuse", err, fault.Unauthenticated)

	in, err := s.SignIn(ctx, ada, from("1.1.1.1"))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.SignOut(ctx, in.RefreshToken, false, from("1.1.1.1")); err != nil {
		t.Fatal(err)
	}
	_, err = s.RefreshSession(ctx, in.RefreshToken, from("1.1.1.1"))
	code(t, "after signing out", err, fault.Unauthenticated)

	old, err := s.SignIn(ctx, ada, from("1.1.1.1"))
	if err != nil {
		t.Fatal(err)
	}
	c.advance(25 * time.Hour)
	_, err = s.RefreshSession(ctx, old.RefreshToken, from("1.1.1.1"))
	code(t, "too late", err, fault.Unauthenticated)
	for _, token := range []string{"", ".", "x.y", old.RefreshToken + "x", strings.Repeat("x", 300) + ".y"} {
		_, err = s.RefreshSession(ctx, token, from("1.1.1.1"))
		code(t, token, err, fault.Unauthenticated)
	}
}

func TestUpdateUser_ANewPasswordEndsOtherSessions(t *testing.T) {
	t.Parallel()
	s, _ := newService(t, 10)
	ctx := context.Background()
	mine, err := s.SignUp(ctx, ada, from("1.1.1.1"))
	if err != nil {
		t.Fatal(err)
	}
	other, err := s.SignIn(ctx, ada, from("1.1.1.1"))
	if err != nil {
		t.Fatal(err)
	}
	verified, err := s.Verify(ctx, mine.AccessToken)
	if err != nil {
		t.Fatal(err)
	}
	next := "another horse"
	me := auth.Client{IP: "1.1.1.1", User: verified.Claims}
	_, err = s.UpdateUser(ctx, auth.Change{Password: &next, CurrentPassword: "wrong horse"}, me)
	code(t, "without the current password", err, fault.Forbidden)
	if _, err := s.UpdateUser(ctx, auth.Change{Password: &next, CurrentPassword: ada.Password}, me); err != nil {
		t.Fatal(err)
	}
	_, err = s.RefreshSession(ctx, other.RefreshToken, from("1.1.1.1"))
	code(t, "the other session", err, fault.Unauthenticated)
	if _, err := s.RefreshSession(ctx, mine.RefreshToken, from("1.1.1.1")); err != nil {
		t.Errorf("this session: %v", err)
	}
	_, err = s.SignIn(ctx, ada, from("1.1.1.1"))
	code(t, "the old password", err, fault.Unauthenticated)
}

func TestTokens_EdDSAVerifiesAndPublishesItsKey(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	ed, err := auth.NewTokens("EdDSA", []byte(strings.Repeat("s", 32)), time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	token, err := ed.Sign(map[string]any{"sub": "u1", "n": int64(1<<53 + 1)}, now, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	v, err := ed.Verify(ctx, token, now)
	if err != nil || v.Claims["sub"] != "u1" || v.Claims["n"] != int64(1<<53+1) {
		t.Errorf("got %v, %v", v, err)
	}
	if _, err := ed.Verify(ctx, token, now.Add(2*time.Minute)); fault.CodeOf(err) != fault.Unauthenticated {
		t.Errorf("after its time: %v", err)
	}
	if !strings.Contains(string(ed.JWKS()), `"crv":"Ed25519"`) {
		t.Errorf("got %s", ed.JWKS())
	}
	// The public key as the secret of HS256: the classical confusion.
	hs, err := auth.NewTokens("HS256", ed.JWKS(), time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	forged, err := hs.Sign(map[string]any{"sub": "admin"}, now, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ed.Verify(ctx, forged, now); fault.CodeOf(err) != fault.Unauthenticated {
		t.Errorf("another algorithm: %v", err)
	}
	for _, key := range []string{"", "short", "-----BEGIN PRIVATE KEY-----\nxx\n-----END PRIVATE KEY-----"} {
		if _, err := auth.NewTokens("EdDSA", []byte(key), time.Minute); err == nil {
			t.Errorf("the key %q is accepted", key)
		}
	}
}

func BenchmarkVerify_Cached(b *testing.B) {
	now := time.Now()
	tokens, err := auth.NewTokens("HS256", []byte(strings.Repeat("k", 32)), time.Minute)
	if err != nil {
		b.Fatal(err)
	}
	token, err := tokens.Sign(map[string]any{"sub": "u1"}, now, time.Hour)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := tokens.Verify(b.Context(), token, now); err != nil {
			b.Fatal(err)
		}
	}
}
