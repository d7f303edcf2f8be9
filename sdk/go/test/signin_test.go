package test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/basalt-dev/basalt/modules/auth/authtest"
	basalt "github.com/basalt-dev/basalt/sdk/go"
	"github.com/basalt-dev/basalt/server/servertest"
)

const signing = `
databases: { main: { driver: sqlite, url: "file:test.db" } }
log: { level: error }
mail: { url: "smtp://SMTP", from: "Test <no-reply@example.com>" }
auth:
  url: "ADDRESS"
  invite: { rule: 'auth.email_verified' }
  providers:
    password: {}
    email: { signup: true }
    anonymous: {}
    totp: {}
    oidc: { test: { issuer: "ISSUER", client_id: basalt, client_secret: secret } }
`

func TestAuth_EveryWayToSignIn(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	box, address := authtest.StartMailbox(t), servertest.FreeAddress(t)
	provider := authtest.StartProvider(t, []authtest.Account{{ID: "p1", Username: "eve", Password: "pw", Email: "eve@example.com", EmailVerified: true}}, "http://"+address+"/v1/auth/oauth/test/callback")
	server := servertest.StartAt(t, address, strings.NewReplacer("SMTP", box.Address, "ADDRESS", "http://"+address, "ISSUER", provider.Issuer).Replace(signing))
	client := func() *basalt.Client { return basalt.New(server.URL) }
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}

	guest := client()
	before, err := guest.Auth.SignInAnonymously(ctx)
	check(err)
	ada, err := guest.Auth.SignUp(ctx, "ada@example.com", "correct horse")
	check(err)
	if !before.Anonymous || ada.Anonymous || ada.ID != before.ID {
		t.Errorf("%+v has become %+v", before, ada)
	}

	// By mail.
	other := client()
	check(other.Auth.SendSignInMail(ctx, "bob@example.com"))
	bob, err := other.Auth.VerifyToken(ctx, box.Next(t, 0).Token())
	check(err)
	check(other.Auth.SendSignInMail(ctx, "bob@example.com"))
	again, err := client().Auth.VerifyCode(ctx, "bob@example.com", box.Next(t, 1).Code())
	check(err)
	if !bob.EmailVerified || again.ID != bob.ID {
		t.Errorf("%+v and %+v", bob, again)
	}
	check(guest.Auth.SendPasswordReset(ctx, "ada@example.com"))
	_, err = guest.Auth.ResetPassword(ctx, box.Next(t, 2).Token(), "another horse")
	check(err)
	check(guest.Auth.SendConfirmation(ctx))
	if box.Next(t, 3).Token() == "" {
		t.Error("there is no link to confirm with")
	}

	// By an invitation.
	if _, err := other.Auth.Invite(ctx, "cyd@example.com", basalt.WithClaims(map[string]any{"role": "admin"})); basalt.CodeOf(err) != basalt.Forbidden {
		t.Errorf("an invitation with an unknown claim: %v", err)
	}
	invitation, err := other.Auth.Invite(ctx, "cyd@example.com")
	check(err)
	cyd := client()
	accepted, err := cyd.Auth.AcceptInvitation(ctx, box.Next(t, 4).Token(), basalt.WithPassword("correct horse"))
	check(err)
	if accepted.Email != "cyd@example.com" || !accepted.EmailVerified || invitation.By != bob.ID {
		t.Errorf("%+v has accepted %+v", accepted, invitation)
	}
	_, err = other.Auth.Invite(ctx, "cyd@example.com", basalt.WithRedirect(server.URL))
	check(err)
	if same, err := cyd.Auth.AcceptInvitation(ctx, box.Next(t, 5).Token()); err != nil || same.ID != accepted.ID {
		t.Errorf("%+v is %+v, %v", accepted, same, err)
	}
	if _, err := other.Auth.Invite(ctx, "dan@example.com", basalt.WithMembership(basalt.Membership{Collection: "nothing"})); basalt.CodeOf(err) != basalt.Invalid {
		t.Errorf("a membership in nothing: %v", err)
	}
	open, err := other.Auth.Invite(ctx, "dan@example.com")
	check(err)
	check(other.Auth.RevokeInvitation(ctx, open.ID))
	if left, err := other.Auth.Invitations(ctx); err != nil || len(left) != 0 {
		t.Errorf("open are %+v, %v", left, err)
	}

	// With a second factor.
	secret, uri, err := guest.Auth.EnrolTOTP(ctx, "another horse")
	check(err)
	if !strings.HasPrefix(uri, "otpauth://") {
		t.Errorf("got %s", uri)
	}
	now, err := totp.GenerateCode(secret, time.Now())
	check(err)
	recovery, err := guest.Auth.ConfirmTOTP(ctx, now)
	check(err)
	second := client()
	_, err = second.Auth.SignIn(ctx, "ada@example.com", "another horse")
	if !basalt.NeedsSecondFactor(err) {
		t.Errorf("without a code: %v", err)
	}
	_, err = second.Auth.SignIn(ctx, "ada@example.com", "another horse", basalt.WithTOTP(recovery[0]))
	check(err)
	check(guest.Auth.RemoveTOTP(ctx, recovery[1]))

	// Sessions.
	sessions, err := guest.Auth.Sessions(ctx)
	check(err)
	if len(sessions) != 2 {
		t.Errorf("the sessions are %+v", sessions)
	}
	check(guest.Auth.SignOutEverywhere(ctx))
	if _, err := second.Auth.User(ctx); basalt.CodeOf(err) != basalt.Unauthenticated {
		t.Errorf("the other session: %v", err)
	}

	// Elsewhere.
	verifier := strings.Repeat("v", 43)
	sum := sha256.Sum256([]byte(verifier))
	browser := authtest.Browser(t)
	back := provider.SignIn(t, browser, second.Auth.ProviderURL("test", server.URL+"/in", base64.RawURLEncoding.EncodeToString(sum[:])), "eve", "pw")
	resp, err := browser.Get(back)
	check(err)
	check(resp.Body.Close())
	app, err := resp.Location()
	check(err)
	fragment, err := url.ParseQuery(app.EscapedFragment())
	check(err)
	eve, err := second.Auth.Exchange(ctx, fragment.Get("code"), verifier)
	check(err)
	if eve.Email != "eve@example.com" {
		t.Errorf("got %+v", eve)
	}

	// The account goes.
	ada, err = guest.Auth.SignIn(ctx, "ada@example.com", "another horse")
	check(err)
	if err := guest.Auth.DeleteUser(ctx, "wrong horse"); basalt.CodeOf(err) != basalt.Forbidden || guest.Auth.Session() == nil {
		t.Errorf("with a wrong password: %v", err)
	}
	check(guest.Auth.DeleteUser(ctx, "another horse"))
	if guest.Auth.Session() != nil {
		t.Error("who has removed the account is signed in")
	}
	if _, err := guest.Auth.SignIn(ctx, "ada@example.com", "another horse"); basalt.CodeOf(err) != basalt.Unauthenticated {
		t.Errorf("%s signs in again: %v", ada.ID, err)
	}
}

