package auth_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/basalt-dev/basalt/modules/auth"
	"github.com/basalt-dev/basalt/modules/auth/oauth"
	"github.com/basalt-dev/basalt/modules/fault"
)

// TestFactors_TakeMoreThanAToken: an access token that was stolen for a moment changes nothing about how a user signs
// in. Each change is tried with a session that is not fresh, and then by its owner.
func TestFactors_TakeMoreThanAToken(t *testing.T) {
	address := "new@example.com"
	password := "quite another horse"
	for name, change := range map[string]func(*auth.Service, auth.Client) error{
		"add a passkey": func(s *auth.Service, c auth.Client) error {
			_, err := s.AddPasskey(context.Background(), c)
			return err
		},
		"remove a passkey": func(s *auth.Service, c auth.Client) error { return s.RemovePasskey(context.Background(), "p", c) },
		"link an identity": func(s *auth.Service, c auth.Client) error { _, err := s.LinkOAuth(context.Background(), c); return err },
		"a second factor":  func(s *auth.Service, c auth.Client) error { _, err := s.EnrolTOTP(context.Background(), c); return err },
		"another address":  func(s *auth.Service, c auth.Client) error { return update(s, c, auth.Change{Email: &address}) },
		"a password":       func(s *auth.Service, c auth.Client) error { return update(s, c, auth.Change{Password: &password}) },
		"both": func(s *auth.Service, c auth.Client) error {
			return update(s, c, auth.Change{Email: &address, Password: &password})
		},
		"removal": func(s *auth.Service, c auth.Client) error { return s.RemoveOwn(context.Background(), c) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, c := newService(t, 100)
			s = passkeysToo(t, s)
			mails, ctx := withMails(s), context.Background()
			newElsewhere(t, s)
			first := ok2(s.SignUp(ctx, ada, from("1.1.1.1")))(t)
			if err := s.SendConfirm(ctx, "", in(t, s, first)); err != nil {
				t.Fatal(err)
			}
			session := ok2(s.VerifyMail(ctx, auth.MailCode{Token: secretIn(mails.next(t, "confirm"))}, from("1.1.1.1")))(t)
			auth.Plant(t, s, session.User.ID, "other", "ada")
			impersonated, _, err := s.Impersonate(ctx, session.User.ID, "to help", from(""))
			if err != nil {
				t.Fatal(err)
			}
			c.advance(10 * time.Minute)
			stolen := in(t, s, session)
			refreshed := in(t, s, ok2(s.RefreshSession(ctx, session.RefreshToken, from("6.6.6.6")))(t)) // new tokens, and no newer sign-in
			code6 := stolen
			code6.TOTP = "000000"
			acting := again(auth.Client{User: ok2(s.Verify(ctx, impersonated))(t).Claims}, ada.Password)
			eve := ok2(s.SignUp(ctx, auth.Credentials{Email: "eve@example.com", Password: "correct horse"}, from("6.6.6.6")))(t)
			mixed := auth.Client{User: map[string]any{"sub": session.User.ID, "sid": in(t, s, eve).User["sid"]}} // the session is fresh, and another's
			for what, client := range map[string]auth.Client{
				"a token": stolen, "a token that was refreshed": refreshed, "a wrong password": again(stolen, "wrong horse"),
				"a code of a factor that there is not": code6, "impersonation": acting, "another's fresh session": mixed,
			} {
				code(t, what, change(s, client), fault.Forbidden)
			}
			if err := change(s, stolen); name != "a password" && name != "both" && fieldOf(err) != "reauthenticate" {
				t.Errorf("what to send is said as %q: %v", fieldOf(err), err)
			}
			if u := ok2(s.User(ctx, stolen))(t); u.Email != ada.Email || u.NewEmail != "" || u.TOTP {
				t.Errorf("it is %+v now", u)
			}
			c.advance(time.Hour) // for the wrong ones
			if err := change(s, again(stolen, ada.Password)); err != nil {
				t.Errorf("the owner: %v", err)
			}
		})
	}
}

func update(s *auth.Service, c auth.Client, change auth.Change) error {
	change.CurrentPassword = c.Password
	_, err := s.UpdateUser(context.Background(), change, c)
	return err
}

func fieldOf(err error) string {
	var e *fault.Error
	if !errors.As(err, &e) || len(e.Fields) == 0 {
		return ""
	}
	return e.Fields[0].Code
}

// TestFactors_AFreshSignInOrACodeWillDo, also where there is no password, and each code for one change.
func TestFactors_AFreshSignInOrACodeWillDo(t *testing.T) {
	s, c := newService(t, 100)
	s = passkeysToo(t, s)
	mails, e, ctx := withMails(s), newElsewhere(t, s), context.Background()
	session := ok2(e.signIn(t, oauth.UserInfo{Subject: "ada", Email: ada.Email, Verified: true}, from("1.1.1.1")))(t)
	c.advance(9 * time.Minute)
	client := in(t, s, session)
	if _, err := s.AddPasskey(ctx, client); err != nil {
		t.Errorf("within ten minutes: %v", err)
	}
	enrolled := ok2(s.EnrolTOTP(ctx, client))(t)
	recovery := ok2(s.ConfirmTOTP(ctx, ok2(totp.GenerateCode(enrolled.Secret, c.now()))(t), client))(t)
	if m := mails.next(t, "notice"); m.To != ada.Email {
		t.Errorf("the owner gets %+v", m)
	}
	c.advance(2 * time.Minute)
	_, err := s.LinkOAuth(ctx, client)
	code(t, "after eleven minutes", err, fault.Forbidden)
	client.TOTP = ok2(totp.GenerateCode(enrolled.Secret, c.now()))(t)
	ok2(s.LinkOAuth(ctx, client))(t)
	_, err = s.AddPasskey(ctx, client)
	code(t, "the code again", err, fault.Forbidden)
	client.TOTP = recovery[0]
	ok2(s.AddPasskey(ctx, client))(t)
	_, err = s.LinkOAuth(ctx, client)
	code(t, "the recovery code again", err, fault.Forbidden)
}
