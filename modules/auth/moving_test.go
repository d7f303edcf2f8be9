package auth_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/basalt-dev/basalt/modules/auth"
	"github.com/basalt-dev/basalt/modules/auth/oauth"
	"github.com/basalt-dev/basalt/modules/fault"
)

// foreign are hashes of "correct horse" that other systems have made, or those of Firebase's scrypt, of "user1password".
var foreign = map[string]string{
	"django":   "pbkdf2_sha256$1000$seasaltseasalt$nFEtiBJrsFKs/zt16fe0xZYOaKEZwkghPKgXrtcV9Hc=",
	"identity": "AQAAAAEAACcQAAAAEAABAgMEBQYHCAkKCwwNDg/lFQcOA1On2wE5YZhLh7q7ntzP9Krf9NCBoM//wxbovw==",
	"werkzeug": "scrypt:1024:8:1$w4U0FgYxws6M2xWV$bf9fa5e162d5d87eef97c9c3ea90b32c144a6a32981c5be018a988e4e9da52f5481806ec406db9b018d372c960fc9104641a6f2a433b959dd197e5ab9b2e7442",
	"firebase": "$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==$42xEC+ixf3L2lw==$lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==",
}

func passwordOf(form string) string {
	if form == "firebase" {
		return "user1password"
	}
	return "correct horse"
}

// imported imports accounts in one page.
func imported(t *testing.T, s *auth.Service, dry bool, accounts ...auth.Account) []error {
	t.Helper()
	return ok2(s.Importer(dry).Page(context.Background(), accounts))(t)
}

// exported returns all accounts, by id.
func exported(t *testing.T, s *auth.Service) map[string]auth.Account {
	t.Helper()
	out := map[string]auth.Account{}
	if err := s.Accounts(context.Background(), func(a auth.Account) error { out[a.ID] = a; return nil }); err != nil {
		t.Fatal(err)
	}
	return out
}

// TestImporter_PeopleSignInAsBefore with the password, the second factor and the provider that they had elsewhere; the hash is
// one of argon2id from then on.
func TestImporter_PeopleSignInAsBefore(t *testing.T) {
	t.Parallel()
	s, c := newService(t, 100)
	s.TOTP = &auth.TOTP{Issuer: "Test"}
	withMails(s)
	e, ctx := newElsewhere(t, s), context.Background()
	long := c.now().Add(-1000 * time.Hour)
	for form, hash := range foreign {
		a := auth.Account{ID: "id-" + form, Email: form + "@Example.com", Verified: true, Hash: hash, Claims: map[string]any{"role": "editor"}, Metadata: json.RawMessage(`{"name":"Ada"}`), Created: &long}
		if form == "django" {
			a.TOTP = "jbsw y3dp ehpk 3pxp jbsw y3dp ehpk 3pxp"
		}
		if err := imported(t, s, false, a)[0]; err != nil {
			t.Fatalf("%s: %v", form, err)
		}
		client := from("1.1.1.1")
		if a.TOTP != "" {
			_, err := s.SignIn(ctx, auth.Credentials{Email: a.Email, Password: passwordOf(form)}, client)
			code(t, "without the second factor", err, fault.Unauthenticated)
			client.TOTP = ok2(totp.GenerateCode("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", c.now()))(t)
		}
		_, err := s.SignIn(ctx, auth.Credentials{Email: a.Email, Password: "wrong " + passwordOf(form)}, client)
		code(t, form+" with a wrong password", err, fault.Unauthenticated)
		session := ok2(s.SignIn(ctx, auth.Credentials{Email: a.Email, Password: passwordOf(form)}, client))(t)
		if session.User.ID != a.ID || session.User.Email != strings.ToLower(a.Email) {
			t.Errorf("%s is %+v", form, session.User)
		}
		now := exported(t, s)[a.ID]
		if !strings.HasPrefix(now.Hash, "$argon2id$v=19$m=19456,t=2,p=1$") {
			t.Errorf("%s: the hash is %.20s after signing in", form, now.Hash)
		}
		if !now.Verified || !now.Created.Equal(long) || now.Claims["role"] != "editor" || string(now.Metadata) != `{"name":"Ada"}` {
			t.Errorf("%s: %+v", form, now)
		}
		c.advance(time.Minute)
		if client.TOTP != "" {
			client.TOTP = ok2(totp.GenerateCode("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", c.now()))(t)
		}
		ok2(s.SignIn(ctx, auth.Credentials{Email: a.Email, Password: passwordOf(form)}, client))(t) // with the new hash
	}
	if err := imported(t, s, false, auth.Account{ID: "eve", Identities: []auth.AccountIdentity{{Provider: "op", Subject: "s1"}}})[0]; err != nil {
		t.Fatal(err)
	}
	if session := ok2(e.signIn(t, oauth.UserInfo{Subject: "s1"}, from("1.1.1.1")))(t); session.User.ID != "eve" {
		t.Errorf("the provider signs in %+v", session.User)
	}

	// And to another server, with another key.
	there, later := newService(t, 100)
	later.advance(time.Hour)
	there.Seals = [][]byte{[]byte("another key of thirty-two bytes.")}
	var all []auth.Account
	for _, a := range exported(t, s) {
		line := ok2(json.Marshal(a))(t)
		var read auth.Account
		if err := json.Unmarshal(line, &read); err != nil {
			t.Fatal(err)
		}
		all = append(all, read)
	}
	for n, err := range imported(t, there, false, all...) {
		if err != nil {
			t.Errorf("%s: %v", all[n].ID, err)
		}
	}
	for id, a := range exported(t, s) {
		if got := exported(t, there)[id]; ok2(json.Marshal(got))(t) == nil || string(ok2(json.Marshal(got))(t)) != string(ok2(json.Marshal(a))(t)) {
			t.Errorf("%s becomes %+v", id, got)
		}
	}
}