func TestAuth_SignUpMayHaveToBeConfirmed(t *testing.T) {
	t.Parallel()
	box, address := authtest.StartMailbox(t), servertest.FreeAddress(t)
	config := strings.NewReplacer("SMTP", box.Address, "ADDRESS", "http://"+address, "ISSUER", "http://127.0.0.1:1", "password: {}", "password: { confirm: true }").Replace(signing)
	server := servertest.StartAt(t, address, config)
	client := basalt.New(server.URL)
	ctx := context.Background()
	if _, err := client.Auth.SignUp(ctx, "ada@example.com", "correct horse"); !errors.Is(err, basalt.ErrConfirm) {
		t.Fatalf("got %v", err)
	}
	if client.Auth.Session() != nil {
		t.Error("a user is signed in")
	}
	if u, err := client.Auth.VerifyToken(ctx, box.Next(t, 0).Token()); err != nil || !u.EmailVerified {
		t.Errorf("got %+v, %v", u, err)
	}
}

// TestAuth_AProfileComesWithTheAccount signs up with a profile, and with one that is refused.
func TestAuth_AProfileComesWithTheAccount(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	server := servertest.Start(t, `
databases: { main: { driver: memory } }
log: { level: error }
auth: { profile: people, providers: { password: {}, anonymous: {} } }
collections:
  people:
    fields: { name: { type: string, max: 9 } }
    rules: { read: 'doc.id == auth.id', create: 'next.id == auth.id', update: 'doc.id == auth.id' }
`)
	type person struct {
		ID   string `json:"id,omitempty"`
		Name string `json:"name"`
	}
	client := basalt.New(server.URL)
	_, err := client.Auth.SignUp(ctx, "ada@example.com", "correct horse", basalt.WithProfile(person{Name: "much too long"}))
	var e *basalt.Error
	if !errors.As(err, &e) || e.Code != basalt.Invalid || len(e.Fields) != 1 || e.Fields[0].Field != "profile.name" || client.Auth.Session() != nil {
		t.Errorf("got %v", err)
	}
	ada := must[basalt.User](t)(client.Auth.SignUp(ctx, "ada@example.com", "correct horse", basalt.WithProfile(person{Name: "Ada"})))
	var got person
	if err := ada.Profile.Decode(&got); err != nil || got != (person{ada.ID, "Ada"}) {
		t.Errorf("got %q, %v", ada.Profile, err)
	}
	session := client.Auth.Session()
	kept, err := json.Marshal(session)
	if err != nil {
		t.Fatal(err)
	}
	var again basalt.Session
	if err := json.Unmarshal(kept, &again); err != nil || again.User != ada {
		t.Errorf("a stored session is %+v, %v", again, err)
	}
	guest := must[basalt.User](t)(basalt.New(server.URL).Auth.SignInAnonymously(ctx))
	if err := guest.Profile.Decode(&got); err != nil || got.ID != guest.ID {
		t.Errorf("got %q, %v", guest.Profile, err)
	}
	if now := must[basalt.User](t)(client.Auth.User(ctx)); now != ada {
		t.Errorf("got %+v, want %+v", now, ada)
	}
}
