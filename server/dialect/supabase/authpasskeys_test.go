package supabase_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/basalt-dev/basalt/modules/auth/passkey/passkeytest"
	"github.com/basalt-dev/basalt/server/servertest"
)

const passkeyConfig = `
databases: { main: { driver: memory } }
auth:
  url: https://app.example.com
  tokens: { secret: "0123456789abcdef0123456789abcdef" }
  providers: { password: { min_length: 8 }, totp: { issuer: Test }, passkey: { id: app.example.com, origins: ["https://app.example.com"] } }
log: { level: error }
compat: { supabase: { anon_key: "anon-key-of-the-tests", service_key: "service-key-of-the-tests" } }
collections:
  notes: { fields: { title: { type: string } }, rules: { read: 'auth.aal == "aal2"' } }
`

// device is a person's device, and the calls that it takes part in.
type device struct {
	*testing.T
	s *servertest.Instance
	passkeytest.Device
}

func newDevice(t *testing.T, s *servertest.Instance) *device {
	return &device{t, s, passkeytest.Device{Origin: "https://app.example.com"}}
}

// challenge asks for one of a factor, and answers it.
func (p *device) challenge(token, factor string) (id, kind, response string) {
	p.Helper()
	asked := sent(p.T, p.s, token, "POST", "/factors/"+factor+"/challenge", `{"webauthn":{"rpId":"app.example.com","rpOrigins":["https://app.example.com"]}}`, 200)
	options, err := json.Marshal(asked["webauthn"].(map[string]any)["credential_options"].(map[string]any)["publicKey"])
	if err != nil {
		p.Fatal(err)
	}
	kind = text(asked, "webauthn", "type")
	if kind == "create" {
		return text(asked, "id"), kind, p.Create(p.T, options)
	}
	return text(asked, "id"), kind, p.Get(p.T, options)
}

func (p *device) verify(token, factor, challenge, kind, response string, status int) map[string]any {
	p.Helper()
	return sent(p.T, p.s, token, "POST", "/factors/"+factor+"/verify", `{"challenge_id":"`+challenge+`","webauthn":{"type":"`+kind+`","rpId":"app.example.com","credential_response":`+response+`}}`, status)
}

// factorsOf lists the factors of a token's user: kind, name and status of each, and the ids.
func factorsOf(t *testing.T, s *servertest.Instance, token string) (all string, ids []string) {
	t.Helper()
	var names []string
	list, _ := sent(t, s, token, "GET", "/user", "", 200)["factors"].([]any)
	for _, f := range list {
		one := f.(map[string]any)
		names = append(names, text(one, "factor_type")+" "+text(one, "friendly_name")+" "+text(one, "status"))
		ids = append(ids, text(one, "id"))
	}
	return strings.Join(names, ", "), ids
}

// confirmed signs in with an account whose address is confirmed.
func confirmed(t *testing.T, s *servertest.Instance, email string) string {
	t.Helper()
	sent(t, s, serviceKey, "POST", "/admin/users", `{"email":"`+email+`","password":"correct horse","email_confirm":true}`, 200)
	return text(sent(t, s, "", "POST", "/token?grant_type=password", `{"email":"`+email+`","password":"correct horse"}`, 200), "access_token")
}