// TestImporter_RefusesOneByOne: what is hostile or wrong is refused with a reason, alone, and changes no account that is there.
func TestImporter_RefusesOneByOne(t *testing.T) {
	t.Parallel()
	s, _ := newService(t, 100)
	ctx := context.Background()
	ok2(s.SignUp(ctx, ada, from("1.1.1.1")))(t)
	before := fmt.Sprint(exported(t, s))
	hash := foreign["django"]
	bad := map[string]auth.Account{
		"the address of a user":      {ID: "1", Email: "ADA@Example.com", Hash: hash},
		"no address":                 {ID: "2", Hash: hash},
		"what is no address":         {ID: "3", Email: "nobody", Hash: hash},
		"the Kelvin sign":            {ID: "4", Email: "mi\u212ae@example.com", Hash: hash},
		"a hidden character":         {ID: "5", Email: "mi\u200bke@example.com", Hash: hash},
		"a hash that is none":        {ID: "6", Email: "six@example.com", Hash: "hunter2"},
		"a hash of hours":            {ID: "7", Email: "seven@example.com", Hash: "$2b$31$" + strings.Repeat("a", 53)},
		"a hash of gigabytes":        {ID: "8", Email: "eight@example.com", Hash: "$argon2id$v=19$m=4194304,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"},
		"a claim that is reserved":   {ID: "9", Email: "nine@example.com", Claims: map[string]any{"sub": "1"}},
		"metadata that is no object": {ID: "10", Email: "ten@example.com", Metadata: json.RawMessage(`[1]`)},
		"a short second factor":      {ID: "11", Email: "eleven@example.com", TOTP: "AAAA"},
		"a second factor of nothing": {ID: "12", Email: "twelve@example.com", TOTP: "0189 not base32"},
		"a long id":                  {ID: strings.Repeat("x", 129), Email: "thirteen@example.com"},
		"a line in an id":            {ID: "a\nb", Email: "fourteen@example.com"},
		"no subject":                 {ID: "15", Email: "fifteen@example.com", Identities: []auth.AccountIdentity{{Provider: "google"}}},
		"no provider":                {ID: "16", Email: "sixteen@example.com", Identities: []auth.AccountIdentity{{Provider: "a:b", Subject: "1"}}},
		"unknown":                    {},
	}
	for what, a := range bad {
		good := auth.Account{ID: "good " + what, Email: strings.ReplaceAll(what, " ", ".") + "@good.example", Hash: hash}
		got := imported(t, s, false, a, good)
		if c := fault.CodeOf(got[0]); c != fault.Invalid && c != fault.Conflict {
			t.Errorf("%s: %v", what, got[0])
		} else if a.Hash != "" && strings.Contains(got[0].Error(), a.Hash) {
			t.Errorf("%s: the reason has the hash", what)
		}
		if got[1] != nil {
			t.Errorf("with %s, the next one is refused: %v", what, got[1])
		}
	}
	all := exported(t, s)
	for id := range all {
		if strings.HasPrefix(id, "good ") {
			delete(all, id)
		}
	}
	if after := fmt.Sprint(all); after != before {
		t.Errorf("there was %s, and is %s", before, after)
	}
}

