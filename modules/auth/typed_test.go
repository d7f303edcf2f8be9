package auth_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"
	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/bcrypt"

	"github.com/basalt-dev/basalt/modules/auth"
	"github.com/basalt-dev/basalt/modules/auth/oauth"
	"github.com/basalt-dev/basalt/modules/fault"
)

// TestAddresses_HaveOneSpelling: those of one line are of one account, and it is spelt as the first one.
func TestAddresses_HaveOneSpelling(t *testing.T) {
	t.Parallel()
	for _, line := range [][]string{
		{"ada@example.com", " Ada@EXAMPLE.com\t", "ADA@Example.Com"},
		{"jos\u00e9@example.com", "jose\u0301@example.com", "JOS\u00c9@example.com", "JOSE\u0301@example.com"},
		{"\u00e5ke@example.com", "\u212bke@example.com", "A\u030ake@example.com"},
		{"ada@b\u00fccher.example", "ada@xn--bcher-kva.example", "ada@B\u00dcCHER.example", "ada@bu\u0308cher.example", "ada@XN--BCHER-KVA.example"},
	} {
		s, _ := newService(t, 100)
		mails, ctx := withMails(s), context.Background()
		password := "correct horse"
		session := ok2(s.SignUp(ctx, auth.Credentials{Email: line[len(line)-1], Password: password}, from("1.1.1.1")))(t)
		if session.User.Email != line[0] {
			t.Errorf("%q is kept as %q", line[len(line)-1], session.User.Email)
		}
		for _, spelling := range line {
			_, err := s.SignUp(ctx, auth.Credentials{Email: spelling, Password: password}, from("1.1.1.1"))
			code(t, fmt.Sprintf("signing up as %q", spelling), err, fault.Conflict)
			if again := ok2(s.SignIn(ctx, auth.Credentials{Email: spelling, Password: password}, from("1.1.1.1")))(t); again.User.ID != session.User.ID {
				t.Errorf("%q is another user", spelling)
			}
			if list := ok2(s.Users(ctx, spelling, "", 10))(t); len(list) != 1 {
				t.Errorf("an administrator does not find %q", spelling)
			}
			_, err = s.MakeUser(ctx, auth.Import{Email: spelling}, from(""))
			code(t, fmt.Sprintf("making %q", spelling), err, fault.Conflict)
		}
		if err := s.SendReset(ctx, line[len(line)-1], "", from("1.1.1.1")); err != nil {
			t.Fatal(err)
		}
		if m := mails.next(t, "reset"); strings.ContainsFunc(m.To[strings.LastIndexByte(m.To, '@'):], func(r rune) bool { return r > 126 }) {
			t.Errorf("a mail goes to %q, which not every server takes", m.To)
		}
	}
}

// TestAddresses_AnotherMailboxIsNobodyElse: what looks like the address of an account, and is another mailbox, does
// not sign in to it, by any path.
func TestAddresses_AnotherMailboxIsNobodyElse(t *testing.T) {
	t.Parallel()
	s, _ := newService(t, 1000)
	mails, e, ctx := withMails(s), newElsewhere(t, s), context.Background()
	for _, owner := range []string{"mike@example.com", "mike@kelvin.example", "iris@example.com"} {
		ok2(e.signIn(t, oauth.UserInfo{Subject: owner, Email: owner, Verified: true}, from("1.1.1.1")))(t)
	}
	people := map[string]bool{}
	for _, u := range ok2(s.Users(ctx, "", "", 100))(t) {
		people[u.ID] = true
	}
	for n, address := range []string{
		"mi\u212ae@example.com", "mike@\u212aelvin.example", "\u0130ris@example.com", "\u0131ris@example.com", "m\uff49ke@example.com", "mike@ex\uff41mple.com",
		"mike@example\u3002com", "mi\u200bke@example.com", "mike\u202e@example.com", "mike@exam\u00adple.com", "mike\u037e@example.com",
	} {
		who := oauth.UserInfo{Subject: fmt.Sprint("s", n), Email: address, Verified: true}
		session, err := e.signIn(t, who, from("6.6.6.6"))
		if err == nil && people[session.User.ID] {
			t.Errorf("%q elsewhere signs in as %s", address, session.User.Email)
		}
		if err := s.SendReset(ctx, address, "", from("6.6.6.6")); err == nil {
			s.Wait()
		}
		if err := s.SendSignIn(ctx, address, "", from("6.6.6.6")); err == nil {
			s.Wait()
		}
		if u, err := s.MakeUser(ctx, auth.Import{Email: address}, from("")); err == nil && people[u.ID] {
			t.Errorf("%q is %s", address, u.Email)
		}
		for len(mails) > 0 {
			if m := <-mails; m.To == "mike@example.com" || m.To == "mike@kelvin.example" || m.To == "iris@example.com" {
				t.Errorf("a mail for %q goes to %s", address, m.To)
			}
		}
	}
}