func TestAuth_PasskeysAreSecondFactors(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, passkeyConfig)
	password := `{"email":"ada@example.com","password":"correct horse"}`
	first, bob := confirmed(t, s, "ada@example.com"), confirmed(t, s, "bob@example.com")
	enrol := `{"factor_type":"webauthn","friendly_name":"phone"}`
	sent(t, s, "", "POST", "/factors", enrol, 401)
	if refused := sent(t, s, first, "POST", "/factors", `{"factor_type":"phone"}`, 422); text(refused, "code") != "mfa_phone_enroll_not_enabled" {
		t.Errorf("a phone: %v", refused)
	}

	id := text(sent(t, s, first, "POST", "/factors", enrol, 200), "id")
	if all, ids := factorsOf(t, s, first); all != "webauthn phone unverified" || ids[0] != id {
		t.Errorf("enrolled: %s %v", all, ids)
	}
	sent(t, s, first, "DELETE", "/factors/"+id, "", 200)
	if all, _ := factorsOf(t, s, first); all != "" {
		t.Errorf("given up: %s", all)
	}
	sent(t, s, first, "POST", "/factors/"+id+"/challenge", "", 404)
	id = text(sent(t, s, first, "POST", "/factors", enrol, 200), "id")
	sent(t, s, bob, "POST", "/factors/"+id+"/challenge", "", 404)
	sent(t, s, first, "POST", "/factors/"+id+"/challenge", `{"webauthn":{"rpId":"evil.example.com"}}`, 400)

	mine := newDevice(t, s)
	challenge, kind, response := mine.challenge(first, id)
	session := mine.verify(first, id, challenge, kind, response, 200)
	strong := text(session, "access_token")
	all, ids := factorsOf(t, s, strong)
	if kind != "create" || level(t, strong) != "aal2" || all != "webauthn phone verified" {
		t.Fatalf("verified: %s %s %v", kind, all, session)
	}
	if user, _ := json.Marshal(session["user"]); !strings.Contains(string(user), `"webauthn"`) {
		t.Errorf("the user of the session: %s", user)
	}
	sent(t, s, first, "GET", "/user", "", 401) // it was replaced
	factor := ids[0]

	// With the password there is a session of one factor, and with the passkey one of two.
	weak := text(sent(t, s, "", "POST", "/token?grant_type=password", password, 200), "access_token")
	if level(t, weak) != "aal1" {
		t.Errorf("with a password alone: %s", level(t, weak))
	}
	if refused := sent(t, s, weak, "POST", "/factors", enrol, 403); text(refused, "code") != "insufficient_aal" {
		t.Errorf("another one: %v", refused)
	}
	sent(t, s, weak, "DELETE", "/factors/"+factor, "", 422)
	sent(t, s, bob, "POST", "/factors/"+factor+"/challenge", "", 404)
	challenge, kind, response = mine.challenge(weak, factor)
	sent(t, s, bob, "POST", "/factors/"+factor+"/verify", `{"challenge_id":"`+challenge+`","webauthn":{"credential_response":`+response+`}}`, 404)
	two := mine.verify(weak, factor, challenge, kind, response, 200)
	if kind != "request" || level(t, text(two, "access_token")) != "aal2" {
		t.Errorf("with both: %s %v", kind, two)
	}
	mine.verify(text(two, "access_token"), factor, challenge, kind, response, 422) // a challenge is good once

	// What is not the passkey of this account, or of this page, or not used by its owner, is none.
	weak = text(sent(t, s, "", "POST", "/token?grant_type=password", password, 200), "access_token")
	his := text(sent(t, s, bob, "POST", "/factors", enrol, 200), "id")
	theirs := newDevice(t, s)
	challenge, kind, response = theirs.challenge(bob, his)
	bob = text(theirs.verify(bob, his, challenge, kind, response, 200), "access_token")
	for name, wrong := range map[string]func(p *device) *device{
		"another device":  func(*device) *device { return theirs },
		"another page":    func(p *device) *device { p.Origin = "https://app.example.com.evil.example"; return p },
		"a stranger":      func(p *device) *device { p.Stranger = true; return p },
		"an older answer": func(p *device) *device { return p },
	} {
		other := *mine
		challenge, _, response = wrong(&other).challenge(weak, factor)
		if name == "an older answer" {
			_, _, response = mine.challenge(weak, factor)
		}
		if refused := sent(t, s, weak, "POST", "/factors/"+factor+"/verify", `{"challenge_id":"`+challenge+`","webauthn":{"credential_response":`+response+`}}`, 422); text(refused, "code") != "mfa_verification_failed" {
			t.Errorf("%s: %v", name, refused)
		}
	}
	for _, body := range []string{`{}`, `{"challenge_id":"x","webauthn":{"credential_response":{}}}`, `{"challenge_id":"x","webauthn":7}`, `{"challenge_id":"x","code":"123456"}`} {
		sent(t, s, weak, "POST", "/factors/"+factor+"/verify", body, 422)
	}

	// An administrator sees them, and takes one away.
	of := "/auth/v1/admin/users/" + text(sent(t, s, bob, "GET", "/user", "", 200), "id") + "/factors"
	admin := map[string]string{"apikey": serviceKey}
	listed := s.Want(t, 200, servertest.Call{Method: "GET", Path: of, Token: serviceKey, Header: admin})
	if !strings.Contains(listed.Body, `"factor_type":"webauthn"`) {
		t.Errorf("for an administrator: %s", listed.Body)
	}
	_, his2 := factorsOf(t, s, bob)
	s.Want(t, 404, servertest.Call{Method: "DELETE", Path: of + "/" + factor, Token: serviceKey, Header: admin})
	s.Want(t, 200, servertest.Call{Method: "DELETE", Path: of + "/" + his2[0], Token: serviceKey, Header: admin})
	if all, _ := factorsOf(t, s, bob); all != "" {
		t.Errorf("taken away: %s", all)
	}
	sent(t, s, text(two, "access_token"), "DELETE", "/factors/"+factor, "", 200)
	if all, _ := factorsOf(t, s, text(two, "access_token")); all != "" {
		t.Errorf("removed: %s", all)
	}
}

