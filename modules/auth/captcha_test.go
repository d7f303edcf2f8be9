package auth_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/basalt-dev/basalt/modules/auth"
	"github.com/basalt-dev/basalt/modules/auth/oauth"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/shared"
)

// solved checks captchas: "right" is right, once each time that it is asked.
func solved(t *testing.T, s *auth.Service) *atomic.Int64 {
	t.Helper()
	var asked atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		fmt.Fprintf(w, `{"success":%v}`, r.FormValue("response") == "right")
	}))
	t.Cleanup(server.Close)
	s.Captcha = &auth.Captcha{URL: server.URL, Secret: "s"}
	return &asked
}

func human(ip string) auth.Client { return auth.Client{IP: ip, Captcha: "right"} }

// TestCaptcha_LetsPeopleFinishWhatTheyHaveBegun: it is asked where something begins, and not again where a user
// has proven something since.
func TestCaptcha_LetsPeopleFinishWhatTheyHaveBegun(t *testing.T) {
	s, _ := newService(t, 100)
	mails, e, ctx := withMails(s), newElsewhere(t, s), context.Background()
	asked := solved(t, s)
	if err := s.SendSignIn(ctx, ada.Email, "", from("1.1.1.1")); fault.CodeOf(err) != fault.Forbidden || fieldOf(err) != "required" {
		t.Errorf("a mail without one: %v", err)
	}
	if err := s.SendSignIn(ctx, ada.Email, "", human("1.1.1.1")); err != nil {
		t.Fatal(err)
	}
	byMail := ok2(s.VerifyMail(ctx, auth.MailCode{Token: secretIn(mails.next(t, "signin"))}, from("1.1.1.1")))(t)
	if byMail.User.Email != ada.Email {
		t.Errorf("got %+v", byMail.User)
	}
	if _, err := s.StartOAuth(ctx, oauth.Request{Provider: "op", Challenge: strings.Repeat("c", 43), Method: "S256"}, from("1.1.1.1")); fault.CodeOf(err) != fault.Forbidden {
		t.Errorf("signing in elsewhere without one: %v", err)
	}
	there := e.arrive(t, bobThere, "", human("2.2.2.2"))
	if bob := ok2(s.Exchange(ctx, there, proofKey, from("2.2.2.2")))(t); bob.User.Email != bobs {
		t.Errorf("got %+v", bob.User)
	}
	if n := asked.Load(); n != 2 {
		t.Errorf("%d captchas were checked, want one each", n)
	}
}

// TestSignUp_AsksWhoMayBeforeItWorks: how strong a password is takes the server long, so no user gets it computed who
// has not solved the captcha, or has tried too often, or has not shown who they are.
func TestSignUp_AsksWhoMayBeforeItWorks(t *testing.T) {
	s, c := newService(t, 2)
	mails, ctx := withMails(s), context.Background()
	asked := solved(t, s)
	s.Limits.SignUps = shared.Per(4, time.Hour)
	weak := auth.Credentials{Email: ada.Email, Password: "password1"}
	_, err := s.SignUp(ctx, weak, from("1.1.1.1"))
	code(t, "without the captcha", err, fault.Forbidden)
	if asked.Load() != 0 {
		t.Error("a captcha was checked that was not there")
	}
	var refused int
	for range 20 {
		if _, err = s.SignUp(ctx, weak, human("1.1.1.1")); fault.CodeOf(err) == fault.RateLimited {
			break
		}
		code(t, "a weak one", err, fault.Invalid)
		refused++
	}
	if refused != 12 { // three for each sign-up
		t.Errorf("%d weak passwords were looked at", refused)
	}
	s.Captcha = nil
	ok2(s.SignUp(ctx, ada, from("2.2.2.2")))(t)
	c.advance(time.Hour)
	err = update(s, again(in(t, s, ok2(s.SignIn(ctx, ada, from("2.2.2.2")))(t)), "wrong horse"), auth.Change{Password: &weak.Password})
	code(t, "a weak new one with a wrong current one", err, fault.Forbidden)
	_, err = s.ResetPassword(ctx, "MADEUP", weak.Password, from("3.3.3.3"))
	code(t, "a weak one with a made-up link", err, fault.Unauthenticated)
	if err := s.SendReset(ctx, ada.Email, "", from("2.2.2.2")); err != nil {
		t.Fatal(err)
	}
	_, err = s.ResetPassword(ctx, secretIn(mails.next(t, "reset")), weak.Password, from("2.2.2.2"))
	code(t, "a weak one with a good link", err, fault.Invalid)
}

// TestPasswords_AreLookedAtToABound: what follows a long start does not make it strong, so that it need not be looked at.
func TestPasswords_AreLookedAtToABound(t *testing.T) {
	s, _ := newService(t, 100)
	for password, want := range map[string]fault.Code{
		strings.Repeat("a", 40) + "Kj8#mQ2$vX9!pL4%": fault.Invalid,
		strings.Repeat("a", 20) + "Kj8#mQ2$vX9!pL4%": "",
		"Kj8#mQ2$vX9!pL4%" + strings.Repeat("a", 60): "",
		strings.Repeat("p4$$w0rd", 128):              fault.Invalid,
	} {
		if _, err := s.SignUp(context.Background(), auth.Credentials{Email: ada.Email, Password: password}, from("1.1.1.1")); fault.CodeOf(err) != want && err != nil && fault.CodeOf(err) != fault.Conflict || want == fault.Invalid && err == nil {
			t.Errorf("%.20q…: got %v, want %q", password, err, want)
		}
	}
}
