package auth_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/basalt-dev/basalt/modules/auth"
	"github.com/basalt-dev/basalt/modules/fault"
)

func enrol(t *testing.T, s *auth.Service, c *clock, session auth.Session) (secret string, recovery []string) {
	t.Helper()
	ctx := context.Background()
	e := ok2(s.EnrolTOTP(ctx, again(in(t, s, session), ada.Password)))(t)
	_, err := s.ConfirmTOTP(ctx, "000000", in(t, s, session))
	code(t, "a wrong code", err, fault.Invalid)
	recovery = ok2(s.ConfirmTOTP(ctx, ok2(totp.GenerateCode(e.Secret, c.now()))(t), in(t, s, session)))(t)
	return e.Secret, recovery
}

func TestTOTP_IsAskedForAndNoCodeWorksTwice(t *testing.T) {
	t.Parallel()
	s, c := newService(t, 100)
	s.TOTP = &auth.TOTP{Issuer: "Test"}
	ctx := context.Background()
	session := ok2(s.SignUp(ctx, ada, from("1.1.1.1")))(t)
	_, err := s.EnrolTOTP(ctx, again(in(t, s, session), "wrong horse"))
	code(t, "without the password", err, fault.Forbidden)
	secret, recovery := enrol(t, s, c, session)
	_, err = s.EnrolTOTP(ctx, again(in(t, s, session), ada.Password))
	code(t, "a second time", err, fault.Conflict)
	var tries atomic.Int64
	signIn := func(totp string) string {
		client := from(fmt.Sprintf("3.3.3.%d", tries.Add(1))) // so that failures cost no waits
		client.TOTP = totp
		_, err := s.SignIn(ctx, ada, client)
		if e, is := err.(*fault.Error); is && len(e.Fields) > 0 {
			return e.Fields[0].Code
		}
		return fmt.Sprint(err)
	}
	if got := signIn(""); got != "required" {
		t.Errorf("without a code: %s", got)
	}
	now := ok2(totp.GenerateCode(secret, c.now()))(t)
	if got := signIn(now); got != "mismatch" {
		t.Errorf("the code that has confirmed: %s", got)
	}
	c.advance(30 * time.Second)
	now = ok2(totp.GenerateCode(secret, c.now()))(t)
	// Two at once with the same code: one gets in.
	var entered atomic.Int64
	var both sync.WaitGroup
	for range 4 {
		both.Go(func() {
			if signIn(now) == "<nil>" {
				entered.Add(1)
			}
		})
	}
	both.Wait()
	if entered.Load() != 1 {
		t.Errorf("%d got in with one code", entered.Load())
	}
	if got := signIn(now); got != "mismatch" {
		t.Errorf("again, in its time: %s", got)
	}
	if got := signIn(ok2(totp.GenerateCode(secret, c.now().Add(-time.Minute)))(t)); got != "mismatch" {
		t.Errorf("an older one: %s", got)
	}
	c.advance(30 * time.Second)
	if got := signIn(recovery[0]); got != "<nil>" {
		t.Errorf("a recovery code: %s", got)
	}
	if got := signIn(recovery[0]); got != "mismatch" {
		t.Errorf("a recovery code again: %s", got)
	}
	client := in(t, s, session)
	code(t, "removing it without a code", s.RemoveTOTP(ctx, client), fault.Unauthenticated)
	client.TOTP = strings.ToUpper(recovery[1])
	if err := s.RemoveTOTP(ctx, client); err != nil {
		t.Fatal(err)
	}
	if got := signIn(""); got != "<nil>" {
		t.Errorf("without a second factor: %s", got)
	}
}

// TestTOTP_OutlivesTheKeysOfTokens: a second factor and its recovery codes are sealed and hashed by keys of
// their own, of which old ones still open.
func TestTOTP_OutlivesTheKeysOfTokens(t *testing.T) {
	t.Parallel()
	s, c := newService(t, 100)
	s.TOTP = &auth.TOTP{Issuer: "Test"}
	session := ok2(s.SignUp(context.Background(), ada, from("1.1.1.1")))(t)
	secret, recovery := enrol(t, s, c, session)
	config := s.Config
	config.Signer, config.Verifier = tokens(t, "EdDSA", "n")
	config.Seals = [][]byte{[]byte("a new one"), config.Seals[0]}
	later := auth.New(config)
	c.advance(time.Minute)
	for n, code := range []string{ok2(totp.GenerateCode(secret, c.now()))(t), recovery[0]} {
		client := from(fmt.Sprintf("2.2.2.%d", n))
		client.TOTP = code
		if _, err := later.SignIn(context.Background(), ada, client); err != nil {
			t.Errorf("code number %d: %v", n, err)
		}
	}
}
