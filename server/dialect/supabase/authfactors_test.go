package supabase_test

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/basalt-dev/basalt/server/servertest"
)

const factorConfig = `
databases: { main: { driver: memory } }
auth: { tokens: { secret: "0123456789abcdef0123456789abcdef" }, providers: { password: { min_length: 8 }, totp: { issuer: Test } } }
log: { level: error }
compat: { supabase: { anon_key: "anon-key-of-the-tests", service_key: "service-key-of-the-tests" } }
collections:
  notes: { fields: { title: { type: string } }, rules: { read: 'auth != nil', create: 'auth.aal == "aal2"' } }
`

// level is the claim aal of what a client has for an access token.
func level(t *testing.T, token string) string {
	t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
	var claims struct{ AAL string }
	if err != nil || json.Unmarshal(raw, &claims) != nil {
		t.Fatalf("no token: %s", token)
	}
	return claims.AAL
}

func TestAuth_SecondFactors(t *testing.T) {
	t.Parallel()
	var ahead atomic.Int64
	now := func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	s := servertest.StartNow(t, "127.0.0.1:0", factorConfig, now)
	password := `{"email":"ada@example.com","password":"correct horse"}`
	first := text(sent(t, s, "", "POST", "/signup", password, 200), "access_token")
	other := text(sent(t, s, "", "POST", "/signup", `{"email":"bob@example.com","password":"correct horse"}`, 200), "access_token")
	if level(t, first) != "aal1" {
		t.Errorf("with a password alone: %s", level(t, first))
	}
	sent(t, s, "", "POST", "/factors", `{"factor_type":"totp"}`, 401)
	sent(t, s, first, "POST", "/factors", `{"factor_type":"phone"}`, 422)
	made := sent(t, s, first, "POST", "/factors", `{"factor_type":"totp","friendly_name":"phone"}`, 200)
	id, secret := text(made, "id"), text(made, "totp", "secret")
	if id == "" || secret == "" || !strings.HasPrefix(text(made, "totp", "qr_code"), "<svg") || !strings.HasPrefix(text(made, "totp", "uri"), "otpauth://") {
		t.Fatalf("enrolled: %v", made)
	}
	code := func() string {
		t.Helper()
		ahead.Add(int64(time.Minute)) // a code is good once
		c, err := totp.GenerateCode(secret, now())
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	challenge := func(token string) string {
		t.Helper()
		return text(sent(t, s, token, "POST", "/factors/"+id+"/challenge", "", 200), "id")
	}
	verify := func(token, challenge, code string, status int) map[string]any {
		t.Helper()
		return sent(t, s, token, "POST", "/factors/"+id+"/verify", `{"challenge_id":"`+challenge+`","code":"`+code+`"}`, status)
	}
	factors := func(token string) string {
		t.Helper()
		all, _ := json.Marshal(sent(t, s, token, "GET", "/user", "", 200)["factors"])
		return string(all)
	}
	if got := factors(first); !strings.Contains(got, `"status":"unverified"`) {
		t.Errorf("factors: %s", got)
	}
	sent(t, s, other, "POST", "/factors/"+id+"/challenge", "", 404)
	sent(t, s, "", "POST", "/factors/"+id+"/challenge", "", 401)
	verify(first, challenge(first), "000000", 422)
	old := challenge(first)
	ahead.Add(int64(6 * time.Minute))
	verify(first, old, "000000", 422)
	sent(t, s, first, "POST", "/factors/"+id+"/verify", `{"challenge_id":"x","code":"1"}`, 422)

	// The enrolment ends with a session of two factors, and that of one is gone.
	session := verify(first, challenge(first), code(), 200)
	strong := text(session, "access_token")
	if level(t, strong) != "aal2" || len(session["recovery_codes"].([]any)) == 0 || !strings.Contains(factors(strong), `"status":"verified"`) {
		t.Errorf("after the enrolment: %v", session)
	}
	sent(t, s, first, "GET", "/user", "", 401)
	if again := sent(t, s, "", "POST", "/token?grant_type=refresh_token", `{"refresh_token":"`+text(session, "refresh_token")+`"}`, 200); level(t, text(again, "access_token")) != "aal2" {
		t.Errorf("a refresh: %v", again)
	}

	// After the password there is no session, until the code is there.
	half := sent(t, s, "", "POST", "/token?grant_type=password", password, 200)
	token := text(half, "access_token")
	if level(t, token) != "aal1" || !strings.Contains(factors(token), `"status":"verified"`) {
		t.Errorf("half way: %v", half)
	}
	for _, call := range []servertest.Call{
		{Method: "GET", Path: "/v1/db/notes", Token: token}, {Method: "GET", Path: "/v1/auth/user", Token: token},
		{Method: "GET", Path: "/rest/v1/notes", Token: token, Header: map[string]string{"apikey": "anon-key-of-the-tests"}},
		{Method: "PUT", Path: "/auth/v1/user", Token: token, Body: `{"data":{"a":1}}`, Header: map[string]string{"apikey": "anon-key-of-the-tests"}},
		{Method: "POST", Path: "/auth/v1/factors", Token: token, Body: `{"factor_type":"totp"}`, Header: map[string]string{"apikey": "anon-key-of-the-tests"}},
		{Method: "POST", Path: "/auth/v1/logout", Token: token, Header: map[string]string{"apikey": "anon-key-of-the-tests"}},
	} {
		if a := s.Do(t, call); a.Status != 401 {
			t.Errorf("%s %s half way: %d %s", call.Method, call.Path, a.Status, a.Body)
		}
	}
	sent(t, s, token, "DELETE", "/factors/"+id, "", 422)
	sent(t, s, "", "POST", "/token?grant_type=refresh_token", `{"refresh_token":"`+text(half, "refresh_token")+`"}`, 400)
	verify(token, challenge(token), "000000", 422)
	parts := strings.Split(token, ".")
	verify(parts[0]+"."+base64.RawURLEncoding.EncodeToString([]byte(`{"halfway":"guessed"}`))+"."+parts[2], "", "", 401)
	full := text(verify(token, challenge(token), code(), 200), "access_token")
	if level(t, full) != "aal2" {
		t.Errorf("signed in: %s", level(t, full))
	}
	verify(token, old, code(), 401) // it was good once
	for who, status := range map[string]int{full: 201, other: 403} {
		if a := s.Do(t, servertest.Call{Method: "POST", Path: "/v1/db/notes", Token: who, Body: map[string]any{"title": "a"}}); a.Status != status {
			t.Errorf("a rule about aal: %d, not %d", a.Status, status)
		}
	}
	if expired := text(sent(t, s, "", "POST", "/token?grant_type=password", password, 200), "access_token"); true {
		at := challenge(expired)
		ahead.Add(int64(11 * time.Minute))
		verify(expired, at, code(), 401)
	}

	// With the code at once, as the native API wants it, too.
	at := code()
	if once := sent(t, s, "", "POST", "/token?grant_type=password", strings.TrimSuffix(password, "}")+`,"totp":"`+at+`"}`, 200); level(t, text(once, "access_token")) != "aal2" {
		t.Errorf("at once: %v", once)
	}
	// A session that is no longer fresh does not remove the factor; one that has just begun does.
	late := text(sent(t, s, "", "POST", "/token?grant_type=password", password, 200), "access_token")
	late = text(verify(late, challenge(late), code(), 200), "access_token")
	ahead.Add(int64(11 * time.Minute))
	sent(t, s, late, "DELETE", "/factors/"+id, "", 422)
	fresh := text(verify(late, challenge(late), code(), 200), "access_token")
	if got := sent(t, s, fresh, "DELETE", "/factors/"+id, "", 200); text(got, "id") != id || factors(fresh) != "null" {
		t.Errorf("removed: %v, %s", got, factors(fresh))
	}
	if got := text(sent(t, s, "", "POST", "/token?grant_type=password", password, 200), "access_token"); level(t, got) != "aal1" || factors(got) != "null" {
		t.Errorf("without a factor: %s", got)
	}
}

// TestAuth_AnotherPasswordEndsHalfASignIn: whoever knew the old password has nothing left of it.
func TestAuth_AnotherPasswordEndsHalfASignIn(t *testing.T) {
	t.Parallel()
	var ahead atomic.Int64
	now := func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	s := servertest.StartNow(t, "127.0.0.1:0", factorConfig, now)
	password := `{"email":"ada@example.com","password":"correct horse"}`
	first := text(sent(t, s, "", "POST", "/signup", password, 200), "access_token")
	made := sent(t, s, first, "POST", "/factors", `{"factor_type":"totp"}`, 200)
	id := text(made, "id")
	verify := func(token string, status int) map[string]any {
		t.Helper()
		challenge := text(sent(t, s, token, "POST", "/factors/"+id+"/challenge", "", 200), "id")
		ahead.Add(int64(time.Minute))
		code, err := totp.GenerateCode(text(made, "totp", "secret"), now())
		if err != nil {
			t.Fatal(err)
		}
		return sent(t, s, token, "POST", "/factors/"+id+"/verify", `{"challenge_id":"`+challenge+`","code":"`+code+`"}`, status)
	}
	strong := text(verify(first, 200), "access_token")
	half := text(sent(t, s, "", "POST", "/token?grant_type=password", password, 200), "access_token")
	sent(t, s, strong, "PUT", "/user", `{"password":"another horse","current_password":"correct horse"}`, 200)
	sent(t, s, half, "GET", "/user", "", 401)
	sent(t, s, half, "POST", "/factors/"+id+"/challenge", "", 401)
}

func TestAuth_AdministratorsChangeHowAUserSignsIn(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, factorConfig)
	made := sent(t, s, "", "POST", "/signup", `{"email":"ada@example.com","password":"correct horse"}`, 200)
	sent(t, s, "", "POST", "/signup", `{"email":"bob@example.com","password":"correct horse"}`, 200)
	at := "/admin/users/" + text(made, "user", "id")
	sent(t, s, text(made, "access_token"), "PUT", at, `{"password":"another horse"}`, 403)
	for body, status := range map[string]int{`{"email":"bob@example.com"}`: 422, `{"email":"no address"}`: 400, `{"password":"short"}`: 422, `{"phone":"+491700"}`: 422} {
		sent(t, s, serviceKey, "PUT", at, body, status)
	}
	sent(t, s, text(made, "access_token"), "GET", "/user", "", 200)
	if got := sent(t, s, serviceKey, "PUT", at, `{"email":"Countess@Example.com","password":"another horse","email_confirm":true}`, 200); got["email"] != "countess@example.com" || got["email_confirmed_at"] == nil {
		t.Errorf("changed: %v", got)
	}
	sent(t, s, text(made, "access_token"), "GET", "/user", "", 401)
	sent(t, s, "", "POST", "/token?grant_type=refresh_token", `{"refresh_token":"`+text(made, "refresh_token")+`"}`, 400)
	sent(t, s, "", "POST", "/token?grant_type=password", `{"email":"countess@example.com","password":"correct horse"}`, 400)
	sent(t, s, "", "POST", "/token?grant_type=password", `{"email":"ada@example.com","password":"another horse"}`, 400)
	sent(t, s, "", "POST", "/token?grant_type=password", `{"email":"countess@example.com","password":"another horse"}`, 200)
	listed, _ := sent(t, s, serviceKey, "GET", "/admin/users?per_page=1", "", 200)["users"].([]any)
	next, _ := sent(t, s, serviceKey, "GET", "/admin/users?per_page=1&page=2", "", 200)["users"].([]any)
	if len(listed) != 1 || len(next) != 1 || text(listed[0], "email") != "bob@example.com" || text(next[0], "email") != "countess@example.com" {
		t.Errorf("the latest first: %v, %v", listed, next)
	}
	if got, _ := sent(t, s, serviceKey, "GET", at, "", 200)["factors"].([]any); got != nil {
		t.Errorf("factors: %v", got)
	}
}