// TestImporter_OneAccountForEachPerson: twice in a file, in any spelling, is once in the database; a file that is imported
// again changes nothing; a dry run says the same and stores nothing.
func TestImporter_OneAccountForEachPerson(t *testing.T) {
	t.Parallel()
	s, _ := newService(t, 100)
	file := []auth.Account{
		{Email: "jos\u00e9@example.com"}, {ID: "b", Email: "jose\u0301@EXAMPLE.com"}, {ID: "c", Email: "c@b\u00fccher.example"}, {ID: "d", Email: "C@xn--bcher-kva.example"},
		{ID: "c", Email: "other@example.com"},
		{ID: "e", Email: "e@example.com", Identities: []auth.AccountIdentity{{Provider: "google", Subject: "1"}}},
		{ID: "f", Email: "f@example.com", Identities: []auth.AccountIdentity{{Provider: "google", Subject: "1"}}},
	}
	want := "made refused made refused refused made refused"
	run := func(s *auth.Service, dry bool, pages ...[]auth.Account) string {
		i := s.Importer(dry)
		var out []string
		for _, page := range pages {
			for _, err := range ok2(i.Page(context.Background(), page))(t) {
				switch {
				case err == nil:
					out = append(out, "made")
				case errors.Is(err, auth.ErrThere):
					out = append(out, "there")
				default:
					out = append(out, "refused")
				}
			}
		}
		i.Done(context.Background(), from(""))
		return strings.Join(out, " ")
	}
	if got := run(s, true, file); got != want || len(exported(t, s)) != 0 || auth.Count(t, s, "users.imported") != 0 {
		t.Errorf("a dry run: %s, and stores %v", got, exported(t, s))
	}
	if got := run(s, true, file[:2], file[2:3], file[3:]); got != want {
		t.Errorf("a dry run in pages: %s", got)
	}
	if got := run(s, false, file[:1], file[1:4], file[4:]); got != want || len(exported(t, s)) != 3 {
		t.Errorf("got %s", got)
	}
	if got := run(s, false, file); got != strings.ReplaceAll(want, "made", "there") || auth.Count(t, s, "users.imported") != 1 {
		t.Errorf("again: %s", got)
	}
}

// TestSignIn_WithAHashThatIsTooMuchWork: a release before took hashes that take hours. They are the hash of no password.
func TestSignIn_WithAHashThatIsTooMuchWork(t *testing.T) {
	t.Parallel()
	s, _ := newService(t, 100)
	ctx := context.Background()
	session := ok2(s.SignUp(ctx, ada, from("1.1.1.1")))(t)
	for _, hash := range []string{"$2b$31$" + strings.Repeat("a", 53), "$argon2id$v=19$m=1048576,t=64,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "hunter2"} {
		auth.SetHash(t, s, session.User.ID, hash)
		if _, err := s.SignIn(ctx, ada, from("2.2.2.2")); fault.CodeOf(err) != fault.Unauthenticated {
			t.Errorf("%s: %v", hash, err)
		}
	}
}
