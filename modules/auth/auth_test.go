package auth_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/basalt-dev/basalt/modules/auth"
	"github.com/basalt-dev/basalt/modules/auth/store"
	"github.com/basalt-dev/basalt/modules/auth/token"
	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/db/sqlite"
	"github.com/basalt-dev/basalt/modules/fault"
)

var start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

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
	if err := d.Sync(context.Background(), store.Collections()); err != nil {
		t.Fatal(err)
	}
	c := &clock{at: start}
	signer, verifier := tokens(t, "HS256", "k")
	s := auth.New(auth.Config{
		Database: d, Signer: signer, Verifier: verifier, Refresh: 24 * time.Hour, Password: &auth.Password{MinLength: 8, Attempts: attempts}, Now: c.now,
		Log: slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelError})),
	})
	t.Cleanup(s.Wait)
	return s, c
}

// tokens returns what signs and verifies tokens with a key of one repeated letter.
func tokens(t *testing.T, algorithm, letter string) (token.Signer, *token.Verifier) {
	t.Helper()
	authority, err := token.NewAuthority(algorithm, []byte(strings.Repeat(letter, 32)))
	if err != nil {
		t.Fatal(err)
	}
	return token.Signer{Authority: authority, Lifetime: 15 * time.Minute}, &token.Verifier{Authority: authority}
}

// why returns the code of the reason why a token was refused.
func why(err error) string {
	var e *fault.Error
	if errors.As(err, &e) && e.Code == fault.Unauthenticated && len(e.Fields) == 1 {
		return e.Fields[0].Code
	}
	return fmt.Sprint(err)
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
