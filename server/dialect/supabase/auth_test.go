package supabase_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/basalt-dev/basalt/server/servertest"
)

// sent is a call to /auth/v1 by somebody with a token, or by anyone.
func sent(t *testing.T, s *servertest.Instance, token, method, path, body string, status int) map[string]any {
	t.Helper()
	c := scenario{method: method, path: "/auth/v1" + path, body: body, status: status, header: map[string]string{"X-Supabase-Api-Version": "2024-01-01"}}
	switch token {
	case "":
	case serviceKey:
		c.who = "service"
	default:
		c.header["Authorization"] = "Bearer " + token
	}
	a := c.run(t, s)
	out := map[string]any{}
	if a.Body != "" {
		if err := json.Unmarshal([]byte(a.Body), &out); err != nil {
			t.Fatalf("%s %s: %v: %s", method, path, err, a.Body)
		}
	}
	return out
}

func text(v any, path ...string) string {
	for _, name := range path {
		m, _ := v.(map[string]any)
		v = m[name]
	}
	s, _ := v.(string)
	return s
}

func TestAuth_FromSignUpToSignOut(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, config)
	made := sent(t, s, "", "POST", "/signup", `{"email":"Ada@Example.com","password":"correct horse","data":{"name":"Ada"},"gotrue_meta_security":{},"code_challenge":null}`, 200)
	for _, name := range []string{"access_token", "refresh_token", "token_type", "expires_in", "expires_at", "user"} {
		if made[name] == nil {
			t.Errorf("the session has no %s: %v", name, made)
		}
	}
	user, _ := made["user"].(map[string]any)
	if made["token_type"] != "bearer" || user["email"] != "ada@example.com" || user["aud"] != "authenticated" || user["role"] != "authenticated" || user["is_anonymous"] != false ||
		text(user, "user_metadata", "name") != "Ada" || text(user, "app_metadata", "provider") != "email" || text(user, "email_confirmed_at") == "" || text(user, "last_sign_in_at") == "" {
		t.Errorf("the session is %v", made)
	}
	again := sent(t, s, "", "POST", "/token?grant_type=password", `{"email":"ada@example.com","password":"correct horse"}`, 200)
	one, other := text(made, "access_token"), text(again, "access_token")
	if got := sent(t, s, other, "GET", "/user", "", 200); got["id"] != user["id"] || text(got, "user_metadata", "name") != "Ada" {
		t.Errorf("the user is %v", got)
	}
	// The token is that of a user of Basalt, for both APIs.
	scenario{method: "POST", path: "/rest/v1/notes", header: map[string]string{"Authorization": "Bearer " + other}, body: `{"owner":"` + text(user, "id") + `","title":"mine"}`, status: 201}.run(t, s)
	s.Want(t, 200, servertest.Call{Method: "GET", Path: "/v1/auth/user", Token: other})

	got := sent(t, s, other, "PUT", "/user", `{"data":{"name":null,"age":36}}`, 200)
	if data, _ := json.Marshal(got["user_metadata"]); string(data) != `{"age":36}` {
		t.Errorf("the metadata is %s", data)
	}
	sent(t, s, other, "PUT", "/user", `{"data":"text"}`, 400)
	sent(t, s, other, "PUT", "/user", `{"data":{"x":"`+strings.Repeat("x", 17<<10)+`"}}`, 400)

	next := sent(t, s, "", "POST", "/token?grant_type=refresh_token", `{"refresh_token":"`+text(again, "refresh_token")+`"}`, 200)
	twin := sent(t, s, "", "POST", "/token?grant_type=refresh_token", `{"refresh_token":"`+text(again, "refresh_token")+`"}`, 200) // two tabs at once
	if text(next, "user", "id") != user["id"] || text(twin, "user", "id") != user["id"] {
		t.Errorf("refreshed %v and %v", next, twin)
	}
	if changed := sent(t, s, text(twin, "access_token"), "PUT", "/user", `{"password":"another horse","current_password":"wrong"}`, 400); changed["code"] != "current_password_invalid" {
		t.Errorf("with the wrong password: %v", changed)
	}
	sent(t, s, text(twin, "access_token"), "PUT", "/user", `{"password":"another horse","current_password":"correct horse"}`, 200)
	sent(t, s, one, "GET", "/user", "", 401) // the other sessions have ended
	last := sent(t, s, "", "POST", "/token?grant_type=password", `{"email":"ada@example.com","password":"another horse"}`, 200)
	sent(t, s, text(last, "access_token"), "POST", "/logout?scope=others", "", 204)
	sent(t, s, text(last, "access_token"), "GET", "/user", "", 200)
	sent(t, s, text(last, "access_token"), "POST", "/logout?scope=nothing", "", 400)
	sent(t, s, text(last, "access_token"), "POST", "/logout?scope=global", "", 204)
	sent(t, s, "", "POST", "/token?grant_type=refresh_token", `{"refresh_token":"`+text(last, "refresh_token")+`"}`, 400)
}

