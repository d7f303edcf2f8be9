package auth_test

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"

	"github.com/basalt-dev/basalt/modules/auth"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/shared"
)

// in returns the client of a session.
func in(t *testing.T, s *auth.Service, session auth.Session) auth.Client {
	t.Helper()
	v, err := s.Verify(context.Background(), session.AccessToken)
	if err != nil {
		t.Fatal(err)
	}
	return auth.Client{IP: "1.1.1.1", User: v.Claims}
}

// again returns a client who sends the current password along.
func again(client auth.Client, password string) auth.Client {
	client.Password = password
	return client
}

func valid(s *auth.Service, session auth.Session) string {
	_, err := s.Verify(context.Background(), session.AccessToken)
	return why(err)
}

func ok[T any](t *testing.T, v T, err error) T {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// other returns a second node on the same database and keys.
func other(t *testing.T, s *auth.Service) *auth.Service {
	t.Helper()
	config := s.Config
	config.Signer, config.Verifier = tokens(t, "HS256", "k")
	return auth.New(config)
}

func TestRevocation_ReachesOtherNodes(t *testing.T) {
	t.Parallel()
	s, c := newService(t, 10)
	node := other(t, s)
	ctx := context.Background()
	a, b := ok2(s.SignUp(ctx, ada, from("1.1.1.1")))(t), ok2(s.SignIn(ctx, ada, from("2.2.2.2")))(t)
	list := ok2(s.Sessions(ctx, in(t, s, a)))(t)
	if len(list) != 2 || !list[0].Current == !list[1].Current || list[0].Method != "password" {
		t.Errorf("the sessions are %+v", list)
	}
	ended := list[0].ID
	if list[0].Current {
		ended = list[1].ID
	}
	here, there := ok2(s.Verify(ctx, b.AccessToken))(t), ok2(node.Verify(ctx, b.AccessToken))(t)
	if err := s.EndSession(ctx, ended, in(t, s, a)); err != nil {
		t.Fatal(err)
	}
	if s.Verifier.Holds(here, c.now()) || !node.Verifier.Holds(there, c.now()) {
		t.Error("what was verified holds here, or does not elsewhere, before it has asked")
	}
	if got := valid(s, b); got != "revoked" {
		t.Errorf("here: %s", got)
	}
	if got := valid(node, b); got != "<nil>" {
		t.Errorf("elsewhere, before it has asked: %s", got)
	}
	if err := node.Poll(ctx, c.now()); err != nil {
		t.Fatal(err)
	}
	if got := valid(node, b); got != "revoked" || node.Verifier.Holds(there, c.now()) {
		t.Errorf("elsewhere: %s, or it holds", got)
	}
	if got := valid(node, a); got != "<nil>" {
		t.Errorf("the other session: %s", got)
	}
	// A stranger's session is none of theirs.
	eve := ok2(s.SignUp(ctx, auth.Credentials{Email: "eve@example.com", Password: "correct horse"}, from("1.1.1.1")))(t)
	mine := ok2(s.Sessions(ctx, in(t, s, a)))(t)
	code(t, "ending a stranger's session", s.EndSession(ctx, mine[0].ID, in(t, s, eve)), fault.NotFound)
	if err := s.SignOut(ctx, a.RefreshToken, true, from("1.1.1.1")); err != nil {
		t.Fatal(err)
	}
	if got := valid(s, a); got != "revoked" {
		t.Errorf("after signing out everywhere: %s", got)
	}
	if got := valid(s, eve); got != "<nil>" {
		t.Errorf("another user: %s", got)
	}
}

func ok2[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T { t.Helper(); return ok(t, v, err) }
}

// TestRefresh_AStolenTokenEndsTheFamily: a refresh token that is used after its successor takes the access
// tokens of the thief with it.
func TestRefresh_AStolenTokenEndsTheFamily(t *testing.T) {
	t.Parallel()
	s, c := newService(t, 10)
	ctx := context.Background()
	first := ok2(s.SignUp(ctx, ada, from("1.1.1.1")))(t)
	stolen := ok2(s.RefreshSession(ctx, first.RefreshToken, from("6.6.6.6")))(t)
	c.advance(time.Minute)
	_, err := s.RefreshSession(ctx, first.RefreshToken, from("1.1.1.1"))
	code(t, "the owner, later", err, fault.Unauthenticated)
	if got := valid(s, stolen); got != "revoked" {
		t.Errorf("the thief's access token: %s", got)
	}
}

func TestLargeClaims_BecomeAReference(t *testing.T) {
	t.Parallel()
	s, c := newService(t, 10)
	ctx := context.Background()
	session := ok2(s.SignUp(ctx, ada, from("1.1.1.1")))(t)
	var teams []any
	for i := range 2000 {
		teams = append(teams, fmt.Sprintf("team-%d", i))
	}
	if _, err := s.EditUser(ctx, session.User.ID, auth.Edit{Claims: map[string]any{"teams": teams}}, from("")); err != nil {
		t.Fatal(err)
	}
	large := ok2(s.RefreshSession(ctx, session.RefreshToken, from("1.1.1.1")))(t)
	if len(large.AccessToken) > 100 {
		t.Errorf("the token has %d bytes", len(large.AccessToken))
	}
	v := ok2(other(t, s).Verify(ctx, large.AccessToken))(t)
	if list, _ := v.Claims["teams"].([]any); len(list) != 2000 || v.Claims["sub"] != session.User.ID || !v.Own {
		t.Errorf("got %d teams of %v", len(list), v.Claims["sub"])
	}
	for _, token := range []string{large.AccessToken + "x", "bref_", "bref_" + strings.Repeat("A", 26)} {
		if _, err := s.Verify(ctx, token); fault.CodeOf(err) != fault.Unauthenticated {
			t.Errorf("%s: %v", token, err)
		}
	}
	if err := s.SignOut(ctx, large.RefreshToken, false, from("1.1.1.1")); err != nil {
		t.Fatal(err)
	}
	if got := valid(s, large); got != "revoked" {
		t.Errorf("after signing out: %s", got)
	}
	c.advance(16 * time.Minute)
	if got := valid(other(t, s), large); got != "expired" {
		t.Errorf("later: %s", got)
	}
}

func TestPasswords_OldHashesAreReplacedAndWeakOnesRefused(t *testing.T) {
	t.Parallel()
	s, _ := newService(t, 100)
	ctx := context.Background()
	hash := ok2(bcrypt.GenerateFromPassword([]byte("correct horse"), 4))(t)
	old := "$argon2id$v=19$m=64,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$" // of fewer passes
	for email, stored := range map[string]string{"bcrypt@example.com": string(hash)} {
		if _, err := s.MakeUser(ctx, auth.Import{Email: email, Hash: stored, Verified: true}, from("")); err != nil {
			t.Fatal(err)
		}
		for range 2 { // with the old hash, and with the one that has taken its place
			if _, err := s.SignIn(ctx, auth.Credentials{Email: email, Password: "correct horse"}, from("1.1.1.1")); err != nil {
				t.Errorf("%s: %v", email, err)
			}
		}
		_, err := s.SignIn(ctx, auth.Credentials{Email: email, Password: "wrong horse"}, from("1.1.1.1"))
		code(t, email, err, fault.Unauthenticated)
	}
	for _, bad := range []string{"plain", old, "$2a$04$short", "$argon2id$v=19$m=999999999,t=1,p=1$AAAA$AAAAAAAAAAAAAAAAAAAAAAAA", "$2a$31$" + strings.Repeat("a", 53)} {
		_, err := s.MakeUser(ctx, auth.Import{Email: "x@example.com", Hash: bad}, from(""))
		code(t, bad, err, fault.Invalid)
	}
	for _, weak := range []string{"password", "Password1", "12345678", "qwertyuiop", "iloveyou1", "ada@example.com", "aaaaaaaaaaaa"} {
		_, err := s.SignUp(ctx, auth.Credentials{Email: "ada@example.com", Password: weak}, from("1.1.1.1"))
		code(t, weak, err, fault.Invalid)
	}
	for _, good := range []string{"correct horse", "Tr0ub4dor&3x", "ööööö-kü-zwölf"} {
		if _, err := s.SignUp(ctx, auth.Credentials{Email: good[:1] + "x@example.com", Password: good}, from("1.1.1.1")); err != nil && fault.CodeOf(err) == fault.Invalid && !strings.Contains(err.Error(), "e-mail") {
			t.Errorf("%s: %v", good, err)
		}
	}
}

// TestLimits_OthersLockNoOneOut: guessing from many addresses stops other strangers, and
// not an address that has signed in before.
func TestLimits_OthersLockNoOneOut(t *testing.T) {
	t.Parallel()
	s, _ := newService(t, 4)
	ctx := context.Background()
	ok2(s.SignUp(ctx, ada, from("1.1.1.1")))(t)
	ok2(s.SignIn(ctx, ada, from("1.1.1.1")))(t) // which makes the address known
	wrong := auth.Credentials{Email: ada.Email, Password: "wrong horse"}
	refused := 0
	for i := range 60 {
		_, err := s.SignIn(ctx, wrong, from(fmt.Sprintf("6.6.6.%d", i)))
		if fault.CodeOf(err) == fault.RateLimited {
			refused++
		}
	}
	if refused != 40 {
		t.Errorf("%d of 60 guesses were refused, not 40", refused)
	}
	_, err := s.SignIn(ctx, ada, from("7.7.7.7"))
	code(t, "another stranger, with the right password", err, fault.RateLimited)
	if _, err := s.SignIn(ctx, ada, from("1.1.1.1")); err != nil {
		t.Errorf("the owner: %v", err)
	}
}

func TestLimits_EachFailureDoublesTheWait(t *testing.T) {
	t.Parallel()
	s, c := newService(t, 1000)
	s.Shared = shared.NewMemory(c.now)
	ctx := context.Background()
	ok2(s.SignUp(ctx, ada, from("1.1.1.1")))(t)
	wrong := auth.Credentials{Email: ada.Email, Password: "wrong horse"}
	var waits []time.Duration
	for len(waits) < 6 {
		_, err := s.SignIn(ctx, wrong, from("1.1.1.1"))
		if e, limited := err.(*fault.Error); limited && e.Code == fault.RateLimited {
			waits = append(waits, e.RetryAfter)
			c.advance(e.RetryAfter)
		}
	}
	for i := 1; i < len(waits); i++ {
		if waits[i] != 2*waits[i-1] {
			t.Fatalf("the waits are %v", waits)
		}
	}
	if _, err := s.SignIn(ctx, ada, from("2.2.2.2")); err != nil {
		t.Errorf("the owner elsewhere: %v", err)
	}
}

func TestAnonymous_UpgradeKeepsTheIDAndEndsWhatWasBefore(t *testing.T) {
	t.Parallel()
	s, _ := newService(t, 10)
	ctx := context.Background()
	_, err := s.SignInAnonymously(ctx, from("1.1.1.1"))
	code(t, "when it is off", err, fault.NotFound)
	s.Anonymous = true
	before := ok2(s.SignInAnonymously(ctx, from("1.1.1.1")))(t)
	v := ok2(s.Verify(ctx, before.AccessToken))(t)
	if v.Claims["anonymous"] != true || !before.User.Anonymous {
		t.Errorf("got %v", v.Claims)
	}
	client := in(t, s, before)
	_, err = s.EnrolTOTP(ctx, client)
	code(t, "a second factor", err, fault.NotFound)
	after := ok2(s.SignUp(ctx, ada, client))(t)
	if after.User.ID != before.User.ID || after.User.Anonymous {
		t.Errorf("got %+v after %+v", after.User, before.User)
	}
	// Whoever had a session of the anonymous user has none of the account.
	if got := valid(s, before); got != "revoked" {
		t.Errorf("the session of before: %s", got)
	}
	_, err = s.RefreshSession(ctx, before.RefreshToken, from("1.1.1.1"))
	code(t, "and its refresh token", err, fault.Unauthenticated)
	_, err = s.SignUp(ctx, auth.Credentials{Email: "second@example.com", Password: "correct horse"}, client)
	code(t, "a second upgrade", err, fault.Conflict)
	eve := ok2(s.SignInAnonymously(ctx, from("6.6.6.6")))(t)
	_, err = s.SignUp(ctx, ada, in(t, s, eve))
	code(t, "taking over an account", err, fault.Conflict)
}

func TestAPIKeys_HaveTheirClaimsUntilTheyAreRemoved(t *testing.T) {
	t.Parallel()
	s, c := newService(t, 10)
	ctx := context.Background()
	key, made, err := s.MakeAPIKey(ctx, "importer", map[string]any{"role": "importer"}, c.now().Add(time.Hour), from(""))
	if err != nil {
		t.Fatal(err)
	}
	v := ok2(s.Verify(ctx, key))(t)
	if v.Own || v.Claims["key"] != made.ID || v.Claims["role"] != "importer" {
		t.Errorf("got %+v", v)
	}
	for _, bad := range []string{key + "x", "bkey_" + made.ID + "_", "bkey_x_y", "bkey_", key[:len(key)-1]} {
		if _, err := s.Verify(ctx, bad); why(err) != "unknown_key" {
			t.Errorf("%s: %v", bad, err)
		}
	}
	for _, claims := range []map[string]any{{"sid": "x"}, {"key": "x"}, {"act": "x"}, {"exp": 1}} {
		if _, _, err := s.MakeAPIKey(ctx, "bad", claims, time.Time{}, from("")); fault.CodeOf(err) != fault.Invalid {
			t.Errorf("%v: %v", claims, err)
		}
	}
	node := other(t, s)
	there := ok2(node.Verify(ctx, key))(t)
	if !s.Verifier.Holds(v, c.now()) || !node.Verifier.Holds(there, c.now()) {
		t.Error("a key that was verified just now does not hold")
	}
	if err := s.RemoveAPIKey(ctx, made.ID, from("")); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Verify(ctx, key); why(err) != "unknown_key" || s.Verifier.Holds(v, c.now()) {
		t.Errorf("after it was removed: %v, or it holds", err)
	}
	c.advance(6 * time.Second)
	if _, err := node.Verify(ctx, key); why(err) != "unknown_key" || node.Verifier.Holds(there, c.now()) {
		t.Errorf("on another node: %v, or it holds", err)
	}
	short, _, err := s.MakeAPIKey(ctx, "short", nil, c.now().Add(time.Second), from(""))
	if err != nil {
		t.Fatal(err)
	}
	ok2(s.Verify(ctx, short))(t)
	c.advance(2 * time.Second)
	if _, err := s.Verify(ctx, short); why(err) != "expired" {
		t.Errorf("after its time: %v", err)
	}
}

// TestImpersonate_HasTheClaimsOfTheUser: rules decide as they do for the user, at once and while a live query goes on.
func TestImpersonate_HasTheClaimsOfTheUser(t *testing.T) {
	t.Parallel()
	s, _ := newService(t, 100)
	s.Anonymous = true
	ctx := context.Background()
	proven := ok2(s.SignUp(ctx, auth.Credentials{Email: "proven@example.com", Password: ada.Password}, from("1.1.1.1")))(t)
	yes := true
	if _, err := s.EditUser(ctx, proven.User.ID, auth.Edit{Verified: &yes, Claims: map[string]any{"team": "red"}}, from("")); err != nil {
		t.Fatal(err)
	}
	for name, id := range map[string]string{
		"an unproven address": ok2(s.SignUp(ctx, ada, from("1.1.1.1")))(t).User.ID,
		"a proven address":    proven.User.ID,
		"no address":          ok2(s.SignInAnonymously(ctx, from("1.1.1.1")))(t).User.ID,
	} {
		want, err := s.Claims(ctx, id)
		if err != nil {
			t.Fatal(err)
		}
		token, _, err := s.Impersonate(ctx, id, "ticket 7", from(""))
		if err != nil {
			t.Fatal(err)
		}
		got := ok2(s.Verify(ctx, token))(t).Claims
		now, err := s.ClaimsNow(ctx, got)
		if err != nil || now["act"] == nil {
			t.Errorf("%s: a live query has %v, %v", name, now, err)
		}
		for _, own := range []string{"act", "exp", "iat", "sid", "jti"} {
			delete(got, own)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: acting has the claims %v, and the user %v", name, got, want)
		}
	}
	if _, err := s.EditUser(ctx, proven.User.ID, auth.Edit{Disabled: &yes}, from("")); err != nil {
		t.Fatal(err)
	}
	_, _, err := s.Impersonate(ctx, proven.User.ID, "ticket 7", from(""))
	code(t, "acting as a disabled account", err, fault.Conflict)
}

func TestManage_DisabledUsersAndImpersonation(t *testing.T) {
	t.Parallel()
	s, _ := newService(t, 100)
	ctx := context.Background()
	session := ok2(s.SignUp(ctx, ada, from("1.1.1.1")))(t)
	_, _, err := s.Impersonate(ctx, session.User.ID, "", from(""))
	code(t, "without a reason", err, fault.Invalid)
	token, _, err := s.Impersonate(ctx, session.User.ID, "ticket 7", from(""))
	if err != nil {
		t.Fatal(err)
	}
	v := ok2(s.Verify(ctx, token))(t)
	if v.Claims["sub"] != session.User.ID || v.Claims["act"] == nil {
		t.Errorf("got %v", v.Claims)
	}
	acting := auth.Client{IP: "1.1.1.1", User: v.Claims}
	next := "another horse"
	_, err = s.UpdateUser(ctx, auth.Change{Password: &next, CurrentPassword: ada.Password}, acting)
	code(t, "changing the account", err, fault.Forbidden)
	_, err = s.Sessions(ctx, acting)
	code(t, "looking at the sessions", err, fault.Forbidden)
	for _, claims := range []map[string]any{{"sub": "x"}, {"act": "x"}, {"email": "x"}} {
		if _, err := s.EditUser(ctx, session.User.ID, auth.Edit{Claims: claims}, from("")); fault.CodeOf(err) != fault.Invalid {
			t.Errorf("%v: %v", claims, err)
		}
	}
	yes, no := true, false
	if _, err := s.EditUser(ctx, session.User.ID, auth.Edit{Disabled: &yes}, from("")); err != nil {
		t.Fatal(err)
	}
	if got := valid(s, session); got != "revoked" {
		t.Errorf("a disabled user's token: %s", got)
	}
	_, err = s.SignIn(ctx, ada, from("1.1.1.1"))
	code(t, "signing in", err, fault.Forbidden)
	_, err = s.SignIn(ctx, auth.Credentials{Email: ada.Email, Password: "wrong horse"}, from("1.1.1.1"))
	code(t, "guessing", err, fault.Unauthenticated)
	if _, err := s.EditUser(ctx, session.User.ID, auth.Edit{Disabled: &no}, from("")); err != nil {
		t.Fatal(err)
	}
	ok2(s.SignIn(ctx, ada, from("1.1.1.1")))(t)
	if err := s.RemoveUser(ctx, session.User.ID, from("")); err != nil {
		t.Fatal(err)
	}
	code(t, "removing an unknown user", s.RemoveUser(ctx, session.User.ID, from("")), fault.NotFound)
	_, err = s.SignIn(ctx, ada, from("1.1.1.1"))
	code(t, "a removed user", err, fault.Unauthenticated)
}
