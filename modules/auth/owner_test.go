package auth_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/basalt-dev/basalt/modules/auth"
	"github.com/basalt-dev/basalt/modules/auth/oauth"
	"github.com/basalt-dev/basalt/modules/auth/passkey"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

// elsewhere is a server where people sign in: as whoever the test says.
type elsewhere struct {
	s   *auth.Service
	who oauth.UserInfo
}

func newElsewhere(t *testing.T, s *auth.Service) *elsewhere {
	t.Helper()
	e := &elsewhere{s: s}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"access_token":"t","token_type":"bearer"}`)
	}))
	t.Cleanup(server.Close)
	s.OAuth = map[string]*oauth.Provider{"op": {
		AuthURL: server.URL + "/authorize", TokenURL: server.URL + "/token", UserURL: server.URL + "/user",
		UserInfo: func(map[string]any, func(string, any) error) (oauth.UserInfo, error) { return e.who, nil },
	}}
	return e
}

var proofKey = strings.Repeat("v", 43)

// arrive signs a user in there, in a browser, and returns the code that it brings back.
func (e *elsewhere) arrive(t *testing.T, who oauth.UserInfo, link string, client auth.Client) string {
	t.Helper()
	ctx := context.Background()
	e.who = who
	sum := sha256.Sum256([]byte(proofKey))
	begun, err := e.s.StartOAuth(ctx, oauth.Request{Provider: "op", Challenge: base64.RawURLEncoding.EncodeToString(sum[:]), Method: "S256", Link: link}, client)
	if err != nil {
		t.Fatal(err)
	}
	back := ok2(e.s.FinishOAuth(ctx, "op", url.Values{"state": {ok2(url.Parse(begun.URL))(t).Query().Get("state")}, "code": {"x"}}, begun.Cookie, client))(t)
	_, fragment, _ := strings.Cut(back, "#")
	code := ok2(url.ParseQuery(fragment))(t).Get("code")
	if code == "" {
		t.Fatalf("the browser goes to %s", back)
	}
	return code
}

func (e *elsewhere) signIn(t *testing.T, who oauth.UserInfo, client auth.Client) (auth.Session, error) {
	t.Helper()
	return e.s.Exchange(context.Background(), e.arrive(t, who, "", client), proofKey, client)
}

func (e *elsewhere) link(t *testing.T, who oauth.UserInfo, client auth.Client) (auth.Session, error) {
	t.Helper()
	secret, err := e.s.LinkOAuth(context.Background(), client)
	if err != nil {
		return auth.Session{}, err
	}
	return e.s.Exchange(context.Background(), e.arrive(t, who, secret, client), proofKey, client)
}

// withMails switches everything on that mails are sent for.
func withMails(s *auth.Service) box {
	mails := make(box, 20)
	s.Mail, s.Email, s.TOTP, s.Anonymous, s.URL = mails, &auth.Email{Lifetime: time.Minute, SignUp: true}, &auth.TOTP{Issuer: "x"}, true, "https://app.example.com"
	return mails
}

// next returns the next mail of a kind; the others stay.
func (b box) next(t *testing.T, kind string) auth.Message {
	t.Helper()
	var others []auth.Message
	defer func() {
		for _, m := range others {
			b <- m
		}
	}()
	for {
		select {
		case m := <-b:
			if m.Kind == kind {
				return m
			}
			others = append(others, m)
		case <-time.After(time.Minute):
			t.Fatalf("there is no mail %s", kind)
		}
	}
}

// passkeysToo returns the service with passkeys.
func passkeysToo(t *testing.T, s *auth.Service) *auth.Service {
	t.Helper()
	config := s.Config
	config.Passkeys = &passkey.Settings{Name: "Test", ID: "app.example.com", Origins: []string{"https://app.example.com"}}
	return auth.New(config)
}

func secretIn(m auth.Message) string {
	_, token, _ := strings.Cut(m.Link, "token=")
	token, _, _ = strings.Cut(token, "&")
	return token
}

const bobs = "bob@example.com"

var (
	eveThere = oauth.UserInfo{Subject: "eve", Email: "eve@example.com", Verified: true}
	bobThere = oauth.UserInfo{Subject: "bob", Email: bobs, Verified: true}
)

// TestNewOwner_NothingOfTheSquatterIsLeft makes an account with the address of another user, with every way in that
// there is, and lets the owner prove the address in every way: whatever of it the squatter kept, they are out.
func TestNewOwner_NothingOfTheSquatterIsLeft(t *testing.T) {
	t.Parallel()
	for name, prove := range map[string]func(*testing.T, *auth.Service, *elsewhere, box) auth.Session{
		"elsewhere": func(t *testing.T, _ *auth.Service, e *elsewhere, _ box) auth.Session {
			return ok2(e.signIn(t, bobThere, from("2.2.2.2")))(t)
		},
		"a mail to sign in with": func(t *testing.T, s *auth.Service, _ *elsewhere, mails box) auth.Session {
			if err := s.SendSignIn(context.Background(), bobs, "", from("2.2.2.2")); err != nil {
				t.Fatal(err)
			}
			return ok2(s.VerifyMail(context.Background(), auth.MailCode{Token: secretIn(mails.next(t, "signin"))}, from("2.2.2.2")))(t)
		},
		"its code": func(t *testing.T, s *auth.Service, _ *elsewhere, mails box) auth.Session {
			if err := s.SendSignIn(context.Background(), bobs, "", from("2.2.2.2")); err != nil {
				t.Fatal(err)
			}
			return ok2(s.VerifyMail(context.Background(), auth.MailCode{Email: bobs, Code: mails.next(t, "signin").Code}, from("2.2.2.2")))(t)
		},
		"a mail to set a password": func(t *testing.T, s *auth.Service, _ *elsewhere, mails box) auth.Session {
			if err := s.SendReset(context.Background(), bobs, "", from("2.2.2.2")); err != nil {
				t.Fatal(err)
			}
			return ok2(s.ResetPassword(context.Background(), secretIn(mails.next(t, "reset")), "the owners horse", from("2.2.2.2")))(t)
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, c := newService(t, 100)
			mails, e, ctx := withMails(s), newElsewhere(t, s), context.Background()
			eve := ok2(s.SignUp(ctx, auth.Credentials{Email: bobs, Password: "squatters horse"}, from("6.6.6.6")))(t)
			squatter := in(t, s, eve)
			// What was there before an account that is not proven was refused these.
			auth.Plant(t, s, eve.User.ID, "op", eveThere.Subject)
			enrolment := ok2(s.EnrolTOTP(ctx, squatter))(t)
			ok2(s.ConfirmTOTP(ctx, ok2(totp.GenerateCode(enrolment.Secret, c.now()))(t), squatter))(t)
			key, _, err := s.MakeAPIKey(ctx, "k", map[string]any{"sub": eve.User.ID}, time.Time{}, from(""))
			if err != nil {
				t.Fatal(err)
			}
			ok2(s.Verify(ctx, key))(t)
			given := auth.Edit{Claims: map[string]any{"tenant": "squat"}, Metadata: query.RawJSON(`{"nick":"squat"}`)}
			ok2(s.EditUser(ctx, eve.User.ID, given, from("")))(t)
			ok2(s.ClaimsNow(ctx, squatter.User))(t)
			if err := s.SendConfirm(ctx, "", squatter); err != nil {
				t.Fatal(err)
			}
			if _, err := e.signIn(t, eveThere, from("6.6.6.6")); fault.CodeOf(err) != fault.Unauthenticated { // it takes the second factor
				t.Errorf("the squatter before: %v", err)
			}

			bob := prove(t, s, e, mails)
			if bob.User.ID != eve.User.ID || !bob.User.Verified || bob.User.TOTP {
				t.Errorf("the owner is %+v", bob.User)
			}
			if got := valid(s, eve); got != "revoked" {
				t.Errorf("the squatter's session: %s", got)
			}
			_, err = s.RefreshSession(ctx, eve.RefreshToken, from("6.6.6.6"))
			code(t, "the squatter's refresh token", err, fault.Unauthenticated)
			_, err = s.SignIn(ctx, auth.Credentials{Email: bobs, Password: "squatters horse"}, from("6.6.6.6"))
			code(t, "the squatter's password", err, fault.Unauthenticated)
			_, err = s.Verify(ctx, key)
			code(t, "the squatter's key", err, fault.Unauthenticated)
			_, err = s.ClaimsNow(ctx, squatter.User)
			code(t, "the squatter's links", err, fault.Unauthenticated)
			if now := ok2(s.Managed(ctx, bob.User.ID))(t); len(now.Claims) != 0 || !now.Metadata.IsNull() {
				t.Errorf("the owner has the squatter's claims %v and metadata %s", now.Claims, now.Metadata.JSON())
			}
			if list := ok2(s.ListPasskeys(ctx, in(t, s, bob)))(t); len(list) != 0 {
				t.Errorf("there are passkeys: %v", list)
			}
			if again := ok2(e.signIn(t, eveThere, from("6.6.6.6")))(t); again.User.ID == bob.User.ID {
				t.Error("the squatter is in the owner's account")
			}
			if again := ok2(e.signIn(t, bobThere, from("2.2.2.2")))(t); again.User.ID != bob.User.ID {
				t.Errorf("the owner is another user: %+v", again.User)
			}
		})
	}
}

// TestNewOwner_WhatAnAdministratorHasPreparedIsKept: no one could sign in to the account before.
func TestNewOwner_WhatAnAdministratorHasPreparedIsKept(t *testing.T) {
	t.Parallel()
	s, _ := newService(t, 100)
	withMails(s)
	e, ctx := newElsewhere(t, s), context.Background()
	made := ok2(s.MakeUser(ctx, auth.Import{Email: bobs, Claims: map[string]any{"role": "editor"}, Metadata: query.RawJSON(`{"nick":"bob"}`)}, from("")))(t)
	bob := ok2(e.signIn(t, bobThere, from("2.2.2.2")))(t)
	now := ok2(s.Managed(ctx, bob.User.ID))(t)
	if bob.User.ID != made.ID || now.Claims["role"] != "editor" || now.Metadata.JSON() != `{"nick":"bob"}` {
		t.Errorf("the owner is %+v with %v and %s", bob.User, now.Claims, now.Metadata.JSON())
	}
}

// TestNewOwner_AnUnprovenAccountGetsNoOtherWaysIn, by any path.
func TestNewOwner_AnUnprovenAccountGetsNoOtherWaysIn(t *testing.T) {
	t.Parallel()
	s, _ := newService(t, 100)
	s = passkeysToo(t, s)
	mails, e, ctx := withMails(s), newElsewhere(t, s), context.Background()
	eve := ok2(s.SignUp(ctx, auth.Credentials{Email: bobs, Password: "squatters horse"}, from("6.6.6.6")))(t)
	_, err := s.AddPasskey(ctx, again(in(t, s, eve), "squatters horse"))
	code(t, "a passkey", err, fault.Forbidden)
	_, err = e.link(t, eveThere, again(in(t, s, eve), "squatters horse"))
	code(t, "an identity", err, fault.Forbidden)

	// The other way round: the way in first, and the address then.
	guest := ok2(s.SignInAnonymously(ctx, from("6.6.6.6")))(t)
	unknown := oauth.UserInfo{Subject: "nobody"}
	linked := ok2(e.link(t, unknown, in(t, s, guest)))(t)
	_, err = s.SignUp(ctx, auth.Credentials{Email: "carl@example.com", Password: "squatters horse"}, in(t, s, linked))
	code(t, "an address for an account with an identity", err, fault.Conflict)
	address := "carl@example.com"
	u := ok2(s.UpdateUser(ctx, auth.Change{Email: &address}, in(t, s, linked)))(t)
	if u.Email != "" || u.NewEmail != address {
		t.Errorf("got %+v", u)
	}
	mail := mails.next(t, "change")
	confirmed := ok2(s.VerifyMail(ctx, auth.MailCode{Token: secretIn(mail)}, in(t, s, linked)))(t)
	if confirmed.User.ID != guest.User.ID || confirmed.User.Email != address || !confirmed.User.Verified {
		t.Errorf("got %+v", confirmed.User)
	}
}

// TestNewAddress_TakesEffectWhenItIsProven, by who is signed in; no other user gets the account or loses theirs.
func TestNewAddress_TakesEffectWhenItIsProven(t *testing.T) {
	t.Parallel()
	s, _ := newService(t, 100)
	mails, e, ctx := withMails(s), newElsewhere(t, s), context.Background()
	mallory := ok2(e.signIn(t, oauth.UserInfo{Subject: "m", Email: "mallory@example.com", Verified: true}, from("6.6.6.6")))(t)
	me := in(t, s, mallory)
	address := " BOB@example.com"
	u := ok2(s.UpdateUser(ctx, auth.Change{Email: &address}, me))(t)
	if u.Email != "mallory@example.com" || u.NewEmail != bobs || !u.Verified {
		t.Fatalf("got %+v", u)
	}
	if m := mails.next(t, "notice"); m.To != "mallory@example.com" || !strings.Contains(m.What, bobs) {
		t.Errorf("the old address gets %+v", m)
	}
	mail := mails.next(t, "change")
	if mail.To != bobs {
		t.Errorf("the mail is %+v", mail)
	}
	// Bob opens the link, out of curiosity, in a browser where no user is signed in, and in his own.
	_, err := s.VerifyMail(ctx, auth.MailCode{Token: secretIn(mail)}, from("2.2.2.2"))
	code(t, "anonymous", err, fault.Unauthenticated)
	bob := ok2(e.signIn(t, bobThere, from("2.2.2.2")))(t)
	if bob.User.ID == mallory.User.ID {
		t.Error("bob is in the account of mallory")
	}
	_, err = s.VerifyMail(ctx, auth.MailCode{Token: secretIn(mail)}, in(t, s, bob))
	code(t, "another user", err, fault.Unauthenticated)
	// And mallory cannot have it any more, though the mail is still good.
	_, err = s.VerifyMail(ctx, auth.MailCode{Token: secretIn(mail)}, me)
	code(t, "an address that is taken", err, fault.Conflict)

	other := "mallory@new.example.com"
	ok2(s.UpdateUser(ctx, auth.Change{Email: &other}, me))(t)
	mail = mails.next(t, "change")
	_, err = s.VerifyMail(ctx, auth.MailCode{Email: other, Code: "000000"}, me)
	code(t, "a wrong code", err, fault.Unauthenticated)
	spaced := " " + mail.Code[:3] + " " + mail.Code[3:]
	moved := ok2(s.VerifyMail(ctx, auth.MailCode{Email: other, Code: spaced}, me))(t)
	if moved.User.ID != mallory.User.ID || moved.User.Email != other || moved.User.NewEmail != "" || !moved.User.Verified {
		t.Errorf("got %+v", moved.User)
	}
	for range 2 { // that it was asked for, and that it is so
		if m := mails.next(t, "notice"); m.To != "mallory@example.com" || !strings.Contains(m.What, other) {
			t.Errorf("the old address gets %+v", m)
		}
	}
	_, err = s.VerifyMail(ctx, auth.MailCode{Token: secretIn(mail)}, me)
	code(t, "a link again", err, fault.Unauthenticated)
	// The address that was asked for may be given up.
	third := "third@example.com"
	ok2(s.UpdateUser(ctx, auth.Change{Email: &third}, me))(t)
	if u := ok2(s.UpdateUser(ctx, auth.Change{Email: &other}, me))(t); u.NewEmail != "" || u.Email != other {
		t.Errorf("got %+v", u)
	}
	_, err = s.VerifyMail(ctx, auth.MailCode{Token: secretIn(mails.next(t, "change"))}, me)
	code(t, "an address that was given up", err, fault.Unauthenticated)
}

// TestExchange_NothingHappensInABrowserThatWasSentAround: what a callback brings back changes nothing, until the app
// that has begun exchanges it, and a link nothing without the token of who has asked for it.
func TestExchange_NothingHappensInABrowserThatWasSentAround(t *testing.T) {
	t.Parallel()
	s, _ := newService(t, 100)
	_, e, ctx := withMails(s), newElsewhere(t, s), context.Background()
	mallory := ok2(e.signIn(t, oauth.UserInfo{Subject: "m", Email: "mallory@example.com", Verified: true}, from("6.6.6.6")))(t)
	secret := ok2(s.LinkOAuth(ctx, in(t, s, mallory)))(t)
	// Mallory lets the browser of Bob, who is signed in at the provider, go the whole way there and back.
	link := e.arrive(t, bobThere, secret, from("2.2.2.2"))
	if list := ok2(s.Identities(ctx, in(t, s, mallory)))(t); len(list) != 1 {
		t.Errorf("a callback has linked: %v", list)
	}
	squatter := ok2(s.SignUp(ctx, auth.Credentials{Email: "dora@example.com", Password: "squatters horse"}, from("3.3.3.3")))(t)
	e.arrive(t, oauth.UserInfo{Subject: "d", Email: "dora@example.com", Verified: true}, "", from("2.2.2.2"))
	if got := valid(s, squatter); got != "<nil>" {
		t.Errorf("a callback has ended a session: %s", got)
	}
	e.arrive(t, oauth.UserInfo{Subject: "n", Email: "new@example.com", Verified: true}, "", from("2.2.2.2"))
	if list := ok2(s.Users(ctx, "new@example.com", "", 10))(t); len(list) != 0 {
		t.Errorf("a callback has made an account: %v", list)
	}
	_, err := s.Exchange(ctx, link, proofKey, from("6.6.6.6"))
	code(t, "a link without a token", err, fault.Unauthenticated)
	bob := ok2(e.signIn(t, oauth.UserInfo{Subject: "b2", Email: "bob2@example.com", Verified: true}, from("2.2.2.2")))(t)
	_, err = s.Exchange(ctx, link, proofKey, in(t, s, bob))
	code(t, "a link with the token of another user", err, fault.Forbidden)
	if got := ok2(s.Exchange(ctx, link, proofKey, in(t, s, mallory)))(t); got.User.ID != mallory.User.ID {
		t.Errorf("got %+v", got.User)
	}
	_, err = s.Exchange(ctx, link, proofKey, in(t, s, mallory))
	code(t, "a code again", err, fault.Unauthenticated)
	_, err = e.link(t, bobThere, in(t, s, bob))
	code(t, "an identity of another user", err, fault.Conflict)
}

// TestPasskeys_NeedADomain: with an address that browsers make no passkeys for, every call says so.
func TestPasskeys_NeedADomain(t *testing.T) {
	t.Parallel()
	s, _ := newService(t, 100)
	config := s.Config
	config.Passkeys = &passkey.Settings{Name: "Test", ID: "127.0.0.1", Origins: []string{"http://127.0.0.1:4122"}}
	s = auth.New(config)
	for range 2 {
		_, err := s.AskPasskey(context.Background(), from("1.1.1.1"))
		code(t, "asking", err, fault.NotFound)
	}
}