// TestAuth_APasskeyIsNotPassedByWithAnApp: with the password alone nobody makes a second factor of their own, where there is one.
func TestAuth_APasskeyIsNotPassedByWithAnApp(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, passkeyConfig)
	token := confirmed(t, s, "ada@example.com")
	thief := text(sent(t, s, "", "POST", "/token?grant_type=password", `{"email":"ada@example.com","password":"correct horse"}`, 200), "access_token")
	app := sent(t, s, thief, "POST", "/factors", `{"factor_type":"totp"}`, 200) // before there is another one
	id := text(sent(t, s, token, "POST", "/factors", `{"factor_type":"webauthn"}`, 200), "id")
	mine := newDevice(t, s)
	challenge, kind, response := mine.challenge(token, id)
	token = text(mine.verify(token, id, challenge, kind, response, 200), "access_token")

	code, err := totp.GenerateCode(text(app, "totp", "secret"), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	asked := text(sent(t, s, thief, "POST", "/factors/"+text(app, "id")+"/challenge", "", 200), "id")
	sent(t, s, thief, "POST", "/factors/"+text(app, "id")+"/verify", `{"challenge_id":"`+asked+`","code":"`+code+`"}`, 403)
	if refused := sent(t, s, thief, "POST", "/factors", `{"factor_type":"totp"}`, 403); text(refused, "code") != "insufficient_aal" && text(refused, "error_code") != "insufficient_aal" {
		t.Errorf("refused with %v", refused)
	}
	// Basalt's own API is no way around it.
	for _, c := range []servertest.Call{
		{Method: "POST", Path: "/v1/auth/totp", Body: `{"current_password":"correct horse"}`},
		{Method: "POST", Path: "/v1/auth/totp/confirm", Body: `{"code":"` + code + `"}`},
		{Method: "POST", Path: "/v1/auth/passkeys", Body: `{"current_password":"correct horse"}`},
		{Method: "DELETE", Path: "/v1/auth/passkeys/" + passkeyID(t, s, token), Body: `{"current_password":"correct horse"}`},
	} {
		c.Token = thief
		s.Want(t, 403, c)
	}
	sent(t, s, token, "POST", "/factors", `{"factor_type":"totp"}`, 200)
}

// passkeyID is the id of the only passkey of a token's user, in Basalt's own API.
func passkeyID(t *testing.T, s *servertest.Instance, token string) string {
	t.Helper()
	var list struct{ Items []struct{ ID string } }
	s.Want(t, 200, servertest.Call{Method: "GET", Path: "/v1/auth/passkeys", Token: token}).Decode(t, &list)
	if len(list.Items) != 1 {
		t.Fatalf("there are %d passkeys", len(list.Items))
	}
	return list.Items[0].ID
}

// TestAuth_APasskeyAfterAPassword: where an app's codes are asked for, a passkey takes their place, and is no way around them.
func TestAuth_APasskeyAfterAPassword(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, passkeyConfig)
	password := `{"email":"ada@example.com","password":"correct horse"}`
	token := confirmed(t, s, "ada@example.com")
	older := text(sent(t, s, "", "POST", "/token?grant_type=password", password, 200), "access_token")
	app := sent(t, s, token, "POST", "/factors", `{"factor_type":"totp"}`, 200)
	code, err := totp.GenerateCode(text(app, "totp", "secret"), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	asked := text(sent(t, s, token, "POST", "/factors/"+text(app, "id")+"/challenge", "", 200), "id")
	token = text(sent(t, s, token, "POST", "/factors/"+text(app, "id")+"/verify", `{"challenge_id":"`+asked+`","code":"`+code+`"}`, 200), "access_token")
	sent(t, s, older, "POST", "/factors", `{"factor_type":"webauthn"}`, 403)
	id := text(sent(t, s, token, "POST", "/factors", `{"factor_type":"webauthn"}`, 200), "id")
	sent(t, s, older, "POST", "/factors/"+id+"/challenge", "", 403) // that of another session

	mine := newDevice(t, s)
	challenge, kind, response := mine.challenge(token, id)
	mine.verify(older, id, challenge, kind, response, 403)
	token = text(mine.verify(token, id, challenge, kind, response, 200), "access_token")
	all, ids := factorsOf(t, s, token)
	if all != "totp  verified, webauthn Passkey verified" {
		t.Fatalf("factors: %s", all)
	}
	half := text(sent(t, s, "", "POST", "/token?grant_type=password", password, 200), "access_token")
	if all, _ := factorsOf(t, s, half); all != "totp  verified, webauthn Passkey verified" {
		t.Errorf("half way: %s", all)
	}
	challenge, kind, response = mine.challenge(half, ids[1])
	mine.verify(half, ids[1], "x", kind, response, 422)
	full := text(mine.verify(half, ids[1], challenge, kind, response, 200), "access_token")
	if level(t, full) != "aal2" {
		t.Errorf("with both: %s", level(t, full))
	}
	if again := sent(t, s, half, "POST", "/factors/"+ids[1]+"/challenge", "", 401); again == nil {
		t.Error("the secret is good once")
	}
}
