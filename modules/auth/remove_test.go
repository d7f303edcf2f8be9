package auth_test

import (
	"context"
	"maps"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/basalt-dev/basalt/modules/auth"
	"github.com/basalt-dev/basalt/modules/auth/oauth"
	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/fault"
)

// onlyTheIDIsLeft looks through all that is stored for a user who has been removed. The audit may name the id, and
// so may the tokens that were revoked, until they would have expired.
func onlyTheIDIsLeft(t *testing.T, s *auth.Service, id, email string) {
	t.Helper()
	s.Wait()
	for _, row := range auth.Kept(t, s, id, email, "1.1.1.1", "Ada's browser") {
		audited := strings.HasPrefix(row, "_audit ") && !strings.Contains(row, email) && !strings.Contains(row, "1.1.1.1") && !strings.Contains(row, "2.2.2.2")
		if !audited && !strings.HasPrefix(row, `_revoked "as:`) {
			t.Errorf("is left: %s", row)
		}
	}
}

// removed has an account with everything that an account can have, and all that could still act for it afterwards.
type removed struct {
	*auth.Service
	c           *clock
	session     auth.Session
	second      auth.Session
	client      auth.Client
	key         string
	impersonate string
	code, link  string
	mail        string
	recovery    []string
}

func everythingOf(t *testing.T) *removed {
	s, c := newService(t, 100)
	mails := withMails(s)
	e := newElsewhere(t, s)
	s.MaxToken = 300 // the claims of the second session are kept here
	ctx := context.Background()
	r := &removed{Service: s, c: c}
	client := auth.Client{IP: "1.1.1.1", Agent: "Ada's browser"}
	r.session = ok2(s.SignUp(ctx, ada, client))(t)
	if err := s.SendConfirm(ctx, "", in(t, s, r.session)); err != nil {
		t.Fatal(err)
	}
	r.session = ok2(s.VerifyMail(ctx, auth.MailCode{Token: secretIn(mails.next(t, "confirm"))}, client))(t)
	r.client = in(t, s, r.session)
	id := r.session.User.ID
	if _, err := e.link(t, oauth.UserInfo{Subject: "ada", Email: ada.Email, Verified: true}, r.client); err != nil {
		t.Fatal(err)
	}
	auth.Plant(t, s, id, "other", "ada")
	enrolled := ok2(s.EnrolTOTP(ctx, r.client))(t)
	r.recovery = ok2(s.ConfirmTOTP(ctx, ok2(totp.GenerateCode(enrolled.Secret, c.now()))(t), r.client))(t)
	other := client
	other.TOTP = r.recovery[0]
	if _, err := s.EditUser(ctx, id, auth.Edit{Claims: map[string]any{"name": strings.Repeat("Ada ", 100)}}, from("1.1.1.1")); err != nil {
		t.Fatal(err)
	}
	r.second = ok2(s.SignIn(ctx, ada, other))(t)
	if _, err := s.SignIn(ctx, auth.Credentials{Email: ada.Email, Password: "a wrong horse"}, client); err == nil {
		t.Fatal("signed in with a wrong password")
	}
	var err error
	if r.key, _, err = s.MakeAPIKey(ctx, "of ada", map[string]any{"sub": id}, time.Time{}, from("")); err != nil {
		t.Fatal(err)
	}
	if r.impersonate, _, err = s.Impersonate(ctx, id, "to help "+ada.Email, from("")); err != nil {
		t.Fatal(err)
	}
	if err := s.SendSignIn(ctx, ada.Email, "", client); err != nil {
		t.Fatal(err)
	}
	r.mail = secretIn(mails.next(t, "signin"))
	if r.link, err = s.LinkOAuth(ctx, r.client); err != nil {
		t.Fatal(err)
	}
	r.code = e.arrive(t, oauth.UserInfo{Subject: "another of ada"}, r.link, r.client)
	return r
}