// TestPasswords_HaveOneSpelling: a keyboard that writes accents otherwise signs in all the same, and so does who has
// a hash of before.
func TestPasswords_HaveOneSpelling(t *testing.T) {
	t.Parallel()
	s, _ := newService(t, 100)
	ctx := context.Background()
	composed, decomposed := "p\u00e4ssw\u00f6rd zw\u00f6lf", "pa\u0308sswo\u0308rd zwo\u0308lf"
	argon := func(password string) string {
		salt := make([]byte, 16)
		return auth.EncodeHash(salt, argon2.IDKey([]byte(password), salt, 2, 19*1024, 1, 32))
	}
	for name, password := range map[string]string{"nfc": composed, "nfd": decomposed} {
		ok2(s.SignUp(ctx, auth.Credentials{Email: name + "@example.com", Password: password}, from("1.1.1.1")))(t)
		for kind, hash := range map[string]string{"old-": argon(password), "bcrypt-": string(ok2(bcrypt.GenerateFromPassword([]byte(password), 4))(t))} {
			if _, err := s.MakeUser(ctx, auth.Import{Email: kind + name + "@example.com", Hash: hash}, from("")); err != nil {
				t.Fatal(err)
			}
		}
		for _, kind := range []string{"", "old-", "bcrypt-"} {
			for _, typed := range []string{decomposed, composed, decomposed} {
				if _, err := s.SignIn(ctx, auth.Credentials{Email: kind + name + "@example.com", Password: typed}, from("1.1.1.1")); err != nil {
					t.Errorf("%s%s, %+q: %v", kind, name, typed, err)
				}
			}
			_, err := s.SignIn(ctx, auth.Credentials{Email: kind + name + "@example.com", Password: "passwo\u0308rd zwo\u0308lf"}, from("1.1.1.1"))
			code(t, "another password", err, fault.Unauthenticated)
		}
	}
}

// TestCodes_AreReadAsPeopleWriteThem: with the spaces of the app that shows them.
func TestCodes_AreReadAsPeopleWriteThem(t *testing.T) {
	t.Parallel()
	s, c := newService(t, 100)
	s.TOTP = &auth.TOTP{Issuer: "Test"}
	ctx := context.Background()
	session := ok2(s.SignUp(ctx, ada, from("1.1.1.1")))(t)
	e := ok2(s.EnrolTOTP(ctx, in(t, s, session)))(t)
	spaced := func() string {
		now := ok2(totp.GenerateCode(e.Secret, c.now()))(t)
		return " " + now[:3] + " " + now[3:] + "\u00a0"
	}
	recovery := ok2(s.ConfirmTOTP(ctx, spaced(), in(t, s, session)))(t)
	c.advance(time.Minute)
	for n, typed := range []string{spaced(), strings.ToUpper(recovery[0]), strings.ReplaceAll(recovery[1], "-", ""), strings.ReplaceAll(recovery[2], "-", " - "), strings.ReplaceAll(recovery[3], "-", "\u2013")} {
		client := from(fmt.Sprintf("2.2.2.%d", n))
		client.TOTP = typed
		if _, err := s.SignIn(ctx, ada, client); err != nil {
			t.Errorf("%q: %v", typed, err)
		}
	}
}

func FuzzAddresses_NormalIsNormal(f *testing.F) {
	for _, seed := range []string{"ada@example.com", "JOSE\u0301@B\u00dcCHER.example", "mi\u212ae@\u212a.example", "a@xn--a", "a@\u3002", "\u0130@\u00df.example", "\u03a3\u03c2@example.com"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		once, ok := auth.NormalEmail(typed)
		if !ok {
			return
		}
		if twice, ok := auth.NormalEmail(once); !ok || twice != once {
			t.Errorf("%q becomes %q, and that %q", typed, once, twice)
		}
	})
}
