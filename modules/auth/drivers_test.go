package auth_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/basalt-dev/basalt/modules/auth"
	"github.com/basalt-dev/basalt/modules/auth/store"
	"github.com/basalt-dev/basalt/modules/auth/token"
	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/db/mongo"
	"github.com/basalt-dev/basalt/modules/db/mongo/mongotest"
	"github.com/basalt-dev/basalt/modules/db/mysql"
	"github.com/basalt-dev/basalt/modules/db/mysql/mysqltest"
	"github.com/basalt-dev/basalt/modules/db/postgres"
	"github.com/basalt-dev/basalt/modules/db/postgres/postgrestest"
	"github.com/basalt-dev/basalt/modules/fault"
)

// box keeps the mails of a test.
type box chan auth.Message

func (b box) Send(_ context.Context, m auth.Message) error {
	b <- m
	return nil
}

// TestDrivers_KeepIdentitiesAlike goes once through everything that is stored, on the other databases.
func TestDrivers_KeepIdentitiesAlike(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]func() (db.Driver, error){
		"postgres": func() (db.Driver, error) {
			return postgres.Open(context.Background(), db.Config{URL: postgrestest.Database(t)})
		},
		"mysql": func() (db.Driver, error) {
			return mysql.Open(context.Background(), db.Config{URL: mysqltest.Database(t)})
		},
		"mongo": func() (db.Driver, error) {
			return mongo.Open(context.Background(), db.Config{URL: mongotest.Database(t)})
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := ok2(open())(t)
			t.Cleanup(func() {
				if err := d.Close(); err != nil {
					t.Error(err)
				}
			})
			if err := d.Sync(context.Background(), store.Collections()); err != nil {
				t.Fatal(err)
			}
			s, c := newService(t, 100)
			s.Database = d
			everything(t, s, c)
		})
	}
}

func everything(t *testing.T, s *auth.Service, c *clock) {
	ctx := context.Background()
	searched(t, s)
	mails := make(box, 10)
	s.Mail, s.Email, s.TOTP, s.Anonymous, s.URL = mails, &auth.Email{Lifetime: time.Minute, SignUp: true}, &auth.TOTP{Issuer: "x"}, true, "https://app.example.com"
	s.MaxToken = 600
	guest := ok2(s.SignInAnonymously(ctx, from("1.1.1.1")))(t)
	user := ok2(s.SignUp(ctx, ada, in(t, s, guest)))(t)
	if user.User.ID != guest.User.ID || valid(s, guest) != "revoked" {
		t.Errorf("the guest %v has become %v", guest.User, user.User)
	}
	_, err := s.SignUp(ctx, ada, from("1.1.1.1"))
	code(t, "a second account", err, fault.Conflict)
	if _, err := s.EditUser(ctx, user.User.ID, auth.Edit{Claims: map[string]any{"groups": []any{"a", "b", map[string]any{"c": strings.Repeat("0123456789", 30)}}}}, from("")); err != nil {
		t.Fatal(err)
	}
	user = ok2(s.RefreshSession(ctx, user.RefreshToken, from("1.1.1.1")))(t)
	if len(user.AccessToken) > 100 {
		t.Errorf("the token has %d bytes", len(user.AccessToken))
	}
	if err := s.SendConfirm(ctx, "", in(t, s, user)); err != nil {
		t.Fatal(err)
	}
	user = ok2(s.VerifyMail(ctx, auth.MailCode{Token: secretIn(mails.next(t, "confirm"))}, from("1.1.1.1")))(t)
	e := ok2(s.EnrolTOTP(ctx, again(in(t, s, user), ada.Password)))(t)
	recovery := ok2(s.ConfirmTOTP(ctx, ok2(totp.GenerateCode(e.Secret, c.now()))(t), in(t, s, user)))(t)
	if err := s.SendSignIn(ctx, ada.Email, "", from("1.1.1.1")); err != nil {
		t.Fatal(err)
	}
	mail := mails.next(t, "signin")
	_, err = s.VerifyMail(ctx, auth.MailCode{Email: ada.Email, Code: mail.Code}, from("1.1.1.1"))
	code(t, "without the second factor", err, fault.Unauthenticated)
	client := from("1.1.1.1")
	client.TOTP = recovery[0]
	again := ok2(s.VerifyMail(ctx, auth.MailCode{Email: ada.Email, Code: mail.Code}, client))(t)
	if again.User.ID != user.User.ID {
		t.Errorf("got %+v", again.User)
	}
	_, err = s.VerifyMail(ctx, auth.MailCode{Email: ada.Email, Code: mail.Code}, client)
	code(t, "a code again", err, fault.Unauthenticated)
	if list := ok2(s.Sessions(ctx, in(t, s, again)))(t); len(list) == 0 {
		t.Error("there are no sessions")
	}
	node := other(t, s)
	if err := s.SignOut(ctx, again.RefreshToken, true, from("1.1.1.1")); err != nil {
		t.Fatal(err)
	}
	if err := node.Poll(ctx, c.now()); err != nil {
		t.Fatal(err)
	}
	if got := valid(node, again); got != "revoked" {
		t.Errorf("on another node: %s", got)
	}
	key, made, err := s.MakeAPIKey(ctx, "k", map[string]any{"role": "x"}, time.Time{}, from(""))
	if err != nil {
		t.Fatal(err)
	}
	if v := ok2(s.Verify(ctx, key))(t); v.Claims["key"] != made.ID {
		t.Errorf("got %v", v)
	}
	if err := token.RotateKeys(ctx, store.KeyStore{Database: s.Database}, "EdDSA", c.now(), false); err != nil {
		t.Fatal(err)
	}
	if keys, _, err := token.ReadKeys(ctx, store.KeyStore{Database: s.Database}, "EdDSA", c.now()); err != nil || len(keys) != 2 {
		t.Errorf("got %v, %v", keys, err)
	}
	if err := s.RemoveUser(ctx, user.User.ID, from("")); err != nil {
		t.Fatal(err)
	}
	onlyTheIDIsLeft(t, s, user.User.ID, ada.Email)
	if users := ok2(s.Users(ctx, "", "", 10))(t); len(users) != 0 {
		t.Errorf("got %v", users)
	}
}