// TestRemoveOwn_NothingIsLeft removes an account that has everything, and looks at all that is stored.
func TestRemoveOwn_NothingIsLeft(t *testing.T) {
	r := everythingOf(t)
	ctx := context.Background()
	var raised []string
	r.Raises = func(event string) bool { return event == "removed" }
	r.Raise = func(_ context.Context, _ db.Store, e auth.Event) error {
		raised = append(raised, e.User+" "+e.Client.IP)
		return nil
	}
	node := other(t, r.Service)
	if err := r.RemoveOwn(ctx, again(r.client, ada.Password)); err != nil {
		t.Fatal(err)
	}
	id := r.session.User.ID
	onlyTheIDIsLeft(t, r.Service, id, ada.Email)
	if len(raised) != 1 || raised[0] != id+" " {
		t.Errorf("raised: %q", raised)
	}
	if n := auth.Count(t, r.Service, "removed"); n != 1 {
		t.Errorf("%d events say so", n)
	}
	if err := node.Poll(ctx, r.c.now()); err != nil {
		t.Fatal(err)
	}
	for name, s := range map[string]*auth.Service{"here": r.Service, "on another node": node} {
		for what, token := range map[string]string{"a session": r.session.AccessToken, "claims that are kept": r.second.AccessToken, "impersonation": r.impersonate, "the key": r.key} {
			if v, err := s.Verify(ctx, token); err == nil {
				t.Errorf("%s, %s still stands for %v", name, what, v.Claims)
			}
		}
	}
	withCode := from("1.1.1.1")
	withCode.TOTP = r.recovery[1]
	for what, try := range map[string]func() error{
		"the password":  func() error { _, err := r.SignIn(ctx, ada, withCode); return err },
		"refreshing":    func() error { _, err := r.RefreshSession(ctx, r.second.RefreshToken, withCode); return err },
		"the mail":      func() error { _, err := r.VerifyMail(ctx, auth.MailCode{Token: r.mail}, withCode); return err },
		"the link":      func() error { _, err := r.Exchange(ctx, r.code, proofKey, r.client); return err },
		"the passkeys":  func() error { _, err := r.ListPasskeys(ctx, r.client); return err },
		"removed again": func() error { return r.RemoveOwn(ctx, again(r.client, ada.Password)) },
	} {
		code(t, what, try(), fault.Unauthenticated)
	}
	if next := ok2(r.SignUp(ctx, ada, from("2.2.2.2")))(t); next.User.ID == id || next.User.Verified || next.User.TOTP {
		t.Errorf("who signs up with the address is %+v", next.User)
	}
}

// TestRemoveOwn_TakesProof: whoever has a token and nothing else removes nothing.
func TestRemoveOwn_TakesProof(t *testing.T) {
	r := everythingOf(t)
	ctx := context.Background()
	r.c.advance(11 * time.Minute) // the session is not fresh any more
	verified := func(token string) map[string]any { return ok2(r.Verify(ctx, token))(t).Claims }
	acting := auth.Client{IP: "1.1.1.1", User: verified(r.impersonate), Password: ada.Password}
	withCode := r.client
	withCode.TOTP = "000000"
	guest := ok2(r.SignInAnonymously(ctx, from("3.3.3.3")))(t)
	stranger := in(t, r.Service, guest)
	stranger.User = maps.Clone(stranger.User)
	stranger.User["sub"] = r.session.User.ID // as if the signature did not count; the session is another one's
	for what, one := range map[string]struct {
		client auth.Client
		want   fault.Code
	}{
		"anonymous":                    {from("1.1.1.1"), fault.Unauthenticated},
		"a token alone":                {r.client, fault.Forbidden},
		"a wrong password":             {again(r.client, "a wrong horse"), fault.Forbidden},
		"a wrong code":                 {withCode, fault.Forbidden},
		"who acts as the user":         {acting, fault.Forbidden},
		"a fresh session of another":   {stranger, fault.Forbidden},
		"a token of no user's session": {auth.Client{User: map[string]any{"sub": r.session.User.ID}}, fault.Forbidden},
		"a user who is not there":      {auth.Client{User: map[string]any{"sub": "nobody"}}, fault.Unauthenticated},
	} {
		code(t, what, r.RemoveOwn(ctx, one.client), one.want)
	}
	if list := ok2(r.Users(ctx, ada.Email, "", 1))(t); len(list) != 1 {
		t.Error("the account is gone")
	}
	r.MaxToken = 4096
	if err := r.RemoveOwn(ctx, in(t, r.Service, guest)); err != nil {
		t.Errorf("an anonymous user, who has nothing but the session: %v", err)
	}
}

