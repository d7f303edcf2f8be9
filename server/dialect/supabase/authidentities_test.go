package supabase_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/basalt-dev/basalt/modules/auth/authtest"
	"github.com/basalt-dev/basalt/server/servertest"
)

// issuer is a provider of OpenID Connect that signs what a test wants.
type issuer struct {
	*httptest.Server
	key *ecdsa.PrivateKey
}

func newIssuer(t *testing.T) *issuer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	i := &issuer{key: key}
	answer := func(w http.ResponseWriter, v any) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(v) // the server under test reports what it cannot read
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, map[string]any{"issuer": i.URL, "authorization_endpoint": i.URL + "/a", "token_endpoint": i.URL + "/t", "jwks_uri": i.URL + "/keys", "id_token_signing_alg_values_supported": []string{"ES256"}})
	})
	mux.HandleFunc("/keys", func(w http.ResponseWriter, _ *http.Request) {
		point, err := key.PublicKey.Bytes()
		if err != nil {
			t.Error(err)
			return
		}
		b64 := base64.RawURLEncoding.EncodeToString
		answer(w, map[string]any{"keys": []any{map[string]any{"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": "k", "x": b64(point[1:33]), "y": b64(point[33:])}}})
	})
	i.Server = httptest.NewServer(mux)
	t.Cleanup(i.Close)
	return i
}

