package supabase_test

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/basalt-dev/basalt/modules/auth/authtest"
	"github.com/basalt-dev/basalt/server/servertest"
)

// linking is a server that sends mails, and knows a provider.
type linking struct {
	*servertest.Instance
	box      *authtest.Mailbox
	provider *authtest.Provider
	mails    int
}

func newLinking(t *testing.T, elsewhere bool) *linking {
	t.Helper()
	address := servertest.FreeAddress(t)
	w := &linking{box: authtest.StartMailbox(t)}
	oidc := ""
	if elsewhere {
		w.provider = authtest.StartProvider(t, []authtest.Account{{ID: "p1", Username: "ada", Password: "pw", Email: "ada@example.com", EmailVerified: true}}, "http://"+address+"/v1/auth/oauth/test/callback")
		oidc = `, oidc: { test: { issuer: "` + w.provider.Issuer + `", client_id: basalt, client_secret: secret } }`
	}
	text := strings.Replace(config, `listen: "127.0.0.1:0"`, `mail: { url: "smtp://`+w.box.Address+`", from: "Test <no-reply@example.com>" }
limits: { timeout: 1m }`, 1)
	text = strings.Replace(text, "auth: { ", `auth: { url: "http://`+address+`", redirects: ["http://app.example.com"], `, 1)
	text = strings.Replace(text, "anonymous: {} }", "anonymous: {}, totp: {}, email: { signup: true }"+oidc+" }", 1)
	w.Instance = servertest.StartAt(t, address, text)
	return w
}

func (w *linking) mail(t *testing.T) string {
	t.Helper()
	m := w.box.Next(t, w.mails)
	w.mails++
	return m.Link()
}

// browse opens an address, and returns where it leads.
func browse(t *testing.T, browser *http.Client, address string, status int) *url.URL {
	t.Helper()
	resp, err := browser.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close() // only the redirect matters
	if resp.StatusCode != status {
		t.Errorf("%s answers %s, want %d", address, resp.Status, status)
	}
	to, err := resp.Location()
	if err != nil {
		return &url.URL{}
	}
	return to
}

func fragment(u *url.URL) url.Values {
	values, _ := url.ParseQuery(u.Fragment)
	return values
}

var proofKey = strings.Repeat("v", 43)