// TestRemoveOwn_AgainstEverythingAtOnce removes an account while it signs in, refreshes and removes itself elsewhere:
// one of them removes it, and no session is left.
func TestRemoveOwn_AgainstEverythingAtOnce(t *testing.T) {
	s, _ := newService(t, 1000)
	ctx := context.Background()
	for range 5 {
		session := ok2(s.SignUp(ctx, ada, from("1.1.1.1")))(t)
		client := again(in(t, s, session), ada.Password)
		var removed atomic.Int64
		var opened sync.Map
		var all sync.WaitGroup
		for i := range 8 {
			all.Go(func() {
				switch i % 3 {
				case 0:
					if s.RemoveOwn(ctx, client) == nil {
						removed.Add(1)
					}
				case 1:
					// From another address: an attempt that comes when the account is gone is of no account, and is kept.
					if got, err := s.SignIn(ctx, ada, from("2.2.2.2")); err == nil {
						opened.Store(i, got)
					}
				default:
					if got, err := s.RefreshSession(ctx, session.RefreshToken, from("1.1.1.1")); err == nil {
						opened.Store(i, got)
					}
				}
			})
		}
		all.Wait()
		if removed.Load() != 1 {
			t.Errorf("%d have removed it", removed.Load())
		}
		opened.Range(func(_, v any) bool {
			if got := valid(s, v.(auth.Session)); got != "revoked" {
				t.Errorf("a session is %q", got)
			}
			return true
		})
		onlyTheIDIsLeft(t, s, session.User.ID, ada.Email)
	}
}

// TestSessions_AreNotOpenedForWhomTheAccountWasTakenFrom: what ends all sessions does not see one that is opened just
// then by a user who has shown the old password a moment ago.
func TestSessions_AreNotOpenedForWhomTheAccountWasTakenFrom(t *testing.T) {
	for name, take := range map[string]func(*testing.T, *auth.Service, *clock, auth.Session){
		"removed": func(t *testing.T, s *auth.Service, _ *clock, session auth.Session) {
			if err := s.RemoveUser(context.Background(), session.User.ID, from("")); err != nil {
				t.Error(err)
			}
		},
		"switched off": func(t *testing.T, s *auth.Service, _ *clock, session auth.Session) {
			off := true
			if _, err := s.EditUser(context.Background(), session.User.ID, auth.Edit{Disabled: &off}, from("")); err != nil {
				t.Error(err)
			}
		},
		"another password": func(t *testing.T, s *auth.Service, c *clock, session auth.Session) {
			c.advance(time.Second)
			next := "quite another horse"
			if _, err := s.UpdateUser(context.Background(), auth.Change{Password: &next, CurrentPassword: ada.Password}, in(t, s, session)); err != nil {
				t.Error(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, c := newService(t, 100)
			ctx := context.Background()
			session := ok2(s.SignUp(ctx, ada, from("1.1.1.1")))(t)
			// The claims are computed after the password was checked, and before the session is stored.
			s.Config.Claims = during{func() {
				s.Config.Claims = nil
				take(t, s, c, session)
			}}
			_, err := s.SignIn(ctx, ada, from("2.2.2.2"))
			code(t, "who has shown the password before", err, fault.Unauthenticated)
		})
	}
}

// during does something while claims are computed.
type during struct{ do func() }

func (d during) Compute(context.Context, map[string]any, time.Time) (map[string]any, error) {
	d.do()
	return nil, nil
}