// token signs the claims of a person, with others instead of some of them.
func (i *issuer) token(t *testing.T, key *ecdsa.PrivateKey, person string, others map[string]any) string {
	t.Helper()
	claims := jwt.MapClaims{"iss": i.URL, "aud": "app", "sub": "id-of-" + person, "email": person + "@example.com", "email_verified": true, "iat": time.Now().Unix(), "exp": time.Now().Add(time.Hour).Unix()}
	for name, v := range others {
		claims[name] = v
	}
	token := jwt.NewWithClaims(jwt.SigningMethodES256, claims)
	token.Header["kid"] = "k"
	signed, err := token.SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

func withIssuer(t *testing.T) (*servertest.Instance, *issuer) {
	t.Helper()
	i := newIssuer(t)
	text := strings.Replace(config, "anonymous: {} }", `anonymous: {}, oidc: { test: { issuer: "`+i.URL+`", client_id: app, client_secret: secret } } }`, 1)
	text = strings.Replace(text, "auth: { ", `auth: { url: "http://localhost:4122", `, 1)
	return servertest.Start(t, text), i
}

func identities(user map[string]any) map[string]string {
	out := map[string]string{}
	all, _ := user["identities"].([]any)
	for _, one := range all {
		out[text(one, "provider")] = text(one, "identity_id")
	}
	return out
}

// TestIDToken_SignsIn: a token for this server alone, with the nonce of the app, that has not expired and that the provider has
// signed.
func TestIDToken_SignsIn(t *testing.T) {
	t.Parallel()
	s, provider := withIssuer(t)
	sum := sha256.Sum256([]byte("a nonce"))
	hashed := hex.EncodeToString(sum[:])
	ask := func(token, more string, status int) map[string]any {
		t.Helper()
		return sent(t, s, "", "POST", "/token?grant_type=id_token", `{"provider":"test","id_token":"`+token+`"`+more+`}`, status)
	}
	first := ask(provider.token(t, provider.key, "ada", nil), "", 200)
	if text(first, "user", "email") != "ada@example.com" || text(first, "refresh_token") == "" {
		t.Fatalf("the session is %v", first)
	}
	again := ask(provider.token(t, provider.key, "ada", map[string]any{"nonce": hashed}), `,"nonce":"a nonce"`, 200)
	if text(again, "user", "id") != text(first, "user", "id") {
		t.Errorf("the same person is %v", again)
	}
	if got := sent(t, s, text(again, "access_token"), "GET", "/user", "", 200); identities(got)["test"] == "" {
		t.Errorf("the user has the identities %v", got["identities"])
	}
	stranger, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	unsigned := strings.Join(strings.Split(provider.token(t, provider.key, "ada", nil), ".")[:2], ".") + "."
	for name, c := range map[string]struct{ token, more string }{
		"for another app":         {provider.token(t, provider.key, "ada", map[string]any{"aud": "other"}), ""},
		"of another issuer":       {provider.token(t, provider.key, "ada", map[string]any{"iss": "https://accounts.google.com"}), ""},
		"expired":                 {provider.token(t, provider.key, "ada", map[string]any{"exp": time.Now().Add(-time.Minute).Unix()}), ""},
		"signed by a stranger":    {provider.token(t, stranger, "ada", nil), ""},
		"unsigned":                {unsigned, ""},
		"none":                    {"", ""},
		"without the nonce":       {provider.token(t, provider.key, "ada", map[string]any{"nonce": hashed}), ""},
		"with another nonce":      {provider.token(t, provider.key, "ada", map[string]any{"nonce": hashed}), `,"nonce":"b"`},
		"with the hash":           {provider.token(t, provider.key, "ada", map[string]any{"nonce": hashed}), `,"nonce":"` + hashed + `"`},
		"a nonce it has not":      {provider.token(t, provider.key, "ada", nil), `,"nonce":"a nonce"`},
		"the token of the server": {text(first, "access_token"), ""},
	} {
		if got := ask(c.token, c.more, 400); got["code"] == nil {
			t.Errorf("%s: %v", name, got)
		}
	}
	sent(t, s, "", "POST", "/token?grant_type=id_token", `{"provider":"nope","id_token":"x"}`, 400)
	// An address that the provider has not confirmed is nobody's.
	sent(t, s, "", "POST", "/signup", `{"email":"bob@example.com","password":"correct horse"}`, 200)
	if got := ask(provider.token(t, provider.key, "bob", map[string]any{"email_verified": false}), "", 200); text(got, "user", "email") != "" {
		t.Errorf("an address that is not confirmed signs in %v", got)
	}
}

// TestIdentities_AreLinkedAndUnlinked: to the account of who asks, and not the last one.
func TestIdentities_AreLinkedAndUnlinked(t *testing.T) {
	t.Parallel()
	s, provider := withIssuer(t)
	link := func(access, person string, status int) map[string]any {
		t.Helper()
		return sent(t, s, access, "POST", "/token?grant_type=id_token", `{"provider":"test","link_identity":true,"id_token":"`+provider.token(t, provider.key, person, nil)+`"}`, status)
	}
	link("", "eve", 401)
	made := sent(t, s, "", "POST", "/signup", "{}", 200) // anonymous
	linked := link(text(made, "access_token"), "eve", 200)
	if text(linked, "user", "id") != text(made, "user", "id") || text(linked, "user", "email") != "eve@example.com" {
		t.Fatalf("linked is %v", linked)
	}
	token := text(linked, "access_token")
	id := identities(sent(t, s, token, "GET", "/user", "", 200))["test"]
	if got := sent(t, s, token, "DELETE", "/user/identities/"+id, "", 422); got["code"] != "single_identity_not_deletable" {
		t.Errorf("the last one: %v", got)
	}
	other := text(sent(t, s, "", "POST", "/signup", `{"email":"bob@example.com","password":"correct horse"}`, 200), "access_token")
	sent(t, s, other, "DELETE", "/user/identities/"+id, "", 404)
	link(other, "bob", 400) // whose address is not confirmed
	link(text(sent(t, s, "", "POST", "/signup", "{}", 200), "access_token"), "eve", 422)
	sent(t, s, token, "PUT", "/user", `{"password":"correct horse battery"}`, 200)
	sent(t, s, token, "DELETE", "/user/identities/"+id, "", 200)
	sent(t, s, token, "DELETE", "/user/identities/"+id, "", 404)
	if got := identities(sent(t, s, token, "GET", "/user", "", 200)); got["test"] != "" {
		t.Errorf("the user has %v", got)
	}
	sent(t, s, "", "DELETE", "/user/identities/"+id, "", 401)
}

// TestReauthenticate_ByMail: the code of a mail stands for the current password, once and for its user alone.
func TestReauthenticate_ByMail(t *testing.T) {
	t.Parallel()
	s := newLinking(t, false)
	browser := authtest.Browser(t)
	sent(t, s.Instance, "", "GET", "/reauthenticate", "", 401)
	users := map[string]string{}
	for _, email := range []string{"ada@example.com", "bob@example.com"} {
		made := text(sent(t, s.Instance, "", "POST", "/signup", `{"email":"`+email+`","password":"correct horse"}`, 200), "access_token")
		sent(t, s.Instance, made, "GET", "/reauthenticate", "", 422) // the address is not confirmed
		sent(t, s.Instance, "", "POST", "/otp", `{"email":"`+email+`"}`, 200)
		browse(t, browser, s.mail(t), 303)
		sent(t, s.Instance, "", "POST", "/recover", `{"email":"`+email+`"}`, 200)
		recovered := fragment(browse(t, browser, s.mail(t), 303))
		sent(t, s.Instance, recovered.Get("access_token"), "PUT", "/user", `{"password":"correct horse battery"}`, 200)
		s.box.Next(t, s.mails) // that says so
		s.mails++
		users[email] = text(sent(t, s.Instance, "", "POST", "/token?grant_type=password", `{"email":"`+email+`","password":"correct horse battery"}`, 200), "access_token")
	}
	ada, bob := users["ada@example.com"], users["bob@example.com"]
	sent(t, s.Instance, ada, "PUT", "/user", `{"password":"a third horse battery"}`, 400)
	sent(t, s.Instance, ada, "GET", "/reauthenticate", "", 200)
	mail := s.box.Next(t, s.mails)
	s.mails++
	code := mail.Code()
	if len(code) != 6 || mail.Token() != "" {
		t.Fatalf("the mail is %+v", mail)
	}
	change := func(token, nonce string, status int) {
		t.Helper()
		sent(t, s.Instance, token, "PUT", "/user", `{"password":"a third horse battery","nonce":"`+nonce+`"}`, status)
	}
	change(bob, code, 422)
	wrong := "000000"
	if code == wrong {
		wrong = "000001"
	}
	change(ada, wrong, 422)
	sent(t, s.Instance, "", "POST", "/verify", `{"type":"email","email":"ada@example.com","token":"`+code+`"}`, 403) // it signs in nowhere
	change(ada, code, 200)
	change(ada, code, 422)
	sent(t, s.Instance, "", "POST", "/token?grant_type=password", `{"email":"ada@example.com","password":"a third horse battery"}`, 200)
}