func challengeOf(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// TestLinks_OfMails opens the links of mails: they work once, lead to allowed addresses, and give a session to the browser,
// or a code to the app that has the verifier.
func TestLinks_OfMails(t *testing.T) {
	t.Parallel()
	s := newLinking(t, false)
	browser := authtest.Browser(t)
	const app = "http://app.example.com/in?x=1"
	redirect := "?redirect_to=" + url.QueryEscape(app)

	// A magic link, for tokens in the fragment.
	sent(t, s.Instance, "", "POST", "/otp"+redirect, `{"email":"ada@example.com"}`, 200)
	link := s.mail(t)
	if !strings.HasPrefix(link, s.URL+"/auth/v1/verify?") {
		t.Fatalf("the link is %s", link)
	}
	if head, err := browser.Head(link); err != nil || head.StatusCode != 200 || head.Header.Get("Location") != "" {
		t.Errorf("a program that looks at the link: %v, %v", head, err)
	}
	browse(t, browser, strings.Replace(link, "app.example.com", "evil.test", 1), 400)
	if other := browse(t, browser, strings.Replace(link, "type=magiclink", "type=recovery", 1), 303); fragment(other).Get("error_code") != "otp_expired" {
		t.Errorf("as a link of another type it leads to %s", other)
	}
	landed := browse(t, browser, link, 303)
	in := fragment(landed)
	if !strings.HasPrefix(landed.String(), app+"#") || in.Get("type") != "magiclink" || in.Get("token_type") != "bearer" || in.Get("refresh_token") == "" {
		t.Errorf("the link leads to %s", landed)
	}
	user := sent(t, s.Instance, in.Get("access_token"), "GET", "/user", "", 200)
	if user["email"] != "ada@example.com" || text(user, "email_confirmed_at") == "" {
		t.Errorf("the user is %v", user)
	}
	if again := browse(t, browser, link, 303); fragment(again).Get("error_code") != "otp_expired" || again.Query().Get("error") != "access_denied" {
		t.Errorf("opened twice it leads to %s", again)
	}

	// With a challenge, the browser brings a code, which is good for the app alone.
	code := func(path, body string) (string, string) {
		t.Helper()
		sent(t, s.Instance, "", "POST", path+redirect, strings.Replace(body, "}", `,"code_challenge":"`+challengeOf(proofKey)+`","code_challenge_method":"s256"}`, 1), 200)
		link := s.mail(t)
		landed := browse(t, browser, link, 303)
		if landed.Fragment != "" || landed.Query().Get("x") != "1" || landed.Query().Get("code") == "" {
			t.Fatalf("the link leads to %s", landed)
		}
		return landed.Query().Get("code"), link
	}
	exchange := func(code, verifier string, status int) map[string]any {
		t.Helper()
		return sent(t, s.Instance, "", "POST", "/token?grant_type=pkce", `{"auth_code":"`+code+`","code_verifier":"`+verifier+`"}`, status)
	}
	stolen, _ := code("/otp", `{"email":"ada@example.com"}`)
	exchange(stolen, strings.Repeat("w", 43), 404)
	exchange(stolen, proofKey, 404) // a single guess is allowed
	good, opened := code("/otp", `{"email":"ada@example.com"}`)
	session := exchange(good, proofKey, 200)
	exchange(good, proofKey, 404)
	if text(session, "user", "email") != "ada@example.com" {
		t.Errorf("the session is %v", session)
	}
	if again := browse(t, browser, opened, 303); fragment(again).Get("error_code") != "otp_expired" {
		t.Errorf("opened after the exchange it leads to %s", again)
	}

	// A recovery link opens a session that sets a password without the one before, and no other does.
	sent(t, s.Instance, "", "POST", "/signup", `{"email":"bob@example.com","password":"correct horse"}`, 200)
	sent(t, s.Instance, "", "POST", "/recover"+redirect, `{"email":"bob@example.com"}`, 200)
	recovered := fragment(browse(t, browser, s.mail(t), 303))
	if recovered.Get("type") != "recovery" {
		t.Errorf("recovered %v", recovered)
	}
	sent(t, s.Instance, recovered.Get("access_token"), "PUT", "/user", `{"password":"another horse battery"}`, 200)
	bob := text(sent(t, s.Instance, "", "POST", "/token?grant_type=password", `{"email":"bob@example.com","password":"another horse battery"}`, 200), "access_token")
	sent(t, s.Instance, bob, "PUT", "/user", `{"password":"third horse battery"}`, 400)
	sent(t, s.Instance, "", "POST", "/recover"+redirect, `{"email":"nobody@example.com"}`, 200)
	sent(t, s.Instance, "", "POST", "/recover?redirect_to=https://evil.test", `{"email":"bob@example.com"}`, 400)
	s.Want(t, 401, servertest.Call{Method: "POST", Path: "/v1/auth/email/verify", Body: `{"token":"` + recovered.Get("access_token")[:26] + `"}`})
}

// TestLinks_OfAdministrators: an invitation and links to send oneself, for the service key alone.
func TestLinks_OfAdministrators(t *testing.T) {
	t.Parallel()
	s := newLinking(t, false)
	browser := authtest.Browser(t)
	ada := sent(t, s.Instance, "", "POST", "/signup", `{"email":"ada@example.com","password":"correct horse"}`, 200)
	for _, token := range []string{"", text(ada, "access_token")} {
		sent(t, s.Instance, token, "POST", "/invite", `{"email":"eve@example.com"}`, 403)
		sent(t, s.Instance, token, "POST", "/admin/generate_link", `{"type":"magiclink","email":"ada@example.com"}`, 403)
	}
	invited := sent(t, s.Instance, serviceKey, "POST", "/invite?redirect_to=http://app.example.com", `{"email":"Dan@example.com","data":{"name":"Dan"}}`, 200)
	if text(invited, "invited_at") == "" || text(invited, "user_metadata", "name") != "Dan" {
		t.Errorf("invited %v", invited)
	}
	in := fragment(browse(t, browser, s.mail(t), 303))
	if in.Get("type") != "invite" {
		t.Errorf("the invitation leads to %v", in)
	}
	user := sent(t, s.Instance, in.Get("access_token"), "PUT", "/user", `{"password":"another horse battery"}`, 200)
	if user["id"] != invited["id"] || text(user, "email_confirmed_at") == "" {
		t.Errorf("the user is %v", user)
	}
	if again := sent(t, s.Instance, serviceKey, "POST", "/invite", `{"email":"dan@example.com"}`, 422); again["code"] != "email_exists" {
		t.Errorf("invited twice: %v", again)
	}
	for typ, want := range map[string]string{"magiclink": "ada@example.com", "recovery": "ada@example.com", "signup": "new@example.com", "invite": "other@example.com"} {
		made := sent(t, s.Instance, serviceKey, "POST", "/admin/generate_link", `{"type":"`+typ+`","email":"`+want+`","password":"correct horse battery","redirect_to":"http://app.example.com"}`, 200)
		if made["verification_type"] != typ || text(made, "email") != want {
			t.Errorf("made %v", made)
		}
		in := fragment(browse(t, browser, text(made, "action_link"), 303))
		if got := sent(t, s.Instance, in.Get("access_token"), "GET", "/user", "", 200); got["email"] != want {
			t.Errorf("%s signs in %v", typ, got)
		}
		sent(t, s.Instance, "", "POST", "/verify", `{"type":"`+typ+`","token_hash":"`+text(made, "hashed_token")+`"}`, 403) // once
	}
	hashed := sent(t, s.Instance, serviceKey, "POST", "/admin/generate_link", `{"type":"recovery","email":"ada@example.com"}`, 200)
	sent(t, s.Instance, "", "POST", "/verify", `{"type":"magiclink","token_hash":"`+text(hashed, "hashed_token")+`"}`, 403)
	sent(t, s.Instance, "", "POST", "/verify", `{"type":"recovery","token_hash":"`+text(hashed, "hashed_token")+`"}`, 200)
	sent(t, s.Instance, serviceKey, "POST", "/admin/generate_link", `{"type":"magiclink","email":"nobody@example.com"}`, 404)
	sent(t, s.Instance, serviceKey, "POST", "/admin/generate_link", `{"type":"email_change_new","email":"ada@example.com"}`, 400)
	sent(t, s.Instance, serviceKey, "POST", "/admin/generate_link", `{"type":"magiclink","email":"ada@example.com","redirect_to":"https://evil.test"}`, 400)
}

// TestLinks_Elsewhere signs in at a provider in both flows, and tries what can be stolen of it.
func TestLinks_Elsewhere(t *testing.T) {
	t.Parallel()
	s := newLinking(t, true)
	// arrive goes to the provider and back, and opens the callback in a browser of the same or another kind.
	arrive := func(parameters string, same bool) *url.URL {
		t.Helper()
		browser := authtest.Browser(t)
		back := s.provider.SignIn(t, browser, s.URL+"/auth/v1/authorize?provider=test&redirect_to="+url.QueryEscape("http://app.example.com/in?x=1")+parameters, "ada", "pw")
		if !same {
			browser = authtest.Browser(t)
		}
		return browse(t, browser, back, 303)
	}
	tokens := fragment(arrive("", true))
	user := sent(t, s.Instance, tokens.Get("access_token"), "GET", "/user", "", 200)
	if user["email"] != "ada@example.com" || tokens.Get("refresh_token") == "" || tokens.Get("expires_at") == "" {
		t.Errorf("came back with %v", tokens)
	}
	if stolen := arrive("", false); fragment(stolen).Get("access_token") != "" || fragment(stolen).Get("error") == "" {
		t.Errorf("in another browser it leads to %s", stolen)
	}
	challenge := "&code_challenge=" + challengeOf(proofKey) + "&code_challenge_method=s256"
	back := arrive(challenge, true)
	if back.Fragment != "" || back.Query().Get("x") != "1" || back.Query().Get("code") == "" {
		t.Fatalf("it leads to %s", back)
	}
	exchange := func(code, verifier string, status int) map[string]any {
		t.Helper()
		return sent(t, s.Instance, "", "POST", "/token?grant_type=pkce", `{"auth_code":"`+code+`","code_verifier":"`+verifier+`"}`, status)
	}
	if in := exchange(back.Query().Get("code"), proofKey, 200); text(in, "user", "id") != user["id"] {
		t.Errorf("the same person is %v", in)
	}
	exchange(back.Query().Get("code"), proofKey, 404)
	stolen := arrive(challenge, true).Query().Get("code")
	exchange(stolen, strings.Repeat("w", 43), 404)
	exchange(stolen, proofKey, 404)
	if other := arrive(challenge, false); other.Query().Get("code") != "" || other.Query().Get("error") == "" {
		t.Errorf("in another browser it leads to %s", other)
	}
	for _, q := range []string{"provider=nope", "provider=test&redirect_to=https://evil.test", "provider=test&code_challenge=short&code_challenge_method=s256", "provider=test&code_challenge=" + challengeOf(proofKey) + "&code_challenge_method=plain"} {
		if a := s.Do(t, servertest.Call{Method: "GET", Path: "/auth/v1/authorize?" + q}); a.Status != 400 {
			t.Errorf("%s: %d %s", q, a.Status, a.Body)
		}
	}
}

// TestLinks_AnIdentityByARedirect links an identity as supabase-js does: it asks for the address with the token of the user, and
// exchanges the code without one.
func TestLinks_AnIdentityByARedirect(t *testing.T) {
	t.Parallel()
	s := newLinking(t, true)
	challenge := "&code_challenge=" + challengeOf(proofKey) + "&code_challenge_method=s256"
	const to = "&redirect_to=http%3A%2F%2Fapp.example.com%2Fin"
	guest := func() (access, id string) {
		t.Helper()
		session := sent(t, s.Instance, "", "POST", "/signup", `{}`, 200)
		return text(session, "access_token"), text(session, "user", "id")
	}
	address := func(access, parameters string, status int) string {
		t.Helper()
		answer := sent(t, s.Instance, access, "GET", "/user/identities/authorize?provider=test"+to+parameters, "", status)
		return text(answer, "url")
	}
	exchange := func(access, code, verifier string, status int) map[string]any {
		t.Helper()
		return sent(t, s.Instance, access, "POST", "/token?grant_type=pkce", `{"auth_code":"`+code+`","code_verifier":"`+verifier+`"}`, status)
	}
	// arrive goes to an address, to the provider and back, and returns the code.
	arrive := func(address string) string {
		t.Helper()
		browser := authtest.Browser(t)
		return browse(t, browser, s.provider.SignIn(t, browser, address, "ada", "pw"), 303).Query().Get("code")
	}
	first, _ := guest()
	address("", challenge, 401)
	address(first, "", 400) // whoever opens such a link would give the account a way in
	sent(t, s.Instance, first, "GET", "/user/identities/authorize?provider=nope"+challenge, "", 400)

	// Without the challenge that the address came with, the secret is worth nothing; and it is worth something once.
	stripped := strings.Replace(address(first, challenge, 200), "code_challenge=", "x=", 1)
	if a := s.Do(t, servertest.Call{Method: "GET", Path: strings.TrimPrefix(stripped, s.URL)}); a.Status != 400 {
		t.Errorf("a link without a challenge: %d %s", a.Status, a.Body)
	}
	link := address(first, challenge, 200)
	code := arrive(link)
	if a := s.Do(t, servertest.Call{Method: "GET", Path: strings.TrimPrefix(link, s.URL)}); a.Status < 400 {
		t.Errorf("a link again: %d %s", a.Status, a.Header.Get("Location"))
	}
	exchange("", code, strings.Repeat("w", 43), 404)
	exchange("", code, proofKey, 404) // one guess

	// Another user, and nobody after the session has ended.
	other, _ := guest()
	code = arrive(address(first, challenge, 200))
	exchange(other, code, proofKey, 403)
	sent(t, s.Instance, first, "POST", "/logout?scope=local", "", 204)
	exchange("", code, proofKey, 404)

	second, id := guest()
	in := exchange("", arrive(address(second, challenge, 200)), proofKey, 200)
	if text(in, "user", "id") != id || text(in, "user", "email") != "ada@example.com" {
		t.Errorf("the link gives %v", in["user"])
	}
	if got := identities(sent(t, s.Instance, text(in, "access_token"), "GET", "/user", "", 200)); got["test"] == "" {
		t.Errorf("the user has the identities %v", got)
	}
	exchange("", arrive(address(other, challenge, 200)), proofKey, 422) // it belongs to somebody else now
}