// What is wrong is said in both forms of GoTrue, and says nothing about accounts.
func TestAuth_Errors(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, config)
	sent(t, s, "", "POST", "/signup", `{"email":"ada@example.com","password":"correct horse"}`, 200)
	for _, c := range []struct {
		token, method, path, body string
		status                    int
		code                      string
	}{
		{"", "POST", "/token?grant_type=password", `{"email":"ada@example.com","password":"wrong horse"}`, 400, "invalid_credentials"},
		{"", "POST", "/token?grant_type=password", `{"email":"nobody@example.com","password":"wrong horse"}`, 400, "invalid_credentials"},
		{"", "POST", "/token?grant_type=refresh_token", `{"refresh_token":"nothing"}`, 400, "refresh_token_not_found"},
		{"", "POST", "/token?grant_type=pkce", `{"auth_code":"nothing","code_verifier":"x"}`, 404, "flow_state_not_found"},
		{"", "POST", "/token?grant_type=magic", `{}`, 400, "invalid_grant"},
		{"", "POST", "/token?grant_type=password", `[]`, 400, "bad_json"},
		{"", "POST", "/signup", `{"email":"ada@example.com","password":"correct horse"}`, 422, "user_already_exists"},
		{"", "POST", "/signup", `{"email":"bob@example.com","password":"short"}`, 422, "weak_password"},
		{"", "POST", "/signup", `{"email":"nonsense","password":"correct horse"}`, 400, "validation_failed"},
		{"", "POST", "/signup", `{"phone":"123","password":"correct horse"}`, 400, "phone_provider_disabled"},
		{"", "POST", "/verify", `{"type":"email","email":"ada@example.com","token":"000000"}`, 403, "otp_expired"},
		{"", "POST", "/otp", `{"email":"ada@example.com"}`, 422, "otp_disabled"},
		{"", "GET", "/user", "", 401, "no_authorization"},
		{"", "PUT", "/user", `{"data":{"x":1}}`, 401, "no_authorization"},
		{"", "POST", "/logout", "", 401, "no_authorization"},
		{"", "GET", "/admin/users", "", 403, "not_admin"},
		{"", "POST", "/admin/users", `{"email":"eve@example.com"}`, 403, "not_admin"},
		{"", "DELETE", "/admin/users/x", "", 403, "not_admin"},
		{s.Token(map[string]any{"sub": "mallory", "role": "service_role"}), "GET", "/admin/users", "", 403, "not_admin"},
		{serviceKey, "GET", "/admin/users/nobody", "", 404, "user_not_found"},
		{serviceKey, "GET", "/user", "", 401, "no_authorization"},
	} {
		if got := sent(t, s, c.token, c.method, c.path, c.body, c.status); got["code"] != c.code || text(got, "message") == "" {
			t.Errorf("%s %s %s is %v, not %s", c.method, c.path, c.body, got, c.code)
		}
	}
	old := scenario{method: "POST", path: "/auth/v1/token?grant_type=password", body: `{"email":"ada@example.com","password":"wrong"}`, status: 400, answered: map[string]string{"X-Supabase-Api-Version": ""}}
	old.want = `{"code":400,"error_code":"invalid_credentials","msg":"Invalid login credentials"}`
	old.run(t, s)
	scenario{method: "GET", path: "/auth/v1/user", header: map[string]string{"apikey": "", "Authorization": ""}, status: 401}.run(t, s)
	scenario{method: "GET", path: "/auth/v1/user", header: map[string]string{"Authorization": "Bearer expired"}, status: 401}.run(t, s)
}

func TestAuth_AnonymousUsersAndAdministrators(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, config)
	anonymous := sent(t, s, "", "POST", "/signup", `{"data":{"color":"red"}}`, 200)
	user, _ := anonymous["user"].(map[string]any)
	if user["is_anonymous"] != true || text(user, "user_metadata", "color") != "red" || user["email"] != "" {
		t.Errorf("the anonymous user is %v", user)
	}
	settings := sent(t, s, "", "GET", "/settings", "", 200)
	if external, _ := settings["external"].(map[string]any); external["email"] != true || external["anonymous_users"] != true || settings["mailer_autoconfirm"] != true {
		t.Errorf("the settings are %v", settings)
	}
	made := sent(t, s, serviceKey, "POST", "/admin/users", `{"email":"eve@example.com","password":"correct horse","email_confirm":true,"app_metadata":{"team":"red"},"user_metadata":{"name":"Eve"}}`, 200)
	if text(made, "app_metadata", "team") != "red" || text(made, "user_metadata", "name") != "Eve" || text(made, "email_confirmed_at") == "" {
		t.Errorf("made %v", made)
	}
	sent(t, s, serviceKey, "POST", "/admin/users", `{"email":"weak@example.com","password":"short"}`, 422)
	sent(t, s, serviceKey, "POST", "/admin/users", `{"email":"sub@example.com","app_metadata":{"sub":"other"}}`, 400)
	in := sent(t, s, "", "POST", "/token?grant_type=password", `{"email":"eve@example.com","password":"correct horse"}`, 200)
	if text(in, "user", "app_metadata", "team") != "red" {
		t.Errorf("the claim is not in %v", in["user"])
	}
	path := "/admin/users/" + text(made, "id")
	edited := sent(t, s, serviceKey, "PUT", path, `{"app_metadata":{"level":3},"user_metadata":{"name":"Eva"}}`, 200)
	if text(edited, "app_metadata", "team") != "red" || text(edited, "user_metadata", "name") != "Eva" {
		t.Errorf("edited %v", edited)
	}
	sent(t, s, text(in, "access_token"), "PUT", "/user", `{"app_metadata":{"team":"blue"},"data":{"name":"me"}}`, 200)
	if got := sent(t, s, serviceKey, "GET", path, "", 200); text(got, "app_metadata", "team") != "red" || text(got, "user_metadata", "name") != "me" {
		t.Errorf("a user has made of themselves %v", got)
	}
	if all := sent(t, s, serviceKey, "GET", "/admin/users?page=1&per_page=1", "", 200); len(all["users"].([]any)) != 1 {
		t.Errorf("a page of users is %v", all)
	}
	sent(t, s, serviceKey, "PUT", path, `{"ban_duration":"24h"}`, 200)
	sent(t, s, "", "POST", "/token?grant_type=password", `{"email":"eve@example.com","password":"correct horse"}`, 403)
	sent(t, s, serviceKey, "DELETE", path, "", 200)
	sent(t, s, serviceKey, "GET", path, "", 404)
}
